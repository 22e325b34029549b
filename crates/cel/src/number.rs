//! Numbers of three types that compare with each other, as cel-go compares them.

use std::cmp::Ordering;

const TWO_63: f64 = 9_223_372_036_854_775_808.0;
const TWO_64: f64 = 18_446_744_073_709_551_616.0;

/// A whole double inside of int64.
pub(crate) fn double_to_int(value: f64) -> Option<i64> {
    let whole = value.trunc().to_bits() == value.to_bits() || value == 0.0;
    (whole && (-TWO_63..TWO_63).contains(&value)).then_some(value as i64)
}

/// A whole double inside of uint64.
pub(crate) fn double_to_uint(value: f64) -> Option<u64> {
    let whole = value.trunc().to_bits() == value.to_bits() || value == 0.0;
    (whole && (0.0..TWO_64).contains(&value)).then_some(value as u64)
}

/// `int(double)`: cut off behind the point, both bounds excluded.
pub(crate) fn truncate_to_int(value: f64) -> Option<i64> {
    (value > -TWO_63 && value < TWO_63).then_some(value as i64)
}

/// `uint(double)`.
pub(crate) fn truncate_to_uint(value: f64) -> Option<u64> {
    (0.0..TWO_64).contains(&value).then_some(value as u64)
}

/// Ordering of doubles that are not NaN; -0 equals 0.
pub(crate) fn doubles(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or(Ordering::Equal)
}

/// Inside of int64's range the integer is compared as the nearest double (upstream does the same).
pub(crate) fn int_double(a: i64, b: f64) -> Ordering {
    if b < -TWO_63 {
        Ordering::Greater
    } else if b > TWO_63 {
        Ordering::Less
    } else {
        doubles(a as f64, b)
    }
}

pub(crate) fn uint_double(a: u64, b: f64) -> Ordering {
    if b < 0.0 {
        Ordering::Greater
    } else if b > TWO_64 {
        Ordering::Less
    } else {
        doubles(a as f64, b)
    }
}

pub(crate) fn int_uint(a: i64, b: u64) -> Ordering {
    i128::from(a).cmp(&i128::from(b))
}

/// The shortest text that reads back as the same double, as Go's `%g` writes it.
pub(crate) fn go_g(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".into() } else { "-Inf".into() };
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
