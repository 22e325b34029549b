//! Promise 5, whole: secrets of every kind are planted in odd places of a copy of the example, and none of them is in
//! any byte that leaves the program: layers, seal, assessment, every rendering, what it says on errors; as it is, in
//! base64 at any offset, in percent signs, escaped as JSON or HTML.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;
#[path = "redaction/plants.rs"]
mod plants;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use common::{blobs, copy, in_example, run};
use plants::{Plant, base64, plants};

/// Bytes that left the program, by where.
type Output = (String, Vec<u8>);

/// A copy of the example with the plants in it, and texts that nobody can read around others.
fn plant(home: &Path, name: &str, planted: &[Plant], broken: &[String; 3]) {
    copy(Path::new(&in_example("dump")), &home.join(name));
    let folder = home.join(name).join("planted");
    fs::create_dir_all(&folder).unwrap();
    for (at, plant) in planted.iter().enumerate() {
        fs::write(folder.join(format!("{at}.json")), plant.object.to_string()).unwrap();
    }
    let [plain, template, twice] = broken;
    fs::write(
        folder.join("broken.yaml"),
        format!("apiVersion: v1\nkind: ConfigMap\ndata:\n  password: {plain}\n bad: [\n"),
    )
    .unwrap();
    fs::write(folder.join("template.yaml"), format!("password: {template}\n{{{{ if .x }}}}\na: b\n"))
        .unwrap();
    let token = format!("ghp_{twice}");
    fs::write(
        folder.join("twice.yaml"),
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: t}}\ndata:\n  {token}: a\n  {token}: b\n"
        ),
    )
    .unwrap();
}

/// The forms in which a secret could be hidden from a plain search.
fn forms(secret: &str) -> BTreeSet<Vec<u8>> {
    let mut forms = BTreeSet::from([secret.as_bytes().to_vec()]);
    let json = serde_json::Value::from(secret).to_string();
    let json = json.trim_matches('"').to_string();
    let twice = serde_json::Value::from(json.as_str()).to_string().trim_matches('"').to_string();
    let html =
        secret.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\'', "&#39;");
    let percent = |keep: &dyn Fn(u8) -> bool| {
        secret
            .bytes()
            .map(|b| if keep(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect::<String>()
    };
    let unreserved = percent(&|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    for text in [json, twice, html, unreserved.clone(), unreserved.to_lowercase(), percent(&|_| false)] {
        forms.insert(text.into_bytes());
    }
    // Base64 at the three offsets, without the letters that neighbours decide; then base64 of that, too.
    let packed = |bytes: &[u8]| -> Vec<Vec<u8>> {
        let at = |shift: usize| {
            let text = base64(&[&vec![0; shift][..], bytes].concat());
            let whole = (shift + bytes.len()) / 3 * 4;
            text.as_bytes()[(shift * 8).div_ceil(6)..whole].to_vec()
        };
        (0..3).map(at).filter(|form| form.len() >= 8).collect()
    };
    for once in packed(secret.as_bytes()) {
        forms.extend(packed(&once));
        forms.insert(
            once.iter()
                .map(|b| match b {
                    b'+' => b'-',
                    b'/' => b'_',
                    b => *b,
                })
                .collect(),
        );
        forms.insert(once);
    }
    forms.insert(secret.bytes().flat_map(|b| format!("{b:02x}").into_bytes()).collect());
    forms
}

#[test]
fn planted_secrets_are_in_no_byte_that_leaves_the_program() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    let first = plants(1);
    let second = plants(2);
    assert!(first.iter().map(|plant| plant.kind).collect::<BTreeSet<_>>().len() >= 60, "kinds of secrets");
    let broken = |seed: u64| [1, 2, 3].map(|n| format!("q7Xk{}{}{}", seed, n, "Zt5Wb9".repeat(6)));
    let mut outputs: Vec<Output> = Vec::new();
    let mut say = |arguments: &[&str]| {
        let found = run(home.path(), arguments);
        assert!(found.code != 2, "{arguments:?}: {}", found.err);
        outputs.push((format!("{arguments:?}, stdout"), found.out.clone().into_bytes()));
        outputs.push((format!("{arguments:?}, stderr"), found.err.into_bytes()));
        found.out
    };
    for (name, planted, broken) in [("one", &first, broken(1)), ("two", &second, broken(2))] {
        plant(home.path(), name, planted, &broken);
        let bundle = format!("{name}.bundle");
        say(&["assess", name, "--overlay", &in_example("overlay"), "--out", &bundle]);
        say(&["snapshot", name, "--out", &format!("{name}.snapshot"), "--format", "json"]);
        for format in ["text", "html", "csv", "json"] {
            say(&["report", &bundle, "--format", format]);
        }
        say(&["verify", &bundle, "--format", "json"]);
    }
    say(&["diff", "one.bundle", "two.bundle", "--items", "100000"]);
    say(&["diff", "one.bundle", "two.bundle", "--format", "json"]);
    // Every planted object is there, and shown.
    let listed = say(&["items", "one.bundle"]);
    let mut shown = 0;
    for id in listed.split_whitespace().filter(|word| word.contains('/') && word.contains("plant")) {
        say(&["items", "one.bundle", "--show", id]);
        say(&["explain", id, "one.bundle"]);
        shown += 1;
    }
    assert!(shown > 80, "{shown} of {} planted objects are listed:\n{listed}", first.len());
    for bundle in ["one.bundle", "two.bundle", "one.snapshot"] {
        blobs(&at(bundle), &mut outputs);
    }
    assert!(outputs.iter().any(|(place, _)| place.ends_with("unpacked")));
    // The search finds what is there: the example's own names, and the objects that hold the plants.
    assert!(outputs.iter().any(|(_, bytes)| memchr::memmem::find(bytes, b"plant-3").is_some()));

    let secrets = first.iter().chain(&second).map(|plant| (plant.kind, plant.secret.clone()));
    let texts = [broken(1), broken(2)].concat().into_iter().map(|secret| ("in a broken file", secret));
    let wanted: Vec<(&str, Vec<u8>)> = secrets
        .chain(texts)
        .flat_map(|(kind, secret)| forms(&secret).into_iter().map(move |form| (kind, form)))
        .collect();
    let search = aho_corasick::AhoCorasick::new(wanted.iter().map(|(_, form)| form)).unwrap();
    let mut leaks = BTreeSet::new();
    for (place, bytes) in &outputs {
        for found in search.find_overlapping_iter(bytes) {
            let (kind, form) = &wanted[found.pattern().as_usize()];
            leaks.insert(format!("{kind}: {} in {place}", String::from_utf8_lossy(form)));
        }
    }
    assert!(
        leaks.is_empty(),
        "{} leaks:\n{}",
        leaks.len(),
        leaks.into_iter().take(60).collect::<Vec<_>>().join("\n")
    );
}
