//! `nachweis catalog coverage`

use std::collections::BTreeMap;
use std::fmt::Write as _;

use nachweis_canon::Json;
use nachweis_model::catalogue::{Catalogue, Class, Provision};
use nachweis_report::escape::visible;

use super::{ListArgs, source};
use crate::args::Format;
use crate::fail::Failure;
use crate::output::{print, print_json};

/// Controls by provision.
fn controls(catalogue: &Catalogue) -> BTreeMap<&str, Vec<&str>> {
    let mut out: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for control in &catalogue.controls {
        for link in &control.obligations {
            out.entry(&link.id).or_default().push(&control.id);
        }
    }
    out
}

const CLASSES: [Class; 3] = [Class::Platform, Class::Partial, Class::Organisational];

/// How many provisions of each act have a control, by class, and which platform data could show and have none.
pub fn run(args: &ListArgs) -> Result<u8, Failure> {
    let catalogue = source::catalogue(args.dir.as_deref())?;
    let covered = controls(&catalogue);
    match args.format {
        Format::Json => print_json(&json(&catalogue, &covered))?,
        Format::Text => print(text(args, &catalogue, &covered).as_bytes())?,
    }
    Ok(0)
}

fn text(args: &ListArgs, catalogue: &Catalogue, covered: &BTreeMap<&str, Vec<&str>>) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "provisions with a control / all, by what platform data can show of them\n");
    let _ = writeln!(out, "{:16} {:>12} {:>12} {:>16}", "act", "platform", "partial", "organisational");
    for act in &catalogue.acts {
        let cells = CLASSES.map(|class| {
            let of: Vec<&Provision> =
                catalogue.provisions.iter().filter(|row| row.act == act.id && row.class == class).collect();
            let with = of.iter().filter(|row| covered.contains_key(row.id.as_str())).count();
            format!("{with} / {}", of.len())
        });
        let cite = visible(act.cite.in_lang(args.lang)).into_owned();
        let _ = writeln!(out, "{cite:16} {:>12} {:>12} {:>16}", cells[0], cells[1], cells[2]);
    }
    for class in [Class::Platform, Class::Partial] {
        let open = catalogue
            .provisions
            .iter()
            .filter(|row| row.class == class && !covered.contains_key(row.id.as_str()));
        let open: Vec<&Provision> = open.collect();
        let _ = writeln!(out, "\n{} without a control: {}", class.as_str(), open.len());
        for row in open {
            let _ = writeln!(out, "  {:24} {}", visible(&row.id), visible(row.title.in_lang(args.lang)));
        }
    }
    out
}

fn json(catalogue: &Catalogue, covered: &BTreeMap<&str, Vec<&str>>) -> Json<'static> {
    let rows = catalogue.provisions.iter().map(|row| {
        let ids = covered.get(row.id.as_str()).into_iter().flatten();
        Json::object([
            ("id", Json::str(row.id.clone())),
            ("act", Json::str(row.act.clone())),
            ("class", Json::str(row.class.as_str())),
            ("controls", Json::Arr(ids.map(|id| Json::str((*id).to_string())).collect())),
        ])
    });
    Json::object([
        ("version", Json::str(catalogue.version.clone())),
        ("provisions", Json::Arr(rows.collect())),
    ])
}
