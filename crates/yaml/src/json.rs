//! JSON values inside of a text: errors of the JSON reader as reasons, and the end of a value without reading it.

use nachweis_canon::ParseError;

use crate::text::Place;
use crate::unread::{Reason, Unread};

/// The kind of problem that the JSON reader met. It names problems in words; a test pins the words.
pub(crate) fn reason(error: &ParseError) -> Reason {
    let words = &error.reason;
    if words.contains("levels of nesting") {
        Reason::TooDeep
    } else if words.contains("outside of binary64") {
        Reason::NumberRange
    } else if words.contains("lone surrogate") {
        Reason::LoneSurrogate
    } else if words.contains("the text ends") {
        Reason::Truncated
    } else {
        Reason::JsonSyntax
    }
}

/// A problem that the JSON reader met in the value that starts at `place`.
pub(crate) fn unread(text: &str, place: Place, error: &ParseError) -> Unread {
    let offset = place.at + error.offset;
    let reason = match reason(error) {
        Reason::JsonSyntax if text[offset.min(text.len())..].trim_ascii().is_empty() => Reason::Truncated,
        reason => reason,
    };
    let Place { line, column, .. } = place.after(text.as_bytes(), offset);
    Unread { line, column, reason, detail: error.reason.clone() }
}

/// Offset after the value that starts at `at`, by brackets and quotes alone; `None` if the text ends before it.
pub(crate) fn skip_value(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0usize;
    loop {
        match *bytes.get(at)? {
            b'"' => at = skip_string(bytes, at)?,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
                continue;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                at += 1;
            }
            b' ' | b'\t' | b'\n' | b'\r' | b',' | b':' => {
                at += 1;
                continue;
            }
            _ => at += bytes[at..].iter().position(|&byte| ends_word(byte)).unwrap_or(bytes.len() - at),
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

/// True if the value from `start` on that was read to `end` is the one that [`skip_value`] steps over.
pub(crate) fn ends_value(bytes: &[u8], start: usize, end: usize) -> bool {
    let by_itself = matches!(bytes.get(start), Some(b'{' | b'[' | b'"'));
    by_itself || bytes.get(end).is_none_or(|&byte| ends_word(byte))
}

fn ends_word(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b',' | b':' | b'"' | b'{' | b'}' | b'[' | b']')
}

/// Offset after the string whose opening quote stands at `at`.
pub(crate) fn skip_string(bytes: &[u8], mut at: usize) -> Option<usize> {
    at += 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nachweis_canon::{Limits, parse};

    #[test]
    fn words_of_the_json_reader() {
        let limits = Limits { depth: 4, ..Limits::default() };
        for (text, expected) in [
            ("[[[[[1]]]]]", Reason::TooDeep),
            ("[1e999]", Reason::NumberRange),
            ("[\"\\ud83d\"]", Reason::LoneSurrogate),
            ("[\"a", Reason::Truncated),
            ("[1,", Reason::Truncated),
            ("[1 2]", Reason::JsonSyntax),
        ] {
            let error = parse(text, &limits).expect_err(text);
            assert_eq!(unread(text, Place::START, &error).reason, expected, "{text}: {error}");
        }
    }

    #[test]
    fn ends_of_values() {
        for (text, end) in [
            ("{\"a\":[1,\"}\"]} x", Some(13)),
            ("\"a\\\"b\" ", Some(6)),
            ("12,", Some(2)),
            ("{\"a\":1", None),
            ("\"a\\", None),
        ] {
            assert_eq!(skip_value(text.as_bytes(), 0), end, "{text}");
        }
    }
}
