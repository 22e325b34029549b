//! A release: what is frozen, and what changed since the one before.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use nachweis_canon::{Digest, canonical_bytes};
use nachweis_model::catalogue::Catalogue;
use nachweis_model::control::Control;

use crate::control_digest;

/// The two files of a release.
pub struct Frozen {
    /// the whole catalogue, canonical; its digest is the catalogue version that reports name
    pub bytes: Vec<u8>,
    /// ids and digests, for people who compare two releases
    pub list: String,
}

/// Freezes a catalogue.
pub fn freeze(catalogue: &Catalogue) -> Frozen {
    Frozen { bytes: canonical_bytes(catalogue), list: list(catalogue) }
}

/// The list in YAML, keys in the order of the alphabet.
fn list(catalogue: &Catalogue) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "catalogue: {}\ncontrols:", catalogue.digest());
    for control in &catalogue.controls {
        let _ = writeln!(out, "- digest: {}\n  id: {}", control_digest(control), control.id);
    }
    let _ = writeln!(out, "crosswalk:\n  count: {}", catalogue.crosswalk.len());
    let _ = writeln!(out, "  digest: {}\ndata:", Digest::of(&canonical_bytes(&catalogue.crosswalk)));
    for (name, content) in &catalogue.data {
        let _ = writeln!(out, "- digest: {}\n  name: {name}", Digest::of(&canonical_bytes(content)));
    }
    let packs: Vec<&str> = catalogue.packs.iter().map(|pack| pack.name.as_str()).collect();
    let _ = writeln!(out, "format: nachweis-release/1\nlogic: {}", catalogue.logic());
    let _ = writeln!(out, "packs: [{}]", packs.join(", "));
    let _ = writeln!(out, "provisions:\n  count: {}", catalogue.provisions.len());
    let _ = writeln!(out, "  digest: {}", Digest::of(&canonical_bytes(&catalogue.provisions)));
    let _ = writeln!(out, "valid_from: \"{}\"\nversion: \"{}\"", catalogue.valid_from, catalogue.version);
    out
}

/// What a release has that the one before had not.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// ids of controls that are new
    pub added: Vec<String>,
    /// ids of controls that are gone
    pub removed: Vec<String>,
    /// ids of controls that may decide something else
    pub logic: Vec<String>,
    /// ids of controls of which only words changed
    pub prose: Vec<String>,
    /// names of data that decides verdicts, where it changed
    pub data: Vec<String>,
    /// true where acts, provisions, the crosswalk or packs changed
    pub obligations: bool,
}

impl Changes {
    /// Compares two releases.
    pub fn between(old: &Catalogue, new: &Catalogue) -> Changes {
        let ids = |catalogue: &Catalogue, other: &Catalogue| -> Vec<String> {
            let rest = catalogue.controls.iter().filter(|control| other.control(&control.id).is_none());
            rest.map(|control| control.id.clone()).collect()
        };
        let mut out = Changes { added: ids(new, old), removed: ids(old, new), ..Changes::default() };
        for control in &new.controls {
            let Some(before) = old.control(&control.id).filter(|before| *before != control) else { continue };
            let same = logic(new, before) == logic(new, control);
            let list = if same { &mut out.prose } else { &mut out.logic };
            list.push(control.id.clone());
        }
        let mut names: Vec<&String> = new.data.keys().chain(old.data.keys()).collect();
        names.sort();
        names.dedup();
        out.data =
            names.into_iter().filter(|name| old.data.get(*name) != new.data.get(*name)).cloned().collect();
        out.obligations = (&old.acts, &old.provisions, &old.crosswalk, &old.packs)
            != (&new.acts, &new.provisions, &new.crosswalk, &new.packs);
        out
    }

    /// True where nothing but version and instant differs.
    pub fn is_empty(&self) -> bool {
        *self == Changes::default()
    }
}

/// What a control decides, without its words.
fn logic(of: &Catalogue, control: &Control) -> Digest {
    let alone = Catalogue {
        acts: Vec::new(),
        provisions: Vec::new(),
        controls: vec![control.clone()],
        crosswalk: Vec::new(),
        packs: Vec::new(),
        data: BTreeMap::new(),
        ..of.clone()
    };
    alone.logic()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{current, parse};

    #[test]
    fn the_committed_list_is_that_of_the_committed_release() {
        let release = parse(current().bytes).unwrap();
        let frozen = freeze(&release);
        assert_eq!(frozen.bytes, current().bytes);
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalog/releases");
        let list = std::fs::read_to_string(folder.join(format!("{}.yaml", current().version))).unwrap();
        assert_eq!(frozen.list, list);
    }

    #[test]
    fn words_are_told_from_logic() {
        let old = parse(current().bytes).unwrap();
        assert!(Changes::between(&old, &old).is_empty());
        let mut new = old.clone();
        new.controls[0].title.de.push('!');
        new.controls[1].predicate = "true".into();
        let gone = new.controls.remove(2).id;
        let mut own = new.controls[0].clone();
        own.id = "z-own".into();
        new.controls.push(own);
        new.provisions.pop();
        let changes = Changes::between(&old, &new);
        assert_eq!(changes.prose, [old.controls[0].id.clone()]);
        assert_eq!(changes.logic, [old.controls[1].id.clone()]);
        assert_eq!((changes.removed, changes.added), (vec![gone], vec!["z-own".to_string()]));
        assert!(changes.obligations && changes.data.is_empty());
    }

    /// Evidence draws no legal conclusion, and German readers find the terms of the act (ARCHITECTURE, promise 8).
    #[test]
    fn prose_of_controls_keeps_to_our_words() {
        let mut texts = Vec::new();
        for control in parse(current().bytes).unwrap().controls {
            collect(&serde_json::to_value(&control).unwrap(), &control.id, &mut texts);
        }
        assert!(texts.len() > 200);
        for (control, text) in texts {
            let lower = text.to_lowercase();
            for word in ["complian", "konform", "erfüll", "is met", "todo", "fixme"] {
                assert!(!lower.contains(word), "{control}: `{word}` in `{text}`");
            }
        }
    }

    fn collect(value: &serde_json::Value, control: &str, texts: &mut Vec<(String, String)>) {
        use serde_json::Value;
        match value {
            Value::Object(members)
                if members.len() == 2 && members.contains_key("de") && members.contains_key("en") =>
            {
                texts.extend(
                    members
                        .values()
                        .filter_map(Value::as_str)
                        .map(|text| (control.to_string(), text.to_string())),
                );
            }
            Value::Object(members) => members.values().for_each(|inner| collect(inner, control, texts)),
            Value::Array(items) => items.iter().for_each(|inner| collect(inner, control, texts)),
            _ => {}
        }
    }
}
