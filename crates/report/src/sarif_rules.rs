//! Controls as rules of SARIF, with help in Markdown.

use nachweis_canon::Json;
use nachweis_model::Severity;

use crate::escape::{clip, markdown, visible, visible_lines};
use crate::sarif::{level, message, rule_id};
use crate::view::{Row, View};
use crate::words::{Pick, severity, threshold};

/// Longest text of a control, in characters.
const TEXT_MAX: usize = 4_000;

/// The figure that GitHub sorts by: critical above 9.0, high from 7.0, medium from 4.0, low above 0.
fn figure(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}

/// The rule of a control: title, help with what to do and what it cannot see, the provisions as tags.
pub(crate) fn rule(view: &View<'_>, row: &Row<'_>) -> Json<'static> {
    let lang = view.lang;
    let title = row.title(lang);
    let obligations = &row.finding.obligations;
    let cited = view.citations(obligations, 20);
    let acts = obligations.iter().filter_map(|id| view.provision(id)).map(|provision| provision.act.clone());
    let mut tags: Vec<String> = acts.collect();
    tags.sort_unstable();
    tags.dedup();
    tags.truncate(9);
    tags.insert(0, "security".into());
    let tags = tags.iter().map(|tag| Json::str(clip(&visible(tag), 60).into_owned())).collect();
    let full = format!("{title}. {} {cited}", lang.pick("Evidence for", "Nachweis zu"));
    let (text, marked) = help(view, row, &cited);
    let help = Json::object([("text", Json::str(text)), ("markdown", Json::str(marked))]);
    Json::object([
        ("id", Json::str(rule_id(row))),
        ("shortDescription", message(&title)),
        ("fullDescription", message(&full)),
        ("help", help),
        ("defaultConfiguration", Json::object([("level", Json::str(level(row.finding.severity)))])),
        (
            "properties",
            Json::object([
                ("tags", Json::Arr(tags)),
                ("security-severity", Json::str(figure(row.finding.severity))),
                ("precision", Json::str("very-high")),
            ]),
        ),
    ])
}

/// Plain text and Markdown with the same sections.
fn help(view: &View<'_>, row: &Row<'_>, cited: &str) -> (String, String) {
    let lang = view.lang;
    let mut sections: Vec<(&str, String)> = vec![
        (lang.pick("What it asks for", "Was verlangt wird"), {
            let unit = row.unit(lang);
            let share = threshold(lang, &row.finding.threshold);
            format!("{}. {unit}: {share}", row.title(lang))
        }),
        (lang.pick("Evidence for", "Nachweis zu"), cited.to_string()),
        (lang.pick("Severity", "Schwere"), severity(lang, row.finding.severity).to_string()),
    ];
    if let Some(control) = row.control {
        let reads: Vec<&str> = control.reads.iter().map(|read| read.resource.as_str()).collect();
        sections.push((lang.pick("What it reads", "Was gelesen wird"), reads.join(", ")));
        let fix = control.remediation.in_lang(lang).to_string();
        sections.push((lang.pick("How to fix it", "Was zu tun ist"), fix));
        let limits = control.limits.in_lang(lang).to_string();
        sections.push((lang.pick("What it cannot see", "Was es nicht sieht"), limits));
    }
    let (mut text, mut marked) = (String::new(), String::new());
    for (head, body) in sections.iter().filter(|(_, body)| !body.trim().is_empty()) {
        let body = clip(body.trim(), TEXT_MAX).into_owned();
        text.push_str(&format!("{head}: {}\n", visible_lines(&body)));
        let lines: Vec<String> = body.split('\n').map(markdown).collect();
        marked.push_str(&format!("**{head}**\n\n{}\n\n", lines.join("\n\n")));
    }
    // An id is kebab-case; what is none is nobody's control and no command.
    let id = &row.finding.control;
    if id.len() <= 100 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        text.push_str(&format!("nachweis explain {id}"));
        let shows = lang.pick("shows the expression", "zeigt den Ausdruck");
        marked.push_str(&format!("`nachweis explain {id}` {shows}\n"));
    }
    (text.replace('{', "{{").replace('}', "}}"), marked.replace('{', "{{").replace('}', "}}"))
}
