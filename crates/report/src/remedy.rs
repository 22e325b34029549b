//! What was not seen, and what would settle it: open collections that share a remedy stand together.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_model::assessment::{Missing, code};
use nachweis_model::control::{Parameter, ParameterType};
use nachweis_model::seal::{CollectionBasis, CollectionStatus, IdentitySource, Unread};
use nachweis_model::{EvidenceKind, Lang, Verdict};

use crate::Writer;
use crate::escape::{clip, shell, visible};
use crate::view::{Row, View};
use crate::words::{Pick, counted};

/// Files of one remedy that are named in its command; with more of them the command would hide what it does.
const FILES: usize = 5;
/// Kinds that a command names; for more of them it says `all`.
const NAMED: usize = 4;

/// A collection that is open, with everything that waits for it.
pub(crate) struct Unseen {
    pub resource: String,
    pub status: CollectionStatus,
    /// empty: the whole cluster
    pub namespaces: BTreeSet<String>,
    pub controls: BTreeSet<String>,
}

/// Why collections are open; in the order in which remedies are shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cause {
    /// the operator declared them complete, and a file that was not read may hold more of them
    UnreadFile,
    /// the collector had no right
    Denied,
    /// reading failed
    Failed,
    /// a running cluster was read, and these not
    NotAsked,
    /// some are in the input, and nobody says that these are all
    NotDeclared,
    /// none is in the input
    Absent,
    /// only a running cluster has them
    Running,
    /// no API server serves them
    File,
}

/// True for an unread part that holds no objects by its name or its collector: it keeps nothing open.
pub(crate) fn is_harmless(part: &Unread) -> bool {
    ["not-an-input-format", "collector-record", "kustomize-list", "version-control"]
        .contains(&part.reason.as_str())
}

/// Open collections with one remedy.
pub(crate) struct Remedy<'a> {
    pub cause: Cause,
    /// those with most waiting controls first
    pub kinds: Vec<Unseen>,
    pub controls: BTreeSet<String>,
    /// unread files that keep them open
    pub files: Vec<&'a Unread>,
}

/// What to do, and a command or lines to copy.
pub(crate) struct Step {
    pub text: String,
    pub lines: Vec<String>,
}

impl Step {
    fn text(text: impl Into<String>) -> Self {
        Step { text: text.into(), lines: Vec::new() }
    }
}

impl Remedy<'_> {
    /// The kinds as a command takes them.
    fn list(&self) -> String {
        let mut names: Vec<&str> = self.kinds.iter().map(|kind| kind.resource.as_str()).collect();
        names.sort_unstable();
        names.join(",")
    }
}

impl<'a> View<'a> {
    /// All open collections that some control waits for, each once.
    pub fn unseen(&self) -> Vec<Unseen> {
        let mut all: BTreeMap<(&str, CollectionStatus), Unseen> = BTreeMap::new();
        let mut whole = BTreeSet::new();
        for finding in &self.report.assessment.findings {
            for Missing { resource, status, namespaces } in &finding.missing {
                let entry = all.entry((resource, *status)).or_insert_with(|| Unseen {
                    resource: resource.clone(),
                    status: *status,
                    namespaces: BTreeSet::new(),
                    controls: BTreeSet::new(),
                });
                entry.controls.insert(finding.control.clone());
                entry.namespaces.extend(namespaces.iter().cloned());
                if namespaces.is_empty() {
                    whole.insert((resource.as_str(), *status));
                }
            }
        }
        for (key, unseen) in &mut all {
            if whole.contains(key) {
                unseen.namespaces.clear();
            }
        }
        let mut out: Vec<Unseen> = all.into_values().collect();
        out.sort_by_key(|unseen| std::cmp::Reverse(unseen.controls.len()));
        out
    }

    /// What was not seen by what would show it. Empty where nothing is open.
    pub fn remedies(&self) -> Vec<Remedy<'a>> {
        let mut all: BTreeMap<Cause, Remedy<'a>> = BTreeMap::new();
        for kind in self.unseen() {
            let cause = self.cause(&kind);
            let remedy = all.entry(cause).or_insert_with(|| Remedy {
                cause,
                kinds: Vec::new(),
                controls: BTreeSet::new(),
                files: Vec::new(),
            });
            remedy.controls.extend(kind.controls.iter().cloned());
            remedy.kinds.push(kind);
        }
        if let Some(remedy) = all.get_mut(&Cause::UnreadFile) {
            remedy.files = self.opening_files();
        }
        all.into_values().collect()
    }

    fn cause(&self, open: &Unseen) -> Cause {
        let seal = self.report.seal;
        let declared = seal.collections.iter().any(|row| {
            row.resource == open.resource && row.basis == CollectionBasis::Operator && !row.status.closes()
        });
        match (open.status, seal.identity_source) {
            (CollectionStatus::Denied, _) => Cause::Denied,
            (CollectionStatus::Error, _) => Cause::Failed,
            (CollectionStatus::NotCollected, _)
                if self.report.items.writer(&open.resource) == Writer::File =>
            {
                Cause::File
            }
            (_, IdentitySource::Live) => Cause::NotAsked,
            (_, _) if declared && seal.unread.iter().any(|part| !part.ignored) => Cause::UnreadFile,
            (CollectionStatus::NotCollected, _) => match self.report.items.writer(&open.resource) {
                Writer::File => Cause::File,
                Writer::Controller => Cause::Running,
                Writer::Person => Cause::Absent,
            },
            _ => Cause::NotDeclared,
        }
    }

    /// Unread files that keep declared collections open, each once. Files that are no manifest by their name, and
    /// version control, keep nothing open.
    fn opening_files(&self) -> Vec<&'a Unread> {
        let mut out: Vec<&Unread> = Vec::new();
        for part in &self.report.seal.unread {
            let counts = !part.ignored && !is_harmless(part);
            if counts && out.last().is_none_or(|last| last.file != part.file) {
                out.push(part);
            }
        }
        out
    }

    /// How many kinds are open, and why: `3 kinds of which the input holds nothing`.
    pub fn why(&self, remedy: &Remedy<'_>) -> String {
        let lang = self.lang;
        let kinds =
            counted(lang, remedy.kinds.len() as u64, lang.pick("kind", "Art"), lang.pick("kinds", "Arten"));
        let why = match remedy.cause {
            Cause::UnreadFile => return self.unread_file(&kinds, &remedy.files),
            Cause::Denied => lang.pick("that the collector may not read", ", vom Sammler nicht lesbar"),
            Cause::Failed => lang.pick("that could not be read", ", nicht gelesen wegen eines Fehlers"),
            Cause::NotAsked => lang.pick("not collected completely", ", nicht vollständig erhoben"),
            Cause::NotDeclared => lang.pick(
                "in the input, without a word that these are all",
                "in der Eingabe, ohne die Angabe, dass das alle sind",
            ),
            Cause::Absent => lang.pick("of which the input holds nothing", ", von der Eingabe nicht gezeigt"),
            Cause::Running => lang.pick(
                "that only a running cluster has, not in the input",
                ", nur in einem laufenden Cluster zu finden",
            ),
            Cause::File => lang.pick(
                "of files that no API server serves, not in the input",
                "von Dateien, die kein API-Server liefert",
            ),
        };
        format!("{kinds}{}{why}", if why.starts_with(',') { "" } else { " " })
    }

    fn unread_file(&self, kinds: &str, files: &[&Unread]) -> String {
        let first = files.first().map_or(String::new(), |part| {
            format!("`{}` ({})", clip(&visible(&part.file), 120), clip(&visible(&part.reason), 60))
        });
        let rest = files.len().saturating_sub(1);
        let rest = if rest > 0 { format!(" +{rest}") } else { String::new() };
        match self.lang {
            Lang::En => {
                format!("{kinds} declared complete, but {first}{rest} was not read and may hold more of them")
            }
            Lang::De => format!(
                "{kinds}, als vollständig erklärt, doch {first}{rest} wurde nicht gelesen und kann mehr davon enthalten"
            ),
        }
    }

    /// What would settle it.
    pub fn settle(&self, remedy: &Remedy<'_>) -> Step {
        let lang = self.lang;
        let get = format!("kubectl get {} -A -o json > more.json", shell(&remedy.list()));
        let complete = format!("--complete {}", shell(&self.complete(remedy)));
        let with = |text: &str, line: String| Step { text: text.into(), lines: vec![line] };
        match remedy.cause {
            Cause::UnreadFile => self.ignore(&remedy.files),
            Cause::Denied => Step::text(lang.pick(
                "grant `list` on them to the collector and collect again",
                "dem Sammler das Recht `list` darauf geben und neu erheben",
            )),
            Cause::Failed => Step::text(lang.pick("collect them again", "sie neu erheben")),
            Cause::NotAsked => Step::text(
                lang.pick("collect them in all namespaces", "sie in allen Namespaces erheben"),
            ),
            Cause::NotDeclared => with(
                lang.pick("if the input has all of them, declare it:", "wenn die Eingabe alle enthält, das erklären:"),
                complete,
            ),
            // A cluster of which a dump was taken has most kinds; that its collector did not ask is likelier.
            Cause::Absent if self.report.seal.identity_source == IdentitySource::Dump => Step {
                text: lang
                    .pick(
                        "the dump's collector did not write them: add them to the input, and declare them:",
                        "der Sammler des Abzugs hat sie nicht geschrieben: zur Eingabe geben und erklären:",
                    )
                    .into(),
                lines: vec![get, format!("--complete {}", shell(&remedy.list()))],
            },
            Cause::Absent => with(
                lang.pick(
                    "if the cluster has none of them, declare it; else add what `kubectl get` lists as well:",
                    "wenn der Cluster keine hat, das erklären; sonst auch zur Eingabe geben, was `kubectl get` auflistet:",
                ),
                complete,
            ),
            Cause::Running => Step {
                text: match lang {
                    Lang::En => "add them to the input, leaving out what the cluster does not serve, and declare them:".into(),
                    Lang::De => "sie zur Eingabe geben, ohne was der Cluster nicht anbietet, und erklären:".into(),
                },
                lines: vec![get, complete],
            },
            Cause::File => Step {
                text: lang
                    .pick(
                        "hand over the files, or declare that there are none:",
                        "die Dateien dazugeben, oder erklären, dass es keine gibt:",
                    )
                    .into(),
                lines: evidence_flags(remedy).into_iter().chain([complete]).collect(),
            },
        }
    }

    /// What to add where `--complete` is advised and an unread file would keep it from closing anything.
    pub fn ignorable(&self) -> Option<Step> {
        let files = self.opening_files();
        let remedies = self.remedies();
        let told = remedies.iter().any(|remedy| remedy.cause == Cause::UnreadFile);
        let declares = |remedy: &Remedy<'_>| {
            matches!(remedy.cause, Cause::NotDeclared | Cause::Absent | Cause::Running | Cause::File)
        };
        if told || files.is_empty() || !remedies.iter().any(declares) {
            return None;
        }
        let text = self.lang.pick(
            "it may hold objects of any kind, so `--complete` closes nothing until it can be read, or you state that it does not:",
            "darin kann alles stehen, daher schließt `--complete` nichts ab, bis es lesbar ist oder Sie das ausschließen:",
        );
        Some(Step { text: text.into(), lines: self.ignore(&files).lines })
    }

    /// What `--complete` has to name; `all` stands for every kind that people write.
    fn complete(&self, remedy: &Remedy<'_>) -> String {
        let of_people = |kind: &&Unseen| self.report.items.writer(&kind.resource) == Writer::Person;
        if remedy.kinds.iter().filter(of_people).count() <= NAMED {
            return remedy.list();
        }
        let others = remedy.kinds.iter().filter(|kind| !of_people(kind)).map(|kind| kind.resource.as_str());
        let mut names: Vec<&str> = others.collect();
        names.sort_unstable();
        names.insert(0, "all");
        names.join(",")
    }

    /// The flags that take unread files out.
    fn ignore(&self, files: &[&Unread]) -> Step {
        let flags: Vec<String> =
            files.iter().take(FILES).map(|part| format!("--ignore {}", shell(&part.file))).collect();
        let text = match (self.lang, files.len()) {
            (Lang::En, 0 | 1) => {
                "make the file readable, or state that it holds nothing of these kinds:".to_string()
            }
            (Lang::De, 0 | 1) => {
                "die Datei lesbar machen, oder erklären, dass sie nichts davon enthält:".to_string()
            }
            (Lang::En, _) => {
                "make the files readable, or state that they hold nothing of these kinds:".to_string()
            }
            (Lang::De, _) => {
                "die Dateien lesbar machen, oder erklären, dass sie nichts davon enthalten:".to_string()
            }
        };
        let more = files.len().saturating_sub(FILES);
        let more = if more > 0 { format!(" # +{more}") } else { String::new() };
        Step { text, lines: vec![format!("{}{more}", flags.join(" "))] }
    }

    /// What to do about a row that is not satisfied or indeterminate.
    pub fn next_step(&self, row: &Row<'_>) -> Step {
        let remediation = || {
            Step::text(
                row.control
                    .map_or_else(String::new, |control| control.remediation.in_lang(self.lang).to_string()),
            )
        };
        if row.finding.verdict != Verdict::Indeterminate {
            return remediation();
        }
        if row.finding.reasons.contains_key(code::PARAMETER_NOT_SET)
            && let Some(step) = self.set_parameter(row)
        {
            return step;
        }
        if !row.finding.missing.is_empty() {
            return Step::text(self.show(row));
        }
        let known = row.finding.reasons.keys().find_map(|reason| self.settle_reason(row, reason));
        known.map_or_else(remediation, Step::text)
    }

    /// `complete what was not seen, 1 and 3: backups.velero.io, pods`: the numbers are those of [`View::remedies`].
    fn show(&self, row: &Row<'_>) -> String {
        let mut open: Vec<&str> =
            row.finding.missing.iter().map(|missing| missing.resource.as_str()).collect();
        open.sort_unstable();
        open.dedup();
        let remedies = self.remedies();
        let concerned =
            remedies.iter().enumerate().filter(|(_, remedy)| remedy.controls.contains(&row.finding.control));
        let numbers: Vec<String> = concerned.map(|(at, _)| format!("({})", at + 1)).collect();
        let rest = open.len().saturating_sub(3);
        let names = open.iter().take(3).copied().collect::<Vec<_>>().join(", ");
        let rest = if rest > 0 { format!(", +{rest}") } else { String::new() };
        let (and, start) = (
            self.lang.pick(" and ", " und "),
            self.lang.pick("settle what was not seen", "nicht Gesehenes klären"),
        );
        format!("{start} {}: {names}{rest}", numbers.join(and))
    }

    /// Names the parameters that nobody set, with lines for the overlay that would set them.
    fn set_parameter(&self, row: &Row<'_>) -> Option<Step> {
        let parameters = row.control.iter().flat_map(|control| &control.parameters);
        let given = &self.report.overlay.params;
        let unset: Vec<&Parameter> =
            parameters.filter(|p| p.default.is_null() && !given.contains_key(&p.name)).collect();
        if unset.is_empty() {
            return None;
        }
        let names: Vec<String> = unset
            .iter()
            .map(|parameter| match &parameter.title {
                Some(title) => format!("`{}` ({})", parameter.name, title.in_lang(self.lang)),
                None => format!("`{}`", parameter.name),
            })
            .collect();
        let text = match self.lang {
            Lang::En => format!("set {} in params.yaml of the overlay (--overlay DIR):", names.join(", ")),
            Lang::De => format!("{} in params.yaml des Overlays setzen (--overlay DIR):", names.join(", ")),
        };
        let values: Vec<String> = unset
            .iter()
            .map(|parameter| format!("{}: {}", parameter.name, placeholder(parameter.kind)))
            .collect();
        // A whole file where there is none yet; else what is to be added to it.
        let lines = if given.is_empty() {
            vec!["format: nachweis-params/1".into(), format!("params: {{{}}}", values.join(", "))]
        } else {
            let values = values.into_iter().map(|value| format!("  {value}"));
            std::iter::once("params:".to_string()).chain(values).collect()
        };
        Some(Step { text, lines })
    }

    /// What would settle an item that is indeterminate for a shared reason.
    fn settle_reason(&self, row: &Row<'_>, reason: &str) -> Option<String> {
        let fixed = |en: &str, de: &str| Some(self.lang.pick(en, de).to_string());
        match reason {
            code::CONFLICTING_DECLARATIONS => fixed(
                "leave one declaration of the object in the input",
                "nur eine Erklärung des Objekts in der Eingabe lassen",
            ),
            code::VERSION_NOT_READ => {
                let reads = row.control.iter().flat_map(|control| &control.reads);
                let versions: Vec<String> =
                    reads.map(|read| format!("{} {}", read.resource, read.versions.join("|"))).collect();
                let start = self
                    .lang
                    .pick("collect in a version that is read: ", "in einer gelesenen Version erheben: ");
                Some(format!("{start}{}", versions.join(", ")))
            }
            code::ENFORCEMENT_NOT_SEEN => match self.report.seal.identity_source {
                IdentitySource::Declared => fixed(
                    "no manifest can show that something enforces it: read a running cluster or its dump",
                    "kein Manifest kann zeigen, dass etwas es durchsetzt: einen laufenden Cluster oder dessen Dump lesen",
                ),
                _ => fixed(
                    "show the objects of what enforces it, or take it into operation",
                    "die Objekte dessen zeigen, was es durchsetzt, oder es in Betrieb nehmen",
                ),
            },
            code::VALUE_WITHHELD => fixed(
                "the value was withheld on purpose; look at the object itself",
                "der Wert wurde mit Absicht zurückgehalten; das Objekt selbst ansehen",
            ),
            code::EVALUATION_ERROR => fixed(
                "look at the named objects: the check could not be computed on them",
                "die genannten Objekte ansehen: die Prüfung ließ sich an ihnen nicht ausführen",
            ),
            _ => None,
        }
    }
}

/// `--evidence audit-policy=FILE` for every kind that has such a name.
fn evidence_flags(remedy: &Remedy<'_>) -> Vec<String> {
    let names = remedy.kinds.iter().filter_map(|kind| EvidenceKind::of_resource(&kind.resource));
    let flags: Vec<String> = names.map(|kind| format!("--evidence {}=FILE", kind.name)).collect();
    if flags.is_empty() { Vec::new() } else { vec![flags.join(" ")] }
}

/// A value of the type that shows its shape; the organisation puts its own.
fn placeholder(kind: ParameterType) -> &'static str {
    match kind {
        ParameterType::Integer => "0",
        ParameterType::String => "\"VALUE\"",
        ParameterType::StringList => "[\"VALUE\"]",
        ParameterType::StringMap => "{\"KEY\": \"VALUE\"}",
        ParameterType::Boolean => "true",
    }
}
