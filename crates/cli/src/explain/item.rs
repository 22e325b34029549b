//! One item: every control that judged it, worst first, down to the part of the expression that decided.

use nachweis_canon::Json;
use nachweis_catalog::nearest;
use nachweis_evaluate::{Asked, Evidence, Inputs, Item, trace};
use nachweis_model::assessment::Finding;
use nachweis_model::catalogue::Catalogue;
use nachweis_model::{ItemId, Verdict};
use nachweis_report::words;
use nachweis_snapshot::Snapshot;

use super::bundle::Bundle;
use super::finding::sentence;
use super::page::Page;
use crate::catalog::citation;
use crate::fail::Failure;

/// Characters of a value that are shown.
const VALUE: usize = 120;

/// How an item came out under one control.
struct Row<'a> {
    finding: &'a Finding,
    verdict: Verdict,
    reason: Option<&'a str>,
    excluded: bool,
}

/// Writes everything that was said about an item.
pub fn about(page: &mut Page, bundle: &Bundle<'_>, text: &str) -> Result<(), Failure> {
    let (index, id) = find(bundle.snapshot, &bundle.path, text)?;
    let catalogue = bundle.catalogue();
    let mut rows: Vec<Row<'_>> =
        bundle.assessment().findings.iter().filter_map(|finding| row(finding, index)).collect();
    rows.sort_by(|a, b| {
        let key = |row: &Row<'_>| (row.excluded, row.verdict, std::cmp::Reverse(row.finding.severity));
        key(a).cmp(&key(b)).then_with(|| a.finding.control.cmp(&b.finding.control))
    });
    page.line(0, &format!("{} {}", id.kind, id.place()));
    let sealed = page.pick("item", "Objekt").to_string();
    page.line(2, &format!("{sealed} {index}: {id}"));
    let command = format!("nachweis items {} --show {id}", bundle.path);
    let lead = page.pick("its sealed body: ", "sein versiegelter Inhalt: ").to_string();
    page.line(2, &format!("{lead}{command}"));
    if rows.is_empty() {
        let none = page.pick("no control judges it", "keine Kontrolle beurteilt es").to_string();
        page.line(2, &none);
    }
    for row in rows {
        one(page, bundle, &catalogue, &row, index)?;
    }
    Ok(())
}

fn row(finding: &Finding, index: u32) -> Option<Row<'_>> {
    let group = finding.items.iter().find(|group| group.items.contains(index));
    if let Some(group) = group {
        return Some(Row { finding, verdict: group.verdict, reason: Some(&group.reason), excluded: false });
    }
    if finding.passed.contains(index) {
        return Some(Row { finding, verdict: Verdict::Satisfied, reason: None, excluded: false });
    }
    let (reason, _) = finding.excluded.iter().find(|(_, items)| items.contains(index))?;
    Some(Row { finding, verdict: Verdict::NotApplicable, reason: Some(reason), excluded: true })
}

fn one(
    page: &mut Page,
    bundle: &Bundle<'_>,
    catalogue: &Catalogue,
    row: &Row<'_>,
    index: u32,
) -> Result<(), Failure> {
    let lang = page.lang();
    let Some(control) = catalogue.control(&row.finding.control) else { return Ok(()) };
    let severity = words::severity(lang, control.severity);
    let head = format!("{} {} · {} · {severity}", words::sign(row.verdict), verdict(page, row), control.id);
    page.heading(&head, &head);
    page.paragraph(2, "", control.title.in_lang(lang));
    if let Some(reason) = row.reason {
        page.paragraph(2, &format!("{reason}: "), &sentence(control, row.finding, reason, lang));
    }
    let provisions = control.obligations.iter().filter_map(|link| catalogue.provision(&link.id));
    let laws: Vec<String> = provisions.map(|provision| citation(catalogue, provision, lang)).collect();
    let lead = page.pick("evidence for: ", "Nachweis für: ").to_string();
    page.paragraph(2, &lead, &laws.join(", "));
    let inputs = Inputs {
        evidence: bundle.snapshot,
        catalogue: &bundle.documents.catalogue,
        overlay: &bundle.documents.overlay,
        packs: &[],
        as_of: bundle.assessment().as_of,
    };
    let asked =
        trace(&inputs, &control.id, index).map_err(|error| Failure::new("trace", error.to_string()))?;
    if let Some(asked) = asked.iter().rev().find(|asked| decisive(asked, row)) {
        decided(page, asked);
    }
    if matches!(row.verdict, Verdict::NotSatisfied) {
        let lead = page.pick("to fix it: ", "Abhilfe: ").to_string();
        page.paragraph(2, &lead, control.remediation.in_lang(lang));
    }
    Ok(())
}

fn verdict(page: &Page, row: &Row<'_>) -> &'static str {
    match row.excluded {
        true if page.lang() == nachweis_model::Lang::De => "nicht beurteilt",
        true => "not judged",
        false => words::verdict(page.lang(), row.verdict),
    }
}

/// The expression that is shown: the one that named the reason, else the last one that was asked.
fn decisive(asked: &Asked, row: &Row<'_>) -> bool {
    match row.verdict {
        // The predicate says why, where the reason always matches.
        Verdict::NotSatisfied => {
            asked.source.trim() != "true" && (asked.field == "predicate" || asked.answer == "true")
        }
        _ => true,
    }
}

fn decided(page: &mut Page, asked: &Asked) {
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lead = page.pick("decided by ", "entschieden durch ").to_string();
    page.line(2, &format!("{lead}{}", asked.field));
    for part in &asked.parts {
        page.paragraph(4, "", &format!("{} = {}", one_line(&part.text), part.value));
        for (text, value) in &part.values {
            let value: String = match value.char_indices().nth(VALUE) {
                Some((at, _)) => format!("{}…", &value[..at]),
                None => value.clone(),
            };
            page.paragraph(6, &format!("{} = ", one_line(text)), &value);
        }
    }
    for read in &asked.reads {
        let there = match read.found {
            true => page.pick("in the sealed body", "im versiegelten Inhalt"),
            false => page.pick("not in the sealed body", "nicht im versiegelten Inhalt"),
        };
        let line = format!("{}  {there}", read.pointer);
        page.line(4, &line);
    }
}

/// The item that a text names: its id, or the end of it such as `Pod/payments/api-0`.
pub fn find(snapshot: &Snapshot<'_>, path: &str, text: &str) -> Result<(u32, ItemId), Failure> {
    let mut found: Vec<(u32, ItemId)> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut visit = |item: &Item<'_>| {
        let short = format!("{}/{}", item.id.kind, item.id.place());
        if item.id.to_string() == text || short.eq_ignore_ascii_case(text) || item.id.place() == text {
            found.push((item.index, item.id.clone()));
        }
        names.push(short);
    };
    Evidence::read(snapshot, &|_, _| true, &mut visit)
        .map_err(|error| Failure::new("snapshot-read", error.to_string()))?;
    if let Some(exact) = found.iter().position(|(_, id)| id.to_string() == text) {
        return Ok(found.swap_remove(exact));
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => {
            let near = nearest(text, names.iter().map(String::as_str));
            let help = near.map_or_else(
                || format!("`nachweis items {}` lists all items", path),
                |near| format!("did you mean `{near}`?"),
            );
            Err(Failure::new("item-unknown", format!("there is no item `{text}` in this snapshot"))
                .at(path)
                .help(help)
                .usage())
        }
        _ => {
            let ids: Vec<String> = found.iter().take(8).map(|(_, id)| format!("`{id}`")).collect();
            Err(Failure::new("item-ambiguous", format!("`{text}` names {} items", found.len()))
                .at(path)
                .help(format!("name one of {}", ids.join(", ")))
                .usage())
        }
    }
}

/// A body as text with two blanks for each level.
pub fn pretty(value: &Json<'_>) -> String {
    let parsed: Option<serde_json::Value> = serde_json::from_slice(&value.canonical()).ok();
    parsed.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_default()
}
