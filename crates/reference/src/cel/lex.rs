//! Text to tokens, after the lexical rules of the CEL specification.

use std::rc::Rc;

use super::parse::Refused;
use super::value::Value;

/// A token.
#[derive(Clone, Debug)]
pub(crate) enum Token {
    Literal(Value),
    Name(String),
    /// an operator or a bracket
    Sign(&'static str),
}

/// Longer ones first.
const SIGNS: [&str; 27] = [
    "&&", "||", "==", "!=", "<=", ">=", "(", ")", "[", "]", "{", "}", ".", ",", "?", ":", "<", ">", "+", "-",
    "*", "/", "%", "!", "=", "&", "|",
];

/// All tokens of a source.
pub(crate) fn tokens(source: &str) -> Result<Vec<Token>, Refused> {
    let text: Vec<char> = source.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let c = text[at];
        let next = text.get(at + 1).copied().unwrap_or(' ');
        if matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c') {
            at += 1;
        } else if c == '/' && next == '/' {
            while at < text.len() && text[at] != '\n' {
                at += 1;
            }
        } else if let Some((prefix, length)) = string_prefix(&text[at..]) {
            let (value, end) = string(&text, at + length, &prefix)?;
            out.push(Token::Literal(value));
            at = end;
        } else if c.is_ascii_digit() || (c == '.' && next.is_ascii_digit()) {
            let (value, end) = number(&text, at)?;
            out.push(Token::Literal(value));
            at = end;
        } else if c.is_ascii_alphabetic() || c == '_' {
            let end = (at..text.len()).find(|&i| !(text[i].is_ascii_alphanumeric() || text[i] == '_'));
            let end = end.unwrap_or(text.len());
            out.push(Token::Name(text[at..end].iter().collect()));
            at = end;
        } else {
            let rest: String = text[at..text.len().min(at + 2)].iter().collect();
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
            let sign = sign.filter(|sign| !["=", "&", "|"].contains(sign));
            let sign = sign.ok_or_else(|| Refused(format!("`{c}` begins no token")))?;
            out.push(Token::Sign(sign));
            at += sign.len();
        }
    }
    Ok(out)
}

/// The letters before a quote, in lower case, and how many they are.
fn string_prefix(text: &[char]) -> Option<(String, usize)> {
    for length in 0..=2 {
        if matches!(text.get(length), Some('"' | '\'')) {
            let prefix: String = text[..length].iter().collect::<String>().to_lowercase();
            return ["", "r", "b", "rb", "br"].contains(&prefix.as_str()).then_some((prefix, length));
        }
    }
    None
}

fn number(text: &[char], from: usize) -> Result<(Value, usize), Refused> {
    let refused = |what: &str| Refused(format!("`{what}` is no number in range"));
    let digits = |mut at: usize| {
        while at < text.len() && text[at].is_ascii_digit() {
            at += 1;
        }
        at
    };
    let word = |end: usize| text[from..end].iter().collect::<String>();
    if text[from] == '0' && matches!(text.get(from + 1), Some('x')) {
        let start = from + 2;
        let mut end = start;
        while end < text.len() && text[end].is_ascii_hexdigit() {
            end += 1;
        }
        let hex: String = text[start..end].iter().collect();
        if matches!(text.get(end), Some('u' | 'U')) {
            let value = u64::from_str_radix(&hex, 16).map_err(|_| refused(&hex))?;
            return Ok((Value::Uint(value), end + 1));
        }
        // One more than the largest: the parser takes it behind a minus only.
        let value = i128::from_str_radix(&hex, 16).map_err(|_| refused(&hex))?;
        return integer(value).map(|value| (value, end)).ok_or_else(|| refused(&hex));
    }
    let mut end = digits(from);
    let mut double = false;
    if text.get(end) == Some(&'.') && text.get(end + 1).is_some_and(char::is_ascii_digit) {
        end = digits(end + 1);
        double = true;
    }
    if matches!(text.get(end), Some('e' | 'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some('+' | '-')));
        let last = digits(end + 1 + sign);
        if last > end + 1 + sign {
            end = last;
            double = true;
        }
    }
    if double {
        let value: f64 = word(end).parse().map_err(|_| refused(&word(end)))?;
        return if value.is_finite() { Ok((Value::Double(value), end)) } else { Err(refused(&word(end))) };
    }
    if matches!(text.get(end), Some('u' | 'U')) {
        let value: u64 = word(end).parse().map_err(|_| refused(&word(end)))?;
        return Ok((Value::Uint(value), end + 1));
    }
    let value: i128 = word(end).parse().map_err(|_| refused(&word(end)))?;
    integer(value).map(|value| (value, end)).ok_or_else(|| refused(&word(end)))
}

/// An int literal. 2^63 alone stands for itself as an error that only a minus before it takes back.
fn integer(value: i128) -> Option<Value> {
    if value == i128::from(i64::MAX) + 1 {
        return Some(Value::Timestamp(MINUS_ONLY, 0));
    }
    i64::try_from(value).ok().map(Value::Int)
}

/// How the lexer tells the parser of the literal 9223372036854775808; no literal is a timestamp.
pub(crate) const MINUS_ONLY: i128 = i128::MIN;

/// A string or bytes literal whose quote stands at `from`.
fn string(text: &[char], from: usize, prefix: &str) -> Result<(Value, usize), Refused> {
    let unended = || Refused("a string does not end".into());
    let quote = text[from];
    let triple = text.get(from + 1) == Some(&quote) && text.get(from + 2) == Some(&quote);
    let width = if triple { 3 } else { 1 };
    let (raw, bytes) = (prefix.contains('r'), prefix.contains('b'));
    let mut at = from + width;
    let mut out: Vec<u8> = Vec::new();
    loop {
        let c = *text.get(at).ok_or_else(unended)?;
        let closes =
            c == quote && (!triple || (text.get(at + 1), text.get(at + 2)) == (Some(&quote), Some(&quote)));
        if closes {
            break;
        }
        if !triple && matches!(c, '\n' | '\r') {
            return Err(unended());
        }
        if c == '\r' {
            // A line ends with one character, whatever the file has.
            push(&mut out, '\n');
            at += if text.get(at + 1) == Some(&'\n') { 2 } else { 1 };
        } else if c == '\\' && !raw {
            at = escape(text, at, bytes, &mut out)?;
        } else if c == '\\' && text.get(at + 1).is_some() && !triple && text[at + 1] == quote {
            // In a raw string a backslash is itself, and a quote after it ends the string.
            push(&mut out, c);
            at += 1;
        } else {
            push(&mut out, c);
            at += 1;
        }
    }
    let value = if bytes {
        Value::Bytes(Rc::from(out))
    } else {
        Value::str(String::from_utf8(out).map_err(|_| Refused("a string is no UTF-8".into()))?)
    };
    Ok((value, at + width))
}

fn push(out: &mut Vec<u8>, c: char) {
    out.extend(c.to_string().as_bytes());
}

/// One escape sequence at `at`; gives the place after it.
fn escape(text: &[char], at: usize, bytes: bool, out: &mut Vec<u8>) -> Result<usize, Refused> {
    let wrong = || Refused("unable to unescape string".into());
    let c = *text.get(at + 1).ok_or_else(wrong)?;
    let plain = match c {
        'a' => Some(7),
        'b' => Some(8),
        'f' => Some(12),
        'n' => Some(10),
        'r' => Some(13),
        't' => Some(9),
        'v' => Some(11),
        '\\' | '\'' | '"' | '`' | '?' => Some(c as u8),
        _ => None,
    };
    if let Some(byte) = plain {
        out.push(byte);
        return Ok(at + 2);
    }
    let code = |from: usize, count: usize, radix: u32| -> Result<u32, Refused> {
        let digits: String = text.get(from..from + count).ok_or_else(wrong)?.iter().collect();
        if !digits.chars().all(|d| d.is_digit(radix)) {
            return Err(wrong());
        }
        u32::from_str_radix(&digits, radix).map_err(|_| wrong())
    };
    let (value, end) = match c {
        'x' | 'X' => (code(at + 2, 2, 16)?, at + 4),
        '0'..='3' => (code(at + 1, 3, 8)?, at + 4),
        'u' if !bytes => (code(at + 2, 4, 16)?, at + 6),
        'U' if !bytes => (code(at + 2, 8, 16)?, at + 10),
        _ => return Err(wrong()),
    };
    match u8::try_from(value) {
        Ok(byte) if bytes => out.push(byte),
        _ => push(out, char::from_u32(value).ok_or_else(wrong)?),
    }
    Ok(end)
}
