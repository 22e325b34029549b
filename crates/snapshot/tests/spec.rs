//! The examples of the specification are what the program does.
#![allow(clippy::unwrap_used)]

mod common;

use common::{complete, seal};
use nachweis_canon::{Digest, Limits, parse};

fn page(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// The fenced blocks of a page, in order.
fn blocks(page: &str) -> Vec<String> {
    let fenced = page.split("```").skip(1).step_by(2);
    fenced.map(|block| block.split_once('\n').unwrap().1.trim_end().to_string()).collect()
}

fn canonical(text: &str) -> Vec<u8> {
    parse(text, &Limits::default()).unwrap().value.canonical()
}

#[test]
fn canonical_json() {
    let page = page("canonical-json.md");
    let blocks = blocks(&page);
    let bytes = canonical(&blocks[0]);
    assert_eq!(String::from_utf8(bytes.clone()).unwrap(), blocks[1]);
    assert!(page.contains(&Digest::of(&bytes).to_string()), "{}", Digest::of(&bytes));
}

#[test]
fn snapshot() {
    let page = page("snapshot.md");
    let blocks = blocks(&page);
    let mut settings = complete(&["deploy"]);
    settings.cluster_name = Some("prod-eu-1".into());
    settings.collector = "nachweis 0.1.0".into();
    let kept = seal(settings, &[("payments.yaml".to_string(), blocks[0].clone().into_bytes())]);
    let mut lines = Vec::new();
    kept.open()
        .read::<()>(&|_, _| true, &mut |item| {
            lines.push(String::from_utf8(item.line.to_vec()).unwrap());
            Ok(())
        })
        .unwrap();
    assert_eq!(lines.join("\n"), blocks[1], "\n{}", lines.join("\n"));
    let bytes = nachweis_canon::canonical_bytes(&kept.sealed.seal);
    let shown = String::from_utf8(bytes.clone()).unwrap();
    assert_eq!(String::from_utf8(canonical(&blocks[2])).unwrap(), shown, "\n{shown}");
    assert_eq!(Digest::of(&bytes), kept.sealed.id);
    assert!(page.contains(&kept.sealed.id.to_string()), "{}", kept.sealed.id);
}
