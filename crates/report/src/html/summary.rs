use nachweis_model::{Lang, Verdict};

use super::anchor;
use super::page::Page;
use super::parts::class;
use crate::view::{Row, View};
use crate::words::{Pick, number, severity, sign, verdict};

/// Totals, facts, and every finding in one table, worst first.
pub(super) fn write(p: &mut Page, view: &View<'_>) {
    let lang = view.lang;
    tiles(p, view);
    p.p(&coverage(view));
    p.p(&seen(view));
    let heads = [
        lang.pick("Verdict", "Urteil"),
        lang.pick("Control", "Kontrolle"),
        lang.pick("Evidence for", "Nachweis zu"),
        lang.pick("Covered", "Abgedeckt"),
        lang.pick("Severity", "Schwere"),
    ];
    let caption = lang.pick("All findings, worst first", "Alle Befunde, schwerste zuerst");
    p.el("div", &[("class", "wide")], |p| {
        p.table(caption, &heads, |p| ordered(view).iter().for_each(|row| line(p, view, row)));
    });
    p.el("p", &[("class", "note")], |p| {
        let of = Verdict::Indeterminate;
        p.badge(lang, of);
        p.text(lang.pick(
            " means: not enough was seen to say yes or no. It never counts as satisfied; more evidence settles it.",
            " heißt: Es wurde nicht genug gesehen, um ja oder nein zu sagen. Es zählt nie als bestanden; weitere Nachweise klären es.",
        ));
    });
}

/// Worst rows first, then the others by verdict and id.
pub(super) fn ordered<'a>(view: &View<'a>) -> Vec<Row<'a>> {
    let mut rows = view.worst();
    let mut others = view.rows();
    others.retain(|row| !matches!(row.finding.verdict, Verdict::NotSatisfied | Verdict::Indeterminate));
    others.sort_by_key(|row| row.finding.verdict);
    rows.extend(others);
    rows
}

fn tiles(p: &mut Page, view: &View<'_>) {
    let (lang, totals) = (view.lang, &view.report.assessment.totals);
    p.el("ul", &[("class", "tiles")], |p| {
        for (count, of) in [
            (totals.not_satisfied, Verdict::NotSatisfied),
            (totals.indeterminate, Verdict::Indeterminate),
            (totals.satisfied, Verdict::Satisfied),
            (totals.attested, Verdict::Attested),
            (totals.not_applicable, Verdict::NotApplicable),
        ] {
            p.el("li", &[("class", class(of))], |p| {
                p.leaf("strong", &[], &number(lang, count));
                p.text(&format!(" {} {}", sign(of), verdict(lang, of)));
            });
        }
    });
}

/// For how many obligations the catalogue has a control at all.
pub(super) fn coverage(view: &View<'_>) -> String {
    let lang = view.lang;
    let (some, all) = view.coverage();
    let (some, every) = (number(lang, some), number(lang, all));
    match lang {
        Lang::En => format!(
            "The catalogue has a control for {some} of the {every} obligations it lists; on the others this report says nothing."
        ),
        Lang::De => format!(
            "Der Katalog hat zu {some} der {every} aufgeführten Pflichten eine Kontrolle; zu den übrigen sagt dieser Bericht nichts."
        ),
    }
}

/// How much was looked at, and what was not read.
fn seen(view: &View<'_>) -> String {
    let lang = view.lang;
    let seal = view.report.seal;
    let (unread, ignored) = view.unread();
    let (items, kinds) = (number(lang, seal.items), number(lang, seal.kinds.len() as u64));
    let (unread, ignored) = (number(lang, unread), number(lang, ignored));
    let exempted = number(lang, view.report.assessment.totals.exempted);
    match lang {
        Lang::En => format!(
            "Seen: {items} items of {kinds} kinds. Not read: {unread} parts of the input, {ignored} more were taken out by the operator. Exempted items: {exempted}."
        ),
        Lang::De => format!(
            "Gesehen: {items} Objekte von {kinds} Arten. Nicht gelesen: {unread} Teile der Eingabe, {ignored} weitere nahm der Betreiber aus. Ausgenommene Objekte: {exempted}."
        ),
    }
}

fn line(p: &mut Page, view: &View<'_>, row: &Row<'_>) {
    let (lang, finding) = (view.lang, row.finding);
    let link = anchor(view, &finding.control);
    p.el("tr", &[("data-for", &link)], |p| {
        p.el("td", &[], |p| p.badge(lang, finding.verdict));
        p.el("th", &[("scope", "row")], |p| {
            p.el("a", &[("href", &format!("#{link}"))], |p| p.rich(&super::parts::shorten(&row.title(lang))));
        });
        p.el("td", &[], |p| p.cited(&view.citation_parts(&finding.obligations, 3)));
        p.el("td", &[("class", "figure")], |p| {
            let figure =
                format!("{} / {}", number(lang, row.finding.covered), number(lang, row.finding.total));
            let unit = super::parts::shorten(&row.unit(lang));
            if p.compact {
                return p.text(&format!("{figure} {unit}"));
            }
            p.leaf("b", &[], &figure);
            p.leaf("span", &[("class", "duty")], &unit);
        });
        p.leaf("td", &[], severity(lang, finding.severity));
    });
}

/// `24 / 36 pods`.
pub(super) fn figures(lang: Lang, row: &Row<'_>) -> String {
    let unit = super::parts::shorten(&row.unit(lang));
    format!("{} / {} {unit}", number(lang, row.finding.covered), number(lang, row.finding.total))
}
