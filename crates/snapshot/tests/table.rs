//! The embedded table of resources agrees with the field trees of the catalogue.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use nachweis_canon::{Limits, parse_bytes};
use nachweis_snapshot::{KindScope, Resources};

#[test]
fn the_table_agrees_with_the_field_trees() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalog/schemas");
    let resources = Resources::built_in();
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let mut grown = resources.clone();
        grown.add_field_tree(&bytes).unwrap();
        assert_eq!(
            grown.iter().count(),
            resources.iter().count(),
            "{path:?} has kinds that are not in the table"
        );
        let tree = parse_bytes(&bytes, &Limits::OURS).unwrap().value;
        for kind in tree.list(&["kinds"]) {
            let text = |name: &str| kind.text(&[name]).unwrap_or_default();
            let Some(row) = resources.get(text("group"), text("kind")) else { continue };
            if kind.get("plural").is_none() {
                continue;
            }
            seen += 1;
            let scope = match (kind.text(&["source"]), text("scope")) {
                (Some("file"), _) => KindScope::File,
                (_, "Cluster") => KindScope::Cluster,
                _ => KindScope::Namespaced,
            };
            let short: Vec<_> = kind.list(&["shortNames"]).iter().map(|s| s.as_str().unwrap()).collect();
            assert_eq!((&*row.plural, row.scope), (text("plural"), scope), "{}", row.key());
            assert_eq!(row.short, short, "{}", row.key());
            let is_kubernetes = path.ends_with("kubernetes-1.36.json");
            assert_eq!(resources.is_kubernetes(&row.group, &row.kind), is_kubernetes, "{}", row.key());
        }
    }
    assert!(seen > 60, "{seen}");
}

#[test]
fn the_table_is_published_as_data() {
    let json = Resources::built_in().to_json();
    assert_eq!(json.text(&["format"]), Some("nachweis-resources/1"));
    assert_eq!(json.list(&["rows"]).len(), Resources::built_in().iter().count());
    assert_eq!(json.text(&["groups", "audit.k8s.io"]), Some("File"));
}
