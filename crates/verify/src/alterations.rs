//! What differs from a released catalogue, value by value.

use std::collections::BTreeSet;

use nachweis_model::catalogue::{Catalogue, Overlay};
use nachweis_model::control::Control;
use serde::Serialize;
use serde_json::Value;

/// A value that is not the released one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alteration {
    /// control, parameter, exemption or data file
    pub place: String,
    /// JSON pointer in it; empty for the whole
    pub pointer: String,
    /// what the release has; null where it has nothing
    pub released: Value,
    /// what the bundle has; null where it has nothing
    pub found: Value,
    /// true where it only says what the release leaves open
    pub listed_only: bool,
}

impl Alteration {
    /// Both values in one sentence.
    pub fn sentence(&self) -> String {
        let show = |value: &Value| match value {
            Value::Null => "nothing".to_string(),
            other => {
                let text = other.to_string();
                if text.chars().count() > 120 {
                    format!("{}…", text.chars().take(120).collect::<String>())
                } else {
                    text
                }
            }
        };
        format!("released: {} · here: {}", show(&self.released), show(&self.found))
    }
}

fn differences(place: &str, pointer: &str, released: &Value, found: &Value, out: &mut Vec<Alteration>) {
    match (released, found) {
        (a, b) if a == b => {}
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let escaped = key.replace('~', "~0").replace('/', "~1");
                let at =
                    |object: &serde_json::Map<String, Value>| object.get(key).cloned().unwrap_or_default();
                differences(place, &format!("{pointer}/{escaped}"), &at(a), &at(b), out);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                differences(place, &format!("{pointer}/{index}"), a, b, out);
            }
        }
        (a, b) => out.push(Alteration {
            place: place.into(),
            pointer: pointer.into(),
            released: a.clone(),
            found: b.clone(),
            listed_only: false,
        }),
    }
}

fn as_value<T: Serialize>(record: Option<&T>) -> Value {
    record.and_then(|record| serde_json::to_value(record).ok()).unwrap_or_default()
}

/// A control with every value written out: a default that its file leaves out is a released value too.
fn control_value(control: Option<&Control>) -> Value {
    let mut value = as_value(control);
    if let (Some(control), Value::Object(members)) = (control, &mut value) {
        members.insert("threshold".into(), Value::String(control.threshold.clone()));
    }
    value
}

/// Every value in which a catalogue differs from a release, control by control and data file by data file.
pub fn catalogue_alterations(released: &Catalogue, found: &Catalogue) -> Vec<Alteration> {
    let mut out = Vec::new();
    let ids: BTreeSet<&String> =
        released.controls.iter().chain(&found.controls).map(|control| &control.id).collect();
    for id in ids {
        let place = format!("control {id}");
        differences(
            &place,
            "",
            &control_value(released.control(id)),
            &control_value(found.control(id)),
            &mut out,
        );
    }
    let names: BTreeSet<&String> = released.data.keys().chain(found.data.keys()).collect();
    for name in names {
        let at = |catalogue: &Catalogue| catalogue.data.get(name).cloned().unwrap_or_default();
        differences(&format!("data {name}"), "", &at(released), &at(found), &mut out);
    }
    let ids: BTreeSet<&String> =
        released.provisions.iter().chain(&found.provisions).map(|provision| &provision.id).collect();
    for id in ids {
        let place = format!("obligation {id}");
        differences(&place, "", &as_value(released.provision(id)), &as_value(found.provision(id)), &mut out);
    }
    differences("acts", "", &as_value(Some(&released.acts)), &as_value(Some(&found.acts)), &mut out);
    differences("packs", "", &as_value(Some(&released.packs)), &as_value(Some(&found.packs)), &mut out);
    out
}

/// Every value that an overlay lays over a catalogue. A value for a parameter without a default only says what
/// the catalogue leaves open; everything else has to be accepted by whoever verifies.
pub fn overlay_alterations(catalogue: &Catalogue, overlay: &Overlay) -> Vec<Alteration> {
    let mut out = Vec::new();
    for (name, value) in &overlay.params {
        let parameters =
            catalogue.controls.iter().chain(&overlay.controls).flat_map(|control| &control.parameters);
        let declared: Vec<_> = parameters.filter(|parameter| parameter.name == *name).collect();
        let defaults: BTreeSet<String> = declared
            .iter()
            .filter(|parameter| !parameter.default.is_null())
            .map(|parameter| parameter.default.to_string())
            .collect();
        if declared.iter().any(|parameter| parameter.default == *value) {
            continue;
        }
        let released =
            declared.iter().find(|p| !p.default.is_null()).map(|p| p.default.clone()).unwrap_or_default();
        out.push(Alteration {
            place: format!("parameter {name}"),
            pointer: String::new(),
            released,
            found: value.clone(),
            listed_only: !declared.is_empty() && defaults.is_empty(),
        });
    }
    let whole = |place: String, found: Value| Alteration {
        place,
        pointer: String::new(),
        released: Value::Null,
        found,
        listed_only: false,
    };
    out.extend(overlay.exemptions.iter().map(|e| whole(format!("exemption {}", e.id), as_value(Some(e)))));
    out.extend(
        overlay.controls.iter().map(|c| whole(format!("control {} of the overlay", c.id), as_value(Some(c)))),
    );
    out
}
