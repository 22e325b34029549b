//! Functions of strings. Positions count characters.

use super::eval::Outcome;
use super::fault::{Class, Fault};
use super::value::Value;

fn pattern(text: &str) -> Result<regex::Regex, Fault> {
    // Classes are ASCII in RE2 and Unicode here, and what the two take for syntax differs in corners.
    let chars: Vec<char> = text.chars().collect();
    let class = chars.windows(2).any(|two| two[0] == '\\' && two[1].is_ascii_alphanumeric());
    let differs = ["&&", "--", "~~"].iter().any(|word| text.contains(word))
        || has_odd_class(&chars)
        || repeats_a_repetition(&chars);
    if class || differs {
        return Err(Fault::new(Class::NotCovered, "a class of regular expressions"));
    }
    regex::Regex::new(text).map_err(|_| match text.contains(['{', '<']) {
        true => Fault::new(Class::NotCovered, "a corner of regular expressions"),
        false => Fault::new(Class::Conversion, "no regular expression"),
    })
}

/// True for `a**` and `a???`, which RE2 refuses.
fn repeats_a_repetition(pattern: &[char]) -> bool {
    let ends = |c: char| "*+?}".contains(c);
    let starts = |c: char| "*+?{".contains(c);
    pattern.windows(2).any(|two| ends(two[0]) && starts(two[1]) && two[1] != '?')
        || pattern.windows(3).any(|three| ends(three[0]) && three[1] == '?' && starts(three[2]))
}

/// True for a class in which a bracket stands: a character in RE2, and something else here.
fn has_odd_class(pattern: &[char]) -> bool {
    // How many characters ago the class began, without its `^`.
    let mut inside: Option<usize> = None;
    pattern.iter().any(|c| {
        match (c, inside) {
            ('[', Some(_)) | (']', Some(0)) => return true,
            ('[', None) => inside = Some(0),
            ('^', Some(0)) => {}
            (']', Some(_)) => inside = None,
            _ => inside = inside.map(|length| length + 1),
        }
        false
    })
}

/// `matches`: somewhere in the text.
pub(crate) fn matches(text: &str, of: &str) -> Outcome {
    Ok(Value::Bool(pattern(of)?.is_match(text)))
}

/// The position of the first occurrence from `from` on, in characters.
fn find(text: &[char], wanted: &[char], from: usize) -> Option<usize> {
    (from..=text.len()).find(|&at| text[at..].starts_with(wanted))
}

/// Calls a function whose receiver is a string.
pub(crate) fn call(name: &str, text: &str, rest: &[Value]) -> Outcome {
    use Value::{Bool, Int, Str};
    let chars: Vec<char> = text.chars().collect();
    let length = chars.len() as i64;
    let outside = || Fault::new(Class::Overflow, "outside of the string");
    let part = |from: i64, to: i64| -> Outcome {
        if from < 0 || to < from || to > length {
            return Err(outside());
        }
        Ok(Value::str(chars[from as usize..to as usize].iter().collect::<String>()))
    };
    match (name, rest) {
        (":contains", [Str(other)]) => Ok(Bool(text.contains(&**other))),
        (":startsWith", [Str(other)]) => Ok(Bool(text.starts_with(&**other))),
        (":endsWith", [Str(other)]) => Ok(Bool(text.ends_with(&**other))),
        (":matches", [Str(of)]) => matches(text, of),
        (":find", [Str(of)]) => Ok(Value::str(pattern(of)?.find(text).map_or("", |found| found.as_str()))),
        (":findAll", [Str(of)]) => Ok(find_all(&pattern(of)?, text, usize::MAX)),
        (":findAll", [Str(of), Int(limit)]) => {
            Ok(find_all(&pattern(of)?, text, usize::try_from(*limit).unwrap_or(usize::MAX)))
        }
        (":charAt", [Int(at)]) if *at == length => Ok(Value::str("")),
        (":charAt", [Int(at)]) => part(*at, at.saturating_add(1)),
        (":indexOf", [Str(other)]) => index_of(&chars, other, 0, false, false),
        (":indexOf", [Str(other), Int(from)]) => index_of(&chars, other, *from, false, true),
        (":lastIndexOf", [Str(other)]) => index_of(&chars, other, length, true, false),
        (":lastIndexOf", [Str(other), Int(from)]) => index_of(&chars, other, *from, true, true),
        (":lowerAscii", []) => Ok(Value::str(text.to_ascii_lowercase())),
        (":upperAscii", []) => Ok(Value::str(text.to_ascii_uppercase())),
        (":trim", []) => Ok(Value::str(text.trim_matches(is_space))),
        (":replace", [Str(old), Str(new)]) => Ok(Value::str(text.replace(&**old, new))),
        (":replace", [Str(old), Str(new), Int(limit)]) => Ok(Value::str(match usize::try_from(*limit) {
            Ok(limit) => text.replacen(&**old, new, limit),
            Err(_) => text.replace(&**old, new),
        })),
        (":split", [Str(by)]) => Ok(split(&chars, by, -1)),
        (":split", [Str(by), Int(limit)]) => Ok(split(&chars, by, *limit)),
        (":substring", [Int(from)]) => part(*from, length),
        (":substring", [Int(from), Int(to)]) => part(*from, *to),
        _ => Err(Fault::overload(name)),
    }
}

/// White space of Unicode.
fn is_space(c: char) -> bool {
    c.is_whitespace()
}

fn find_all(pattern: &regex::Regex, text: &str, limit: usize) -> Value {
    Value::list(pattern.find_iter(text).take(limit).map(|found| Value::str(found.as_str())).collect())
}

fn index_of(chars: &[char], wanted: &str, from: i64, last: bool, asked: bool) -> Outcome {
    let (wanted, length): (Vec<char>, i64) = (wanted.chars().collect(), chars.len() as i64);
    if wanted.is_empty() {
        return Ok(Value::Int(from));
    }
    if from < 0 {
        return Err(Fault::new(Class::Overflow, "outside of the string"));
    }
    // Upstream looks only where the whole text fits, from the end on as well; asked without a place it looks anywhere.
    if from > length || (last && asked && from + wanted.len() as i64 > length) {
        return Ok(Value::Int(-1));
    }
    let from = from as usize;
    let found = match last {
        true => (0..=from.min(chars.len())).rev().find(|&at| chars[at..].starts_with(&wanted)),
        false => find(chars, &wanted, from),
    };
    Ok(Value::Int(found.map_or(-1, |at| at as i64)))
}

/// Parts between occurrences of `by`; without one the characters. At most `limit` parts, all for a negative one.
fn split(chars: &[char], by: &str, limit: i64) -> Value {
    let by: Vec<char> = by.chars().collect();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut parts: Vec<String> = Vec::new();
    let mut from = 0;
    if limit == 0 {
        return Value::list(Vec::new());
    }
    while parts.len() + 1 < limit {
        if by.is_empty() {
            if from + 1 >= chars.len() {
                break;
            }
            parts.push(chars[from].to_string());
            from += 1;
            continue;
        }
        let Some(at) = find(chars, &by, from) else { break };
        parts.push(chars[from..at].iter().collect());
        from = at + by.len();
    }
    if !(by.is_empty() && chars.is_empty()) {
        parts.push(chars[from..].iter().collect());
    }
    Value::list(parts.into_iter().map(Value::str).collect())
}
