//! For each of the ten rows: a change of one object changes verdict or figures of that row, and no other row.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use nachweis_testkit::changes::CHANGES;
use nachweis_testkit::{Entries, Options, Platform, Resolved, example, example_overlay, resolve, seal};

/// The rows of the table.
const ROWS: [&str; 10] = [
    "addon-sboms",
    "audit-policy-levels",
    "binding-subjects",
    "mesh-mtls-strict",
    "network-policy-coverage",
    "operator-image-digests",
    "payment-path-budgets",
    "production-image-tags",
    "restore-tested",
    "secret-wildcard-roles",
];

fn rows(platform: &Platform) -> Resolved {
    let kept = seal(&platform.entries(), &Options::default()).unwrap();
    resolve(&kept.assess(&example_overlay()), &kept.names())
}

#[test]
fn one_object_moves_its_row_and_no_other() {
    let example = Platform::new(&Entries::read(&example()));
    let before = rows(&example);
    for change in CHANGES {
        let mut changed = example.clone();
        change.apply(&mut changed);
        let after = rows(&changed);
        assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
        for (control, row) in &after {
            let old = &before[control];
            if control != change.control {
                assert_eq!(old, row, "{}: {control} moved too", change.name);
                continue;
            }
            assert_ne!(old.short(), row.short(), "{}: {control} does not move", change.name);
            let less = row.covered * old.total < old.covered * row.total || (old.is_good() && !row.is_good());
            assert_eq!(less, change.worse, "{}: {} -> {}", change.name, old.short(), row.short());
        }
    }
    for row in ROWS {
        assert!(CHANGES.iter().any(|change| change.control == row), "no change for {row}");
    }
}

#[test]
fn an_unchanged_platform_gives_unchanged_rows() {
    let entries = Entries::read(&example());
    let mut platform = Platform::new(&entries);
    let kept = seal(&entries, &Options::default()).unwrap();
    let root = kept.sealed.seal.root;
    assert_eq!(seal(&platform.entries(), &Options::default()).unwrap().sealed.seal.root, root, "taken apart");
    platform.recount();
    let again = seal(&platform.entries(), &Options::default()).unwrap();
    assert_eq!(again.sealed.seal, kept.sealed.seal, "counted again");
}
