//! What is new against a baseline, for the first screen and for scripts.

use nachweis_canon::{Json, Limits, parse_bytes};
use nachweis_model::news::{FindingNews, News};
use nachweis_model::{ItemId, Lang, Verdict};

use crate::escape::{clip, terminal as inert, visible};
use crate::terminal::screen::{Paint, Screen, cut};
use crate::view::{Row, View};
use crate::words::{Pick, counted, number, sign};
use crate::{Report, Style};

/// Lines of new things, and of fixed ones, that the screen shows; JSON has all.
const LINES: usize = 10;
/// Columns of the labels: those of the first screen above.
fn left(lang: Lang) -> usize {
    match lang {
        Lang::En => 17,
        Lang::De => 19,
    }
}

/// The block below the first screen: `3 new, 120 known from the baseline`, what is new, what is fixed.
pub fn baseline_terminal(report: &Report<'_>, news: &News, bundle: &str, style: &Style) -> String {
    let view = View::new(report, style.lang);
    let mut screen = Screen::new(style);
    let lang = style.lang;
    let (new, known, fixed) = news.counts();
    let mut head = format!(
        "{} {}, {} {}",
        number(lang, new),
        lang.pick("new", "neu"),
        number(lang, known),
        lang.pick("known from the baseline", "aus dem Vergleichsstand bekannt"),
    );
    if fixed > 0 {
        let word = lang.pick("fixed or gone", "behoben oder nicht mehr da");
        head.push_str(&format!(", {} {word}", number(lang, fixed)));
    }
    screen.blank();
    let label = lang.pick("baseline", "Vergleich");
    let paint = if new > 0 { Paint::Red } else { Paint::Green };
    screen.entry(left(lang), (label, Paint::Dim), &head, paint);
    screen.entry(left(lang), ("", Paint::Plain), &inert(&compared_with(news, bundle, lang)), Paint::Plain);
    let mut lines: Vec<(String, Paint)> = Vec::new();
    for row in view.worst() {
        if let Some(news) = news.of(&row.finding.control) {
            new_lines(&view, &row, news, &mut lines);
        }
    }
    listed(&mut screen, lang.pick("new", "neu"), lines, lang);
    let gone = |news: &FindingNews, ids: &[ItemId], word: &str| -> Vec<(String, Paint)> {
        ids.iter()
            .take(LINES + 1)
            .map(|id| (format!("✓ {}: {} {}, {word}", news.control, id.kind, id.place()), Paint::Plain))
            .collect()
    };
    let mut lines = Vec::new();
    for news in &news.findings {
        lines.extend(gone(news, &news.fixed, lang.pick("covered now", "jetzt abgedeckt")));
    }
    for news in &news.findings {
        lines.extend(gone(news, &news.gone, lang.pick("no longer judged", "nicht mehr beurteilt")));
    }
    listed_of(&mut screen, lang.pick("fixed", "behoben"), lines, fixed, lang);
    let text = lang.pick(
        "only what is new raises the exit code; the baseline was not verified",
        "nur was neu ist, hebt den Exit-Code; der Vergleichsstand wurde nicht geprüft",
    );
    screen.entry(left(lang), ("", Paint::Plain), text, Paint::Dim);
    screen.out
}

/// Which bundle, of when, and what besides the cluster is another one.
fn compared_with(news: &News, bundle: &str, lang: Lang) -> String {
    let base = &news.baseline;
    let mut parts =
        vec![format!("{} {} {}", clip(&visible(bundle), 80), lang.pick("as of", "vom"), base.as_of)];
    if !base.same_catalogue {
        let version = clip(&visible(&base.catalogue_version), 40).into_owned();
        parts.push(match lang {
            Lang::En => format!("another catalogue ({version}): rows that it did not have are new"),
            Lang::De => format!("anderer Katalog ({version}): Zeilen, die er nicht hatte, sind neu"),
        });
    }
    if !base.same_overlay {
        parts.push(lang.pick("another overlay", "anderes Overlay").into());
    }
    if !base.same_semantics {
        parts.push(lang.pick("other evaluation semantics", "andere Auswertungssemantik").into());
    }
    if !base.same_cluster {
        let text = "nothing shows that it is the same cluster (`--cluster NAME` would)";
        let german = "nichts zeigt, dass es derselbe Cluster ist (`--cluster NAME` täte es)";
        parts.push(lang.pick(text, german).into());
    }
    parts.join("; ")
}

/// One line per owner of new items and reason, one per new reason of the finding as a whole.
fn new_lines(view: &View<'_>, row: &Row<'_>, news: &FindingNews, out: &mut Vec<(String, Paint)>) {
    let (lang, control) = (view.lang, &row.finding.control);
    let mut line = |of: Verdict, text: String| {
        let paint = if of == Verdict::NotSatisfied { Paint::Red } else { Paint::Yellow };
        out.push((format!("{} {control}: {text}", sign(of)), paint));
    };
    let mut items = false;
    for group in &row.finding.items {
        let new = view.names.iter(&group.items).filter(|index| news.is_new(*index)).collect();
        for owner in view.names.groups(&new, usize::MAX) {
            items = true;
            let many = match owner.members.len() {
                1 => String::new(),
                several => format!(" ({} ×)", number(lang, several as u64)),
            };
            let title = clip(&visible(&owner.title), 120).into_owned();
            line(group.verdict, format!("{title}{many}, {}", row.reason(lang, &group.reason)));
        }
    }
    for reason in &news.reasons {
        line(row.finding.verdict, row.reason(lang, reason));
    }
    if news.turned && !items && news.reasons.is_empty() {
        let text = lang.pick("it was better in the baseline", "im Vergleichsstand war es besser");
        line(row.finding.verdict, format!("{} / {}, {text}", row.finding.covered, row.finding.total));
    }
}

fn listed(screen: &mut Screen, label: &str, lines: Vec<(String, Paint)>, lang: Lang) {
    let all = lines.len() as u64;
    listed_of(screen, label, lines, all, lang);
}

fn listed_of(screen: &mut Screen, label: &str, lines: Vec<(String, Paint)>, all: u64, lang: Lang) {
    let shown = lines.len().min(LINES) as u64;
    for (at, (text, paint)) in lines.into_iter().take(LINES).enumerate() {
        let text = cut(&inert(&text), screen.width - left(lang));
        screen.entry(left(lang), (if at == 0 { label } else { "" }, Paint::Dim), &text, paint);
    }
    if all > shown {
        let more = counted(lang, all - shown, lang.pick("more", "weiteres"), lang.pick("more", "weitere"));
        let text = format!("{more}; {}", lang.pick("JSON has all", "JSON hat alle"));
        screen.entry(left(lang), ("", Paint::Plain), &text, Paint::Dim);
    }
}

/// The member `baseline` of the JSON: numbers, and per control ids of new, fixed and gone items. Controls about
/// which the baseline says the same are left out; `known` is a number.
pub fn baseline_json(report: &Report<'_>, news: &News) -> Json<'static> {
    let view = View::new(report, Lang::En);
    let (new, known, fixed) = news.counts();
    let number = |value: u64| Json::Int(i64::try_from(value).unwrap_or(i64::MAX));
    let ids = |ids: &[ItemId]| Json::Arr(ids.iter().map(|id| Json::str(id.to_string())).collect());
    let items = |indices: &nachweis_model::Ranges| -> Json<'static> {
        let names = view.names.iter(indices);
        let id = |index| view.names.get(index).map_or(Json::Null, |known| Json::str(known.id.to_string()));
        Json::Arr(names.map(id).collect())
    };
    let moved = news.findings.iter().filter(|news| {
        news.new_count() > 0 || news.turned || !news.fixed.is_empty() || !news.gone.is_empty()
    });
    let findings = moved.map(|news| {
        Json::object([
            ("control", Json::str(news.control.clone())),
            ("before", news.before.map_or(Json::Null, |verdict| Json::str(verdict.as_str()))),
            ("turned", Json::Bool(news.turned)),
            ("not_satisfied", items(&news.not_satisfied)),
            ("indeterminate", items(&news.indeterminate)),
            ("reasons", Json::Arr(news.reasons.iter().map(|reason| Json::str(reason.clone())).collect())),
            ("known", number(news.known_count())),
            ("fixed", ids(&news.fixed)),
            ("gone", ids(&news.gone)),
        ])
    });
    let bytes = nachweis_canon::canonical_bytes(&news.baseline);
    let mut head = parse_bytes(&bytes, &Limits::OURS).map_or(Json::Null, |parsed| parsed.value.into_owned());
    if let Some(members) = head.as_object_mut() {
        members.insert("new", number(new));
        members.insert("known", number(known));
        members.insert("fixed", number(fixed));
        members.insert("findings", Json::Arr(findings.collect()));
    }
    head
}
