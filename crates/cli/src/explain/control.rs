//! One control: what it asks, why, which law, what it reads, thresholds and their source, how to fix it.

use nachweis_model::catalogue::Catalogue;
use nachweis_model::control::{Control, OnEmpty, Reason};
use nachweis_report::words;
use serde_json::Value;

use super::kinds::plain;
use super::page::Page;
use crate::catalog::citation;

/// Who reads it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// people who want to know what is asked
    People,
    /// authors, who also want the rule
    Authors,
}

/// Writes the sheet of a control.
pub fn sheet(page: &mut Page, catalogue: &Catalogue, control: &Control, depth: Depth) {
    let lang = page.lang();
    page.line(0, &format!("{} · {}", control.id, words::severity(lang, control.severity)));
    page.paragraph(0, "", control.title.in_lang(lang));
    law(page, catalogue, control);
    looks(page, control);
    threshold(page, control);
    if depth == Depth::Authors {
        rule(page, control);
    }
    page.heading("how to fix it", "wie es behoben wird");
    page.paragraph(2, "", control.remediation.in_lang(lang));
    page.heading("what it cannot see", "was sie nicht sieht");
    page.paragraph(2, "", control.limits.in_lang(lang));
}

fn law(page: &mut Page, catalogue: &Catalogue, control: &Control) {
    let lang = page.lang();
    page.heading("why", "warum");
    for link in &control.obligations {
        match catalogue.provision(&link.id) {
            Some(provision) => {
                let cite = citation(catalogue, provision, lang);
                page.paragraph(2, &format!("{cite}  "), provision.title.in_lang(lang));
                page.paragraph(4, page_word(page, "asks: ", "verlangt: "), provision.duty.in_lang(lang));
            }
            None => page.line(2, &link.id),
        }
        let relation = words::relationship(lang, link.relationship);
        let lead = page_word(page, "this check: ", "diese Prüfung: ");
        page.paragraph(4, lead, &format!("{relation}. {}", link.rationale.in_lang(lang)));
    }
}

/// A word of the page's language that does not borrow the page.
fn page_word(page: &Page, en: &'static str, de: &'static str) -> &'static str {
    match page.lang() {
        nachweis_model::Lang::En => en,
        nachweis_model::Lang::De => de,
    }
}

fn looks(page: &mut Page, control: &Control) {
    let lang = page.lang();
    page.heading("what it judges", "was sie beurteilt");
    for of in &control.population.of {
        let words = plain(of, lang).unwrap_or_default();
        page.paragraph(2, &format!("{}  ", control.unit.in_lang(lang)), &format!("{of}: {words}"));
    }
    for reason in &control.population.exclude {
        let lead = page_word(page, "left out: ", "ausgenommen: ");
        page.paragraph(2, lead, reason.text.in_lang(lang));
    }
    page.heading("what it reads for that", "was sie dafür liest");
    let mut seen = std::collections::BTreeSet::new();
    for read in control.reads.iter().filter(|read| seen.insert(&read.resource)) {
        let lead = format!("{} {}  ", read.resource, read.versions.join(", "));
        page.paragraph(2, &lead, plain(&read.resource, lang).unwrap_or_default());
    }
    if !control.reasons.is_empty() {
        page.heading("when something is not covered", "wann etwas nicht abgedeckt ist");
    }
    for reason in &control.reasons {
        page.paragraph(2, &format!("{}  ", reason.code), reason.text.in_lang(lang));
    }
    if let Some(by) = &control.enforced_by {
        page.heading("what has to act on it", "was es durchsetzen muss");
        page.paragraph(2, "", by.text.in_lang(lang));
    }
}

fn threshold(page: &mut Page, control: &Control) {
    let lang = page.lang();
    page.heading("threshold", "Schwelle");
    page.line(2, &words::threshold(lang, &control.threshold));
    let empty = match control.on_empty {
        OnEmpty::NotApplicable => {
            page_word(page, "nothing to judge: not applicable", "nichts zu beurteilen: nicht anwendbar")
        }
        OnEmpty::NotSatisfied => {
            page_word(page, "nothing to judge: not satisfied", "nichts zu beurteilen: nicht bestanden")
        }
    };
    page.line(2, empty);
    for parameter in &control.parameters {
        let default = match &parameter.default {
            Value::Null => {
                page_word(page, "has to be set in the overlay", "muss im Overlay gesetzt werden").to_string()
            }
            Value::Array(items) => {
                items.iter().map(|item| item.as_str().unwrap_or_default()).collect::<Vec<_>>().join(", ")
            }
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        page.paragraph(2, &format!("{} = ", parameter.name), &format!("{default} ({})", parameter.unit));
        if let Some(title) = &parameter.title {
            page.paragraph(4, "", title.in_lang(lang));
        }
        page.paragraph(4, page_word(page, "source: ", "Quelle: "), parameter.source.in_lang(lang));
    }
}

fn rule(page: &mut Page, control: &Control) {
    page.heading("rule", "Regel");
    let mut part = |field: String, source: &str| {
        page.line(2, &field);
        page.lines(4, source);
    };
    if let Some(only) = &control.population.r#where {
        part("population.where".into(), only);
    }
    let coded = |list: &str, reasons: &[Reason]| -> Vec<(String, String)> {
        let named = reasons.iter().filter_map(|reason| Some((reason.code.as_str(), reason.when.clone()?)));
        named.map(|(code, when)| (format!("{list} {code}"), when)).collect()
    };
    for (field, when) in coded("population.exclude", &control.population.exclude) {
        part(field, &when);
    }
    part("predicate".into(), &control.predicate);
    for (field, when) in coded("reasons", &control.reasons) {
        part(field, &when);
    }
    if let Some(by) = &control.enforced_by {
        part("enforced_by.seen".into(), &by.seen);
        part("enforced_by.inactive".into(), &by.inactive);
    }
}
