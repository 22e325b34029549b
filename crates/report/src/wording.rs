//! The words that no rendering may contain: we report evidence, people conclude (ARCHITECTURE, promise 8).

/// Parts of words that state a legal conclusion, in lower case.
const CONCLUSIONS: [&str; 9] = [
    "compliant",
    "complies",
    "in compliance",
    "conformant",
    "conforms to",
    "konform",
    "erfüllt",
    "rechtmäßig",
    "gesetzestreu",
];

/// Words after a cited provision that turn a citation into a conclusion.
const STATES: [&str; 10] = [
    "satisfied",
    "not satisfied",
    "not-satisfied",
    "is satisfied",
    "fulfilled",
    "met",
    "is met",
    "bestanden",
    "nicht bestanden",
    "ist bestanden",
];

/// The first legal conclusion in `text`, with some text around it; `None` where there is none.
///
/// Finds the words above anywhere, and `Article 9 satisfied` or `Art. 9(4)(c) is met`: a cited provision that
/// is followed directly by a state. For tests over renderings and over the catalogue's own texts.
pub fn conclusion(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    for word in CONCLUSIONS {
        if let Some(at) = lower.find(word) {
            return Some(around(&lower, at));
        }
    }
    ["article ", "artikel ", "art. "].iter().find_map(|start| {
        lower.match_indices(start).find_map(|(at, _)| {
            let rest = lower[at + start.len()..].trim_start_matches(|c: char| c.is_ascii_digit());
            let rest = skip_points(rest).trim_start();
            let states = |state: &str| {
                rest.strip_prefix(state)
                    .is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric()))
            };
            STATES.iter().any(|state| states(state)).then(|| around(&lower, at))
        })
    })
}

/// Skips what is left of `9(4)(c)` after the digits: points in brackets.
fn skip_points(mut rest: &str) -> &str {
    while let Some((inside, after)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        if inside.len() > 8 {
            break;
        }
        rest = after;
    }
    rest
}

fn around(text: &str, at: usize) -> String {
    let from = text[..at].char_indices().rev().nth(30).map_or(0, |(from, _)| from);
    text[from..].chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conclusions_are_found() {
        for text in [
            "the platform is DORA compliant",
            "DORA-konform",
            "Anforderung erfüllt",
            "Article 9 satisfied",
            "Art. 9(4)(c) is satisfied",
            "Art. 12(6) not satisfied",
            "Artikel 9 bestanden",
        ] {
            assert!(conclusion(text).is_some(), "{text}");
        }
    }

    #[test]
    fn evidence_is_no_conclusion() {
        for text in [
            "evidence for Art. 9(4)(c): 3 of 4 controls satisfied",
            "Nachweis zu Art. 9(4)(c): 3 von 4 Kontrollen bestanden",
            "Art. 12(6) metadata",
        ] {
            assert_eq!(conclusion(text), None, "{text}");
        }
    }
}
