//! `nachweis catalog lint`

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use nachweis_canon::Json;
use nachweis_catalog::{Fault, Files, Schemas, nearest};
use nachweis_evaluate::unbound;
use nachweis_model::control::Control;
use nachweis_report::escape::terminal;

use super::source::{self, Folder};
use super::{LintArgs, counted};
use crate::args::Format;
use crate::fail::Failure;
use crate::output::{now, print, print_json};

/// Reports every problem of every file.
pub fn run(args: &LintArgs) -> Result<u8, Failure> {
    let folders = folders(&args.dir)?;
    let mut faults = overlay_files(args, &folders)?;
    faults.extend(check(&folders)?);
    faults.extend(source::strays(&args.dir).iter().map(|path| {
        let shown = path.display().to_string();
        let fault = Fault::of(&shown, "control-file-missing", "there is no file control.yaml in this folder");
        Fault {
            help: Some("name the control's file `control.yaml`, or move the folder elsewhere".into()),
            ..fault
        }
    }));
    match args.format {
        Format::Text => print(text(&faults, folders.len()).as_bytes())?,
        Format::Json => print_json(&json(&faults, folders.len()))?,
    }
    Ok(u8::from(!faults.is_empty()))
}

/// Problems of control files, in the order of files and places.
pub fn check(folders: &[Folder]) -> Result<Vec<Fault>, Failure> {
    let schemas = Schemas::embedded().map_err(Failure::damaged)?;
    let Some(first) = folders.first() else { return Ok(Vec::new()) };
    let catalogue = source::surroundings(&first.path)?;
    let obligations: BTreeSet<&str> =
        catalogue.provisions.iter().map(|provision| provision.id.as_str()).collect();
    let mut faults = Vec::new();
    for folder in folders {
        // The folder's name counts, also where the path is `.`.
        let shown = folder.file().display().to_string();
        let named = format!("{}/control.yaml", folder.id);
        let bytes = source::bytes(&folder.file())?;
        let found = match nachweis_catalog::lint(&named, &bytes, &obligations) {
            Err(faults) => faults,
            Ok(mut linted) => {
                for problem in unbound(&linted.control, &schemas) {
                    linted.add(&problem.field, problem.offset, problem.code, problem.message, problem.help);
                }
                linted.finish()
            }
        };
        faults.extend(found.into_iter().map(|fault| Fault { file: shown.clone(), ..fault }));
    }
    Ok(faults)
}

/// Names of an overlay's own files.
const OWN: [&str; 2] = ["params.yaml", "exemptions.yaml"];

fn is_overlay(dir: &Path) -> bool {
    OWN.iter().any(|name| dir.join(name).is_file())
        || dir.join("controls").is_dir() && !dir.join("obligations").is_dir()
}

/// Problems of an overlay's own files, and files that nobody would read.
fn overlay_files(args: &LintArgs, folders: &[Folder]) -> Result<Vec<Fault>, Failure> {
    let dir = &args.dir;
    if !is_overlay(dir) {
        return Ok(Vec::new());
    }
    let mut files = Files::new();
    for name in OWN.into_iter().filter(|name| dir.join(name).is_file()) {
        files.insert(name.to_string(), source::bytes(&dir.join(name))?);
    }
    let release = source::release()?;
    // A control that cannot be read has its own problems; its parameters are not known then.
    let own: Vec<Control> = folders.iter().filter_map(|folder| source::control(folder).ok()).collect();
    let now = args.as_of.unwrap_or_else(now);
    let names = nachweis_catalog::Names::new(release.controls.iter().chain(&own), Some(now));
    let mut faults = nachweis_catalog::overlay_faults(&files, &names);
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut strange: Vec<String> = entries
        .filter(|entry| entry.path().is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !OWN.contains(&name.as_str()))
        // Beside controls alone there may be anything: this need not be an overlay.
        .filter(|name| !files.is_empty() || nearest(name, OWN).is_some())
        .collect();
    strange.sort();
    faults.extend(strange.iter().map(|name| {
        let message = "an overlay holds params.yaml, exemptions.yaml and controls/<id>/control.yaml";
        let help = nearest(name, OWN).map(|near| format!("did you mean `{near}`?"));
        Fault { help, ..Fault::of(name, "overlay-file-unknown", message) }
    }));
    let shown = |file: &str| dir.join(file).display().to_string();
    Ok(faults.into_iter().map(|fault| Fault { file: shown(&fault.file), ..fault }).collect())
}

/// Folders of controls; an overlay may have none.
fn folders(dir: &Path) -> Result<Vec<Folder>, Failure> {
    match source::folders(dir) {
        Err(_) if is_overlay(dir) && !dir.join("controls").is_dir() => Ok(Vec::new()),
        found => found,
    }
}

/// The problems as a person reads them.
pub fn text(faults: &[Fault], files: usize) -> String {
    let mut out = String::new();
    for fault in faults {
        block("error", fault, &mut out);
    }
    let controls = counted(files, "control", "controls");
    let _ = match faults.len() {
        0 => writeln!(out, "{controls}, no problem"),
        count => writeln!(out, "{controls}, {}", counted(count, "problem", "problems")),
    };
    out
}

/// One problem with its place and the line marked; `lead` is the word before its code.
pub fn block(lead: &str, fault: &Fault, out: &mut String) {
    let _ = writeln!(out, "{lead}[{}]: {}", fault.code, terminal(&fault.message));
    let place = match (fault.line, fault.column) {
        (0, _) => String::new(),
        (line, 0) => format!(":{line}"),
        (line, column) => format!(":{line}:{column}"),
    };
    let _ = writeln!(out, "  --> {}{place}", terminal(&fault.file));
    if let Some(quote) = fault.quote.as_deref().filter(|_| fault.line > 0) {
        let number = fault.line.to_string();
        let gap = " ".repeat(number.len());
        let (shown, column, width) = window(quote, fault.column, fault.width());
        let _ = writeln!(out, " {gap} |\n {number} | {shown}");
        if fault.column > 0 {
            let _ = writeln!(out, " {gap} | {}{}", " ".repeat(column), "^".repeat(width));
        }
    }
    if let Some(help) = &fault.help {
        let _ = writeln!(out, "  help: {}", terminal(help));
    }
    out.push('\n');
}

/// Characters of a quoted line that are shown.
const SHOWN: usize = 110;

/// The part of a line around a column, everything unseen made visible, and where the mark stands in it.
fn window(line: &str, column: usize, width: usize) -> (String, usize, usize) {
    let at = column.saturating_sub(1);
    let start = if at + width > SHOWN { at.saturating_sub(SHOWN / 2) } else { 0 };
    let part = |from: usize, count: usize| -> String {
        terminal(&line.chars().skip(from).take(count).collect::<String>())
    };
    let lead = if start > 0 { "…" } else { "" };
    let before = format!("{lead}{}", part(start, at - start));
    let marked = part(at, width.min(SHOWN));
    let after = part(at + width.min(SHOWN), SHOWN.saturating_sub(at - start + width));
    let (place, length) = (before.chars().count(), marked.chars().count().max(1));
    (format!("{before}{marked}{after}").trim_end().to_string(), place, length)
}

fn json(faults: &[Fault], files: usize) -> Json<'static> {
    let number = |value: usize| Json::Int(i64::try_from(value).unwrap_or(i64::MAX));
    Json::object([
        ("format", Json::str("nachweis-lint/1")),
        ("controls", number(files)),
        ("problems", rows(faults)),
    ])
}

/// Problems as JSON.
pub fn rows(faults: &[Fault]) -> Json<'static> {
    let number = |value: usize| Json::Int(i64::try_from(value).unwrap_or(i64::MAX));
    let rows = faults.iter().map(|fault| {
        Json::object([
            ("file", Json::str(fault.file.clone())),
            ("line", number(fault.line)),
            ("column", number(fault.column)),
            ("code", Json::str(fault.code)),
            ("message", Json::str(fault.message.clone())),
            ("help", fault.help.clone().map_or(Json::Null, Json::str)),
        ])
    });
    Json::Arr(rows.collect())
}
