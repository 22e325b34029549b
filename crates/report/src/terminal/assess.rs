use std::collections::BTreeMap;

use nachweis_model::assessment::Totals;
use nachweis_model::{Lang, Verdict};
use unicode_width::UnicodeWidthStr;

use super::screen::{Paint, Screen, at_most, cut, wrap};
use crate::escape::{clip, shell, terminal as inert, visible};
use crate::json::position;
use crate::names::Group;
use crate::view::{Row, View};
use crate::words::{Pick, counted, number, severity, sign, threshold, verdict};
use crate::{Report, Style};

/// Rows that are shown with example and next step.
const WORST: usize = 10;
/// Up to so many findings, the ones that need no action are listed too, one line each.
const LIST_ALL: usize = 24;
/// Open collections that are shown.
const UNSEEN: usize = 6;

/// The first screen of `assess`: total, worst rows, what was not seen, how to verify.
///
/// The first line holds the numbers of all verdicts and is never wrapped, so that a log can be searched for
/// it. Every other line fits the width, but commands, which are to be copied.
pub fn terminal(report: &Report<'_>, style: &Style) -> String {
    let view = View::new(report, style.lang);
    let mut page = Page { left: left_column(style.lang), screen: Screen::new(style), view: &view };
    page.head();
    page.worst();
    page.others();
    page.not_seen();
    page.system();
    page.unread();
    page.legend();
    page.bundle();
    page.screen.out
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

fn paint(of: Verdict) -> Paint {
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

struct Page<'a> {
    view: &'a View<'a>,
    screen: Screen,
    left: usize,
}

impl Page<'_> {
    fn lang(&self) -> Lang {
        self.view.lang
    }

    fn fact(&mut self, en: &str, de: &str, text: &str) {
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
            crate::words::identity(lang, seal.identity_source),
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

    fn row(&mut self, row: &Row<'_>) {
        let lang = self.lang();
        let finding = row.finding;
        let room = self.screen.width - self.left;
        let wide = self.screen.width >= 120;
        let middle = if wide { room * 2 / 5 } else { room };
        let text_width = if wide { middle - 2 } else { middle };

        let mut facts: Vec<(String, Paint)> = Vec::new();
        let add = |text: &str, paint: Paint, width: usize, max: usize, to: &mut Vec<(String, Paint)>| {
            to.extend(at_most(wrap(text, width, 0), max, width).into_iter().map(|line| (line, paint)));
        };
        add(&inert(&row.title(lang)), Paint::Bold, text_width, 2, &mut facts);
        add(&self.coverage(row), Paint::Plain, text_width, 3, &mut facts);
        let cited = inert(&self.view.citations(&finding.obligations, 3));
        if !cited.is_empty() {
            let cited = format!("{} {cited}", lang.pick("evidence for", "Nachweis zu"))
                .replace("Art. ", "Art.\u{a0}");
            add(&cited, Paint::Plain, text_width, 2, &mut facts);
        }

        let mut acts: Vec<(String, Paint)> = Vec::new();
        let width = if wide { room - middle } else { room };
        add(&self.example(row), Paint::Plain, width, 3, &mut acts);
        let step = self.view.next_step(row);
        if !step.is_empty() {
            let step = clip(&visible(&step), 400).into_owned();
            add(&format!("→ {step}"), Paint::Plain, width, 3, &mut acts);
        }

        let state = format!("{} {}", sign(finding.verdict), word(lang, finding.verdict));
        let label = vec![
            (state, paint(finding.verdict)),
            (format!("  {}", severity(lang, finding.severity)), Paint::Plain),
        ];
        if wide {
            self.screen.columns(&[(self.left, label), (middle, facts), (0, acts)]);
        } else {
            facts.extend(acts);
            self.screen.columns(&[(self.left, label), (0, facts)]);
        }
    }

    /// `24 / 36 pods (all are required); 4 / 7 namespaces, failing: a, b`.
    fn coverage(&self, row: &Row<'_>) -> String {
        let (lang, finding) = (self.lang(), row.finding);
        let mut out = format!(
            "{} / {} {}",
            number(lang, finding.covered),
            number(lang, finding.total),
            inert(&row.unit(lang))
        );
        if finding.threshold != "1/1" {
            out.push_str(&format!(" ({})", inert(&threshold(lang, &finding.threshold))));
        }
        if let Some(groups) = &finding.groups {
            let by =
                if groups.by == "namespace" { lang.pick("namespaces", "Namespaces") } else { &groups.by };
            out.push_str(&format!("; {} / {} {}", groups.covered, groups.total, inert(by)));
            if !groups.failing.is_empty() {
                let names: Vec<String> =
                    groups.failing.iter().take(4).map(|name| clip(&visible(name), 63).into_owned()).collect();
                let more = if groups.failing.len() > 4 { ", …" } else { "" };
                out.push_str(&format!(
                    ", {} {}{more}",
                    lang.pick("failing:", "nicht bestanden:"),
                    names.join(", ")
                ));
            }
        }
        if row.exempted() > 0 {
            out.push_str(&format!(
                "; {} {}",
                number(lang, row.exempted()),
                lang.pick("exempted", "ausgenommen")
            ));
        }
        out
    }

    fn example(&self, row: &Row<'_>) -> String {
        let lang = self.lang();
        match self.view.example(row) {
            Some((group, reason)) => {
                let reason = clip(&visible(&row.reason(lang, &reason)), 200).into_owned();
                format!("{} {}: {reason}", lang.pick("e.g.", "z. B."), self.group(&group))
            }
            None => {
                let mut whole = row.whole_reasons();
                whole.next().map_or(String::new(), |code| inert(&row.reason(lang, code)))
            }
        }
    }

    fn group(&self, group: &Group) -> String {
        let title = clip(&visible(&group.title), 120).into_owned();
        let kind = group.members.first().and_then(|first| self.view.names.get(*first));
        match kind.filter(|_| group.owned) {
            Some(subject) => {
                let kind = clip(&visible(&subject.id.kind), 40).into_owned();
                format!("{title} ({} × {kind})", number(self.lang(), group.members.len() as u64))
            }
            None => title,
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

    fn not_seen(&mut self) {
        let lang = self.lang();
        let unseen = self.view.unseen();
        let mut label = lang.pick("not seen", "nicht gesehen");
        for open in unseen.iter().take(UNSEEN) {
            let waits = counted(
                lang,
                open.controls.len() as u64,
                lang.pick("control waits", "Kontrolle wartet"),
                lang.pick("controls wait", "Kontrollen warten"),
            );
            let mut text =
                format!("{}: {}, {waits}", inert(&open.resource), crate::words::status(lang, open.status));
            if !open.namespaces.is_empty() {
                let names: Vec<String> = open
                    .namespaces
                    .iter()
                    .take(3)
                    .map(|name| clip(&visible(name), 63).into_owned())
                    .collect();
                let more = open.namespaces.len().saturating_sub(names.len());
                let more = if more > 0 { format!(", +{more}") } else { String::new() };
                text.push_str(&format!(" ({} {}{more})", lang.pick("in", "in"), names.join(", ")));
            }
            // The flag and its value stay together: they are to be copied.
            let settle = inert(&self.view.settle(open)).replace("--complete ", "--complete\u{a0}");
            let text = format!("{text} → {settle}");
            self.screen.entry(self.left, (label, Paint::Yellow), &text, Paint::Plain);
            label = "";
        }
        if unseen.len() > UNSEEN {
            let rest = format!(
                "+{} {}",
                unseen.len() - UNSEEN,
                lang.pick("more kinds, see the report", "weitere Arten, siehe Bericht")
            );
            self.screen.entry(self.left, ("", Paint::Plain), &rest, Paint::Plain);
        }
        if unseen.is_empty() {
            self.fact(
                "not seen",
                "nicht gesehen",
                lang.pick("nothing that a control reads", "nichts, was eine Kontrolle liest"),
            );
        }
    }

    /// Open items in namespaces of the system, which examples leave alone.
    fn system(&mut self) {
        let lang = self.lang();
        let mut namespaces = BTreeMap::new();
        let (mut inside, mut all) = (0, 0);
        for row in self.view.rows() {
            for group in &row.finding.items {
                inside += self.view.names.system_share(&group.items, &mut namespaces);
                all += group.items.len();
            }
        }
        if inside == 0 {
            return;
        }
        let names: Vec<String> =
            namespaces.keys().take(5).map(|name| clip(&visible(name), 63).into_owned()).collect();
        let more = namespaces.len().saturating_sub(names.len());
        let more = if more > 0 { format!(", +{more}") } else { String::new() };
        let (inside, all) = (number(lang, inside), number(lang, all));
        let text = match lang {
            Lang::En => format!("{inside} of {all} open items lie in {}{more}", names.join(", ")),
            Lang::De => format!("{inside} von {all} offenen Objekten liegen in {}{more}", names.join(", ")),
        };
        self.fact("system", "System", &text);
    }

    fn unread(&mut self) {
        let lang = self.lang();
        let (count, ignored) = self.view.unread();
        let mut text = counted(
            lang,
            count,
            lang.pick("part of the input was not read", "Teil der Eingabe wurde nicht gelesen"),
            lang.pick("parts of the input were not read", "Teile der Eingabe wurden nicht gelesen"),
        );
        let mut first = self.view.report.seal.unread.iter().filter(|unread| !unread.ignored).take(3);
        let named: Vec<String> = first
            .by_ref()
            .map(|unread| {
                let place = position(unread.line, unread.column).map_or(String::new(), |at| format!(":{at}"));
                format!("{}{place} ({})", inert(&unread.file), inert(&unread.reason))
            })
            .collect();
        if !named.is_empty() {
            text.push_str(&format!(": {}", named.join(", ")));
        }
        if count > 3 {
            text.push_str(&format!(", +{}", count - 3));
        }
        if ignored > 0 {
            text.push_str(&format!(
                "; {ignored} {}",
                lang.pick("ignored by --ignore", "durch --ignore ausgenommen")
            ));
        }
        let label = lang.pick("unread", "ungelesen");
        let paint = if count > 0 { Paint::Yellow } else { Paint::Dim };
        self.screen.entry(self.left, (label, paint), &text, Paint::Plain);
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
