use nachweis_model::assessment::ObligationRow;
use nachweis_model::{Lang, Verdict};

use super::anchor;
use super::page::Page;
use super::parts::{long, shorten, word_class};
use crate::view::View;
use crate::words::{Pick, as_verdict, class, counted, number, sign, verdict};

/// Controls that are named in one row; the finding's own list is complete.
const CONTROLS: usize = 12;

/// One part per act: obligation, controls, evidence, worst row, and the command that verifies it.
pub(super) fn write(p: &mut Page, view: &View<'_>) {
    let mut acts: Vec<(String, Vec<&ObligationRow>)> = Vec::new();
    for row in &view.report.assessment.obligations {
        let act = view.provision(&row.id).map_or("–", |provision| &provision.act);
        match acts.iter_mut().find(|(id, _)| id == act) {
            Some((_, rows)) => rows.push(row),
            None => acts.push((act.to_string(), vec![row])),
        }
    }
    for (act, rows) in acts {
        p.el("div", &[("class", "act")], |p| part(p, view, &act, &rows));
    }
}

fn part(p: &mut Page, view: &View<'_>, act: &str, rows: &[&ObligationRow]) {
    let lang = view.lang;
    let title = shorten(&view.act_cite(act));
    p.leaf("h3", &[], &shorten(&view.act_title(act)));
    let (with, without): (Vec<&ObligationRow>, Vec<&ObligationRow>) =
        rows.iter().copied().partition(|row| !row.controls.is_empty());
    p.p(&head_line(lang, with.len() as u64, rows.len() as u64));
    if !with.is_empty() {
        let heads = [
            lang.pick("Obligation", "Pflicht"),
            lang.pick("Controls", "Kontrollen"),
            lang.pick("Evidence", "Nachweise"),
            lang.pick("Worst row", "Schwerste Zeile"),
        ];
        let caption = format!("{} {title}", lang.pick("Evidence for", "Nachweise zu"));
        p.table(&caption, &heads, |p| with.iter().for_each(|row| line(p, view, row)));
    }
    if !without.is_empty() {
        let text = counted(
            lang,
            without.len() as u64,
            lang.pick("obligation without a control", "Pflicht ohne Kontrolle"),
            lang.pick("obligations without a control", "Pflichten ohne Kontrolle"),
        );
        let list: Vec<String> = without.iter().map(|row| uncovered(view, row)).collect();
        p.fold(&text, |p| p.el("pre", &[("class", "names")], |p| p.lines(&list.join("\n"))));
    }
    p.p(lang.pick(
        "This command recomputes every verdict above from the bundle, offline:",
        "Dieser Befehl berechnet jedes Urteil oben offline aus dem Bündel neu:",
    ));
    p.command(&view.verify_command());
}

fn head_line(lang: Lang, with: u64, all: u64) -> String {
    let (with, all) = (number(lang, with), number(lang, all));
    match lang {
        Lang::En => format!("The catalogue has a control for {with} of {all} obligations of this act."),
        Lang::De => {
            format!("Der Katalog hat zu {with} von {all} Pflichten dieses Rechtsakts eine Kontrolle.")
        }
    }
}

fn uncovered(view: &View<'_>, row: &ObligationRow) -> String {
    match view.provision(&row.id) {
        Some(provision) => {
            let class = class(view.lang, provision.class);
            let title = shorten(provision.title.in_lang(view.lang));
            format!(
                "{}  {title} ({}: {class})",
                provision.citation(),
                view.lang.pick("shown by", "zeigbar durch")
            )
        }
        None => shorten(&row.id),
    }
}

fn line(p: &mut Page, view: &View<'_>, row: &ObligationRow) {
    let lang = view.lang;
    let provision = view.provision(&row.id);
    p.el("tr", &[], |p| {
        p.el("th", &[("scope", "row")], |p| {
            let citation =
                provision.map_or_else(|| shorten(&row.id), |provision| shorten(&provision.citation()));
            p.leaf("b", &[], &citation);
            if let Some(provision) = provision {
                p.leaf("span", &[("class", "duty")], &long(provision.duty.in_lang(lang)));
            }
        });
        p.el("td", &[], |p| {
            p.el("ul", &[("class", "plain")], |p| {
                row.controls.iter().take(CONTROLS).for_each(|id| control(p, view, id));
                if row.controls.len() > CONTROLS {
                    p.leaf("li", &[], &format!("+{}", row.controls.len() - CONTROLS));
                }
            });
        });
        p.leaf("td", &[], &evidence(view, row));
        p.el("td", &[], |p| {
            p.badge(lang, as_verdict(row.state));
            if let Some(note) = &row.note {
                p.leaf("span", &[("class", "duty")], &self::note(lang, note));
            }
        });
    });
}

fn control(p: &mut Page, view: &View<'_>, id: &str) {
    p.el("li", &[], |p| {
        let of = view.verdict_of(id);
        let word = of.map_or("?", |of: Verdict| verdict(view.lang, of));
        let state = format!("{} {word}", of.map_or("", sign));
        p.leaf("a", &[("href", &format!("#{}", anchor(view, id)))], &shorten(id));
        match of.filter(|_| !p.compact) {
            Some(of) => p.leaf("span", &[("class", word_class(of))], &state),
            None => p.text(&format!(" {state}")),
        }
    });
}

/// `evidence for Art. 9(4)(c): 3 of 4 controls satisfied`. Never a word on the provision itself.
fn evidence(view: &View<'_>, row: &ObligationRow) -> String {
    let (satisfied, all) = view.evidence(row);
    let citation = view.provision(&row.id).map_or_else(|| row.id.clone(), |provision| provision.citation());
    let citation = shorten(&citation);
    if all == 0 {
        return view.lang.pick("no control that applies", "keine anwendbare Kontrolle").into();
    }
    match view.lang {
        Lang::En => format!("evidence for {citation}: {satisfied} of {all} controls satisfied"),
        Lang::De => format!("Nachweis zu {citation}: {satisfied} von {all} Kontrollen bestanden"),
    }
}

fn note(lang: Lang, note: &str) -> String {
    match note {
        "no-control" => lang.pick("no control", "keine Kontrolle").into(),
        "nothing-applicable" => lang.pick("no control applies", "keine Kontrolle anwendbar").into(),
        "statement-missing" => lang.pick("statement missing", "Erklärung fehlt").into(),
        other => shorten(other),
    }
}
