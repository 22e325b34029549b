//! Freezes the catalogue: one canonical JSON that the binary embeds, and a list of ids and digests for people.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use nachweis_canon::{Digest, canonical_bytes};
use nachweis_catalog::{assemble, control_digest, data};
use nachweis_evaluate::bind;
use nachweis_model::Instant;
use nachweis_model::catalogue::Catalogue;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::files::{self, Files};

/// Makes release `version` from `catalog/`. The instant from which it is in force is given, or that of the release
/// as it stands. A release that stands with other content is replaced only on demand: old reports name its digest.
pub fn write(root: &Path, version: &str, valid_from: Option<&str>, replace: bool) -> Result<String, String> {
    let folder = root.join("catalog");
    let releases = folder.join("releases");
    let content = releases.join(format!("{version}.json"));
    let standing = content.exists().then(|| files::bytes(&content)).transpose()?;
    let valid_from = instant(valid_from, standing.as_deref())?;
    let catalogue = catalogue(&folder, version, valid_from)?;
    let bytes = canonical_bytes(&catalogue);
    if standing.is_some_and(|standing| standing != bytes) && !replace {
        return Err(format!(
            "release {version} stands with other content; a published release never changes, an unpublished one is replaced with --replace"
        ));
    }
    let list = crate::yaml::document(&list(&catalogue));
    std::fs::create_dir_all(&releases).map_err(|error| error.to_string())?;
    std::fs::write(&content, &bytes).map_err(|error| error.to_string())?;
    std::fs::write(releases.join(format!("{version}.yaml")), list).map_err(|error| error.to_string())?;
    Ok(format!(
        "release {version}: {} controls, {} provisions, catalogue {}, logic {}",
        catalogue.controls.len(),
        catalogue.provisions.len(),
        catalogue.digest(),
        catalogue.logic()
    ))
}

fn instant(given: Option<&str>, standing: Option<&[u8]>) -> Result<Instant, String> {
    let standing = || -> Option<String> {
        let value: Value = serde_json::from_slice(standing?).ok()?;
        Some(value.get("valid_from")?.as_str()?.to_string())
    };
    let text = given.map(str::to_string).or_else(standing);
    let text =
        text.ok_or("give the instant from which the release is in force, such as 2026-11-24T00:00:00Z")?;
    text.parse().map_err(|error: nachweis_model::InstantError| error.to_string())
}

/// The catalogue as the files of `catalog/` give it, with the normalisation that snapshots go through. Every name in a
/// control is bound first: what cannot exist is refused here and not found out on somebody's cluster.
pub fn catalogue(folder: &Path, version: &str, valid_from: Instant) -> Result<Catalogue, String> {
    let mut sources = Files::new();
    for part in ["controls", "obligations", "data"] {
        let found = files::read_folder(&folder.join(part))?;
        sources.extend(found.into_iter().map(|(name, content)| (format!("{part}/{name}"), content)));
    }
    let untested = untested(&sources)?;
    if !untested.is_empty() {
        return Err(format!(
            "controls need cases for satisfied, not satisfied and evidence missing: {}",
            untested.join(", ")
        ));
    }
    // These decide which items there are and what of them: without them a release would not say what it was made with.
    let more = BTreeMap::from([
        ("normalisation".to_string(), data(&nachweis_snapshot::normalisation_json())),
        ("redaction".to_string(), data(&nachweis_snapshot::redaction_json())),
        ("resources".to_string(), data(&nachweis_snapshot::Resources::built_in().to_json())),
    ]);
    let catalogue = assemble(&sources, more, version, valid_from).map_err(|faults| {
        let lines = faults.iter().map(|fault| fault.to_string());
        lines.collect::<Vec<String>>().join("\n")
    })?;
    let schemas = nachweis_catalog::Schemas::embedded()?;
    let unbound: Vec<String> = catalogue
        .controls
        .iter()
        .flat_map(|control| bind(control, &schemas))
        .map(|error| {
            format!("{}, {} {}:{}: {}", error.control, error.field, error.line, error.column, error.message)
        })
        .collect();
    if unbound.is_empty() { Ok(catalogue) } else { Err(unbound.join("\n")) }
}

#[derive(Deserialize)]
struct Expected {
    verdict: String,
}

/// Controls without a case for each of the three verdicts that every control has to show.
fn untested(sources: &Files) -> Result<Vec<String>, String> {
    let mut shown: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (name, content) in sources {
        let Some((control, rest)) = name.strip_prefix("controls/").and_then(|rest| rest.split_once('/'))
        else {
            continue;
        };
        let verdicts = shown.entry(control).or_default();
        if rest.starts_with("cases/") && rest.ends_with("/expected.yaml") {
            let expected: Expected =
                files::parse(content).map_err(|problem| format!("`catalog/{name}`: {problem}"))?;
            verdicts.insert(expected.verdict);
        }
    }
    let complete = |verdicts: &BTreeSet<String>| {
        ["satisfied", "not-satisfied", "indeterminate"].iter().all(|verdict| verdicts.contains(*verdict))
    };
    Ok(shown
        .into_iter()
        .filter(|(_, verdicts)| !complete(verdicts))
        .map(|(control, _)| control.to_string())
        .collect())
}

/// What a release freezes, by id and digest.
fn list(catalogue: &Catalogue) -> Value {
    let controls: Vec<Value> = catalogue
        .controls
        .iter()
        .map(|control| json!({"id": control.id, "digest": control_digest(control)}))
        .collect();
    let data: Vec<Value> = catalogue
        .data
        .iter()
        .map(|(name, content)| json!({"name": name, "digest": Digest::of(&canonical_bytes(content))}))
        .collect();
    json!({
        "format": "nachweis-release/1", "version": catalogue.version, "valid_from": catalogue.valid_from,
        "catalogue": catalogue.digest(), "logic": catalogue.logic(),
        "controls": controls, "data": data,
        "provisions": {"count": catalogue.provisions.len(), "digest": Digest::of(&canonical_bytes(&catalogue.provisions))},
        "crosswalk": {"count": catalogue.crosswalk.len(), "digest": Digest::of(&canonical_bytes(&catalogue.crosswalk))},
        "packs": catalogue.packs.iter().map(|pack| pack.name.as_str()).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources() -> Catalogue {
        let instant = "2026-11-24T00:00:00Z".parse().unwrap();
        catalogue(&files::root().join("catalog"), "0.0.0", instant).unwrap()
    }

    #[test]
    fn the_catalogue_can_be_released() {
        let catalogue = sources();
        assert!(catalogue.controls.len() >= 12, "{} controls", catalogue.controls.len());
        let list = list(&catalogue);
        assert_eq!(list["controls"].as_array().unwrap().len(), catalogue.controls.len());
    }

    #[test]
    fn a_control_without_cases_is_refused() {
        let file = |verdict: &str| {
            (
                format!("controls/a/cases/{verdict}/expected.yaml"),
                format!("verdict: {verdict}\n").into_bytes(),
            )
        };
        let mut sources = Files::from([("controls/a/control.yaml".to_string(), Vec::new())]);
        assert_eq!(untested(&sources).unwrap(), ["a"]);
        sources.extend([file("satisfied"), file("not-satisfied")]);
        assert_eq!(untested(&sources).unwrap(), ["a"]);
        sources.extend([file("indeterminate")]);
        assert!(untested(&sources).unwrap().is_empty());
    }

    /// Evidence draws no legal conclusion, and German readers find the terms of the act (ARCHITECTURE, promise 8).
    #[test]
    fn prose_of_controls_keeps_to_our_words() {
        let mut texts = Vec::new();
        for control in sources().controls {
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

    fn collect(value: &Value, control: &str, texts: &mut Vec<(String, String)>) {
        match value {
            Value::Object(members)
                if members.len() == 2 && members.contains_key("de") && members.contains_key("en") =>
            {
                texts.extend(
                    members
                        .values()
                        .filter_map(|text| Some((control.to_string(), text.as_str()?.to_string()))),
                );
            }
            Value::Object(members) => members.values().for_each(|member| collect(member, control, texts)),
            Value::Array(items) => items.iter().for_each(|item| collect(item, control, texts)),
            _ => {}
        }
    }
}
