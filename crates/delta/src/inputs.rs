//! Which values of catalogue, overlay, selection and instant differ, by name.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_canon::{Json, Limits, canonical_bytes, parse_bytes};
use nachweis_model::catalogue::{Catalogue, Overlay};
use serde::Serialize;

use crate::changes::{InputChange, Kind, Reach};
use crate::compare::Side;
use crate::paths::{CHANGES_MAX, values};
use crate::steps::set;

/// Records by name, and which findings they can move.
type Named = BTreeMap<String, (Json<'static>, Reach)>;

fn json<T: Serialize>(record: &T) -> Json<'static> {
    let bytes = canonical_bytes(record);
    parse_bytes(&bytes, &Limits { depth: 512, ..Limits::OURS })
        .map_or(Json::Null, |parsed| parsed.value.into_owned())
}

fn one(control: &str) -> Reach {
    Reach::Controls(vec![control.to_string()])
}

fn compare(kind: Kind, old: &Named, new: &Named, out: &mut Vec<InputChange>) {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let (before, after) = (old.get(name), new.get(name));
        if before.map(|(value, _)| value) == after.map(|(value, _)| value) {
            continue;
        }
        let paths = values(before.map(|(value, _)| value), after.map(|(value, _)| value), CHANGES_MAX);
        let reach = match (before, after) {
            (Some((_, Reach::Controls(a))), Some((_, Reach::Controls(b)))) => {
                Reach::Controls(a.iter().chain(b).cloned().collect())
            }
            (Some((_, reach)), None) | (None, Some((_, reach))) => reach.clone(),
            _ => Reach::All,
        };
        out.push(InputChange { kind, name: name.clone(), paths, reach });
    }
}

fn catalogue(catalogue: &Catalogue) -> Named {
    let mut out = Named::new();
    for control in &catalogue.controls {
        out.insert(format!("control {}", control.id), (json(control), one(&control.id)));
    }
    for (name, value) in &catalogue.data {
        out.insert(format!("data {name}"), (json(value), Reach::All));
    }
    // What is cited and selected moves no verdict, only which controls are asked.
    for provision in &catalogue.provisions {
        out.insert(format!("obligation {}", provision.id), (json(provision), Reach::Controls(Vec::new())));
    }
    for pack in &catalogue.packs {
        out.insert(format!("pack {}", pack.name), (json(pack), Reach::All));
    }
    for row in &catalogue.crosswalk {
        out.insert(format!("crosswalk {}", row.id), (json(row), Reach::Controls(Vec::new())));
    }
    for act in &catalogue.acts {
        out.insert(format!("act {}", act.id), (json(act), Reach::Controls(Vec::new())));
    }
    let head = Json::object([
        ("format", Json::str(catalogue.format.clone())),
        ("valid_from", Json::str(catalogue.valid_from.to_string())),
        ("version", Json::str(catalogue.version.clone())),
    ]);
    out.insert("release".into(), (head, Reach::Controls(Vec::new())));
    out
}

/// Controls of either side that declare a parameter.
fn users(name: &str, old: &Side<'_>, new: &Side<'_>) -> Reach {
    let sides = [old, new];
    let controls = sides.iter().flat_map(|side| side.catalogue.controls.iter().chain(&side.overlay.controls));
    let using = controls.filter(|control| control.parameters.iter().any(|parameter| parameter.name == name));
    Reach::Controls(using.map(|control| control.id.clone()).collect::<BTreeSet<_>>().into_iter().collect())
}

/// What an overlay holds besides controls, parameters and exemptions.
fn rest(overlay: &Overlay) -> Named {
    let Json::Obj(members) = json(overlay) else { return Named::new() };
    let others = members.into_members().into_iter();
    let others = others.filter(|(key, _)| !["params", "exemptions", "controls", "format"].contains(&&**key));
    others.map(|(key, value)| (key.into_owned(), (value, Reach::All))).collect()
}

/// Every input that differs, in the order of causes.
pub(crate) fn inputs(old: &Side<'_>, new: &Side<'_>) -> Vec<InputChange> {
    let mut out = Vec::new();
    compare(Kind::Catalogue, &catalogue(old.catalogue), &catalogue(new.catalogue), &mut out);
    let controls = |side: &Side<'_>| -> Named {
        let own = side.overlay.controls.iter();
        own.map(|control| (format!("own control {}", control.id), (json(control), one(&control.id))))
            .collect()
    };
    compare(Kind::OwnControl, &controls(old), &controls(new), &mut out);
    let params = |side: &Side<'_>| -> Named {
        let named = side.overlay.params.iter();
        named
            .map(|(name, value)| (format!("parameter {name}"), (json(value), users(name, old, new))))
            .collect()
    };
    compare(Kind::Parameter, &params(old), &params(new), &mut out);
    let exemptions = |side: &Side<'_>| -> Named {
        let all = side.overlay.exemptions.iter();
        all.map(|e| (format!("exemption {}", e.id), (json(e), one(&e.control)))).collect()
    };
    compare(Kind::Exemption, &exemptions(old), &exemptions(new), &mut out);
    compare(Kind::Statement, &rest(old.overlay), &rest(new.overlay), &mut out);
    let single = |name: &str, value: Json<'static>| Named::from([(name.to_string(), (value, Reach::All))]);
    let packs = |side: &Side<'_>| {
        let names = set(side.packs).into_iter();
        single("packs", Json::Arr(names.map(|name| Json::str(name.clone())).collect()))
    };
    compare(Kind::Selection, &packs(old), &packs(new), &mut out);
    let instant = |side: &Side<'_>| single("as_of", Json::str(side.as_of.to_string()));
    compare(Kind::Instant, &instant(old), &instant(new), &mut out);
    out
}

/// Names of the inputs of these kinds that can move a control's finding.
pub(crate) fn named(inputs: &[InputChange], kinds: &[Kind], control: &str) -> Vec<String> {
    let reaches = |input: &&InputChange| match &input.reach {
        Reach::All => true,
        Reach::Controls(controls) => controls.iter().any(|other| other == control),
    };
    let of_kinds = inputs.iter().filter(|input| kinds.contains(&input.kind));
    of_kinds.filter(reaches).map(|input| input.name.clone()).collect()
}
