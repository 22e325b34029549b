//! SARIF 2.1.0 (OASIS, errata 01): what is not satisfied, for code scanning and pull requests.

use std::collections::BTreeMap;

use nachweis_canon::{Digest, Json};
use nachweis_model::news::{FindingNews, News};
use nachweis_model::seal::Unread;
use nachweis_model::{Lang, Severity, Verdict};

use crate::escape::{clip, visible, visible_lines};
use crate::sarif_rules::rule;
use crate::things::{Thing, exemption, things};
use crate::view::{Row, View};
use crate::{Place, Report};

/// Results of one run; code scanning takes no more. What is left out is told in a notification.
pub const RESULTS_MAX: usize = 25_000;
/// Unread parts of the input that are told one by one.
const UNREAD_MAX: usize = 1_000;
/// Item ids that a result names.
const IDS_MAX: usize = 20;
/// Longest foreign text, in characters.
const TEXT_MAX: usize = 2_000;
/// Base of the addresses of items that no file is known for.
const ITEMS: &str = "ITEMS";

/// The report as SARIF 2.1.0: a rule per control, a result per item that is not satisfied.
///
/// Pods and other items with an owner stand under it as one result, so that a rollout changes no fingerprint.
/// Exempted items are suppressed results. A control that is indeterminate is one result of kind `open`, an attested
/// one of kind `review`; satisfied and not applicable ones are left out, since readers that ignore kinds would show
/// them as problems. With a baseline every result says whether it is `new` or `unchanged`; fixed ones are counted
/// in the properties of the run and are no results, for the same reason.
///
/// A location is a file and a line where [`crate::Items::place`] knows them, otherwise an address of the item below
/// the base `ITEMS`; a logical location stands beside both.
pub fn sarif(report: &Report<'_>, news: Option<&News>, lang: Lang) -> Json<'static> {
    let view = View::new(report, lang);
    let rows = view.rows();
    let mut out = Results { view: &view, all: Vec::new(), left_out: 0 };
    for (at, row) in rows.iter().enumerate() {
        out.row(at, row, news.map(|news| news.of(&row.finding.control)));
    }
    let driver = Json::object([
        ("name", Json::str("Nachweis")),
        ("version", Json::str(env!("CARGO_PKG_VERSION"))),
        ("semanticVersion", Json::str(env!("CARGO_PKG_VERSION"))),
        ("language", Json::str(lang_code(lang))),
        ("rules", Json::Arr(rows.iter().map(|row| rule(&view, row)).collect())),
    ]);
    let invocation = Json::object([
        ("executionSuccessful", Json::Bool(true)),
        ("toolExecutionNotifications", Json::Arr(notifications(&view, out.left_out))),
    ]);
    let base = "Items of the sealed snapshot by kind, namespace and name; they are no files of a repository";
    let bases = Json::object([(ITEMS, Json::object([("description", message(base))]))]);
    let automation = format!("nachweis/{}/", encoded(&view.cluster()));
    let run = Json::object([
        ("tool", Json::object([("driver", driver)])),
        ("automationDetails", Json::object([("id", Json::str(automation))])),
        ("columnKind", Json::str("unicodeCodePoints")),
        ("invocations", Json::Arr(vec![invocation])),
        ("originalUriBaseIds", bases),
        ("properties", properties(report, news)),
        ("results", Json::Arr(out.all)),
    ]);
    Json::object([
        (
            "$schema",
            Json::str(
                "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
            ),
        ),
        ("version", Json::str("2.1.0")),
        ("runs", Json::Arr(vec![run])),
    ])
}

fn lang_code(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "en",
        Lang::De => "de",
    }
}

pub(crate) fn integer(value: u64) -> Json<'static> {
    Json::Int(i64::try_from(value).unwrap_or(i64::MAX))
}

/// A plain text message: braces are doubled (3.11.5), and nothing in it is a link (3.11.6).
pub(crate) fn message(text: &str) -> Json<'static> {
    let text = clip(&visible_lines(text), TEXT_MAX).replace('{', "{{").replace('}', "}}");
    let text = if text.contains("](") { text.replace('[', "\\[").replace(']', "\\]") } else { text };
    Json::object([("text", Json::str(text))])
}

/// A part of a URI: everything but unreserved characters is percent-encoded.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in clip(&visible(text), 253).bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn path(text: &str) -> String {
    text.split('/').map(encoded).collect::<Vec<_>>().join("/")
}

fn properties(report: &Report<'_>, news: Option<&News>) -> Json<'static> {
    let assessment = report.assessment;
    let totals = assessment.totals;
    let mut out = vec![
        ("nachweis/snapshot", Json::str(assessment.snapshot.to_string())),
        ("nachweis/assessment", Json::str(report.digest.to_string())),
        ("nachweis/catalogue", Json::str(assessment.catalogue.digest.to_string())),
        ("nachweis/overlay", Json::str(assessment.overlay.to_string())),
        ("nachweis/asOf", Json::str(assessment.as_of.to_string())),
        (
            "nachweis/totals",
            Json::object([
                ("satisfied", integer(totals.satisfied)),
                ("not_satisfied", integer(totals.not_satisfied)),
                ("indeterminate", integer(totals.indeterminate)),
                ("not_applicable", integer(totals.not_applicable)),
                ("attested", integer(totals.attested)),
                ("exempted", integer(totals.exempted)),
            ]),
        ),
    ];
    if let Some(news) = news {
        let (new, known, fixed) = news.counts();
        let counts =
            Json::object([("new", integer(new)), ("known", integer(known)), ("fixed", integer(fixed))]);
        out.push(("nachweis/baseline", counts));
    }
    Json::object(out)
}

/// Parts of the input that were not read, and results that were left out: a reader must not take silence for good.
fn notifications(view: &View<'_>, left_out: usize) -> Vec<Json<'static>> {
    let note = |id: &str, level: &str, text: &str| {
        vec![
            ("descriptor", Json::object([("id", Json::str(id.to_string()))])),
            ("level", Json::str(level.to_string())),
            ("message", message(text)),
        ]
    };
    let unread = &view.report.seal.unread;
    let mut out: Vec<Json<'static>> = unread
        .iter()
        .take(UNREAD_MAX)
        .map(|part: &Unread| {
            let level = if part.ignored { "note" } else { "warning" };
            let mut members = note(&encoded(&part.reason), level, &format!("not read: {}", part.detail));
            let place = Place { file: part.file.clone(), line: part.line };
            members
                .push(("locations", Json::Arr(vec![Json::object([("physicalLocation", in_file(&place))])])));
            Json::object(members)
        })
        .collect();
    if let Some(rest) = unread.len().checked_sub(UNREAD_MAX).filter(|rest| *rest > 0) {
        out.push(Json::object(note("and-more", "warning", &format!("{rest} more parts were not read"))));
    }
    if left_out > 0 {
        let text = format!("{left_out} more results were left out: the CSV and JSON renderings have all");
        out.push(Json::object(note("results-left-out", "error", &text)));
    }
    out
}

fn in_file(place: &Place) -> Json<'static> {
    let mut members = vec![("artifactLocation", Json::object([("uri", Json::str(path(&place.file)))]))];
    if place.line > 0 {
        members.push(("region", Json::object([("startLine", integer(place.line))])));
    }
    Json::object(members)
}

struct Results<'a> {
    view: &'a View<'a>,
    all: Vec<Json<'static>>,
    left_out: usize,
}

/// What results have in common.
struct Head<'a> {
    rule: usize,
    row: &'a Row<'a>,
    kind: &'static str,
}

impl Results<'_> {
    fn row(&mut self, at: usize, row: &Row<'_>, news: Option<Option<&FindingNews>>) {
        let kind = match row.finding.verdict {
            Verdict::NotSatisfied => "fail",
            Verdict::Indeterminate => "open",
            Verdict::Attested => "review",
            Verdict::Satisfied | Verdict::NotApplicable => return,
        };
        let head = Head { rule: at, row, kind };
        let known = news.map(|news| news.is_some_and(|news| news.new_count() == 0));
        let open: Vec<Thing> = match row.finding.verdict {
            Verdict::NotSatisfied => things(self.view, row, news.flatten())
                .into_iter()
                .filter(|thing| thing.verdict == Verdict::NotSatisfied)
                .collect(),
            _ => Vec::new(),
        };
        if open.is_empty() {
            return self.whole(&head, known);
        }
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        for thing in open {
            let times = seen.entry(thing.key()).or_default();
            *times += 1;
            let times = *times;
            self.thing(&head, &thing, times, news.is_some());
        }
    }

    /// The finding as one result: nothing of it has a name.
    fn whole(&mut self, head: &Head<'_>, known: Option<bool>) {
        let (view, row) = (self.view, head.row);
        let mut reasons: Vec<String> =
            row.finding.reasons.keys().take(8).map(|code| row.reason(view.lang, code)).collect();
        if reasons.is_empty() {
            reasons.push(crate::words::verdict(view.lang, row.finding.verdict).into());
        }
        let step = view.next_step(row).text;
        let text = format!("{}: {}. {step}", row.title(view.lang), reasons.join("; "));
        let cluster = view.cluster();
        let logical = logical(&cluster, &cluster, "namespace");
        let uri = format!("cluster/{}", encoded(&cluster));
        let state = known.map(|known| if known { "unchanged" } else { "new" });
        let members = vec![
            ("locations", Json::Arr(vec![location(None, &uri, logical)])),
            ("partialFingerprints", fingerprints(&row.finding.control, "", 1)),
        ];
        self.push(head, &text, state, members);
    }

    fn thing(&mut self, head: &Head<'_>, thing: &Thing, times: u32, compared: bool) {
        let (view, row) = (self.view, head.row);
        let text = format!("{}: {}", clip(&thing.label(view), 400), row.reason(view.lang, &thing.reason));
        let parts = [&thing.kind, &thing.namespace, &thing.name];
        let parts: Vec<String> =
            parts.iter().filter(|part| !part.is_empty()).map(|part| encoded(part)).collect();
        let uri = format!("kubernetes/{}", parts.join("/"));
        let title = clip(&visible(&thing.title), 400).into_owned();
        let logical = logical(&clip(&visible(&thing.name), 253), &title, "resource");
        let place = thing.place(view);
        let ids = thing.members.iter().take(IDS_MAX).filter_map(|index| view.names.get(*index));
        let ids = ids.map(|subject| Json::str(clip(&subject.id.to_string(), 1_000).into_owned()));
        let mut members = vec![
            ("locations", Json::Arr(vec![location(place.as_ref(), &uri, logical)])),
            ("occurrenceCount", integer(thing.members.len() as u64)),
            ("partialFingerprints", fingerprints(&row.finding.control, &thing.key(), times)),
            (
                "properties",
                Json::object([
                    ("nachweis/items", Json::Arr(ids.collect())),
                    ("nachweis/reason", Json::str(clip(&visible(&thing.reason), 100).into_owned())),
                ]),
            ),
        ];
        if let Some(id) = &thing.exemption {
            let why = clip(&visible(&exemption(view, id)), TEXT_MAX).into_owned();
            members.push((
                "suppressions",
                Json::Arr(vec![Json::object([
                    ("kind", Json::str("external")),
                    ("status", Json::str("accepted")),
                    ("justification", Json::str(why)),
                ])]),
            ));
        }
        let new = thing.new == Some(true);
        let state = compared.then_some(if new { "new" } else { "unchanged" });
        self.push(head, &text, state, members);
    }

    fn push(
        &mut self,
        head: &Head<'_>,
        text: &str,
        state: Option<&'static str>,
        mut members: Vec<(&'static str, Json<'static>)>,
    ) {
        if self.all.len() >= RESULTS_MAX {
            self.left_out += 1;
            return;
        }
        let level = if head.kind == "fail" { level(head.row.finding.severity) } else { "none" };
        members.extend([
            ("ruleId", Json::str(rule_id(head.row))),
            ("ruleIndex", integer(head.rule as u64)),
            ("kind", Json::str(head.kind)),
            ("level", Json::str(level)),
            ("message", message(text)),
        ]);
        members.extend(state.map(|state| ("baselineState", Json::str(state))));
        self.all.push(Json::object(members));
    }
}

/// The control's id; one that is not ours cannot smuggle anything in.
pub(crate) fn rule_id(row: &Row<'_>) -> String {
    clip(&visible(&row.finding.control), 253).into_owned()
}

pub(crate) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

fn logical(name: &str, full: &str, kind: &'static str) -> Json<'static> {
    Json::object([
        ("name", Json::str(visible(name).into_owned())),
        ("fullyQualifiedName", Json::str(visible(full).into_owned())),
        ("kind", Json::str(kind)),
    ])
}

fn location(place: Option<&Place>, uri: &str, logical: Json<'static>) -> Json<'static> {
    let physical = match place {
        Some(place) => in_file(place),
        None => {
            let item = Json::object([("uri", Json::str(uri.to_string())), ("uriBaseId", Json::str(ITEMS))]);
            Json::object([("artifactLocation", item)])
        }
    };
    Json::object([("physicalLocation", physical), ("logicalLocations", Json::Arr(vec![logical]))])
}

/// The same in every run, for the same control and thing, wherever its file lies and whatever its pods are called.
/// The first name is the one that GitHub reads, and its form is hash and count.
fn fingerprints(control: &str, key: &str, times: u32) -> Json<'static> {
    let digest = Digest::of(format!("{control}\n{key}").as_bytes()).to_string();
    let hash = digest.trim_start_matches("sha256:").to_string();
    let short: String = hash.chars().take(16).collect();
    Json::object([
        ("primaryLocationLineHash", Json::str(format!("{short}:{times}"))),
        ("nachweisThing/v1", Json::str(format!("{hash}:{times}"))),
    ])
}
