use nachweis_model::assessment::Totals;
use nachweis_model::{Lang, Verdict};
use unicode_width::UnicodeWidthStr;

use super::screen::{Paint, Screen, cut};
use crate::changes::Class;
use crate::escape::{shell, terminal as inert, visible};
use crate::view::View;
use crate::words::{Pick, counted, number, sign, verdict};
use crate::{Report, Style};

/// Rows that are shown with example and next step.
const WORST: usize = 10;
/// Findings that are named for what became of them since an older bundle.
const MOVED: usize = 6;
/// Up to so many findings, the ones that need no action are listed too, one line each.
const LIST_ALL: usize = 24;

/// The first screen of `assess`: total, worst rows, what was not seen, how to verify.
///
/// The first line holds the numbers of all verdicts and is never wrapped, so that a log can be searched for
/// it. Every other line fits the width, but commands, which are to be copied.
pub fn terminal(report: &Report<'_>, style: &Style) -> String {
    let view = View::new(report, style.lang);
    let mut page = Page { left: left_column(style.lang), screen: Screen::new(style), view: &view };
    page.head();
    page.changes();
    page.worst();
    page.others();
    page.not_seen();
    page.system();
    page.unread();
    page.legend();
    page.bundle();
    page.screen.out
}

/// The items of which [`terminal`] shows lines of a file where it has them, each with the control that it failed.
pub fn terminal_excerpts(report: &Report<'_>) -> Vec<(u32, String)> {
    let view = View::new(report, Lang::En);
    let worst = view.worst();
    let failed = worst.iter().take(WORST).filter(|row| row.finding.verdict == Verdict::NotSatisfied);
    let first = |row: &crate::view::Row<'_>| {
        let (group, _) = view.example(row)?;
        Some((*group.members.first()?, row.finding.control.clone()))
    };
    failed.filter_map(first).collect()
}

/// The verdict's word: in English the one of the formats, in German ours.
pub(super) fn word(lang: Lang, of: Verdict) -> &'static str {
    match lang {
        Lang::En => of.as_str(),
        Lang::De => verdict(lang, of),
    }
}

fn left_column(lang: Lang) -> usize {
    lang.pick("✗ not-satisfied", "✗ nicht bestanden").chars().count() + 2
}

pub(super) fn paint(of: Verdict) -> Paint {
    match of {
        Verdict::NotSatisfied => Paint::Red,
        Verdict::Indeterminate => Paint::Yellow,
        Verdict::Satisfied => Paint::Green,
        Verdict::Attested => Paint::Blue,
        Verdict::NotApplicable => Paint::Dim,
    }
}

/// `total: 4 not-satisfied, 1 indeterminate, 7 satisfied`; verdicts that never raise an exit code only where
/// they occur.
fn total_line(lang: Lang, totals: &Totals) -> String {
    let count = |value: u64, of: Verdict| format!("{value} {}", word(lang, of));
    let mut parts = vec![
        count(totals.not_satisfied, Verdict::NotSatisfied),
        count(totals.indeterminate, Verdict::Indeterminate),
        count(totals.satisfied, Verdict::Satisfied),
    ];
    for (value, of) in [(totals.attested, Verdict::Attested), (totals.not_applicable, Verdict::NotApplicable)]
    {
        if value > 0 {
            parts.push(count(value, of));
        }
    }
    let mut line = format!("{}: {}", lang.pick("total", "gesamt"), parts.join(", "));
    if totals.exempted > 0 {
        let items = counted(
            lang,
            totals.exempted,
            lang.pick("item exempted", "Objekt ausgenommen"),
            lang.pick("items exempted", "Objekte ausgenommen"),
        );
        line.push_str(&format!("; {items}"));
    }
    line
}

pub(super) struct Page<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) screen: Screen,
    pub(super) left: usize,
}

impl Page<'_> {
    pub(super) fn lang(&self) -> Lang {
        self.view.lang
    }

    pub(super) fn fact(&mut self, en: &str, de: &str, text: &str) {
        let label = self.lang().pick(en, de);
        self.screen.entry(self.left, (label, Paint::Dim), text, Paint::Plain);
    }

    fn head(&mut self) {
        let (lang, report) = (self.lang(), self.view.report);
        self.screen.put(&total_line(lang, &report.assessment.totals), Paint::Bold);
        self.screen.blank();
        self.screen.blank();
        let seal = report.seal;
        let cluster = format!(
            "{} {} {}, {}",
            inert(&self.view.cluster()),
            lang.pick("at", "am"),
            seal.collected_to,
            match crate::words::origins(lang, &seal.origins) {
                known if known.is_empty() => crate::words::identity(lang, seal.identity_source).to_string(),
                known => format!("{}: {known}", crate::words::identity(lang, seal.identity_source)),
            },
        );
        self.fact("cluster", "Cluster", &cluster);
        if report.assessment.as_of != seal.collected_to {
            self.fact("as of", "Stichtag", &report.assessment.as_of.to_string());
        }
        let kinds =
            counted(lang, seal.kinds.len() as u64, lang.pick("kind", "Art"), lang.pick("kinds", "Arten"));
        let items = counted(lang, seal.items, lang.pick("item", "Objekt"), lang.pick("items", "Objekte"));
        let of = lang.pick("of", "von");
        self.fact(
            "snapshot",
            "Snapshot",
            &format!("{items} {of} {kinds}, {}", short(&report.assessment.snapshot)),
        );
        let catalogue = &report.assessment.catalogue;
        let (some, all) = self.view.coverage();
        let (some, all) = (number(lang, some), number(lang, all));
        let covers = match lang {
            Lang::En => format!("a control for {some} of {all} obligations"),
            Lang::De => format!("eine Kontrolle zu {some} von {all} Pflichten"),
        };
        let version = inert(&catalogue.version);
        self.fact("catalogue", "Katalog", &format!("{version}, {covers}, {}", short(&catalogue.digest)));
        self.screen.blank();
    }

    /// What moved since an older bundle, where one was compared: the numbers, and what is new.
    fn changes(&mut self) {
        let (lang, Some(changes)) = (self.lang(), self.view.report.changes) else { return };
        let old = &changes.delta.old;
        let since = format!("{} {}", lang.pick("since", "seit"), inert(&old.collected_to));
        let text = format!("{since}: {}", crate::html::changes_total(lang, changes));
        self.fact("changes", "Änderungen", &text);
        for class in [Class::New, Class::Fixed] {
            let names: Vec<String> = changes
                .ordered()
                .iter()
                .filter(|moved| moved.class == class)
                .map(|moved| inert(&moved.control))
                .collect();
            if !names.is_empty() {
                let more = names.len().saturating_sub(MOVED);
                let more = if more > 0 { format!(", +{more}") } else { String::new() };
                let shown = names[..names.len().min(MOVED)].join(", ");
                self.fact("", "", &format!("{}: {shown}{more}", class.word(lang)));
            }
        }
        self.screen.blank();
    }

    fn worst(&mut self) {
        let worst = self.view.worst();
        for row in worst.iter().take(WORST) {
            self.row(row);
            self.screen.blank();
        }
        if worst.len() > WORST {
            let rest = number(self.lang(), (worst.len() - WORST) as u64);
            let text = match self.lang() {
                Lang::En => {
                    format!("and {rest} more that are not satisfied or indeterminate; the report has all")
                }
                Lang::De => {
                    format!("und {rest} weitere, nicht bestanden oder unbestimmt; der Bericht hat alle")
                }
            };
            self.screen.entry(self.left, ("…", Paint::Dim), &text, Paint::Plain);
            self.screen.blank();
        }
    }

    /// Rows that need no action: one line each, or their number.
    fn others(&mut self) {
        let lang = self.lang();
        let mut rows = self.view.rows();
        let all = rows.len();
        rows.retain(|row| !matches!(row.finding.verdict, Verdict::NotSatisfied | Verdict::Indeterminate));
        rows.sort_by_key(|row| row.finding.verdict);
        if rows.is_empty() {
            return;
        }
        if all > LIST_ALL {
            let text = counted(
                lang,
                rows.len() as u64,
                lang.pick("row needs", "Zeile braucht"),
                lang.pick("rows need", "Zeilen brauchen"),
            );
            let text = format!(
                "{text} {}",
                lang.pick(
                    "no action: satisfied, attested or not applicable",
                    "kein Handeln: bestanden, durch Erklärung belegt oder nicht anwendbar"
                )
            );
            self.screen.entry(self.left, ("", Paint::Plain), &text, Paint::Plain);
            self.screen.blank();
            return;
        }
        for row in rows {
            let of = row.finding.verdict;
            let figure =
                format!("{} / {} {}", row.finding.covered, row.finding.total, inert(&row.unit(lang)));
            let room = self.screen.width - self.left;
            let middle = if room > 100 { room * 3 / 5 } else { room };
            let title = inert(&row.title(lang));
            let figure = cut(&format!(" ({figure})"), middle / 2);
            let text =
                format!("{}{figure}", cut(&title, middle - figure.width() - if room > 100 { 2 } else { 0 }));
            let label = format!("{} {}", sign(of), word(lang, of));
            let mut cells = vec![(self.left, vec![(label, paint(of))]), (middle, vec![(text, Paint::Plain)])];
            if room > 100 {
                let cited = cut(&inert(&self.view.citations(&row.finding.obligations, 1)), room - middle);
                cells.push((0, vec![(cited, Paint::Dim)]));
            }
            self.screen.columns(&cells);
        }
        self.screen.blank();
    }

    fn legend(&mut self) {
        let text = self.lang().pick(
            "not enough was seen to say yes or no; it never counts as satisfied",
            "es wurde nicht genug gesehen, um ja oder nein zu sagen; es zählt nie als bestanden",
        );
        let label = format!("{} {}", sign(Verdict::Indeterminate), word(self.lang(), Verdict::Indeterminate));
        self.screen.entry(self.left, (&label, Paint::Yellow), text, Paint::Plain);
        self.screen.blank();
    }

    fn bundle(&mut self) {
        let (lang, report) = (self.lang(), self.view.report);
        let Some(bundle) = report.bundle else {
            let text = lang.pick(
                "none was written; `--out BUNDLE` keeps the evidence so that others can verify it",
                "keines geschrieben; `--out BUNDLE` bewahrt die Nachweise, damit andere sie prüfen können",
            );
            self.fact("bundle", "Bündel", text);
            return;
        };
        let signed = match report.signer {
            Some(key) => format!("{} {}", lang.pick("signed by", "signiert von"), cut(&visible(key), 20)),
            None => lang
                .pick(
                    "not signed: verify ends with exit code 4 (--key FILE signs it)",
                    "nicht signiert: verify endet mit Code 4 (--key FILE signiert)",
                )
                .into(),
        };
        self.fact("bundle", "Bündel", &format!("{}, {signed}", inert(bundle)));
        self.screen.command(self.left, lang.pick("verify", "prüfen"), &self.view.verify_command());
        let html = lang.pick("", " --lang de");
        let html = format!("nachweis report {} --format html{html} --out report.html", shell(bundle));
        self.screen.command(self.left, lang.pick("report", "Bericht"), &html);
    }
}

/// `sha256:` and twelve digits.
pub(super) fn short(digest: &nachweis_canon::Digest) -> String {
    format!("sha256:{}", digest.short())
}
