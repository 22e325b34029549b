use nachweis_model::assessment::ParameterUse;
use nachweis_model::control::{Control, EnforcedPer, OnEmpty};
use nachweis_model::{Lang, Ranges, Verdict};

use super::page::Page;
use super::parts::{folded, long, members, more, sentence, shorten};
use super::summary::{figures, ordered};
use super::{LIST_NODES, anchor};
use crate::Excerpt;
use crate::escape::{clip, visible_lines};
use crate::names::Group;
use crate::view::{Row, View};
use crate::words::{Pick, number, relationship, severity, threshold};

/// Most items of one list that are looked up and grouped.
const LOOK_UP: usize = 20_000;
/// DOM nodes of one group of items with its excerpt.
const GROUP_NODES: usize = 10;
/// Most lines of one excerpt.
const EXCERPT_LINES: usize = 40;

/// One article per control: its finding, the items, and how it is checked.
pub(super) fn write(p: &mut Page, view: &View<'_>) {
    filter(p, view.lang);
    p.leaf("p", &[("class", "note")], view.lang.pick(
        "Items unfold to what the control looked at; marked lines are those at which the check failed.",
        "Objekte lassen sich aufklappen zu dem, was die Kontrolle ansah; markierte Zeilen sind die, an denen die Prüfung scheiterte.",
    ));
    let rows = ordered(view);
    let budget = budget(&rows);
    for row in &rows {
        article(p, view, row, budget);
    }
}

/// Groups of items that one finding may show one by one.
fn budget(rows: &[Row<'_>]) -> usize {
    let open = rows.iter().filter(|row| row.open() > 0).count().max(1);
    (LIST_NODES / open / GROUP_NODES).clamp(1, 40)
}

/// Items of which the page shows an excerpt, with the control: the first item of every group that is shown.
pub(super) fn excerpts(view: &View<'_>) -> Vec<(u32, String)> {
    let rows = ordered(view);
    let budget = budget(&rows);
    let mut out = Vec::new();
    for row in &rows {
        let mut left = budget;
        for group in &row.finding.items {
            let shown = take_groups(view, &group.items, &mut left).0;
            out.extend(shown.iter().map(|group| (group.members[0], row.finding.control.clone())));
        }
    }
    out
}

/// Groups of items that are shown one by one, and those that are folded into a list.
fn take_groups(view: &View<'_>, items: &Ranges, left: &mut usize) -> (Vec<Group>, Vec<Group>) {
    let mut all = view.names.groups(items, LOOK_UP);
    let take = (*left).max(1).min(all.len());
    *left -= take.min(*left);
    let rest = all.split_off(take);
    (all, rest)
}

/// Search and filter: hidden until the script, which it needs, shows it.
fn filter(p: &mut Page, lang: Lang) {
    let label = lang.pick("Search and filter findings", "Befunde suchen und filtern");
    let form = [("id", "filter"), ("hidden", ""), ("role", "search"), ("aria-label", label)];
    p.el("form", &form, |p| {
        p.el("p", &[], |p| {
            p.leaf("label", &[("for", "words")], lang.pick("Search", "Suche"));
            p.void("input", &[("id", "words"), ("type", "search"), ("autocomplete", "off")]);
        });
        p.el("p", &[], |p| {
            p.leaf("label", &[("for", "verdict")], lang.pick("Verdict", "Urteil"));
            p.el("select", &[("id", "verdict")], |p| {
                p.leaf("option", &[("value", "")], lang.pick("all", "alle"));
                for of in [
                    Verdict::NotSatisfied,
                    Verdict::Indeterminate,
                    Verdict::Satisfied,
                    Verdict::Attested,
                    Verdict::NotApplicable,
                ] {
                    p.leaf("option", &[("value", of.as_str())], crate::words::verdict(lang, of));
                }
            });
        });
        let shown = lang.pick("findings shown", "Befunde sichtbar");
        p.el("p", &[("id", "shown"), ("role", "status"), ("data-word", shown)], |_| {});
    });
}

fn article(p: &mut Page, view: &View<'_>, row: &Row<'_>, budget: usize) {
    let (lang, finding) = (view.lang, row.finding);
    let id = anchor(view, &finding.control);
    let heading = format!("{id}-title");
    let attributes = [
        ("id", &*id),
        ("class", "finding"),
        ("data-verdict", finding.verdict.as_str()),
        ("aria-labelledby", &*heading),
    ];
    p.el("article", &attributes, |p| {
        p.el("h3", &[("id", &heading)], |p| p.rich(&shorten(&row.title(lang))));
        p.el("p", &[("class", "state")], |p| {
            p.badge(lang, finding.verdict);
            p.text(&state(lang, row));
        });
        p.bar(finding.covered, finding.total);
        cited(p, view, row);
        groups_by(p, lang, row);
        for reason in row.whole_reasons() {
            p.el("p", &[], |p| p.rich(&sentence(&row.reason(lang, reason))));
        }
        let step = view.next_step(row);
        let acts = matches!(finding.verdict, Verdict::NotSatisfied | Verdict::Indeterminate);
        if acts && !step.text.is_empty() {
            let label = match finding.verdict {
                Verdict::Indeterminate => lang.pick("What would settle it", "Was es klären würde"),
                _ => lang.pick("What to do", "Was zu tun ist"),
            };
            p.el("div", &[("class", "step")], |p| {
                p.el("p", &[], |p| {
                    p.leaf("b", &[], &format!("{label}: "));
                    p.rich(&long(&step.text));
                });
                p.copyable(&step.lines);
            });
        }
        items(p, view, row, budget);
        others(p, view, row);
        if let Some(control) = row.control {
            let title = lang.pick("How this is checked", "Wie das geprüft wird");
            p.fold(title, |p| checked(p, view, row, control));
        }
    });
}

fn state(lang: Lang, row: &Row<'_>) -> String {
    let finding = row.finding;
    let mut out = format!(
        " {} {}; {}; {}: {}",
        figures(lang, row),
        lang.pick("covered", "abgedeckt"),
        shorten(&threshold(lang, &finding.threshold)),
        lang.pick("severity", "Schwere"),
        severity(lang, finding.severity)
    );
    if finding.indeterminate > 0 {
        let count = number(lang, finding.indeterminate);
        out.push_str(&format!("; {count} {}", lang.pick("cannot be judged", "nicht beurteilbar")));
    }
    if row.exempted() > 0 {
        let count = number(lang, row.exempted());
        out.push_str(&format!("; {count} {}", lang.pick("exempted", "ausgenommen")));
    }
    out
}

fn cited(p: &mut Page, view: &View<'_>, row: &Row<'_>) {
    let cited = view.citation_parts(&row.finding.obligations, 24);
    if !cited.is_empty() {
        p.el("p", &[("class", "cited")], |p| {
            p.text(view.lang.pick("Evidence for ", "Nachweis zu "));
            p.cited(&cited);
        });
    }
}

fn groups_by(p: &mut Page, lang: Lang, row: &Row<'_>) {
    let Some(groups) = &row.finding.groups else { return };
    let by = match &*groups.by {
        "namespace" => lang.pick("namespaces", "Namespaces").to_string(),
        other => shorten(other),
    };
    let mut names: Vec<String> = groups.failing.iter().take(24).map(|name| shorten(name)).collect();
    if groups.failing.len() > names.len() {
        names.push(format!("+{}", groups.failing.len() - names.len()));
    }
    let whole = lang.pick("are covered in full", "sind ganz abgedeckt");
    let rest = lang.pick("not:", "nicht:");
    p.p(&format!("{} / {} {by} {whole}; {rest} {}.", groups.covered, groups.total, names.join(", ")));
}

/// Items that are not covered or cannot be judged, by reason, under their owners.
fn items(p: &mut Page, view: &View<'_>, row: &Row<'_>, budget: usize) {
    let lang = view.lang;
    let mut left = budget;
    for group in &row.finding.items {
        let count = number(lang, group.items.len());
        let state = match group.verdict {
            Verdict::Indeterminate => lang.pick("cannot be judged", "nicht beurteilbar"),
            _ => lang.pick("not covered", "nicht abgedeckt"),
        };
        p.el("h4", &[], |p| p.rich(&format!("{count} {state}: {}", long(&row.reason(lang, &group.reason)))));
        let (shown, rest) = take_groups(view, &group.items, &mut left);
        p.el("ul", &[("class", "items")], |p| {
            for owner in &shown {
                p.el("li", &[], |p| item(p, view, row, owner));
            }
        });
        let known: u64 = shown.iter().map(|group| group.members.len() as u64).sum();
        let total = group.items.len() - known;
        if rest.is_empty() {
            more(p, view, total);
        } else {
            let title = format!("{} {}", number(lang, total), lang.pick("more", "weitere"));
            folded(p, view, &title, &rest, total);
        }
    }
}

/// An owner with its items, or an item; folded together with the excerpt where there is one.
fn item(p: &mut Page, view: &View<'_>, row: &Row<'_>, group: &Group) {
    let lang = view.lang;
    let mut title = shorten(&group.title);
    let members = members(view, group);
    if let Some((count, _)) = &members {
        title.push_str(&format!(", {count}"));
    }
    for (id, items) in &row.finding.exempted {
        let count = group.members.iter().filter(|index| items.contains(**index)).count();
        if count > 0 {
            let word = lang.pick("exempted:", "ausgenommen:");
            title.push_str(&format!(" ({word} {}, {count} / {})", shorten(id), group.members.len()));
        }
    }
    let excerpt = view.report.items.excerpt(group.members[0], &row.finding.control);
    let Some(excerpt) = excerpt else {
        p.text(&title);
        if let Some((_, names)) = members {
            p.leaf("small", &[], &names);
        }
        return;
    };
    p.fold(&title, |p| {
        if let Some((_, names)) = &members {
            p.leaf("p", &[("class", "names")], names);
        }
        if let Some(file) = &excerpt.file {
            p.leaf("p", &[("class", "place")], &shorten(file));
        }
        p.el("pre", &[], |p| p.el("code", &[], |p| lines(p, &excerpt)));
    });
}

/// Lines with their numbers in the file, at most [`EXCERPT_LINES`]; runs of lines at which the check failed are
/// marked.
fn lines(p: &mut Page, excerpt: &Excerpt) {
    let lines: Vec<&str> = excerpt.text.trim_end_matches('\n').split('\n').collect();
    let shown: Vec<(bool, String)> = lines
        .iter()
        .take(EXCERPT_LINES)
        .enumerate()
        .map(|(at, line)| {
            let number = match excerpt.first_line {
                0 => String::new(),
                first => format!("{:>5}  ", first.saturating_add(at as u64)),
            };
            let line = clip(&visible_lines(line), crate::escape::CLIP).into_owned();
            (excerpt.marked.contains(&at), format!("{number}{line}"))
        })
        .collect();
    for (at, run) in shown.chunk_by(|a, b| a.0 == b.0).enumerate() {
        if at > 0 {
            p.lines("\n");
        }
        let text: Vec<&str> = run.iter().map(|(_, line)| line.as_str()).collect();
        match run[0].0 {
            true => p.leaf_lines("mark", &text.join("\n")),
            false => p.lines(&text.join("\n")),
        }
    }
    if lines.len() > EXCERPT_LINES {
        p.lines(&format!("\n… (+{})", lines.len() - EXCERPT_LINES));
    }
}

/// Covered items and items that are named and not judged.
fn others(p: &mut Page, view: &View<'_>, row: &Row<'_>) {
    let lang = view.lang;
    let mut list = |title: &str, items: &Ranges| {
        let groups = view.names.groups(items, LOOK_UP);
        let title = format!("{} {title}", number(lang, items.len()));
        folded(p, view, &title, &groups, items.len());
    };
    if !row.finding.passed.is_empty() {
        list(lang.pick("covered", "abgedeckt"), &row.finding.passed);
    }
    for (reason, items) in &row.finding.excluded {
        let reason = long(&row.reason(lang, reason));
        list(
            &format!("{}: {reason}", lang.pick("named and not judged", "genannt und nicht beurteilt")),
            items,
        );
    }
}

fn checked(p: &mut Page, view: &View<'_>, row: &Row<'_>, control: &Control) {
    let lang = view.lang;
    p.el("dl", &[], |p| {
        p.pair(lang.pick("Control", "Kontrolle"), |p| p.leaf("code", &[], &shorten(&control.id)));
        p.pair(lang.pick("Why it is evidence", "Warum es ein Nachweis ist"), |p| {
            for link in control.obligations.iter().take(6) {
                let cited = shorten(&view.cite(&link.id));
                let how = relationship(lang, link.relationship);
                p.leaf("p", &[], &format!("{cited} ({how}): {}", long(link.rationale.in_lang(lang))));
            }
        });
        let reads =
            control.reads.iter().map(|read| format!("{} ({})", read.resource, read.versions.join(", ")));
        p.pair(lang.pick("Reads", "Liest"), |p| p.text(&long(&reads.collect::<Vec<_>>().join("; "))));
        let empty = match control.on_empty {
            OnEmpty::NotApplicable => {
                lang.pick("nothing there: not applicable", "nichts da: nicht anwendbar")
            }
            OnEmpty::NotSatisfied => lang.pick("nothing there: not satisfied", "nichts da: nicht bestanden"),
        };
        let population = format!("{}; {empty}", control.population.of.join(", "));
        p.pair(lang.pick("Population", "Grundgesamtheit"), |p| p.text(&long(&population)));
        p.pair(lang.pick("Covered where (CEL)", "Abgedeckt, wenn (CEL)"), |p| {
            let mut text = control.predicate.clone();
            if let Some(only) = &control.population.r#where {
                text = format!("// population\n{only}\n\n// predicate\n{text}");
            }
            p.el("pre", &[], |p| p.leaf_lines("code", &clip(&visible_lines(&text), 4_000)));
        });
        if let Some(enforced) = &control.enforced_by {
            let per = match enforced.per {
                EnforcedPer::Item => lang.pick("per item", "je Objekt"),
                EnforcedPer::Control => {
                    lang.pick("for the control as a whole", "für die Kontrolle als Ganzes")
                }
            };
            p.pair(lang.pick("Enforced by", "Durchgesetzt von"), |p| {
                p.text(&format!("{} ({per})", long(enforced.text.in_lang(lang))));
            });
        }
        let used = view.report.assessment.parameters.iter();
        let used = used.filter(|parameter| parameter.controls.contains(&row.finding.control));
        for parameter in used {
            p.pair(lang.pick("Parameter", "Parameter"), |p| {
                p.text(&parameter_line(lang, control, parameter))
            });
        }
        p.pair(lang.pick("Limits", "Grenzen"), |p| p.text(&long(control.limits.in_lang(lang))));
    });
}

/// `restore_interval_days_max = 180 (days, overlay; default 365 from: …)`.
fn parameter_line(lang: Lang, control: &Control, parameter: &ParameterUse) -> String {
    let mut out = format!("{} = {}", shorten(&parameter.name), shorten(&parameter.value.to_string()));
    let origin = if parameter.overlay {
        lang.pick("set by the overlay", "vom Overlay gesetzt")
    } else {
        lang.pick("default", "Vorgabe")
    };
    out.push_str(&format!(" ({}, {origin})", shorten(&parameter.unit)));
    if let Some(known) = control.parameters.iter().find(|known| known.name == parameter.name) {
        let default = shorten(&known.default.to_string());
        let source = long(known.source.in_lang(lang));
        out.push_str(&format!("; {} {default}: {source}", lang.pick("default", "Vorgabe")));
    }
    out
}
