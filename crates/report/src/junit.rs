//! JUnit XML for the test pages of CI systems: one suite per control, one case per item.
//!
//! There is no standard. Elements and attributes are those that GitLab, GitHub's test reporters and Jenkins read
//! (testsuites, testsuite, properties, testcase, failure, error, skipped, system-out).

use std::collections::BTreeSet;

use nachweis_model::news::{FindingNews, News};
use nachweis_model::{Lang, Verdict};

use crate::Report;
use crate::escape::{clip, visible, visible_lines};
use crate::things::{Thing, exemption, things};
use crate::view::{Row, View};
use crate::words::{Pick, number, severity, threshold, verdict};

/// Cases of one suite; a control with more items or owners is one case that names some of them.
pub const CASES_MAX: usize = 200;
/// Items that such a case names.
const NAMED: usize = 50;
/// Longest foreign text, in characters.
const TEXT_MAX: usize = 2_000;

/// What became of a case.
enum Outcome {
    Passed,
    /// type, message, text
    Failure(String, String),
    Error(String, String),
    Skipped(String),
}

struct Case {
    name: String,
    /// file and line, where somebody knows
    place: Option<crate::Place>,
    outcome: Outcome,
}

/// The report as JUnit XML.
///
/// `failure` is an item that is not satisfied, `error` one that cannot be judged (it must not look as if it had
/// passed), `skipped` what is exempted, not applicable, allowed by the threshold, or known from the baseline. Pods
/// stand under their owner. Times are 0: nothing here has a clock. Characters that XML 1.0 forbids are shown by
/// their number.
pub fn junit(report: &Report<'_>, news: Option<&News>, lang: Lang) -> String {
    let view = View::new(report, lang);
    let mut suites = String::new();
    let mut all = Counts::default();
    for row in view.rows() {
        let known = news.map(|news| news.of(&row.finding.control));
        let cases = cases(&view, &row, known);
        all.add(&suite(&view, &row, &cases, &mut suites));
    }
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    attribute("name", &format!("nachweis {}", view.cluster()), &mut out);
    all.attributes(&mut out);
    out.push_str(">\n");
    out.push_str(&suites);
    out.push_str("</testsuites>\n");
    out
}

#[derive(Default)]
struct Counts {
    tests: u64,
    failures: u64,
    errors: u64,
    skipped: u64,
}

impl Counts {
    fn count(&mut self, outcome: &Outcome) {
        self.tests += 1;
        match outcome {
            Outcome::Passed => {}
            Outcome::Failure(..) => self.failures += 1,
            Outcome::Error(..) => self.errors += 1,
            Outcome::Skipped(_) => self.skipped += 1,
        }
    }

    fn add(&mut self, other: &Counts) {
        self.tests += other.tests;
        self.failures += other.failures;
        self.errors += other.errors;
        self.skipped += other.skipped;
    }

    fn attributes(&self, out: &mut String) {
        for (name, value) in [
            ("tests", self.tests),
            ("failures", self.failures),
            ("errors", self.errors),
            ("skipped", self.skipped),
            ("time", 0),
        ] {
            attribute(name, &value.to_string(), out);
        }
    }
}

/// Character data: what is unseen is shown, markup is escaped. Line breaks stay.
fn text(text: &str, out: &mut String) {
    for c in visible_lines(&clip(text, TEXT_MAX)).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c => out.push(c),
        }
    }
}

/// ` name="value"` on one line.
fn attribute(name: &str, value: &str, out: &mut String) {
    out.push_str(&format!(" {name}=\""));
    text(&visible(&clip(value, TEXT_MAX)), out);
    out.push('"');
}

/// Every case of a control.
fn cases(view: &View<'_>, row: &Row<'_>, news: Option<Option<&FindingNews>>) -> Vec<Case> {
    let lang = view.lang;
    let finding = row.finding;
    let open = things(view, row, news.flatten());
    let passed = view.names.groups(&finding.passed, usize::MAX);
    let whole: Vec<String> = row.whole_reasons().take(8).map(|code| row.reason(lang, code)).collect();
    if open.is_empty() && passed.is_empty() || open.len() + passed.len() > CASES_MAX {
        return vec![one_case(view, row, &open, &whole, news)];
    }
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut out: Vec<Case> = Vec::new();
    for thing in &open {
        let mut case = thing_case(view, row, thing);
        // One owner can stand under two reasons; readers tell cases apart by their names.
        if seen.contains(&case.name) {
            case.name = format!("{} [{}] {}", case.name, thing.reason, out.len());
        }
        seen.insert(case.name.clone());
        out.push(case);
    }
    // An owner with open and with covered pods is one case, and that is the open one.
    out.extend(passed.into_iter().filter(|group| !seen.contains(&group.title)).map(|group| {
        let (kind, namespace, name) = crate::things::parts(view, &group);
        let place = view.report.items.place(&kind, &namespace, &name);
        Case { name: group.title, place, outcome: Outcome::Passed }
    }));
    let asks = matches!(finding.verdict, Verdict::NotSatisfied | Verdict::Indeterminate);
    if asks && !whole.is_empty() {
        out.push(one_case(view, row, &[], &whole, news));
    }
    out
}

fn thing_case(view: &View<'_>, row: &Row<'_>, thing: &Thing) -> Case {
    let lang = view.lang;
    let reason = row.reason(lang, &thing.reason);
    let outcome = if let Some(id) = &thing.exemption {
        let why = exemption(view, id);
        Outcome::Skipped(format!("{}: {why}", lang.pick("exempted", "ausgenommen")))
    } else if thing.new == Some(false) && row.finding.verdict <= Verdict::Indeterminate {
        let known = lang.pick("known from the baseline", "aus dem Vergleichsstand bekannt");
        Outcome::Skipped(format!("{known}: {reason}"))
    } else {
        let body = body(view, row, &[format!("{}: {reason}", thing.label(view))]);
        match (row.finding.verdict, thing.verdict) {
            (Verdict::NotSatisfied, Verdict::NotSatisfied) => Outcome::Failure(reason, body),
            (Verdict::NotSatisfied | Verdict::Indeterminate, _) => Outcome::Error(reason, body),
            _ => {
                let allowed = lang.pick("allowed by the threshold", "vom Schwellenwert zugelassen");
                Outcome::Skipped(format!("{allowed} {}: {reason}", row.finding.threshold))
            }
        }
    };
    Case { name: thing.title.clone(), place: thing.place(view), outcome }
}

/// The control as one case.
fn one_case(
    view: &View<'_>,
    row: &Row<'_>,
    open: &[Thing],
    whole: &[String],
    news: Option<Option<&FindingNews>>,
) -> Case {
    let (lang, finding) = (view.lang, row.finding);
    let known = news.is_some_and(|news| news.is_some_and(|news| news.new_count() == 0));
    let mut lines: Vec<String> = whole.to_vec();
    lines.extend(
        open.iter()
            .filter(|thing| thing.exemption.is_none() && thing.new != Some(false))
            .take(NAMED)
            .map(|thing| format!("{}: {}", thing.label(view), row.reason(lang, &thing.reason))),
    );
    if open.len() > NAMED {
        let more = lang.pick("more in the CSV and JSON renderings", "weitere in CSV und JSON");
        lines.push(format!("… {} {more}", number(lang, (open.len() - NAMED) as u64)));
    }
    let figure = format!("{} / {} {}", finding.covered, finding.total, row.unit(lang));
    let head = match whole.first() {
        Some(reason) if open.is_empty() => format!("{figure}: {reason}"),
        _ => figure,
    };
    let outcome = match finding.verdict {
        Verdict::Satisfied | Verdict::Attested => Outcome::Passed,
        Verdict::NotApplicable => Outcome::Skipped(verdict(lang, finding.verdict).into()),
        Verdict::NotSatisfied | Verdict::Indeterminate if known => {
            let known = lang.pick("known from the baseline", "aus dem Vergleichsstand bekannt");
            Outcome::Skipped(format!("{known}: {head}"))
        }
        Verdict::NotSatisfied if row.all_exempted() => {
            Outcome::Skipped(format!("{}: {head}", lang.pick("exempted", "ausgenommen")))
        }
        Verdict::NotSatisfied => Outcome::Failure(head, body(view, row, &lines)),
        Verdict::Indeterminate => Outcome::Error(head, body(view, row, &lines)),
    };
    Case { name: row.title(lang), place: None, outcome }
}

/// What is wrong, the next step, how to read on.
fn body(view: &View<'_>, row: &Row<'_>, lines: &[String]) -> String {
    let lang = view.lang;
    let mut all: Vec<String> = lines.iter().map(|line| clip(&visible(line), 400).into_owned()).collect();
    let step = view.next_step(row);
    if !step.text.is_empty() {
        all.push(format!("→ {}", clip(&visible(&step.text), 600)));
    }
    all.extend(step.lines.iter().map(|line| format!("  {}", clip(&visible(line), 400))));
    let cited = view.citations(&row.finding.obligations, 5);
    if !cited.is_empty() {
        all.push(format!("{} {}", lang.pick("evidence for", "Nachweis zu"), visible(&cited)));
    }
    all.join("\n")
}

fn suite(view: &View<'_>, row: &Row<'_>, cases: &[Case], out: &mut String) -> Counts {
    let (lang, finding) = (view.lang, row.finding);
    let mut counts = Counts::default();
    cases.iter().for_each(|case| counts.count(&case.outcome));
    out.push_str("  <testsuite");
    attribute("name", &finding.control, out);
    counts.attributes(out);
    // The schemas of this format want an instant without a zone; it is in UTC.
    attribute("timestamp", view.report.assessment.as_of.to_string().trim_end_matches('Z'), out);
    out.push_str(">\n    <properties>\n");
    for (name, value) in [
        ("title", row.title(lang)),
        ("verdict", finding.verdict.as_str().into()),
        ("severity", severity(lang, finding.severity).into()),
        ("coverage", format!("{} / {} {}", finding.covered, finding.total, row.unit(lang))),
        ("threshold", threshold(lang, &finding.threshold)),
        ("obligations", view.citations(&finding.obligations, 20)),
    ] {
        out.push_str("      <property");
        attribute("name", name, out);
        attribute("value", &value, out);
        out.push_str("/>\n");
    }
    out.push_str("    </properties>\n");
    for case in cases {
        self::case(&finding.control, case, out);
    }
    out.push_str("  </testsuite>\n");
    counts
}

fn case(control: &str, case: &Case, out: &mut String) {
    out.push_str("    <testcase");
    attribute("classname", control, out);
    attribute("name", &clip(&case.name, 400), out);
    attribute("time", "0", out);
    if let Some(place) = &case.place {
        attribute("file", &place.file, out);
        if place.line > 0 {
            attribute("line", &place.line.to_string(), out);
        }
    }
    let mut element = |name: &str, kind: &str, message: &str, body: &str| {
        out.push_str(&format!(">\n      <{name}"));
        attribute("message", message, out);
        if !kind.is_empty() {
            attribute("type", kind, out);
        }
        if body.is_empty() {
            out.push_str("/>\n    </testcase>\n");
            return;
        }
        out.push('>');
        // Long lists are cut item by item before they come here.
        for (at, line) in body.split('\n').enumerate() {
            out.push_str(if at == 0 { "" } else { "\n" });
            text(line, out);
        }
        out.push_str(&format!("</{name}>\n    </testcase>\n"));
    };
    match &case.outcome {
        Outcome::Passed => out.push_str("/>\n"),
        Outcome::Failure(message, body) => element("failure", "not-satisfied", message, body),
        Outcome::Error(message, body) => element("error", "indeterminate", message, body),
        Outcome::Skipped(message) => element("skipped", "", message, ""),
    }
}
