//! Number literals: which become integers, and how binary64 is written.

use std::borrow::Cow;

use crate::json::Json;

/// Reads a literal that already has the shape of a JSON number. `None` where it overflows binary64.
pub(crate) fn read(literal: &str) -> Option<Json<'_>> {
    if literal.bytes().any(|b| matches!(b, b'.' | b'e' | b'E')) {
        let value: f64 = literal.parse().ok()?;
        return value.is_finite().then_some(Json::Num(value));
    }
    if literal == "-0" {
        return Some(Json::Int(0));
    }
    match literal.parse::<i64>() {
        Ok(value) => Some(Json::Int(value)),
        Err(_) => Some(Json::Big(Cow::Borrowed(literal))),
    }
}

/// The shortest form of a finite binary64, as ECMAScript writes it (RFC 8785 section 3.2.2.3); `-0` is `0`.
pub(crate) fn write(value: f64, out: &mut Vec<u8>) {
    out.extend_from_slice(ryu_js::Buffer::new().format_finite(value).as_bytes());
}
