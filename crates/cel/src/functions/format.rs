//! `'%s'.format([value])`. Numbers with a point are written the way upstream's English locale writes them.

use crate::error::{ErrorKind, Fault};
use crate::eval::{Machine, Outcome};
use crate::functions::{convert, text};
use crate::number::go_g;
use crate::signatures::Func;
use crate::value::Value;

/// Digits behind the point that a clause may ask for; upstream has no bound.
const MAX_PRECISION: usize = 10_000;
/// Longest text of one argument.
const MAX_BYTES: usize = 10 << 20;
const DEFAULT_PRECISION: usize = 6;

/// One piece of a format.
pub(crate) enum Piece<'f> {
    Text(&'f str),
    Clause { letter: u8, precision: usize },
}

/// Cuts a format into text and clauses.
pub(crate) fn pieces(format: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut out = Vec::new();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push(Piece::Text(&rest[..at]));
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('%') {
            out.push(Piece::Text("%"));
            rest = behind;
            continue;
        }
        let mut precision = DEFAULT_PRECISION;
        if let Some(behind) = rest.strip_prefix('.') {
            let len = behind.bytes().take_while(u8::is_ascii_digit).count();
            precision = behind[..len].parse().map_err(|_| "a precision has no digits".to_string())?;
            if precision > MAX_PRECISION {
                return Err("a precision is too large".into());
            }
            rest = &behind[len..];
        }
        match rest.bytes().next() {
            Some(letter @ (b's' | b'd' | b'f' | b'e' | b'b' | b'x' | b'X' | b'o')) => {
                out.push(Piece::Clause { letter, precision });
                rest = &rest[1..];
            }
            _ => return Err("unrecognized formatting clause".into()),
        }
    }
    out.push(Piece::Text(rest));
    Ok(out)
}

/// What a clause may be used on.
pub(crate) fn clause_wants(letter: u8) -> &'static str {
    match letter {
        b's' => "string clause can only be used on plain values",
        b'd' => "decimal clause can only be used on integers",
        b'f' => "fixed-point clause can only be used on doubles",
        b'e' => "scientific clause can only be used on doubles",
        b'b' => "only integers and bools can be formatted as binary",
        b'o' => "octal clause can only be used on integers",
        _ => "only integers, bytes and strings can be formatted as hex",
    }
}

pub(crate) fn call<'a>(machine: &mut Machine<'_, 'a>, args: &[Value<'a>]) -> Outcome<'a> {
    let own = text(&args[0])?;
    machine.charge_size(own.len() as u64)?;
    let list = &args[1];
    let count = list.list_len().ok_or_else(Fault::no_overload)?;
    let mut out = String::new();
    let mut next = 0;
    for piece in pieces(own).map_err(Fault::other)? {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Clause { letter, precision } => {
                let item = list.list_item(next).filter(|_| next < count);
                let item =
                    item.ok_or_else(|| Fault::other(format!("index {next} out of range")))?.settled()?;
                next += 1;
                let from = out.len();
                clause(letter, precision, &item, &mut out)?;
                machine.charge((out.len() - from) as u64 / 10)?;
            }
        }
    }
    Ok(Value::str(out))
}

fn refused(letter: u8, value: &Value<'_>) -> Fault {
    let message =
        format!("error during formatting: {}, was given {}", clause_wants(letter), value.type_name());
    Fault::new(ErrorKind::NoOverload, message)
}

fn clause(letter: u8, precision: usize, value: &Value<'_>, out: &mut String) -> Result<(), Fault> {
    let signed = |value: i64, digits: String| if value < 0 { format!("-{digits}") } else { digits };
    let text = match (letter, value) {
        (b's', value) => return plain(value, out),
        (b'd', Value::Int(value)) => value.to_string(),
        (b'd', Value::Uint(value)) => value.to_string(),
        (b'b', Value::Bool(value)) => u8::from(*value).to_string(),
        (b'b', Value::Int(value)) => signed(*value, format!("{:b}", value.unsigned_abs())),
        (b'b', Value::Uint(value)) => format!("{value:b}"),
        (b'o', Value::Int(value)) => signed(*value, format!("{:o}", value.unsigned_abs())),
        (b'o', Value::Uint(value)) => format!("{value:o}"),
        (b'x' | b'X', value) => {
            let digits = match value {
                Value::Int(value) => signed(*value, format!("{:x}", value.unsigned_abs())),
                Value::Uint(value) => format!("{value:x}"),
                Value::Str(text) => hex(text.as_bytes()),
                Value::Bytes(bytes) => hex(bytes),
                _ => return Err(refused(letter, value)),
            };
            if letter == b'X' { digits.to_uppercase() } else { digits }
        }
        (b'f' | b'e', value) => {
            let number = match value {
                Value::Double(value) => *value,
                Value::Str(text) => match &**text {
                    "NaN" => f64::NAN,
                    "Infinity" => f64::INFINITY,
                    "-Infinity" => f64::NEG_INFINITY,
                    _ => return Err(refused(letter, value)),
                },
                _ => return Err(refused(letter, value)),
            };
            if letter == b'f' { fixed(number, precision) } else { scientific(number) }
        }
        _ => return Err(refused(letter, value)),
    };
    out.push_str(&text);
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn not_finite(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "∞"
    } else {
        "-∞"
    }
}

/// `1,234.500000`
fn fixed(value: f64, precision: usize) -> String {
    if !value.is_finite() {
        return not_finite(value).into();
    }
    // Upstream's locale writes -0 without its sign.
    let digits = format!("{:.precision$}", if value == 0.0 { 0.0 } else { value });
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits.as_str()), |rest| ("-", rest));
    let (whole, fraction) =
        digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let mut out = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// `1.500000×10⁰⁰`; upstream reads the precision of this clause as a width, so it is always six digits.
fn scientific(value: f64) -> String {
    if !value.is_finite() {
        return format!("{:>6}", not_finite(value));
    }
    let text = format!("{:.6e}", if value == 0.0 { 0.0 } else { value });
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = exponent.strip_prefix('-').map_or(("", exponent), |rest| ("⁻", rest));
    let raised: String = format!("{digits:0>2}")
        .bytes()
        .filter_map(|b| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(usize::from(b - b'0')))
        .collect();
    format!("{mantissa}×10{sign}{raised}")
}

fn plain(value: &Value<'_>, out: &mut String) -> Result<(), Fault> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Double(value) => out.push_str(&go_g(*value)),
        Value::Type(name) => out.push_str(name),
        _ if value.list_len().is_some() || value.map_len().is_some() => return nested(value, out),
        _ => match convert::call(Func::String, value) {
            Ok(Value::Str(text)) => out.push_str(&text),
            _ => return Err(refused(b's', value)),
        },
    }
    Ok(())
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// An element of a list or map, the way a source would have it.
fn nested(value: &Value<'_>, out: &mut String) -> Result<(), Fault> {
    // Elements may be shared, so that a small value is a very long text.
    if out.len() > MAX_BYTES {
        return Err(Fault::cost());
    }
    if let Some(len) = value.list_len() {
        out.push('[');
        for at in 0..len {
            if at > 0 {
                out.push_str(", ");
            }
            nested(&value.list_item(at).unwrap_or(Value::Null).settled()?, out)?;
        }
        out.push(']');
        return Ok(());
    }
    if let Some(len) = value.map_len() {
        let (mut entries, mut total) = (Vec::with_capacity(len), 0);
        for at in 0..len {
            let (key, value) = value.map_entry(at).unwrap_or((Value::Null, Value::Null));
            let (mut name, mut text) = (String::new(), String::new());
            nested(&key, &mut name)?;
            nested(&value.settled()?, &mut text)?;
            entries.push(format!("{name}:{text}"));
            total += name.len() + text.len();
            if total > MAX_BYTES {
                return Err(Fault::cost());
            }
        }
        entries.sort();
        out.push_str(&format!("{{{}}}", entries.join(", ")));
        return Ok(());
    }
    match value {
        Value::Str(text) => quoted(text, out),
        Value::Bytes(bytes) => {
            out.push('b');
            quoted(&String::from_utf8_lossy(bytes), out);
        }
        Value::Double(value) if !value.is_finite() => quoted(&go_g(*value), out),
        Value::Double(value) => out.push_str(&format!("{value:.6}")),
        Value::Timestamp(_) => out.push_str(&format!("timestamp(\"{value}\")")),
        Value::Duration(_) => out.push_str(&format!("duration(\"{value}\")")),
        other => return plain(other, out),
    }
    Ok(())
}
