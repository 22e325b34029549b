//! One obligation: what it asks, which controls give evidence for it, and what they said.

use nachweis_model::catalogue::{Catalogue, Provision};
use nachweis_report::words;

use super::bundle::Bundle;
use super::page::Page;
use crate::catalog::citation;

/// Writes an obligation, and its state in one run.
pub fn about(page: &mut Page, catalogue: &Catalogue, provision: &Provision, bundle: Option<&Bundle<'_>>) {
    let lang = page.lang();
    let cite = citation(catalogue, provision, lang);
    page.paragraph(0, &format!("{cite}  "), provision.title.in_lang(lang));
    page.heading("what it asks", "was sie verlangt");
    page.paragraph(2, "", provision.duty.in_lang(lang));
    let lead = page.pick("shown by: ", "gezeigt durch: ").to_string();
    page.paragraph(2, &lead, words::class(lang, provision.class));
    let row =
        bundle.and_then(|bundle| bundle.assessment().obligations.iter().find(|row| row.id == provision.id));
    if let Some(row) = row {
        page.heading("in this run", "in diesem Lauf");
        let verdict = words::as_verdict(row.state);
        page.line(2, &format!("{} {}", words::sign(verdict), words::verdict(lang, verdict)));
        match row.note.as_deref() {
            Some("no-control") => {
                let text = page.pick(
                    "no control of the catalogue gives evidence for it",
                    "keine Kontrolle des Katalogs liefert dafür einen Nachweis",
                );
                let text = text.to_string();
                page.paragraph(2, "", &text);
            }
            Some("statement-missing") => {
                let text =
                    page.pick("a signed statement is missing", "eine signierte Erklärung fehlt").to_string();
                page.paragraph(2, "", &text);
            }
            _ => {}
        }
    }
    page.heading("controls that give evidence for it", "Kontrollen, die Nachweise dafür liefern");
    let mut any = false;
    for control in &catalogue.controls {
        let Some(link) = control.obligations.iter().find(|link| link.id == provision.id) else { continue };
        any = true;
        page.paragraph(2, &format!("{}  ", control.id), control.title.in_lang(lang));
        let relation = words::relationship(lang, link.relationship);
        page.paragraph(4, "", &format!("{relation}. {}", link.rationale.in_lang(lang)));
        if let Some(finding) = bundle.and_then(|bundle| bundle.finding(&control.id)) {
            super::finding::summary(page, 4, finding, control);
        }
    }
    if !any {
        let text = page.pick("none", "keine").to_string();
        page.line(2, &text);
    }
}
