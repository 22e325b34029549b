//! `nachweis catalog docs`

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use nachweis_model::Lang;
use nachweis_model::catalogue::Catalogue;
use nachweis_model::control::{Control, OnEmpty};
use nachweis_report::escape::visible;
use nachweis_report::words;
use serde_json::Value;

use super::{DocsArgs, counted, source, trace};
use crate::explain::plain;
use crate::fail::Failure;
use crate::output::print;

/// Writes one page for each control, and an index.
pub fn run(args: &DocsArgs) -> Result<u8, Failure> {
    let catalogue = source::catalogue(args.dir.as_deref())?;
    std::fs::create_dir_all(&args.out).map_err(|error| failed(&args.out, &error))?;
    for control in &catalogue.controls {
        write(&args.out.join(format!("{}.md", control.id)), &page(&catalogue, control, args.lang))?;
    }
    write(&args.out.join("README.md"), &index(&catalogue, args.lang))?;
    let count = counted(catalogue.controls.len() + 1, "page", "pages");
    print(format!("{count} in {}\n", args.out.display()).as_bytes())?;
    Ok(0)
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new("file-write", format!("cannot write: {error}")).at(path.display())
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| failed(path, &error))
}

/// Text of a catalogue inside Markdown: readable as it is, and without mark-up of its own.
fn md(text: &str) -> String {
    let mut out = String::new();
    for c in visible(text.trim()).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// A name as code; what could end the code is left out of it.
fn code(text: &str) -> String {
    format!("`{}`", visible(text).replace('`', "'"))
}

fn index(catalogue: &Catalogue, lang: Lang) -> String {
    let mut out = String::from(
        "# Controls\n\nWritten by `nachweis catalog docs`; a test holds these pages to the catalogue.\n\n",
    );
    out.push_str("| control | severity | what it checks |\n|---|---|---|\n");
    for control in &catalogue.controls {
        let title = md(control.title.in_lang(lang));
        let _ = writeln!(
            out,
            "| [{0}]({0}.md) | {1} | {title} |",
            control.id,
            words::severity(lang, control.severity)
        );
    }
    out
}

fn page(catalogue: &Catalogue, control: &Control, lang: Lang) -> String {
    let de = lang == Lang::De;
    let mut out = format!("# {}\n\n", md(&control.id));
    let _ =
        writeln!(out, "{} · {}\n", md(control.title.in_lang(lang)), words::severity(lang, control.severity));
    let heading = |out: &mut String, en: &str, german: &str| {
        let _ = writeln!(out, "## {}\n", if de { german } else { en });
    };

    heading(&mut out, "What it checks", "Was sie prüft");
    for of in &control.population.of {
        let words = plain(of, lang).map(|words| format!(": {words}")).unwrap_or_default();
        let _ = writeln!(out, "- {} ({}){words}", md(control.unit.in_lang(lang)), code(of));
    }
    let empty = match (control.on_empty, de) {
        (OnEmpty::NotApplicable, false) => "nothing to judge: not applicable",
        (OnEmpty::NotSatisfied, false) => "nothing to judge: not satisfied",
        (OnEmpty::NotApplicable, true) => "nichts zu beurteilen: nicht anwendbar",
        (OnEmpty::NotSatisfied, true) => "nichts zu beurteilen: nicht bestanden",
    };
    let _ = writeln!(
        out,
        "- {}; {empty}\n\n```cel\n{}\n```\n",
        words::threshold(lang, &control.threshold),
        control.predicate.trim()
    );

    heading(&mut out, "Why, and which obligation it supports", "Warum, und welche Pflicht sie stützt");
    for link in &control.obligations {
        let cite = catalogue.provision(&link.id).map(|provision| trace::citation(catalogue, provision, lang));
        let duty = catalogue.provision(&link.id).map(|provision| md(provision.duty.in_lang(lang)));
        let relation = words::relationship(lang, link.relationship);
        let _ = writeln!(
            out,
            "- **{}**: {}",
            md(&cite.unwrap_or_else(|| link.id.clone())),
            duty.unwrap_or_default()
        );
        let _ = writeln!(out, "  {relation}. {}", md(link.rationale.in_lang(lang)));
    }

    out.push('\n');
    heading(&mut out, "What evidence it reads", "Welche Nachweise sie liest");
    let mut seen = BTreeSet::new();
    for read in control.reads.iter().filter(|read| seen.insert(&read.resource)) {
        let words = plain(&read.resource, lang).map(|words| format!(": {words}")).unwrap_or_default();
        let _ = writeln!(out, "- {} {}{words}", code(&read.resource), md(&read.versions.join(", ")));
    }
    for parameter in &control.parameters {
        let default = match &parameter.default {
            Value::Null if de => "im Overlay zu setzen".to_string(),
            Value::Null => "to be set in the overlay".to_string(),
            value => code(&value.to_string()),
        };
        let source = md(parameter.source.in_lang(lang));
        let _ = writeln!(out, "- {} ({}) = {default}: {source}", code(&parameter.name), md(&parameter.unit));
    }

    out.push('\n');
    heading(&mut out, "What not satisfied looks like", "Wie nicht bestanden aussieht");
    for reason in control.reasons.iter().chain(&control.empty) {
        let _ = writeln!(out, "- {}: {}", code(&reason.code), md(reason.text.in_lang(lang)));
    }
    if let Some(by) = &control.enforced_by {
        let _ = writeln!(
            out,
            "- {}: {}",
            if de { "wirkt nicht" } else { "does not act" },
            md(by.text.in_lang(lang))
        );
    }

    out.push('\n');
    heading(&mut out, "How to fix", "Abhilfe");
    let _ = writeln!(out, "{}\n", md(control.remediation.in_lang(lang)));
    heading(&mut out, "Limits", "Grenzen");
    let _ = writeln!(out, "{}", md(control.limits.in_lang(lang)));
    out
}
