//! An organisation's overlay: its values, its exemptions, its own controls.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_model::Instant;
use nachweis_model::catalogue::{Exemption, Overlay};
use nachweis_model::control::{Control, Parameter, ParameterType};
use nachweis_yaml::Step;
use serde_json::Value;

use crate::assemble::Files;
use crate::lint::fits;
use crate::near::nearest;
use crate::opened::{Opened, is_mended, open};
use crate::source::steps;
use crate::structure::{EXEMPTIONS, PARAMS, kind};
use crate::{Fault, control};

/// What the files of an overlay may name.
pub struct Names<'n> {
    parameters: BTreeMap<&'n str, &'n Parameter>,
    controls: BTreeSet<&'n str>,
    at: Option<Instant>,
}

impl<'n> Names<'n> {
    /// Names of the catalogue's and the overlay's controls. Exemptions that ended before `at` are problems.
    pub fn new(controls: impl IntoIterator<Item = &'n Control>, at: Option<Instant>) -> Self {
        let mut names = Names { parameters: BTreeMap::new(), controls: BTreeSet::new(), at };
        for control in controls {
            names.controls.insert(&control.id);
            names.parameters.extend(control.parameters.iter().map(|one| (one.name.as_str(), one)));
        }
        names
    }
}

/// Reads an overlay folder: `params.yaml`, `exemptions.yaml`, `controls/<id>/control.yaml`. Every problem is
/// reported at once.
pub fn overlay(files: &Files) -> Result<Overlay, Vec<Fault>> {
    let mut out = Overlay::default();
    let mut faults = Vec::new();
    for (file, bytes) in files {
        let result = match file.as_str() {
            "params.yaml" => params(file, bytes, None).map(|params| out.params = params),
            "exemptions.yaml" => exemptions(file, bytes, None).map(|exemptions| out.exemptions = exemptions),
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

/// Every problem of `params.yaml` and `exemptions.yaml`, those of their names included, at its line and column.
pub fn overlay_faults(files: &Files, names: &Names<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (file, bytes) in files {
        let found = match file.as_str() {
            "params.yaml" => params(file, bytes, Some(names)).err(),
            "exemptions.yaml" => exemptions(file, bytes, Some(names)).err(),
            _ => None,
        };
        faults.extend(found.into_iter().flatten());
    }
    faults
}

fn has_float(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(items) => items.iter().any(has_float),
        Value::Object(members) => members.values().any(has_float),
        _ => false,
    }
}

/// A file of another format says so first.
fn opened<'a>(file: &'a str, bytes: &'a [u8], schema: &str, format: &str) -> Result<Opened<'a>, Vec<Fault>> {
    let mut opened = open(file, bytes, schema)?;
    let place = opened.source.fault(&steps("format"), None, "format-unknown", "", None);
    let same = |fault: &&mut Fault| {
        fault.code == "value-unknown" && (fault.line, fault.column) == (place.line, place.column)
    };
    if let Some(fault) = opened.faults.iter_mut().find(same) {
        fault.code = "format-unknown";
        fault.message = format!("the format is another one, this release reads `{format}`");
    }
    Ok(opened)
}

fn settled<T>(mut faults: Vec<Fault>, value: T) -> Result<T, Vec<Fault>> {
    faults.sort();
    faults.dedup();
    if faults.is_empty() { Ok(value) } else { Err(faults) }
}

fn params(
    file: &str,
    bytes: &[u8],
    names: Option<&Names<'_>>,
) -> Result<BTreeMap<String, Value>, Vec<Fault>> {
    let Opened { source, value, mut faults, .. } = opened(file, bytes, PARAMS, "nachweis-params/1")?;
    let members = value["params"].as_object().cloned().unwrap_or_default();
    for (name, value) in &members {
        let path = [Step::Key("params".into()), Step::Key(name.clone())];
        if has_float(value) {
            let message = format!("`{name}` has a fraction");
            let help = "give a whole number in a smaller unit".to_string();
            faults.push(source.fault(&path, None, "value-not-exact", message, Some(help)));
            continue;
        }
        let Some(names) = names else { continue };
        let Some(parameter) = names.parameters.get(name.as_str()) else {
            let near = nearest(name, names.parameters.keys().copied());
            let help = near.map_or_else(
                || {
                    format!(
                        "parameters are {}",
                        names.parameters.keys().copied().collect::<Vec<_>>().join(", ")
                    )
                },
                |near| format!("did you mean `{near}`?"),
            );
            let message = format!("no control declares the parameter `{name}`");
            faults.push(source.key_fault(&path, "parameter-unknown", message, Some(help)));
            continue;
        };
        if !fits(parameter.kind, value) {
            let wanted = wanted(parameter.kind);
            let message = format!("`{name}` is {wanted}, in {}; found {}", parameter.unit, kind(value));
            let help = example(parameter.kind).map(|example| format!("write it like {example}"));
            faults.push(source.fault(&path, None, "parameter-type", message, help));
        }
    }
    settled(faults, members.into_iter().collect())
}

fn wanted(kind: ParameterType) -> &'static str {
    match kind {
        ParameterType::Integer => "a whole number",
        ParameterType::String => "a text",
        ParameterType::StringList => "a list of texts",
        ParameterType::StringMap => "a mapping from text to text",
        ParameterType::Boolean => "true or false",
    }
}

fn example(kind: ParameterType) -> Option<&'static str> {
    match kind {
        ParameterType::Integer => Some("`30`, without unit and without quotes"),
        ParameterType::StringList => Some("`[kube-system, monitoring]`"),
        ParameterType::StringMap => Some("`{environment: production}`"),
        ParameterType::String | ParameterType::Boolean => None,
    }
}

/// Exemptions being read.
struct Rows<'a> {
    opened: Opened<'a>,
    names: Option<&'a Names<'a>>,
}

impl Rows<'_> {
    /// Adds a problem of a field of one row, unless the field could not be read.
    fn add(&mut self, at: usize, field: &str, code: &'static str, message: String, help: Option<String>) {
        let name = format!("exemptions[{at}].{field}");
        if !is_mended(&self.opened.mended, &name) {
            let fault = self.opened.source.fault(&steps(&name), None, code, message, help);
            self.opened.faults.push(fault);
        }
    }

    fn text(row: &Value, field: &str) -> String {
        row[field].as_str().unwrap_or_default().to_string()
    }

    fn instant(&mut self, at: usize, row: &Value, field: &str) -> Option<Instant> {
        let text = Self::text(row, field);
        let parsed = text.parse().ok();
        if parsed.is_none() {
            let help = "write an instant such as `2026-11-24T00:00:00Z`".to_string();
            self.add(at, field, "value-form", format!("`{text}` is no instant"), Some(help));
        }
        parsed
    }

    fn row(&mut self, at: usize, row: &Value) -> Option<Exemption> {
        let text = |field| Self::text(row, field);
        let (id, owner, approver) = (text("id"), text("owner"), text("approver"));
        if owner.trim().to_lowercase() == approver.trim().to_lowercase() {
            let message = format!("`{id}`: owner and approver are the same person");
            let help = "somebody who does not carry the risk has to approve it".to_string();
            self.add(at, "approver", "approver-is-owner", message, Some(help));
        }
        if text("reason").trim().is_empty() {
            self.add(at, "reason", "reason-missing", format!("`{id}` gives no reason"), None);
        }
        let items: Vec<String> = row["items"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_string)
            .collect();
        if items.is_empty() {
            self.add(at, "items", "items-missing", format!("`{id}` names no items"), None);
        }
        self.control(at, &text("control"));
        let (approved, expires) = (self.instant(at, row, "approved"), self.instant(at, row, "expires"));
        let (approved, expires) = (approved?, expires?);
        if expires <= approved {
            let message = format!("`{id}` expires before it was approved");
            self.add(at, "expires", "expiry-before-approval", message, None);
        } else if self.names.and_then(|names| names.at).is_some_and(|now| now > expires) {
            let message = format!("`{id}` has expired; its items count again");
            let help = "correct what it was for and leave it out, or have it approved anew".to_string();
            self.add(at, "expires", "exemption-expired", message, Some(help));
        }
        let (control, reason) = (text("control"), text("reason"));
        Some(Exemption { id, control, items, reason, owner, approver, approved, expires })
    }

    fn control(&mut self, at: usize, control: &str) {
        let Some(names) = self.names else { return };
        if !names.controls.contains(control) {
            let near = nearest(control, names.controls.iter().copied());
            let help = near.map_or_else(
                || "`nachweis catalog list` shows all controls".to_string(),
                |near| format!("did you mean `{near}`?"),
            );
            let message = format!("there is no control `{control}`");
            self.add(at, "control", "control-unknown", message, Some(help));
        }
    }
}

fn exemptions(file: &str, bytes: &[u8], names: Option<&Names<'_>>) -> Result<Vec<Exemption>, Vec<Fault>> {
    let opened = opened(file, bytes, EXEMPTIONS, "nachweis-exemptions/1")?;
    let list = opened.value["exemptions"].as_array().cloned().unwrap_or_default();
    let mut rows = Rows { opened, names };
    let mut found = Vec::new();
    let mut ids = BTreeSet::new();
    for (at, row) in list.iter().enumerate() {
        let id = Rows::text(row, "id");
        if !ids.insert(id.clone()) {
            rows.add(at, "id", "id-repeated", format!("two exemptions are called `{id}`"), None);
        }
        found.extend(rows.row(at, row));
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    settled(rows.opened.faults, found)
}
