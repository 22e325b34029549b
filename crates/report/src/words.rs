//! Words of the renderings in both languages. Both stand side by side, so none can be forgotten.

use crate::escape::terminal as inert;
use nachweis_model::assessment::code;
use nachweis_model::catalogue::Class;
use nachweis_model::control::Relationship;
use nachweis_model::seal::{CollectionBasis, CollectionStatus, IdentitySource, InstantSource, Origin};
use nachweis_model::{Lang, ObligationState, Severity, Verdict};

/// Choosing between the two languages at the place where the words are used.
pub(crate) trait Pick {
    /// The text in this language.
    fn pick<'a>(self, en: &'a str, de: &'a str) -> &'a str;
}

impl Pick for Lang {
    fn pick<'a>(self, en: &'a str, de: &'a str) -> &'a str {
        match self {
            Lang::En => en,
            Lang::De => de,
        }
    }
}

/// A number with the language's separator of thousands.
pub(crate) fn number(lang: Lang, value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push_str(lang.pick(",", "."));
        }
        out.push(digit);
    }
    out
}

/// What the input was recognised as: `troubleshoot support bundle in a`. Empty for plain files.
pub(crate) fn origins(lang: Lang, origins: &[Origin]) -> String {
    let word = |form: &str| match form {
        "support-bundle-kit" => {
            lang.pick("support bundle (Harvester, Longhorn)", "Support-Bundle (Harvester, Longhorn)")
        }
        "troubleshoot" => lang.pick("support bundle (troubleshoot.sh)", "Support-Bundle (troubleshoot.sh)"),
        "cluster-info-dump" => lang.pick("kubectl cluster-info dump", "kubectl cluster-info dump"),
        "must-gather" => lang.pick("OpenShift must-gather", "OpenShift must-gather"),
        "velero-backup" => lang.pick("Velero backup", "Velero-Backup"),
        "git-commit" => lang.pick("git commit", "Git-Commit"),
        _ => lang.pick("input of a form that is not known", "Eingabe unbekannter Form"),
    };
    let all: Vec<String> = origins
        .iter()
        .map(|origin| {
            let name = origin.name.as_ref().map_or(String::new(), |name| format!(" {}", inert(name)));
            let place = match &*origin.folder {
                "" => String::new(),
                folder => format!(" {} `{}`", lang.pick("in", "in"), inert(folder)),
            };
            format!("{}{name}{place}", word(&origin.form))
        })
        .collect();
    all.join(", ")
}

/// `1 file`, `2 files`.
pub(crate) fn counted(lang: Lang, value: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(lang, value), if value == 1 { one } else { many })
}

/// The sign that goes with a verdict's word, never without it.
pub fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NotSatisfied => "✗",
        Verdict::Indeterminate => "?",
        Verdict::Attested => "✎",
        Verdict::Satisfied => "✓",
        Verdict::NotApplicable => "–",
    }
}

/// A verdict on a control. The German words speak of a check that was passed, not of a duty.
pub fn verdict(lang: Lang, verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NotSatisfied => lang.pick("not satisfied", "nicht bestanden"),
        Verdict::Indeterminate => lang.pick("indeterminate", "unbestimmt"),
        Verdict::Attested => lang.pick("attested", "erklärt"),
        Verdict::Satisfied => lang.pick("satisfied", "bestanden"),
        Verdict::NotApplicable => lang.pick("not applicable", "nicht anwendbar"),
    }
}

/// The verdict with the same word as an obligation's state.
pub fn as_verdict(state: ObligationState) -> Verdict {
    match state {
        ObligationState::NotSatisfied => Verdict::NotSatisfied,
        ObligationState::Indeterminate => Verdict::Indeterminate,
        ObligationState::Attested => Verdict::Attested,
        ObligationState::Satisfied => Verdict::Satisfied,
    }
}

/// A severity.
pub fn severity(lang: Lang, severity: Severity) -> &'static str {
    match severity {
        Severity::Low => lang.pick("low", "niedrig"),
        Severity::Medium => lang.pick("medium", "mittel"),
        Severity::High => lang.pick("high", "hoch"),
        Severity::Critical => lang.pick("critical", "kritisch"),
    }
}

/// The status of a collection.
pub fn status(lang: Lang, status: CollectionStatus) -> &'static str {
    match status {
        CollectionStatus::Complete => lang.pick("complete", "vollständig"),
        CollectionStatus::Partial => lang.pick("partial", "teilweise"),
        CollectionStatus::Denied => lang.pick("denied", "verweigert"),
        CollectionStatus::Error => lang.pick("error", "Fehler"),
        CollectionStatus::NotServed => lang.pick("not served", "nicht angeboten"),
        CollectionStatus::NotCollected => lang.pick("not collected", "nicht erhoben"),
    }
}

pub(crate) fn basis(lang: Lang, basis: CollectionBasis) -> &'static str {
    match basis {
        CollectionBasis::Collector => lang.pick("read by the collector", "vom Sammler gelesen"),
        CollectionBasis::Dump => lang.pick("metadata of the dump", "Metadaten des Abzugs"),
        CollectionBasis::Operator => lang.pick("declared by the operator", "vom Betreiber erklärt"),
        CollectionBasis::Found => lang.pick("derived from what was found", "aus dem Gefundenen abgeleitet"),
    }
}

pub(crate) fn identity(lang: Lang, source: IdentitySource) -> &'static str {
    match source {
        IdentitySource::Live => lang.pick("collected live", "live erhoben"),
        IdentitySource::Dump => {
            lang.pick("read from a dump of the cluster", "aus einem Abzug des Clusters gelesen")
        }
        IdentitySource::Declared => lang
            .pick("read from files, declared by the operator", "aus Dateien gelesen, vom Betreiber erklärt"),
    }
}

pub(crate) fn instant(lang: Lang, source: InstantSource) -> &'static str {
    match source {
        InstantSource::ApiServer => lang.pick("clock of the API server", "Uhr des API-Servers"),
        InstantSource::DumpMetadata => lang.pick("metadata of the dump", "Metadaten des Abzugs"),
        InstantSource::Declared => lang.pick("declared by the operator", "vom Betreiber erklärt"),
        InstantSource::Clock => lang.pick("clock of the sealing machine", "Uhr des versiegelnden Rechners"),
    }
}

/// What shows a provision.
pub fn class(lang: Lang, class: Class) -> &'static str {
    match class {
        Class::Platform => lang.pick("platform data", "Plattformdaten"),
        Class::Partial => lang.pick("platform data and a statement", "Plattformdaten und eine Erklärung"),
        Class::Organisational => lang.pick("a statement only", "nur eine Erklärung"),
    }
}

/// How a control relates to a provision.
pub fn relationship(lang: Lang, relationship: Relationship) -> &'static str {
    match relationship {
        Relationship::SubsetOf => lang.pick("covers a part of it", "deckt einen Teil davon ab"),
        Relationship::IntersectsWith => {
            lang.pick("covers a part of it, and more", "deckt einen Teil davon ab und anderes")
        }
        Relationship::SupersetOf => lang.pick("covers it, and more", "deckt es ab und anderes"),
        Relationship::EquivalentTo => lang.pick("asks for the same", "verlangt dasselbe"),
    }
}

/// Sentences for the reason codes that every control shares.
pub fn shared_reason(lang: Lang, reason: &str) -> Option<&'static str> {
    Some(match reason {
        code::PREDICATE_FALSE => lang.pick("the check is false for it", "die Prüfung ergibt falsch"),
        code::EVALUATION_ERROR => {
            lang.pick("the check failed with an error on it", "die Prüfung endete mit einem Fehler")
        }
        code::VALUE_WITHHELD => lang.pick(
            "the check needs a value that was withheld",
            "die Prüfung braucht einen zurückgehaltenen Wert",
        ),
        code::CONFLICTING_DECLARATIONS => lang.pick(
            "the input declares it more than once, differently",
            "die Eingabe erklärt es mehrfach und verschieden",
        ),
        code::VERSION_NOT_READ => lang.pick(
            "it came in an API version that the control does not read",
            "es kam in einer API-Version, die die Kontrolle nicht liest",
        ),
        code::RELATED_NOT_COLLECTED => lang.pick(
            "a related kind was not seen completely",
            "eine Art, von der es abhängt, wurde nicht vollständig gesehen",
        ),
        code::MEMBERSHIP_UNKNOWN => lang.pick(
            "whether it belongs to the population cannot be said",
            "ob es zur Grundgesamtheit gehört, lässt sich nicht sagen",
        ),
        code::ENFORCEMENT_NOT_SEEN => {
            lang.pick("nothing was seen that enforces it", "nichts gesehen, was es durchsetzt")
        }
        code::ENFORCEMENT_INACTIVE => {
            lang.pick("what should enforce it does not act", "was es durchsetzen soll, wirkt nicht")
        }
        code::POPULATION_OPEN => {
            lang.pick("more may exist than was seen", "es kann mehr geben, als gesehen wurde")
        }
        code::POPULATION_EMPTY => lang.pick(
            "nothing of the kind exists, seen completely",
            "nichts dieser Art vorhanden, vollständig gesehen",
        ),
        code::PLATFORM_NAMESPACE => lang.pick(
            "a pod of a namespace of the platform itself",
            "ein Pod in einem Namespace der Plattform selbst",
        ),
        code::FINISHED => lang.pick("a pod that has ended", "ein beendeter Pod"),
        code::PARAMETER_NOT_SET => lang.pick(
            "a parameter without default was not set in the overlay",
            "ein Parameter ohne Vorgabe wurde im Overlay nicht gesetzt",
        ),
        _ => return None,
    })
}

/// Threshold in words.
pub fn threshold(lang: Lang, threshold: &str) -> String {
    match threshold {
        "1/1" => lang.pick("all are required", "alle sind verlangt").into(),
        other => format!("{} {other}", lang.pick("required:", "verlangt:")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shared_reason_has_a_sentence_in_both_languages() {
        let source = include_str!("../../model/src/assessment.rs");
        let codes: Vec<&str> =
            source.split(": &str = \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(codes.contains(&code::POPULATION_OPEN));
        for code in codes.iter().filter(|code| !code.contains('/')) {
            let (en, de) = (shared_reason(Lang::En, code), shared_reason(Lang::De, code));
            assert!(en.is_some() && de.is_some() && en != de, "{code}");
        }
    }

    #[test]
    fn numbers_are_grouped_by_language() {
        assert_eq!(number(Lang::En, 15_267), "15,267");
        assert_eq!(number(Lang::De, 1_234_567), "1.234.567");
        assert_eq!(number(Lang::De, 999), "999");
        assert_eq!(counted(Lang::En, 1, "file", "files"), "1 file");
    }
}
