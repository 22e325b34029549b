use std::collections::{BTreeMap, BTreeSet};

use nachweis_model::catalogue::{Exemption, Overlay};
use serde::Deserialize;
use serde_json::Value;

use crate::assemble::Files;
use crate::{Fault, control, from_yaml};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    format: String,
    #[serde(default)]
    params: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exemptions {
    format: String,
    #[serde(default)]
    exemptions: Vec<Exemption>,
}

fn has_float(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(items) => items.iter().any(has_float),
        Value::Object(members) => members.values().any(has_float),
        _ => false,
    }
}

/// Reads an overlay folder: `params.yaml`, `exemptions.yaml`, `controls/<id>/control.yaml`. Every problem is
/// reported at once.
pub fn overlay(files: &Files) -> Result<Overlay, Vec<Fault>> {
    let mut out = Overlay::default();
    let mut faults = Vec::new();
    for (file, bytes) in files {
        let result = match file.as_str() {
            "params.yaml" => params(file, bytes).map(|params| out.params = params),
            "exemptions.yaml" => exemptions(file, bytes).map(|exemptions| out.exemptions = exemptions),
            path if path.starts_with("controls/") && path.ends_with("/control.yaml") => {
                control(file, bytes).map(|control| out.controls.push(control)).map_err(|fault| vec![fault])
            }
            path if path.starts_with("controls/") => Ok(()),
            _ => Err(vec![Fault::of(
                file,
                "overlay-file-unknown",
                "an overlay holds params.yaml, exemptions.yaml and controls/<id>/control.yaml",
            )]),
        };
        faults.extend(result.err().into_iter().flatten());
    }
    out.controls.sort_by(|a, b| a.id.cmp(&b.id));
    if faults.is_empty() { Ok(out) } else { Err(faults) }
}

fn params(file: &str, bytes: &[u8]) -> Result<BTreeMap<String, Value>, Vec<Fault>> {
    let read: Params = from_yaml(file, bytes).map_err(|fault| vec![fault])?;
    if read.format != "nachweis-params/1" {
        let message = format!("format is `{}`, this release reads `nachweis-params/1`", read.format);
        return Err(vec![Fault::of(file, "format-unknown", message)]);
    }
    let floats = read.params.iter().filter(|(_, value)| has_float(value)).map(|(name, _)| {
        Fault::of(
            file,
            "value-not-exact",
            format!("`{name}` has a fraction: give a whole number in a smaller unit"),
        )
    });
    let faults: Vec<Fault> = floats.collect();
    if faults.is_empty() { Ok(read.params) } else { Err(faults) }
}

fn exemptions(file: &str, bytes: &[u8]) -> Result<Vec<Exemption>, Vec<Fault>> {
    let mut read: Exemptions = from_yaml(file, bytes).map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    let mut fault = |code, message: String| faults.push(Fault::of(file, code, message));
    if read.format != "nachweis-exemptions/1" {
        fault(
            "format-unknown",
            format!("format is `{}`, this release reads `nachweis-exemptions/1`", read.format),
        );
    }
    let mut ids = BTreeSet::new();
    for exemption in &read.exemptions {
        let id = &exemption.id;
        if !ids.insert(id) {
            fault("id-repeated", format!("two exemptions are called `{id}`"));
        }
        if exemption.owner.trim().to_lowercase() == exemption.approver.trim().to_lowercase() {
            fault("approver-is-owner", format!("`{id}`: owner and approver are the same person"));
        }
        if exemption.reason.trim().is_empty() {
            fault("reason-missing", format!("`{id}` gives no reason"));
        }
        if exemption.expires <= exemption.approved {
            fault("expiry-before-approval", format!("`{id}` expires before it was approved"));
        }
        if exemption.items.is_empty() {
            fault("items-missing", format!("`{id}` names no items"));
        }
    }
    read.exemptions.sort_by(|a, b| a.id.cmp(&b.id));
    if faults.is_empty() { Ok(read.exemptions) } else { Err(faults) }
}
