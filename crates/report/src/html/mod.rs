//! The report as one self-contained HTML file.
//!
//! Sections in reading order: summary, a page for the management body, one part per act, one article per
//! control with its finding, what was not seen, exemptions, withheld values, inputs and digests, how far the
//! proof reaches. Everything is readable without script; the script only searches and filters.

mod acts;
mod changes;
mod controls;
mod inputs;
mod management;
mod page;
mod parts;
mod reach;
mod summary;

use base64ct::{Base64, Encoding};
use nachweis_canon::Digest;
use nachweis_model::Lang;

use crate::Report;
use crate::view::View;
use crate::words::Pick;
pub(crate) use changes::total as changes_total;
use page::Page;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Budget of DOM nodes for lists of items, shared by all findings. With the fixed part of 160 controls the
/// document stays below 20,000 nodes whatever the size of the cluster.
const LIST_NODES: usize = 3_000;
/// Findings from which on nodes are saved.
const MANY: usize = 60;

/// The report as one HTML file that refers to nothing outside of itself (a content security policy forbids it).
///
/// Long lists are cut and say by how much and where the full list is. Foreign text is inert and its unseen
/// characters are visible.
pub fn html(report: &Report<'_>, lang: Lang) -> String {
    let view = View::new(report, lang);
    let mut page = Page { compact: report.assessment.findings.len() > MANY, ..Page::default() };
    page.own("<!DOCTYPE html>\n");
    page.el("html", &[("lang", lang.pick("en", "de"))], |p| {
        head(p, &view);
        p.el("body", &[], |p| body(p, &view));
    });
    page.out.push('\n');
    page.out
}

/// The items of which [`html`] shows an excerpt, each with the control that it is for: few, whatever the size of
/// the cluster, so that the caller reads only these.
pub fn html_excerpts(report: &Report<'_>) -> Vec<(u32, String)> {
    controls::excerpts(&View::new(report, Lang::En))
}

fn title(view: &View<'_>) -> String {
    format!("{} {}", view.lang.pick("Evidence report:", "Nachweisbericht:"), parts::shorten(&view.cluster()))
}

/// Allows our own style and script by digest and nothing else.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", Base64::encode_string(&Digest::of(text.as_bytes()).0));
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    format!("default-src 'none'; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'")
}

fn head(p: &mut Page, view: &View<'_>) {
    p.el("head", &[], |p| {
        p.void("meta", &[("charset", "utf-8")]);
        p.void("meta", &[("http-equiv", "Content-Security-Policy"), ("content", &policy())]);
        p.void("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
        p.void("meta", &[("name", "color-scheme"), ("content", "light dark")]);
        p.void("meta", &[("name", "referrer"), ("content", "no-referrer")]);
        p.leaf("title", &[], &title(view));
        p.el("style", &[], |p| p.own(STYLE));
    });
}

/// Sections of the document: anchor, English and German title.
const SECTIONS: [(&str, &str, &str); 10] = [
    ("summary", "Summary", "Übersicht"),
    ("management", "For the management body", "Für das Leitungsorgan"),
    ("changes", "What changed", "Was sich geändert hat"),
    ("acts", "By act", "Nach Rechtsakt"),
    ("controls", "Controls and findings", "Kontrollen und Befunde"),
    ("not-seen", "What was not seen", "Was nicht gesehen wurde"),
    ("exemptions", "Exemptions", "Ausnahmen"),
    ("withheld", "Withheld values", "Zurückgehaltene Werte"),
    ("inputs", "Inputs and digests", "Eingaben und Digests"),
    ("reach", "How far the proof reaches", "Wie weit der Nachweis reicht"),
];

fn body(p: &mut Page, view: &View<'_>) {
    let lang = view.lang;
    // Only a report that was compared tells of changes.
    let compared = view.report.changes.is_some();
    let sections = || SECTIONS.into_iter().filter(move |(id, ..)| compared || *id != "changes");
    p.leaf(
        "a",
        &[("class", "skip"), ("href", "#main")],
        lang.pick("Skip to the content", "Zum Inhalt springen"),
    );
    p.el("header", &[], |p| {
        p.leaf("p", &[("class", "brand")], "Nachweis");
        p.leaf("h1", &[], &title(view));
        let seal = view.report.seal;
        p.el("p", &[("class", "lead")], |p| {
            let source = crate::words::identity(lang, seal.identity_source);
            p.text(&format!("{} ", lang.pick("State at", "Stand")));
            let instant = seal.collected_to.to_string();
            p.leaf("time", &[("datetime", &instant)], &instant);
            p.text(&format!(", {source}."));
        });
        p.el("p", &[("class", "facts")], |p| facts(p, view));
    });
    let label = lang.pick("Contents", "Inhalt");
    p.el("nav", &[("aria-label", label)], |p| {
        p.el("ul", &[], |p| {
            for (id, en, de) in sections() {
                p.el("li", &[], |p| p.leaf("a", &[("href", &format!("#{id}"))], lang.pick(en, de)));
            }
        });
    });
    p.el("main", &[("id", "main"), ("tabindex", "-1")], |p| {
        for (id, en, de) in sections() {
            p.section(id, lang.pick(en, de), |p| match id {
                "summary" => summary::write(p, view),
                "management" => management::write(p, view),
                "changes" => {
                    view.report.changes.into_iter().for_each(|changes| changes::write(p, view, changes));
                }
                "acts" => acts::write(p, view),
                "controls" => controls::write(p, view),
                "not-seen" => inputs::not_seen(p, view),
                "exemptions" => inputs::exemptions(p, view),
                "withheld" => inputs::withheld(p, view),
                "inputs" => inputs::inputs(p, view),
                _ => reach::write(p, view),
            });
        }
    });
    p.el("footer", &[], |p| {
        p.p(&format!(
            "{} {}, {} {}",
            lang.pick("Assessment", "Bewertung"),
            view.report.digest,
            lang.pick("evaluation semantics", "Semantik der Auswertung"),
            view.report.assessment.semantics
        ));
    });
    p.el("script", &[], |p| p.own(SCRIPT));
}

/// What a reader needs to tell this report from another one: catalogue, digest, signature.
fn facts(p: &mut Page, view: &View<'_>) {
    let (lang, report) = (view.lang, view.report);
    let catalogue = parts::shorten(&report.assessment.catalogue.version);
    p.text(&format!(
        "{} {catalogue} · {} ",
        lang.pick("Catalogue", "Katalog"),
        lang.pick("assessment", "Bewertung")
    ));
    p.leaf("code", &[], &format!("sha256:{}", report.digest.short()));
    match report.signer {
        Some(key) => {
            p.text(lang.pick(" · signed by key ", " · signiert mit Schlüssel "));
            p.leaf("code", &[], &key.chars().take(16).collect::<String>());
        }
        None => p.text(lang.pick(" · not signed", " · nicht signiert")),
    }
    p.text(lang.pick(
        " · this page is a rendering; the bundle is the evidence, ",
        " · diese Seite ist eine Darstellung; der Nachweis ist das Bündel, ",
    ));
    p.leaf(
        "a",
        &[("href", "#reach")],
        lang.pick("and anyone can recompute it", "und jeder kann es nachrechnen"),
    );
    p.text(".");
}

/// Anchor of a control's article.
pub(crate) fn anchor(view: &View<'_>, control: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !control.is_empty() && control.len() < 100 && control.chars().all(plain) {
        return format!("control-{control}");
    }
    let findings = &view.report.assessment.findings;
    let at = findings.iter().position(|finding| finding.control == control).unwrap_or(findings.len());
    format!("control.{at}")
}
