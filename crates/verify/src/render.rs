use nachweis_canon::{Json, Limits, canonical_bytes, parse_bytes};

use crate::answers::{Answer, Verification};

/// What no verification can show; stands below every verification.
pub const LIMIT: &str = "no verification can show that nobody dropped or changed objects before the snapshot was sealed; \
                         compare its digest with one that was anchored outside, or collect again";

/// The verification as JSON.
pub fn json(verification: &Verification) -> Json<'static> {
    let bytes = canonical_bytes(verification);
    parse_bytes(&bytes, &Limits::OURS).map_or(Json::Null, |parsed| parsed.value.into_owned())
}

/// Makes control characters and marks that turn the writing direction visible.
fn plain(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|c| if hidden(c) { format!("\\u{{{:x}}}", u32::from(c)) } else { c.to_string() })
        .collect()
}

/// The verification for people: one line per question, then what does not fit.
pub fn text(verification: &Verification) -> String {
    let line = |question: &str, answer: &Answer| {
        format!("{question:<10} {:<14} {}\n", answer.state.as_str(), plain(&answer.detail))
    };
    let mut out = line("bytes", &verification.bytes);
    out.push_str(&line("verdicts", &verification.verdicts));
    out.push_str(&line("signer", &verification.signer));
    out.push_str(&line("catalogue", &verification.catalogue));
    out.push_str(&line("origin", &verification.origin));
    if !verification.problems.is_empty() {
        out.push('\n');
    }
    for problem in &verification.problems {
        out.push_str(&format!(
            "{}: {}\n  --> {}\n",
            problem.code,
            plain(&problem.message),
            plain(&problem.place)
        ));
    }
    let conclusion = match verification.exit {
        0 => "everything holds",
        1 => "this release cannot recompute the verdicts",
        4 => "consistent, but signer, catalogue or overlay is unproven",
        _ => "contradiction: do not rely on this bundle",
    };
    out.push_str(&format!("\n{conclusion} (exit {})\n{LIMIT}\n", verification.exit));
    out
}
