//! `int()`, `string()` and the other conversions.

use crate::error::Fault;
use crate::eval::Outcome;
use crate::number;
use crate::opaque::Opaque;
use crate::signatures::Func;
use crate::text::Text;
use crate::time::{self, Timestamp};
use crate::value::Value;

fn failed(value: &Value<'_>, to: &str) -> Fault {
    Fault::conversion(format!("type conversion error from `{}` to `{to}`", value.type_name()))
}

fn int_overflow() -> Fault {
    Fault::overflow("integer overflow")
}

fn uint_overflow() -> Fault {
    Fault::overflow("unsigned integer overflow")
}

pub(crate) fn call<'a>(func: Func, value: &Value<'a>) -> Outcome<'a> {
    match func {
        Func::Bool => to_bool(value),
        Func::Bytes => to_bytes(value),
        Func::Double => to_double(value),
        Func::Duration => to_duration(value),
        Func::Int => to_int(value).map(Value::Int),
        Func::String => to_string(value),
        Func::Timestamp => to_timestamp(value),
        _ => to_uint(value).map(Value::Uint),
    }
}

fn to_bool<'a>(value: &Value<'a>) -> Outcome<'a> {
    match value {
        Value::Bool(value) => Ok(Value::Bool(*value)),
        Value::Str(text) => match &**text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
            _ => Err(failed(value, "bool")),
        },
        _ => Err(Fault::no_overload()),
    }
}

fn to_bytes<'a>(value: &Value<'a>) -> Outcome<'a> {
    match value {
        Value::Bytes(bytes) => Ok(Value::Bytes(bytes.clone())),
        Value::Str(text) => Ok(Value::Bytes(text.as_bytes().into())),
        _ => Err(Fault::no_overload()),
    }
}

/// Go reads `Inf`, hexadecimal floats and `1_000`, which Rust does not.
fn parse_double(text: &str) -> Option<f64> {
    let digit =
        |at: Option<usize>| at.and_then(|at| text.as_bytes().get(at)).is_some_and(u8::is_ascii_hexdigit);
    let underscores_inside =
        text.match_indices('_').all(|(at, _)| digit(at.checked_sub(1)) && digit(Some(at + 1)));
    if !underscores_inside {
        return None;
    }
    let text = text.replace('_', "");
    let (sign, rest) = match text.as_bytes().first()? {
        b'-' => (-1.0, &text[1..]),
        b'+' => (1.0, &text[1..]),
        _ => (1.0, text.as_str()),
    };
    let lower = rest.to_ascii_lowercase();
    match lower.as_str() {
        "inf" | "infinity" => return Some(sign * f64::INFINITY),
        "nan" if rest.len() == text.len() => return Some(f64::NAN),
        _ => {}
    }
    if let Some(hex) = lower.strip_prefix("0x") {
        return parse_hex_double(hex).map(|value| sign * value);
    }
    let plain = lower.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e'));
    let value: f64 = if plain { lower.parse().ok()? } else { return None };
    value.is_finite().then_some(sign * value)
}

/// `1.8p-2` behind `0x`; up to 13 digits, which a double holds exactly.
fn parse_hex_double(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once('p')?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || digits.len() > 13 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let value = u64::from_str_radix(&digits, 16).ok()? as f64;
    let exponent: i32 = exponent.parse().ok()?;
    let scaled = value * 2f64.powi(exponent.checked_sub(4 * fraction.len() as i32)?.clamp(-1_100, 1_100));
    scaled.is_finite().then_some(scaled)
}

fn to_double<'a>(value: &Value<'a>) -> Outcome<'a> {
    Ok(Value::Double(match value {
        Value::Double(value) => *value,
        Value::Int(value) => *value as f64,
        Value::Uint(value) => *value as f64,
        Value::Str(text) => parse_double(text).ok_or_else(|| failed(value, "double"))?,
        _ => return Err(Fault::no_overload()),
    }))
}

fn to_duration<'a>(value: &Value<'a>) -> Outcome<'a> {
    Ok(Value::Duration(match value {
        Value::Duration(nanos) => *nanos,
        Value::Int(_) => return Err(failed(value, "google.protobuf.Duration")),
        Value::Str(text) => {
            time::parse_duration(text).ok_or_else(|| failed(value, "google.protobuf.Duration"))?
        }
        _ => return Err(Fault::no_overload()),
    }))
}

fn to_timestamp<'a>(value: &Value<'a>) -> Outcome<'a> {
    Ok(Value::Timestamp(match value {
        Value::Timestamp(at) => *at,
        Value::Int(seconds) => Timestamp::checked(*seconds, 0)?,
        Value::Str(text) => {
            let at = Timestamp::parse(text).ok_or_else(|| failed(value, "google.protobuf.Timestamp"))?;
            Timestamp::checked(at.seconds, at.nanos)?;
            at
        }
        _ => return Err(Fault::no_overload()),
    }))
}

fn to_int(value: &Value<'_>) -> Result<i64, Fault> {
    match value {
        Value::Int(value) => Ok(*value),
        Value::Uint(value) => i64::try_from(*value).map_err(|_| int_overflow()),
        Value::Double(value) => number::truncate_to_int(*value).ok_or_else(int_overflow),
        Value::Duration(nanos) => Ok(*nanos),
        Value::Timestamp(at) => Ok(at.seconds),
        Value::Str(text) => text.parse().map_err(|_| failed(value, "int")),
        _ => Err(Fault::no_overload()),
    }
}

fn to_uint(value: &Value<'_>) -> Result<u64, Fault> {
    match value {
        Value::Uint(value) => Ok(*value),
        Value::Int(value) => u64::try_from(*value).map_err(|_| uint_overflow()),
        Value::Double(value) => number::truncate_to_uint(*value).ok_or_else(uint_overflow),
        Value::Str(text) if text.starts_with('+') => Err(failed(value, "uint")),
        Value::Str(text) => text.parse().map_err(|_| failed(value, "uint")),
        _ => Err(Fault::no_overload()),
    }
}

fn to_string<'a>(value: &Value<'a>) -> Outcome<'a> {
    Ok(Value::Str(match value {
        Value::Str(text) => text.clone(),
        Value::Bool(value) => Text::Borrowed(if *value { "true" } else { "false" }),
        Value::Int(value) => value.to_string().into(),
        Value::Uint(value) => value.to_string().into(),
        Value::Double(value) => number::go_g(*value).into(),
        Value::Duration(nanos) => time::duration_text(*nanos).into(),
        Value::Timestamp(at) => at.text().into(),
        Value::Opaque(opaque) => match &**opaque {
            Opaque::Ip(ip) => ip.to_string().into(),
            Opaque::Cidr(cidr) => cidr.to_string().into(),
            _ => return Err(Fault::no_overload()),
        },
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_string().into(),
            Err(_) => return Err(Fault::conversion("invalid UTF-8 in bytes, cannot convert to string")),
        },
        _ => return Err(Fault::no_overload()),
    }))
}
