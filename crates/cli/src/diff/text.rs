//! A delta as plain text. Everything that comes from the bundles is made inert.

use std::fmt::Write as _;

use nachweis_delta::{
    Class, Delta, End, FindingDelta, InputChange, ItemDelta, Kind, PathChange, PathChanges, Presence, Shown,
    Summary,
};
use nachweis_model::Verdict;
use nachweis_report::escape::{shell, terminal as inert, visible};

/// Paths of one object that are shown.
const PATHS: usize = 5;
/// Characters of a value that are shown.
const VALUE_CHARS: usize = 160;

/// Text for people: what moved, why, and what else differs. At most `limit` lines of a kind follow each other.
pub fn text(delta: &Delta, [old, new]: [&str; 2], limit: usize) -> String {
    let mut page = Page { out: String::new(), delta, limit };
    page.head();
    page.sides();
    page.causes();
    page.findings();
    page.obligations();
    page.objects();
    page.collections();
    page.line("");
    page.line("neither bundle was verified here; what changed is only as sure as both are:");
    for bundle in [old, new] {
        page.line(&format!("  nachweis verify {}", shell(bundle)));
    }
    page.out
}

/// A name without the noun that its only cause has said: `overlay changed: parameter (days_max)`.
fn unsaid<'n>(causes: &[Kind], name: &'n str) -> &'n str {
    let [cause] = causes else { return name };
    let noun = cause.words().rsplit_once(": ").map_or("", |(_, noun)| noun);
    name.strip_prefix(noun).and_then(|rest| rest.strip_prefix(' ')).unwrap_or(name)
}

struct Page<'a> {
    out: String,
    delta: &'a Delta,
    limit: usize,
}

fn plural(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn short(summary: Option<&Summary>) -> String {
    summary.map_or("not asked".into(), |summary| {
        let mut text = summary.short();
        if summary.indeterminate > 0 {
            let _ = write!(text, " ({} indeterminate)", summary.indeterminate);
        }
        if summary.exempted > 0 {
            let _ = write!(text, " ({} exempted)", summary.exempted);
        }
        text
    })
}

fn shown(value: Option<&Shown>) -> String {
    let Some(shown) = value else { return "nothing".into() };
    if shown.withheld {
        return "(withheld)".into();
    }
    let text = visible(&shown.text);
    let mut out = String::from(if shown.skipped > 0 { "…" } else { "" });
    out.extend(text.chars().take(VALUE_CHARS));
    if shown.cut > 0 || text.chars().nth(VALUE_CHARS).is_some() {
        out.push('…');
    }
    out
}

fn path(change: &PathChange) -> String {
    let moved = change.old_pointer.as_ref().map_or(String::new(), |old| format!(" (was {})", inert(old)));
    let pointer = if change.pointer.is_empty() { "all" } else { &change.pointer };
    format!("{}{moved}: {} -> {}", inert(pointer), shown(change.old.as_ref()), shown(change.new.as_ref()))
}

/// Which items a list is for.
type Fits = fn(&ItemDelta) -> bool;

impl Page<'_> {
    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    /// Lines up to the limit; the rest is counted.
    fn some<T>(&mut self, all: &[T], indent: &str, show: impl Fn(&T) -> String) {
        for one in all.iter().take(self.limit) {
            self.line(&format!("{indent}{}", show(one)));
        }
        self.rest(all.len().saturating_sub(self.limit) as u64, indent);
    }

    fn rest(&mut self, more: u64, indent: &str) {
        if more > 0 {
            self.line(&format!("{indent}… and {more} more (`--items N`, or all with `--format json`)"));
        }
    }

    fn head(&mut self) {
        let delta = self.delta;
        if delta.is_empty() {
            self.line("diff: nothing differs");
            return;
        }
        let count = |class: Class| delta.findings.iter().filter(|finding| finding.class == class).count();
        let mut parts: Vec<String> = [Class::New, Class::Fixed, Class::Changed]
            .iter()
            .map(|class| format!("{} {}", count(*class), class.as_str()))
            .collect();
        let rare =
            [Class::Started, Class::Ended, Class::Balanced].into_iter().filter(|class| count(*class) > 0);
        parts.extend(rare.map(|class| format!("{} {}", count(class), class.as_str())));
        parts.push(format!("{} unchanged", delta.findings_unchanged));
        let objects = &delta.objects;
        self.line(&format!(
            "diff: findings {} · objects +{} -{} ~{}",
            parts.join(", "),
            objects.appeared,
            objects.vanished,
            objects.changed
        ));
    }

    fn sides(&mut self) {
        self.line("");
        let delta = self.delta;
        for (word, end) in [("old", &delta.old), ("new", &delta.new)] {
            self.side(word, end);
        }
        let (old, new) = (&delta.old.cluster, &delta.new.cluster);
        match (&old.uid, &new.uid) {
            (Some(a), Some(b)) if a != b => {
                self.line("note  these are two different clusters: their uids differ")
            }
            (Some(_), Some(_)) => {}
            _ if old.name != new.name => {
                self.line("note  the clusters have different names, and no uid says that they are one")
            }
            _ => {}
        }
        match (&delta.old.pseudonyms, &delta.new.pseudonyms) {
            (Some(a), Some(b)) if a != b => self.line(
                "note  names of people are pseudonyms of two different keys: the same person has another name on each side",
            ),
            (Some(_), None) | (None, Some(_)) => self.line(
                "note  names of people are pseudonyms on one side alone: users and addresses differ for that reason",
            ),
            _ => {}
        }
    }

    fn side(&mut self, word: &str, end: &End) {
        let name = end.cluster.name.as_deref().map_or("cluster without a name".into(), inert);
        self.line(&format!(
            "{word}   {name} at {}, {}, snapshot {}",
            end.collected_to,
            plural(end.items, "item", "items"),
            end.snapshot.short()
        ));
        let packs = if end.packs.is_empty() {
            String::new()
        } else {
            format!(", packs {}", inert(&end.packs.join(",")))
        };
        self.line(&format!(
            "      catalogue {} ({}), overlay {}, as of {}{packs}",
            inert(&end.catalogue_version),
            end.catalogue.short(),
            end.overlay.short(),
            end.as_of
        ));
    }

    fn causes(&mut self) {
        let delta = self.delta;
        if delta.steps.is_empty() {
            return;
        }
        self.line("");
        self.line("what changed, in the order in which findings are attributed to it");
        for step in &delta.steps {
            let words: Vec<&str> = step.kinds.iter().map(|kind| kind.words()).collect();
            self.line(&format!("  {}", words.join(" + ")));
            if let Some(note) = &step.note {
                self.line(&format!("    {}", inert(note)));
            }
            let inputs: Vec<&InputChange> =
                delta.inputs.iter().filter(|input| step.kinds.contains(&input.kind)).collect();
            self.some(&inputs, "    ", |input| match &input.paths.changes[..] {
                [only] if input.paths.more == 0 => format!("{} {}", inert(&input.name), path(only)),
                several => {
                    let count = several.len() as u64 + input.paths.more;
                    format!("{}: {}", inert(&input.name), plural(count, "value", "values"))
                }
            });
        }
    }

    fn findings(&mut self) {
        let delta = self.delta;
        let mut findings: Vec<&FindingDelta> = delta.findings.iter().collect();
        let rank = |finding: &FindingDelta| {
            let worst = finding.new.as_ref().map_or(Verdict::NotApplicable, |new| new.verdict);
            let severity = finding.new.as_ref().or(finding.old.as_ref()).map(|summary| summary.severity);
            (finding.class, worst, std::cmp::Reverse(severity))
        };
        findings.sort_by_key(|finding| rank(finding));
        for finding in findings {
            self.line("");
            self.line(&format!(
                "{}  {}  {} -> {}",
                finding.class.as_str().to_uppercase(),
                inert(&finding.control),
                short(finding.old.as_ref()),
                short(finding.new.as_ref())
            ));
            for part in &finding.parts {
                let mut line = String::from("  because ");
                line.push_str(&part.kinds.iter().map(|kind| kind.words()).collect::<Vec<_>>().join(" + "));
                if !part.named.is_empty() {
                    let names: Vec<&str> = part.named.iter().map(|name| unsaid(&part.kinds, name)).collect();
                    let _ = write!(line, " ({})", inert(&names.join(", ")));
                }
                if finding.parts.len() > 1 {
                    let _ = write!(line, ": {} -> {}", short(part.old.as_ref()), short(part.new.as_ref()));
                }
                let _ = write!(line, ", {}", plural(part.items.len() as u64, "item", "items"));
                self.line(&line);
            }
            self.items(finding);
        }
    }

    fn items(&mut self, finding: &FindingDelta) {
        let groups: [(&str, Fits); 4] = [
            ("became uncovered", |item| matches!(item.new.word(), "uncovered" | "exempted")),
            ("became indeterminate", |item| item.new.word() == "indeterminate"),
            ("became covered", |item| item.new.word() == "covered"),
            ("left the population", |item| matches!(item.new.word(), "outside" | "excluded")),
        ];
        for (title, fits) in groups {
            let items: Vec<&ItemDelta> = finding.items.iter().filter(|item| fits(item)).collect();
            if items.is_empty() {
                continue;
            }
            self.line(&format!("  {title} ({})", items.len()));
            self.some(&items, "    ", |item| {
                let from = if item.old.is_open() || item.old.word() == "covered" {
                    format!(", was {}", item.old.word())
                } else {
                    String::new()
                };
                let reason = item.new.reason().map_or(String::new(), |reason| format!(": {}", inert(reason)));
                let itself = match item.presence {
                    Presence::Unchanged => "unchanged itself",
                    other => other.as_str(),
                };
                format!("{} [{itself}{from}]{reason}", inert(&item.id.to_string()))
            });
        }
        let unchanged = finding.items.iter().any(|item| item.presence == Presence::Unchanged);
        let around = &finding.neighbours;
        let by_cluster = finding.parts.iter().any(|part| part.kinds.contains(&Kind::Cluster));
        if by_cluster && (unchanged || finding.items.is_empty()) && !around.items.is_empty() {
            self.line("  objects beside them that the control reads and that came, went or changed");
            let limit = self.limit;
            self.some(&around.items, "    ", |id| inert(&id.to_string()));
            if around.items.len() <= limit {
                self.rest(around.more, "    ");
            }
        }
    }

    fn obligations(&mut self) {
        let changes = &self.delta.obligations;
        if changes.is_empty() {
            return;
        }
        self.line("");
        self.line("evidence for obligations");
        self.some(changes, "  ", |change| {
            let word = |state: Option<nachweis_model::ObligationState>| {
                state.map_or("not selected", |state| state.as_str())
            };
            format!("{}: {} -> {}", inert(&change.id), word(change.old), word(change.new))
        });
    }

    fn objects(&mut self) {
        let objects = &self.delta.objects;
        if objects.items.is_empty() {
            return;
        }
        self.line("");
        self.line(&format!(
            "objects: {} in the new snapshot alone, {} in the old one alone, {} changed, {} unchanged",
            objects.appeared, objects.vanished, objects.changed, objects.unchanged
        ));
        self.some(&objects.kinds, "  ", |kind| {
            let counts = [
                (kind.added, "added"),
                (kind.newly_seen, "newly seen"),
                (kind.removed, "removed"),
                (kind.not_seen, "not seen any more"),
                (kind.changed, "changed"),
            ];
            let counts = counts.iter().filter(|(count, _)| *count > 0);
            let counts: Vec<String> = counts.map(|(count, word)| format!("{count} {word}")).collect();
            format!("{}: {}", inert(&kind.resource), counts.join(", "))
        });
        if objects.kinds.iter().any(|kind| kind.not_seen + kind.newly_seen > 0) {
            self.line("  not seen any more, newly seen: the other snapshot is not complete there, so nothing says that");
            self.line("  these objects were removed or added");
        }
        let changed: Vec<_> = objects
            .items
            .iter()
            .filter_map(|object| object.paths.as_ref().map(|paths| (&object.id, paths)))
            .collect();
        for (id, paths) in changed.iter().take(self.limit) {
            self.line(&format!("  changed {}", inert(&id.to_string())));
            self.paths(paths);
        }
        self.rest(changed.len().saturating_sub(self.limit) as u64, "  ");
    }

    fn paths(&mut self, paths: &PathChanges) {
        for change in paths.changes.iter().take(PATHS) {
            self.line(&format!("    {}", path(change)));
        }
        let more = paths.changes.len().saturating_sub(PATHS) as u64 + paths.more;
        if more > 0 {
            self.line(&format!("    … and {}", plural(more, "more path", "more paths")));
        }
    }

    fn collections(&mut self) {
        let changes = &self.delta.objects.collections;
        if changes.is_empty() {
            return;
        }
        self.line("");
        self.line("collections that are seen otherwise");
        self.some(changes, "  ", |change| {
            let place =
                if change.scope == "*" { String::new() } else { format!(" in {}", inert(&change.scope)) };
            format!("{}{place}: {} -> {}", inert(&change.resource), change.old.as_str(), change.new.as_str())
        });
    }
}
