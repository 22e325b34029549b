//! Functions on strings. Positions count characters.

use crate::error::{ErrorKind, Fault};
use crate::eval::{Machine, Outcome};
use crate::functions::{int, text};
use crate::ops;
use crate::signatures::Func;
use crate::text::Text;
use crate::value::Value;

fn out_of_range(at: i64) -> Fault {
    Fault::new(ErrorKind::Overflow, format!("index out of range: {at}"))
}

pub(crate) fn call<'a>(machine: &mut Machine<'_, 'a>, func: Func, args: &[Value<'a>]) -> Outcome<'a> {
    if let (Func::IndexOf | Func::LastIndexOf, Some(_)) = (func, args[0].list_len()) {
        return list_index(machine, func, args);
    }
    if func == Func::Join {
        return join(machine, args);
    }
    let own = text(&args[0])?;
    let second = || text(&args[1]);
    match func {
        Func::Contains | Func::IndexOf | Func::LastIndexOf => {
            machine.charge(
                (own.len() as u64).div_ceil(10).max(1) * (second()?.len() as u64).div_ceil(10).max(1),
            )?;
        }
        _ => machine.charge_size(own.len() as u64)?,
    }
    Ok(match func {
        Func::Contains => Value::Bool(own.contains(second()?)),
        Func::StartsWith => Value::Bool(own.starts_with(second()?)),
        Func::EndsWith => Value::Bool(own.ends_with(second()?)),
        Func::CharAt => Value::str(char_at(own, int(&args[1])?)?),
        Func::IndexOf => Value::Int(index_of(own, second()?, args.get(2).map(int).transpose()?)?),
        Func::LastIndexOf => Value::Int(last_index_of(own, second()?, args.get(2).map(int).transpose()?)?),
        Func::LowerAscii => Value::str(own.to_ascii_lowercase()),
        Func::UpperAscii => Value::str(own.to_ascii_uppercase()),
        Func::Trim => trim(&args[0], own),
        Func::Quote => Value::str(quote(own)),
        Func::Substring => {
            let end = args.get(2).map(int).transpose()?;
            Value::str(substring(own, int(&args[1])?, end)?)
        }
        Func::Split => {
            let limit = args.get(2).map_or(Ok(-1), int)?;
            let parts = split(own, second()?, limit);
            machine.charge_size(parts.len() as u64)?;
            Value::list(parts.into_iter().map(Value::str).collect())
        }
        Func::Replace => {
            let limit = args.get(3).map_or(Ok(-1), int)?;
            replace(machine, own, second()?, text(&args[2])?, limit)?
        }
        _ => return Err(Fault::other("internal error: a function has no rule")),
    })
}

fn list_index<'a>(machine: &mut Machine<'_, 'a>, func: Func, args: &[Value<'a>]) -> Outcome<'a> {
    let items = args[0].to_items().ok_or_else(Fault::no_overload)??;
    if args.len() != 2 {
        return Err(Fault::no_overload());
    }
    let mut work = items.len() as u64;
    let mut found = -1;
    for (at, item) in items.iter().enumerate() {
        if ops::equal(item, &args[1], &mut work)? {
            found = at as i64;
            if func == Func::IndexOf {
                break;
            }
        }
    }
    machine.charge(work.max(1))?;
    Ok(Value::Int(found))
}

fn join<'a>(machine: &mut Machine<'_, 'a>, args: &[Value<'a>]) -> Outcome<'a> {
    let items = args[0].to_items().ok_or_else(Fault::no_overload)??;
    let between = args.get(1).map_or(Ok(""), text)?;
    let mut out = String::new();
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(between);
        }
        out.push_str(text(item)?);
        machine.charge(2)?;
    }
    machine.charge_size(out.len() as u64)?;
    Ok(Value::str(out))
}

fn char_at(own: &str, at: i64) -> Result<String, Fault> {
    let count = own.chars().count() as i64;
    if at < 0 || at > count {
        return Err(out_of_range(at));
    }
    Ok(own.chars().nth(at as usize).map(String::from).unwrap_or_default())
}

/// Byte offset of the character at a position, the end included.
fn offset(own: &str, at: usize) -> Option<usize> {
    own.char_indices().map(|(byte, _)| byte).chain([own.len()]).nth(at)
}

fn chars_before(own: &str, byte: usize) -> i64 {
    own[..byte].chars().count() as i64
}

fn index_of(own: &str, wanted: &str, from: Option<i64>) -> Result<i64, Fault> {
    let from = from.unwrap_or(0);
    if wanted.is_empty() {
        return Ok(from);
    }
    let start = usize::try_from(from).map_err(|_| out_of_range(from))?;
    // A start behind the end finds nothing.
    let Some(start) = offset(own, start) else { return Ok(-1) };
    Ok(own[start..].find(wanted).map_or(-1, |found| chars_before(own, start + found)))
}

fn last_index_of(own: &str, wanted: &str, from: Option<i64>) -> Result<i64, Fault> {
    let count = own.chars().count() as i64;
    if wanted.is_empty() {
        return Ok(from.unwrap_or(count));
    }
    let Some(from) = from else {
        return Ok(own.rfind(wanted).map_or(-1, |found| chars_before(own, found)));
    };
    if from < 0 {
        return Err(out_of_range(from));
    }
    if from >= count {
        return Ok(-1);
    }
    // The match may begin at `from` at the latest.
    let end = offset(own, from as usize).map_or(own.len(), |byte| (byte + wanted.len()).min(own.len()));
    let mut end = end;
    while !own.is_char_boundary(end) {
        end += 1;
    }
    let latest = offset(own, from as usize).unwrap_or(own.len());
    let found = own[..end].rmatch_indices(wanted).map(|(byte, _)| byte).find(|byte| *byte <= latest);
    Ok(found.map_or(-1, |byte| chars_before(own, byte)))
}

fn substring(own: &str, start: i64, end: Option<i64>) -> Result<String, Fault> {
    let count = own.chars().count() as i64;
    if let Some(end) = end {
        if start > end {
            return Err(Fault::new(
                ErrorKind::Overflow,
                format!("invalid substring range. start: {start}, end: {end}"),
            ));
        }
        if end < 0 || end > count {
            return Err(out_of_range(end));
        }
    }
    if start < 0 || start > count {
        return Err(out_of_range(start));
    }
    let len = end.unwrap_or(count) - start;
    Ok(own.chars().skip(start as usize).take(len as usize).collect())
}

fn trim<'a>(value: &Value<'a>, own: &str) -> Value<'a> {
    let space = |c: char| c.is_whitespace();
    match value {
        Value::Str(Text::Borrowed(text)) => Value::Str(Text::Borrowed(text.trim_matches(space))),
        _ => Value::str(own.trim_matches(space).to_string()),
    }
}

fn split(own: &str, at: &str, limit: i64) -> Vec<String> {
    if limit == 0 {
        return Vec::new();
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if !at.is_empty() {
        return own.splitn(limit, at).map(String::from).collect();
    }
    let mut out = Vec::new();
    let mut rest = own.chars();
    while out.len() + 1 < limit {
        match rest.next() {
            Some(c) => out.push(c.to_string()),
            None => return out,
        }
    }
    if !rest.as_str().is_empty() {
        out.push(rest.as_str().to_string());
    }
    out
}

fn replace<'a>(machine: &mut Machine<'_, 'a>, own: &str, old: &str, new: &str, limit: i64) -> Outcome<'a> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let hits = if old.is_empty() { own.chars().count() + 1 } else { own.matches(old).count() };
    // The result can be far larger than what went in; it is paid for before it is made.
    machine.charge((hits.min(limit) as u64).saturating_mul(new.len() as u64).div_ceil(10))?;
    Ok(Value::str(own.replacen(old, new, limit)))
}

fn quote(own: &str) -> String {
    let mut out = String::from("\"");
    for c in own.chars() {
        match c {
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
