use std::collections::BTreeMap;

use nachweis_canon::{Json, canonical_bytes};
use nachweis_model::Instant;
use nachweis_model::Text;
use nachweis_model::catalogue::{Act, Catalogue, Class, CrosswalkRow, FORMAT, Pack, Provision};
use serde::Deserialize;
use serde_json::Value;

use crate::{Fault, control, from_yaml};

/// Files of a folder by their path relative to it, `/` between the parts.
pub type Files = BTreeMap<String, Vec<u8>>;

#[derive(Deserialize)]
struct ObligationFile {
    act: Act,
    provisions: Vec<ProvisionRow>,
}

#[derive(Deserialize)]
struct ProvisionRow {
    id: String,
    article: u32,
    #[serde(default)]
    paragraph: Option<u32>,
    #[serde(default)]
    point: Option<Value>,
    class: Class,
    title: Text,
    duty: Text,
}

#[derive(Deserialize)]
struct CrosswalkFile {
    rows: Vec<CrosswalkRow>,
}

#[derive(Deserialize)]
struct PackFile {
    packs: Vec<Pack>,
}

/// Puts a catalogue together from the files of `catalog/`: `controls/*/control.yaml`, `obligations/*.yaml`,
/// `data/*.yaml`. `more` is further data that decides verdicts, such as the normalisation list.
pub fn assemble(
    files: &Files,
    more: BTreeMap<String, Value>,
    version: &str,
    valid_from: Instant,
) -> Result<Catalogue, Vec<Fault>> {
    let mut out = Catalogue {
        format: FORMAT.into(),
        version: version.into(),
        valid_from,
        acts: Vec::new(),
        provisions: Vec::new(),
        controls: Vec::new(),
        crosswalk: Vec::new(),
        packs: Vec::new(),
        data: more,
    };
    let mut faults = Vec::new();
    for (file, bytes) in files {
        if let Err(fault) = take(&mut out, file, bytes) {
            faults.push(fault);
        }
    }
    out.acts.sort_by(|a, b| a.id.cmp(&b.id));
    out.controls.sort_by(|a, b| a.id.cmp(&b.id));
    for control in &out.controls {
        for link in control.obligations.iter().filter(|link| out.provision(&link.id).is_none()) {
            let file = format!("controls/{}/control.yaml", control.id);
            faults.push(Fault::of(
                &file,
                "obligation-unknown",
                format!("there is no obligation `{}`", link.id),
            ));
        }
    }
    if faults.is_empty() { Ok(out) } else { Err(faults) }
}

fn take(out: &mut Catalogue, file: &str, bytes: &[u8]) -> Result<(), Fault> {
    let Some((folder, rest)) = file.split_once('/') else { return Ok(()) };
    let Some(stem) = rest.strip_suffix(".yaml") else { return Ok(()) };
    match (folder, stem) {
        ("controls", stem) if stem.ends_with("/control") && stem.matches('/').count() == 1 => {
            out.controls.push(control(file, bytes)?);
        }
        ("obligations", "crosswalk") => out.crosswalk = from_yaml::<CrosswalkFile>(file, bytes)?.rows,
        ("obligations", "packs") => out.packs = from_yaml::<PackFile>(file, bytes)?.packs,
        ("obligations", "statements") => {}
        ("obligations", _) => {
            let read: ObligationFile = from_yaml(file, bytes)?;
            let act = read.act.id.clone();
            out.acts.push(read.act);
            out.provisions.extend(read.provisions.into_iter().map(|row| Provision {
                id: row.id,
                act: act.clone(),
                article: row.article,
                paragraph: row.paragraph,
                point:
                    row.point.map(|point| point.as_str().map_or_else(|| point.to_string(), str::to_string)),
                class: row.class,
                title: row.title,
                duty: row.duty,
            }));
        }
        ("data", stem) => {
            out.data.insert(stem.to_string(), from_yaml(file, bytes)?);
        }
        _ => {}
    }
    Ok(())
}

/// A value of ours as the JSON of a data file.
pub fn data(value: &Json<'_>) -> Value {
    serde_json::from_slice(&value.canonical()).unwrap_or(Value::Null)
}

/// Digest of one control as the release list freezes it.
pub fn control_digest(control: &nachweis_model::control::Control) -> nachweis_canon::Digest {
    nachweis_canon::Digest::of(&canonical_bytes(control))
}
