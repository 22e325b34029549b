//! `nachweis catalog list`

use std::fmt::Write as _;

use nachweis_canon::Json;
use nachweis_report::escape::{clip, visible};

use super::{ListArgs, counted, source};
use crate::args::Format;
use crate::fail::Failure;
use crate::output::{print, print_json};

/// One line for each control.
pub fn run(args: &ListArgs) -> Result<u8, Failure> {
    let catalogue = source::catalogue(args.dir.as_deref())?;
    if args.format == Format::Json {
        let rows = catalogue.controls.iter().map(|control| {
            Json::object([
                ("id", Json::str(control.id.clone())),
                ("severity", Json::str(control.severity.as_str())),
                ("title", Json::str(control.title.in_lang(args.lang).to_string())),
                (
                    "obligations",
                    Json::Arr(control.obligations.iter().map(|link| Json::str(link.id.clone())).collect()),
                ),
            ])
        });
        print_json(&Json::object([
            ("version", Json::str(catalogue.version.clone())),
            ("controls", Json::Arr(rows.collect())),
        ]))?;
        return Ok(0);
    }
    let wide = catalogue.controls.iter().map(|control| control.id.chars().count()).max().unwrap_or(0).min(48);
    let mut out = String::new();
    for control in &catalogue.controls {
        let id = clip(&visible(&control.id), 48).into_owned();
        let title = visible(control.title.in_lang(args.lang)).into_owned();
        let ids: Vec<&str> = control.obligations.iter().map(|link| link.id.as_str()).collect();
        let _ = writeln!(out, "{id:wide$}  {:8}  {}", control.severity.as_str(), clip(&title, 160));
        let _ = writeln!(out, "{:wide$}            {}", "", visible(&ids.join("  ")));
    }
    let of = if args.dir.is_some() { String::new() } else { format!(", catalogue {}", catalogue.version) };
    let _ = writeln!(out, "{}{of}", counted(catalogue.controls.len(), "control", "controls"));
    print(out.as_bytes())?;
    Ok(0)
}
