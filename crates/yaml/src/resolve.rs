//! What a scalar stands for: the rules of go-yaml v2, which are YAML 1.1 without base 60.

use std::borrow::Cow;

use nachweis_canon::Json;

use crate::unread::Reason;

/// A scalar, not yet a JSON value: keys and values treat infinities and big integers differently.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar<'a> {
    Null,
    Bool(bool),
    Int(i64),
    /// above 2^63
    Uint(u64),
    Float(f64),
    Str(Cow<'a, str>),
}

/// Why a scalar has no value.
pub(crate) type Refusal = (Reason, String);

pub(crate) const CORE: &str = "tag:yaml.org,2002:";

/// A scalar with a tag. Tags other than those of the core schema leave the text as it is.
pub(crate) fn tagged<'a>(tag: &str, text: Cow<'a, str>) -> Result<Scalar<'a>, Refusal> {
    let Some(name) = tag.strip_prefix(CORE) else { return Ok(Scalar::Str(text)) };
    let refusal = || (Reason::Tag, format!("`{}` is no value of `!!{name}`", shorten(&text)));
    match name {
        "bool" | "int" | "float" | "null" | "timestamp" => {}
        "binary" => return binary(&text).map(Scalar::Str).ok_or_else(refusal),
        _ => return Ok(Scalar::Str(text)),
    }
    if name == "timestamp" {
        return if is_timestamp(&text) { Ok(Scalar::Str(text)) } else { Err(refusal()) };
    }
    if is_timestamp(&text) {
        return Err(refusal());
    }
    match (name, plain(text.clone())) {
        ("bool", found @ Scalar::Bool(_)) | ("null", found @ Scalar::Null) => Ok(found),
        ("int", found @ (Scalar::Int(_) | Scalar::Uint(_))) | ("float", found @ Scalar::Float(_)) => {
            Ok(found)
        }
        ("float", Scalar::Int(value)) => Ok(Scalar::Float(value as f64)),
        _ => Err(refusal()),
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(40).collect()
}

/// A scalar without quotes and without tag.
pub(crate) fn plain(text: Cow<'_, str>) -> Scalar<'_> {
    let bytes = text.as_bytes();
    match bytes.first() {
        None => Scalar::Null,
        Some(b'0'..=b'9' | b'+' | b'-' | b'.') => number(&text).unwrap_or(Scalar::Str(text)),
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~')
            if bytes.len() <= 5 =>
        {
            word(&text).unwrap_or(Scalar::Str(text))
        }
        Some(_) => Scalar::Str(text),
    }
}

fn word(text: &str) -> Option<Scalar<'static>> {
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Scalar::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Scalar::Bool(false)
        }
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        _ => return None,
    })
}

fn number(text: &str) -> Option<Scalar<'static>> {
    let special = match text {
        ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY),
        _ => None,
    };
    if let Some(value) = special {
        return Some(Scalar::Float(value));
    }
    // Most texts that begin with a digit are no numbers: versions, instants, digests.
    if !text.bytes().all(|byte| byte.is_ascii_hexdigit() || b"+-._xXoObB".contains(&byte)) {
        return None;
    }
    if text.starts_with('.') && !text.contains('_') {
        return float(text).map(Scalar::Float);
    }
    let plain: Cow<'_, str> =
        if text.contains('_') { text.replace('_', "").into() } else { Cow::Borrowed(text) };
    integer(&plain).or_else(|| float(&plain).map(Scalar::Float)).or_else(|| {
        // go-yaml takes a sign behind this prefix, too.
        let digits = plain.strip_prefix("0b").filter(|rest| rest.starts_with(['+', '-']))?;
        i64::from_str_radix(digits, 2).ok().map(Scalar::Int)
    })
}

/// An integer as Go's `strconv.ParseInt(text, 0, 64)` and then `ParseUint` take it.
fn integer(text: &str) -> Option<Scalar<'static>> {
    let (negative, signed, rest) = match text.as_bytes().first()? {
        b'-' => (true, true, &text[1..]),
        b'+' => (false, true, &text[1..]),
        _ => (false, false, text),
    };
    let (radix, digits) = match rest.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &rest[2..]),
        [b'0', b'b' | b'B', ..] => (2, &rest[2..]),
        [b'0', b'o' | b'O', ..] => (8, &rest[2..]),
        [b'0', _, ..] => (8, &rest[1..]),
        _ => (10, rest),
    };
    // Rust's parser takes a sign here, Go's does not.
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    match (i64::try_from(magnitude), negative) {
        (Ok(value), false) => Some(Scalar::Int(value)),
        (Ok(value), true) => Some(Scalar::Int(-value)),
        (Err(_), true) if magnitude == i64::MIN.unsigned_abs() => Some(Scalar::Int(i64::MIN)),
        (Err(_), false) if !signed => Some(Scalar::Uint(magnitude)),
        _ => None,
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, if it is finite.
fn float(text: &str) -> Option<f64> {
    let rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.map(|part| part.strip_prefix(['-', '+']).unwrap_or(part));
    let built = digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|part| !part.is_empty() && digits(part));
    if !built {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Standard base64 with padding, line ends left out; bytes that are no UTF-8 become U+FFFD one by one, as Go's JSON
/// writer does.
fn binary(text: &str) -> Option<Cow<'static, str>> {
    let mut out = Vec::new();
    let symbols: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let (groups, rest) = symbols.as_chunks::<4>();
    if !rest.is_empty() {
        return None;
    }
    for (at, group) in groups.iter().enumerate() {
        let pads = group.iter().rev().take_while(|&&byte| byte == b'=').count();
        if pads > 2 || (pads > 0 && at + 1 < groups.len()) {
            return None;
        }
        let mut bits = 0u32;
        for &symbol in &group[..4 - pads] {
            bits = bits << 6 | sextet(symbol)?;
        }
        bits <<= 6 * pads;
        out.extend_from_slice(&bits.to_be_bytes()[1..4 - pads]);
    }
    let mut decoded = String::new();
    for chunk in out.utf8_chunks() {
        decoded.push_str(chunk.valid());
        decoded.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Some(decoded.into())
}

fn sextet(symbol: u8) -> Option<u32> {
    let value = match symbol {
        b'A'..=b'Z' => symbol - b'A',
        b'a'..=b'z' => symbol - b'a' + 26,
        b'0'..=b'9' => symbol - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

/// A date, or a date and a time, in the four forms that go-yaml v2 takes.
fn is_timestamp(text: &str) -> bool {
    let parts = |text: &str, separator, limits: &[(u32, u32)]| {
        let found: Vec<&str> = text.split(separator).collect();
        found.len() == limits.len()
            && found.iter().zip(limits).all(|(part, (low, high))| {
                (1..=2).contains(&part.len())
                    && part.bytes().all(|byte| byte.is_ascii_digit())
                    && part.parse::<u32>().is_ok_and(|value| (*low..=*high).contains(&value))
            })
    };
    let Some((year, rest)) = text.split_once('-') else { return false };
    if year.len() != 4 || !year.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let (date, time) = match rest.find(['T', 't', ' ']) {
        Some(at) => (&rest[..at], Some((rest.as_bytes()[at], &rest[at + 1..]))),
        None => (rest, None),
    };
    if !parts(date, '-', &[(1, 12), (1, 31)]) {
        return false;
    }
    let Some((kind, time)) = time else { return true };
    let clock = match (kind, time.find(['Z', '+', '-'])) {
        (b' ', None) => time,
        (b'T' | b't', Some(at)) => {
            let zone = &time[at..];
            let offset = zone.len() == 6 && parts(&zone[1..], ':', &[(0, 24), (0, 60)]);
            if zone != "Z" && !offset {
                return false;
            }
            &time[..at]
        }
        _ => return false,
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    parts(clock, ':', &[(0, 23), (0, 59), (0, 59)])
        && !fraction.is_empty()
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
}

impl<'a> Scalar<'a> {
    /// The JSON value as Go's JSON writer spells it: a float without fraction is an integer literal.
    pub(crate) fn into_json(self) -> Result<Json<'a>, Refusal> {
        Ok(match self {
            Scalar::Null => Json::Null,
            Scalar::Bool(value) => Json::Bool(value),
            Scalar::Int(value) => Json::Int(value),
            Scalar::Uint(value) => Json::Big(value.to_string().into()),
            Scalar::Str(text) => Json::Str(text),
            Scalar::Float(value) if !value.is_finite() => {
                return Err((Reason::NumberRange, "JSON has no infinity and no NaN".into()));
            }
            Scalar::Float(value) => {
                // Below 2^63 every whole binary64 is an i64.
                // From 2^53 on the shortest digits, which canonical bytes have, are not the exact integer.
                let whole = value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0;
                if whole { Json::Int(value as i64) } else { Json::Num(value) }
            }
        })
    }

    /// The member name that sigs.k8s.io/yaml makes of a mapping key.
    pub(crate) fn into_key(self) -> Result<Cow<'a, str>, Refusal> {
        Ok(match self {
            Scalar::Str(text) => text,
            Scalar::Bool(true) => "true".into(),
            Scalar::Bool(false) => "false".into(),
            Scalar::Int(value) => value.to_string().into(),
            Scalar::Float(value) => float_key(value).into(),
            Scalar::Null => return Err((Reason::MapKey, "a key is null".into())),
            Scalar::Uint(_) => {
                return Err((Reason::MapKey, "a key is an integer of more than 63 bits".into()));
            }
        })
    }
}

/// Go's `strconv.FormatFloat(value, 'g', -1, 32)`: shortest digits of the binary32, an exponent of two digits below
/// 1e-4 and from 1e6 on.
fn float_key(value: f64) -> String {
    let value = value as f32;
    if value.is_nan() {
        return ".nan".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.into();
    }
    let shortest = format!("{value:e}");
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", exponent.abs())
        }
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn float_keys() {
        for (value, key) in [
            (1.5, "1.5"),
            (1000.0, "1000"),
            (100_000.0, "100000"),
            (1e6, "1e+06"),
            (1_234_567.0, "1.234567e+06"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (1e300, ".inf"),
            (-0.0, "-0"),
            (0.1, "0.1"),
        ] {
            assert_eq!(float_key(value), key);
        }
    }

    #[test]
    fn integers() {
        for (text, value) in [
            ("0", Some(Scalar::Int(0))),
            ("-0x8000000000000000", Some(Scalar::Int(i64::MIN))),
            ("-0x8000000000000001", None),
            ("+18446744073709551615", None),
            ("18446744073709551615", Some(Scalar::Uint(u64::MAX))),
            ("0x+1", None),
            ("08", None),
        ] {
            assert_eq!(integer(text), value, "{text}");
        }
    }

    #[test]
    fn timestamps() {
        for text in ["2026-01-01", "2026-1-1", "2026-01-01 0:0:0", "2026-01-01t00:00:00.5+02:00"] {
            assert!(is_timestamp(text), "{text}");
        }
        for text in
            ["2026-13-01", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "26-01-01", "x", "2026-01-01é"]
        {
            assert!(!is_timestamp(text), "{text}");
        }
    }
}
