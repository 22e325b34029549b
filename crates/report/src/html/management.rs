use std::collections::BTreeMap;

use nachweis_model::{Lang, Verdict};

use super::anchor;
use super::page::Page;
use super::parts::{sentence, shorten};
use super::summary::{coverage, figures};
use crate::view::View;
use crate::words::{Pick, as_verdict, counted, number, severity};

/// Rows that are put to the management body.
const DECISIONS: usize = 8;

/// One page for the people who carry the responsibility (DORA Art. 5(2)): what was found, what is not known,
/// what was accepted, and what the report does not say.
pub(super) fn write(p: &mut Page, view: &View<'_>) {
    let lang = view.lang;
    p.leaf("p", &[("class", "lead")], &opening(view));
    p.leaf("h3", &[], lang.pick("What asks for a decision", "Was eine Entscheidung verlangt"));
    decisions(p, view);
    p.leaf("h3", &[], lang.pick("What is not known", "Was nicht bekannt ist"));
    p.p(&unknown(view));
    p.leaf("h3", &[], lang.pick("What was accepted", "Was hingenommen wurde"));
    p.p(&accepted(view));
    p.leaf("h3", &[], lang.pick("Obligations by act", "Pflichten nach Rechtsakt"));
    acts(p, view);
    p.p(&coverage(view));
    p.p(lang.pick(
        "This report shows evidence and draws no legal conclusion. Whether a duty is discharged is for people to judge, with what lies outside of the platform.",
        "Dieser Bericht zeigt Nachweise und zieht keinen rechtlichen Schluss. Ob einer Pflicht genügt ist, beurteilen Menschen, zusammen mit dem, was außerhalb der Plattform liegt.",
    ));
}

fn opening(view: &View<'_>) -> String {
    let (lang, report) = (view.lang, view.report);
    let totals = &report.assessment.totals;
    let (cluster, version) = (shorten(&view.cluster()), shorten(&report.assessment.catalogue.version));
    let all = number(lang, report.assessment.findings.len() as u64);
    let (bad, open, good) = (totals.not_satisfied, totals.indeterminate, totals.satisfied);
    match lang {
        Lang::En => format!(
            "{all} controls of catalogue {version} were tested on the sealed state of {cluster}: {bad} are not satisfied, {open} cannot be judged, {good} are satisfied."
        ),
        Lang::De => format!(
            "{all} Kontrollen des Katalogs {version} wurden am versiegelten Zustand von {cluster} geprüft: {bad} sind nicht bestanden, {open} nicht beurteilbar, {good} bestanden."
        ),
    }
}

fn decisions(p: &mut Page, view: &View<'_>) {
    let lang = view.lang;
    let mut rows = view.worst();
    rows.retain(|row| row.finding.verdict == Verdict::NotSatisfied && !row.all_exempted());
    if rows.is_empty() {
        p.p(lang.pick(
            "No finding that is not satisfied is left open.",
            "Kein nicht bestandener Befund ist offen.",
        ));
        return;
    }
    p.el("ol", &[], |p| {
        for row in rows.iter().take(DECISIONS) {
            p.el("li", &[], |p| {
                let link = format!("#{}", anchor(view, &row.finding.control));
                p.el("a", &[("href", &link)], |p| p.rich(&shorten(&row.title(lang))));
                let severity = severity(lang, row.finding.severity);
                p.text(&format!(" ({}: {severity}). ", lang.pick("severity", "Schwere")));
                match row.whole_reasons().next().filter(|_| row.finding.total == 0) {
                    Some(reason) => p.rich(&sentence(&row.reason(lang, reason))),
                    None => p.text(&format!(
                        "{} {}",
                        figures(lang, row),
                        lang.pick("are covered.", "sind abgedeckt.")
                    )),
                }
            });
        }
    });
    if rows.len() > DECISIONS {
        let rest = (rows.len() - DECISIONS) as u64;
        let text = counted(
            lang,
            rest,
            lang.pick("more finding", "weiterer Befund"),
            lang.pick("more findings", "weitere Befunde"),
        );
        p.p(&format!("{} {text}.", lang.pick("And", "Und")));
    }
}

fn unknown(view: &View<'_>) -> String {
    let lang = view.lang;
    let open = number(lang, view.report.assessment.totals.indeterminate);
    let kinds = number(lang, view.unseen().len() as u64);
    let (unread, _) = view.unread();
    let unread = number(lang, unread);
    match lang {
        Lang::En => format!(
            "Findings that cannot be judged: {open}. Kinds of objects that were not seen completely and that a control reads: {kinds}. Parts of the input that were not read: {unread}. None of this counts in favour of the platform."
        ),
        Lang::De => format!(
            "Nicht beurteilbare Befunde: {open}. Arten von Objekten, die nicht vollständig gesehen wurden und die eine Kontrolle liest: {kinds}. Nicht gelesene Teile der Eingabe: {unread}. Nichts davon zählt zugunsten der Plattform."
        ),
    }
}

fn accepted(view: &View<'_>) -> String {
    let lang = view.lang;
    let all = &view.report.assessment.exemptions;
    let expired = all.iter().filter(|exemption| exemption.expired).count() as u64;
    let running = all.iter().filter(|exemption| !exemption.expired);
    let Some(next) = running.map(|exemption| exemption.expires).min() else {
        let none = lang.pick("No exemption is in force.", "Keine Ausnahme ist in Kraft.");
        let expired = if expired > 0 {
            format!(" {}: {expired}.", lang.pick("Expired", "Abgelaufen"))
        } else {
            String::new()
        };
        return format!("{none}{expired}");
    };
    let in_force = number(lang, all.len() as u64 - expired);
    let (one, many) = (lang.pick("item", "Objekt"), lang.pick("items", "Objekte"));
    let items = counted(lang, view.report.assessment.totals.exempted, one, many);
    match lang {
        Lang::En => format!(
            "Exemptions in force: {in_force}, for {items}; the next one expires at {next}. Expired: {expired}. An exempted item still counts as not covered."
        ),
        Lang::De => format!(
            "Ausnahmen in Kraft: {in_force}, für {items}; die nächste läuft ab am {next}. Abgelaufen: {expired}. Ein ausgenommenes Objekt zählt weiter als nicht abgedeckt."
        ),
    }
}

/// Number of obligations of each act by the state of their worst row.
fn acts(p: &mut Page, view: &View<'_>) {
    let lang = view.lang;
    let mut order: Vec<String> = Vec::new();
    let mut counts: BTreeMap<String, [u64; 6]> = BTreeMap::new();
    for row in &view.report.assessment.obligations {
        let act = view.provision(&row.id).map_or_else(|| "–".into(), |provision| provision.act.clone());
        if !counts.contains_key(&act) {
            order.push(act.clone());
        }
        let entry = counts.entry(act).or_default();
        entry[0] += 1;
        if row.controls.is_empty() {
            continue;
        }
        entry[1] += 1;
        entry[match as_verdict(row.state) {
            Verdict::NotSatisfied => 2,
            Verdict::Indeterminate => 3,
            Verdict::Attested => 4,
            _ => 5,
        }] += 1;
    }
    let heads = [
        lang.pick("Act", "Rechtsakt"),
        lang.pick("Obligations", "Pflichten"),
        lang.pick("With a control", "Mit Kontrolle"),
        lang.pick("A row is not satisfied", "Eine Zeile nicht bestanden"),
        lang.pick("A row is indeterminate", "Eine Zeile unbestimmt"),
        lang.pick("Attested by a statement", "Durch Erklärung belegt"),
        lang.pick("All rows satisfied", "Alle Zeilen bestanden"),
    ];
    p.listed(lang, lang.pick("Evidence by act", "Nachweise nach Rechtsakt"), &heads, &order, |p, act| {
        p.th(&shorten(&view.act_cite(act)));
        counts[act].iter().for_each(|count| p.figure(&number(lang, *count)));
    });
}
