//! Conversions between types.

use std::rc::Rc;

use super::eval::Outcome;
use super::fault::Fault;
use super::time;
use super::value::Value;

/// `int(value)` and its kin.
pub(crate) fn call(name: &str, value: &Value) -> Outcome {
    match (name, value) {
        ("bool", Value::Bool(_))
        | ("bytes", Value::Bytes(_))
        | ("double", Value::Double(_))
        | ("int", Value::Int(_))
        | ("string", Value::Str(_))
        | ("uint", Value::Uint(_))
        | ("timestamp", Value::Timestamp(..))
        | ("duration", Value::Duration(_)) => Ok(value.clone()),
        ("bool", Value::Str(text)) => match &**text {
            "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(Value::Bool(false)),
            other => Err(Fault::conversion(other)),
        },
        ("bytes", Value::Str(text)) => Ok(Value::Bytes(Rc::from(text.as_bytes()))),
        ("double", Value::Int(value)) => Ok(Value::Double(*value as f64)),
        ("double", Value::Uint(value)) => Ok(Value::Double(*value as f64)),
        ("double", Value::Str(text)) => double(text),
        ("int", Value::Uint(value)) => i64::try_from(*value).map(Value::Int).map_err(|_| Fault::overflow()),
        ("int", Value::Double(value)) => {
            // Exclusive bounds: the values of i64 that binary64 has next to its ends.
            let fits = *value > -9_223_372_036_854_775_808.0 && *value < 9_223_372_036_854_775_808.0;
            if fits { Ok(Value::Int(*value as i64)) } else { Err(Fault::overflow()) }
        }
        ("int", Value::Str(text)) => whole(text, true)
            .and_then(|value| i64::try_from(value).map(Value::Int).map_err(|_| Fault::conversion(text))),
        ("int", Value::Timestamp(at, _)) => Ok(Value::Int(at.div_euclid(1_000_000_000) as i64)),
        ("int", Value::Duration(nanos)) => Ok(Value::Int(*nanos)),
        ("uint", Value::Int(value)) => u64::try_from(*value).map(Value::Uint).map_err(|_| Fault::overflow()),
        ("uint", Value::Double(value)) => {
            let fits = *value >= 0.0 && *value < 18_446_744_073_709_551_616.0;
            if fits { Ok(Value::Uint(*value as u64)) } else { Err(Fault::overflow()) }
        }
        ("uint", Value::Str(text)) => whole(text, false)
            .and_then(|value| u64::try_from(value).map(Value::Uint).map_err(|_| Fault::conversion(text))),
        ("string", Value::Bool(value)) => Ok(Value::str(value.to_string())),
        ("string", Value::Int(value)) => Ok(Value::str(value.to_string())),
        ("string", Value::Uint(value)) => Ok(Value::str(value.to_string())),
        ("string", Value::Double(value)) => Ok(Value::str(double_text(*value))),
        ("string", Value::Bytes(bytes)) => {
            let text =
                std::str::from_utf8(bytes).map_err(|_| Fault::conversion("bytes that are no UTF-8"))?;
            Ok(Value::str(text))
        }
        ("string", Value::Timestamp(at, zone)) => Ok(Value::str(time::instant_text(*at, *zone))),
        ("string", Value::Duration(nanos)) => Ok(Value::str(time::seconds_text(*nanos))),
        ("string", Value::Ip(ip)) => Ok(Value::str(ip.to_string())),
        ("string", Value::Cidr(ip, length)) => Ok(Value::str(format!("{ip}/{length}"))),
        ("timestamp", Value::Int(seconds)) => time::instant(i128::from(*seconds) * 1_000_000_000, 0),
        ("timestamp", Value::Str(text)) => time::read_instant(text),
        ("duration", Value::Str(text)) => time::read_duration(text),
        ("duration", Value::Int(_)) => Err(Fault::conversion("an int to a duration")),
        _ => Err(Fault::overload(name)),
    }
}

/// Decimal digits with a sign where it is allowed, as Go's ParseInt and ParseUint read them.
fn whole(text: &str, signed: bool) -> Result<i128, Fault> {
    let digits = if signed { text.strip_prefix(['+', '-']).unwrap_or(text) } else { text };
    if digits.is_empty() || digits.len() > 30 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Fault::conversion(text));
    }
    let value: i128 = digits.parse().map_err(|_| Fault::conversion(text))?;
    Ok(if text.starts_with('-') { -value } else { value })
}

/// A decimal number, an infinity or NaN. Go reads hexadecimal ones too, which are left out here.
fn double(text: &str) -> Outcome {
    if text.contains(['x', 'X', '_']) {
        return Err(Fault::new(super::fault::Class::NotCovered, "a hexadecimal double"));
    }
    match text.parse::<f64>() {
        // Digits that are too large are an error; an infinity has to be written as a word.
        Ok(value) if value.is_infinite() && text.bytes().any(|b| b.is_ascii_digit()) => {
            Err(Fault::conversion(text))
        }
        // Go's word for not-a-number takes no sign.
        Ok(value) if value.is_nan() && text.starts_with(['+', '-']) => Err(Fault::conversion(text)),
        Ok(value) => Ok(Value::Double(value)),
        Err(_) => Err(Fault::conversion(text)),
    }
}

/// The shortest digits that read back, with an exponent below 0.0001 and from a million on.
fn double_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.into();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}
