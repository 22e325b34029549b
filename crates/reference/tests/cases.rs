//! Every case of every shipped control, the shipped example, and both under every control at once.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::both;
use nachweis_model::Instant;
use nachweis_model::catalogue::{Catalogue, Overlay};
use nachweis_testkit::{Entries, Options, catalogue, example, example_overlay, seal};
use serde_json::Value;

#[derive(serde::Deserialize)]
struct Expected {
    #[serde(default)]
    params: BTreeMap<String, Value>,
    as_of: Option<Instant>,
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

#[test]
fn every_case_of_every_control() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalog/controls");
    let (mut cases, mut wrong) = (0, Vec::new());
    for folder in folders(&root) {
        let id = folder.file_name().unwrap().to_str().unwrap();
        let controls = vec![catalogue().control(id).unwrap().clone()];
        let alone = Catalogue { controls, ..catalogue().clone() };
        for case in folders(&folder.join("cases")) {
            let text = std::fs::read(case.join("expected.yaml")).unwrap();
            let expected: Value = nachweis_catalog::from_yaml("expected.yaml", &text).unwrap();
            let expected: Expected = serde_json::from_value(expected).unwrap();
            let overlay = Overlay { params: expected.params, ..Overlay::default() };
            let kept = seal(&Entries::read(&case.join("input")), &Options::default()).unwrap();
            for catalogue in [&alone, catalogue()] {
                for line in both(&kept, catalogue, &overlay, expected.as_of) {
                    wrong.push(format!("{}: {line}", case.display()));
                }
            }
            cases += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases >= 40, "only {cases} cases");
}

#[test]
fn the_shipped_example() {
    let kept = seal(&Entries::read(&example()), &Options::default()).unwrap();
    for overlay in [example_overlay(), Overlay::default()] {
        let wrong = both(&kept, catalogue(), &overlay, None);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
