//! What differs from an older bundle, for renderings: read from a delta in its file format (`nachweis-delta/1`), so
//! that this room needs no evaluator, and a stored delta can be rendered as well as a fresh one.

use nachweis_canon::Json;
use nachweis_model::{Lang, ObligationState, Severity, Verdict};
use serde::Deserialize;

use crate::words::Pick;

/// Format that is read.
const FORMAT: &str = "nachweis-delta/1";

/// A delta to an older bundle.
#[derive(Clone, Debug)]
pub struct Changes {
    /// path of the older bundle as the user wrote it
    pub(crate) bundle: String,
    pub(crate) delta: Delta,
    json: Json<'static>,
}

impl Changes {
    /// Reads a delta. `bundle` is the path of the older bundle.
    ///
    /// # Errors
    /// If the value is no delta of the format that is read here.
    pub fn read(delta: Json<'static>, bundle: impl Into<String>) -> Result<Self, String> {
        let read: Delta = serde_json::from_slice(&delta.canonical()).map_err(|error| error.to_string())?;
        if read.format != FORMAT {
            return Err(format!("the format is `{}`, not `{FORMAT}`", read.format));
        }
        Ok(Changes { bundle: bundle.into(), delta: read, json: delta })
    }

    /// The delta as it came.
    pub(crate) fn json(&self) -> &Json<'static> {
        &self.json
    }

    /// Findings of a class.
    pub(crate) fn count(&self, class: Class) -> u64 {
        self.delta.findings.iter().filter(|finding| finding.class == class).count() as u64
    }

    /// Findings in the order in which they are read: new ones first, worst first.
    pub(crate) fn ordered(&self) -> Vec<&Moved> {
        let mut all: Vec<&Moved> = self.delta.findings.iter().collect();
        all.sort_by_key(|moved| {
            let now = moved.new.as_ref();
            let either = now.or(moved.old.as_ref());
            let verdict = now.map_or(Verdict::NotApplicable, |now| now.verdict);
            (moved.class, verdict, std::cmp::Reverse(either.map(|either| either.severity)))
        });
        all
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Delta {
    pub format: String,
    pub old: End,
    pub new: End,
    pub inputs: Vec<Input>,
    pub findings: Vec<Moved>,
    pub findings_unchanged: u64,
    pub obligations: Vec<Obligation>,
    pub objects: Objects,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct End {
    pub snapshot: String,
    pub cluster: Cluster,
    pub collected_to: String,
    pub catalogue_version: String,
    pub as_of: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Cluster {
    pub name: Option<String>,
    pub uid: Option<String>,
}

/// A value of the inputs that changed.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Input {
    pub kind: Cause,
    pub name: String,
    pub changes: Vec<PathChange>,
    pub more: u64,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PathChange {
    pub pointer: String,
    pub old: Option<Shown>,
    pub new: Option<Shown>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Shown {
    pub text: String,
    #[serde(default)]
    pub cut: u64,
    #[serde(default)]
    pub skipped: u64,
    #[serde(default)]
    pub withheld: bool,
}

/// A finding that moved.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Moved {
    pub control: String,
    pub class: Class,
    pub old: Option<Figures>,
    pub new: Option<Figures>,
    pub items: Vec<Item>,
    pub parts: Vec<Part>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Figures {
    pub verdict: Verdict,
    pub severity: Severity,
    pub covered: u64,
    pub total: u64,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Part {
    pub kinds: Vec<Cause>,
    pub named: Vec<String>,
    pub old: Option<Figures>,
    pub new: Option<Figures>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Item {
    pub id: String,
    pub presence: Presence,
    pub old: Standing,
    pub new: Standing,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Standing {
    pub state: State,
    pub reason: Option<String>,
    pub exemption: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Obligation {
    pub id: String,
    pub old: Option<ObligationState>,
    pub new: Option<ObligationState>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Objects {
    pub appeared: u64,
    pub vanished: u64,
    pub changed: u64,
    pub unchanged: u64,
    pub kinds: Vec<Kind>,
    pub items: Vec<Object>,
    pub collections: Vec<Collection>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Kind {
    pub resource: String,
    pub added: u64,
    pub newly_seen: u64,
    pub removed: u64,
    pub not_seen: u64,
    pub changed: u64,
}

/// An object that came, went or changed.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Object {
    pub id: String,
    pub fate: Fate,
    #[serde(default)]
    pub changes: Vec<PathChange>,
    #[serde(default)]
    pub more: u64,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Collection {
    pub resource: String,
    pub scope: String,
    pub old: nachweis_model::seal::CollectionStatus,
    pub new: nachweis_model::seal::CollectionStatus,
}

/// Nouns before the names of changed inputs, as the delta writes them, and the cause that says the noun already.
const NOUNS: [(&str, &str, Option<Cause>); 9] = [
    ("control ", "Kontrolle ", None),
    ("own control ", "eigene Kontrolle ", Some(Cause::OwnControl)),
    ("parameter ", "Parameter ", Some(Cause::Parameter)),
    ("exemption ", "Ausnahme ", Some(Cause::Exemption)),
    ("data ", "Daten ", None),
    ("obligation ", "Pflicht ", None),
    ("pack ", "Paket ", None),
    ("crosswalk ", "Crosswalk ", None),
    ("act ", "Rechtsakt ", None),
];

/// The name of a changed input for people, beside its causes: the noun in their language, or none where it stands there
/// already.
pub(crate) fn input_name(lang: Lang, causes: &[Cause], name: &str) -> String {
    for (noun, german, cause) in NOUNS {
        if let Some(rest) = name.strip_prefix(noun) {
            let said = cause.is_some_and(|cause| causes == [cause]);
            return format!("{}{rest}", if said { "" } else { lang.pick(noun, german) });
        }
    }
    match name {
        "release" => lang.pick("release", "Fassung").into(),
        "packs" => lang.pick("packs", "Pakete").into(),
        "as_of" => lang.pick("as of", "Stichtag").into(),
        other => other.into(),
    }
}

/// Codes of a delta with their words in both languages.
macro_rules! words {
    ($($(#[$doc:meta])+ $name:ident { $($variant:ident = $en:literal, $de:literal;)+ })+) => {$(
        $(#[$doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub(crate) enum $name { $($variant,)+ }

        impl $name {
            /// The word for people.
            pub fn word(self, lang: Lang) -> &'static str {
                match self { $($name::$variant => lang.pick($en, $de),)+ }
            }
        }
    )+};
}

words! {
    /// What became of a finding, in the order in which they are read.
    Class {
        New = "new", "neu";
        Fixed = "fixed", "behoben";
        Changed = "changed", "geändert";
        Started = "asked for the first time", "erstmals geprüft";
        Ended = "not asked any more", "nicht mehr geprüft";
        Balanced = "moved and came back", "bewegt und wieder gleich";
    }
    /// What a change is attributed to.
    Cause {
        Engine = "engine semantics changed", "Semantik der Auswertung geändert";
        Recording = "recorded verdicts are not those of their inputs", "aufgezeichnete Urteile sind nicht die ihrer Eingaben";
        Catalogue = "catalogue changed", "Katalog geändert";
        OwnControl = "overlay changed: own control", "Overlay geändert: eigene Kontrolle";
        Parameter = "overlay changed: parameter", "Overlay geändert: Parameter";
        Exemption = "overlay changed: exemption", "Overlay geändert: Ausnahme";
        Statement = "overlay changed: statement", "Overlay geändert: Erklärung";
        Selection = "selection of packs changed", "Auswahl der Pakete geändert";
        Instant = "instant changed", "Stichtag geändert";
        Cluster = "cluster changed", "Cluster geändert";
        NewEngine = "engine semantics changed", "Semantik der Auswertung geändert";
        NewRecording = "recorded verdicts are not those of their inputs", "aufgezeichnete Urteile sind nicht die ihrer Eingaben";
    }
    /// What happened to an item itself.
    Presence {
        Appeared = "appeared", "erschienen";
        Vanished = "vanished", "verschwunden";
        Changed = "changed", "geändert";
        Unchanged = "unchanged itself", "selbst unverändert";
    }
    /// How an item stands in a finding.
    State {
        Outside = "outside of the population", "außerhalb der Grundgesamtheit";
        Excluded = "named and not judged", "genannt und nicht beurteilt";
        Covered = "covered", "abgedeckt";
        Uncovered = "not covered", "nicht abgedeckt";
        Indeterminate = "cannot be judged", "nicht beurteilbar";
    }
    /// What happened to an object.
    Fate {
        Added = "added", "hinzugekommen";
        NewlySeen = "newly seen", "neu gesehen";
        Removed = "removed", "entfernt";
        NotSeen = "not seen any more", "nicht mehr gesehen";
        Changed = "changed", "geändert";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noun_is_said_once_and_in_the_readers_language() {
        for (causes, name, en, de) in [
            (&[Cause::Parameter][..], "parameter days_max", "days_max", "days_max"),
            (&[Cause::Exemption], "exemption e-1", "e-1", "e-1"),
            (
                &[Cause::Catalogue],
                "control restore-tested",
                "control restore-tested",
                "Kontrolle restore-tested",
            ),
            (&[Cause::Catalogue], "data enforcers", "data enforcers", "Daten enforcers"),
            // Of several causes it is not said which one the name belongs to.
            (
                &[Cause::OwnControl, Cause::Catalogue],
                "own control mine",
                "own control mine",
                "eigene Kontrolle mine",
            ),
            (&[Cause::Instant], "as_of", "as of", "Stichtag"),
            (&[Cause::Statement], "parameters", "parameters", "parameters"),
        ] {
            assert_eq!(input_name(Lang::En, causes, name), en);
            assert_eq!(input_name(Lang::De, causes, name), de);
        }
    }
}
