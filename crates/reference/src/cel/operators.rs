//! Operators, equality, order, and the keys of maps.

use std::cmp::Ordering;
use std::rc::Rc;

use nachweis_canon::utf16_cmp;

use super::eval::Outcome;
use super::fault::{Class, Fault};
use super::time;
use super::value::Value;

/// `left operator right`, for every operator that wants both sides.
pub(crate) fn binary(operator: &str, left: Value, right: Value) -> Outcome {
    match operator {
        "==" => equal(&left, &right).map(Value::Bool),
        "!=" => equal(&left, &right).map(|equal| Value::Bool(!equal)),
        "<" => order(&left, &right).map(|order| Value::Bool(order.is_lt())),
        "<=" => order(&left, &right).map(|order| Value::Bool(order.is_le())),
        ">" => order(&left, &right).map(|order| Value::Bool(order.is_gt())),
        ">=" => order(&left, &right).map(|order| Value::Bool(order.is_ge())),
        "in" => contains(&left, &right).map(Value::Bool),
        _ => arithmetic(operator, left, right),
    }
}

fn contains(value: &Value, among: &Value) -> Result<bool, Fault> {
    match among {
        Value::List(items) => {
            let mut hidden = None;
            for item in items.iter() {
                match equal(value, item) {
                    Ok(true) => return Ok(true),
                    Ok(false) => {}
                    // An element that cannot be compared is another one.
                    Err(fault) if fault.class == Class::NoOverload => {}
                    Err(fault) => hidden = hidden.or(Some(fault)),
                }
            }
            hidden.map_or(Ok(false), Err)
        }
        Value::Map(entries) => Ok(find_key(entries, value).is_some()),
        _ => Err(Fault::overload("in")),
    }
}

fn arithmetic(operator: &str, left: Value, right: Value) -> Outcome {
    use Value::{Bytes, Double, Duration, Int, List, Str, Timestamp, Uint};
    let overload = || Fault::overload(operator);
    let zero = || Fault::new(Class::Overflow, "division by zero");
    match (operator, left, right) {
        ("+", Int(a), Int(b)) => a.checked_add(b).map(Int).ok_or_else(Fault::overflow),
        ("-", Int(a), Int(b)) => a.checked_sub(b).map(Int).ok_or_else(Fault::overflow),
        ("*", Int(a), Int(b)) => a.checked_mul(b).map(Int).ok_or_else(Fault::overflow),
        ("/" | "%", Int(_), Int(0)) | ("/" | "%", Uint(_), Uint(0)) => Err(zero()),
        ("/", Int(a), Int(b)) => a.checked_div(b).map(Int).ok_or_else(Fault::overflow),
        ("%", Int(a), Int(b)) => a.checked_rem(b).map(Int).ok_or_else(Fault::overflow),
        ("+", Uint(a), Uint(b)) => a.checked_add(b).map(Uint).ok_or_else(Fault::overflow),
        ("-", Uint(a), Uint(b)) => a.checked_sub(b).map(Uint).ok_or_else(Fault::overflow),
        ("*", Uint(a), Uint(b)) => a.checked_mul(b).map(Uint).ok_or_else(Fault::overflow),
        ("/", Uint(a), Uint(b)) => Ok(Uint(a / b)),
        ("%", Uint(a), Uint(b)) => Ok(Uint(a % b)),
        ("+", Double(a), Double(b)) => Ok(Double(a + b)),
        ("-", Double(a), Double(b)) => Ok(Double(a - b)),
        ("*", Double(a), Double(b)) => Ok(Double(a * b)),
        ("/", Double(a), Double(b)) => Ok(Double(a / b)),
        ("+", Str(a), Str(b)) => Ok(Value::str(format!("{a}{b}"))),
        ("+", Bytes(a), Bytes(b)) => Ok(Bytes(Rc::from([&a[..], &b[..]].concat()))),
        ("+", List(a), List(b)) => Ok(Value::list([&a[..], &b[..]].concat())),
        ("+", Duration(a), Duration(b)) => a.checked_add(b).map(Duration).ok_or_else(Fault::overflow),
        ("-", Duration(a), Duration(b)) => a.checked_sub(b).map(Duration).ok_or_else(Fault::overflow),
        ("+", Timestamp(at, zone), Duration(by)) | ("+", Duration(by), Timestamp(at, zone)) => {
            time::instant(at + i128::from(by), zone)
        }
        ("-", Timestamp(at, zone), Duration(by)) => time::instant(at - i128::from(by), zone),
        ("-", Timestamp(a, _), Timestamp(b, _)) => {
            i64::try_from(a - b).map(Duration).map_err(|_| Fault::overflow())
        }
        _ => Err(overload()),
    }
}

/// The order of two numbers of any types. Outer `None`: one of both is no number; inner `None`: one is NaN.
pub(crate) fn number_order(a: &Value, b: &Value) -> Option<Option<Ordering>> {
    let whole = |value: &Value| match value {
        Value::Int(value) => Some(i128::from(*value)),
        Value::Uint(value) => Some(i128::from(*value)),
        _ => None,
    };
    match (whole(a), whole(b), a, b) {
        (Some(a), Some(b), ..) => Some(Some(a.cmp(&b))),
        // An integer beside a double becomes a double, as upstream has it, and may lose its last digits.
        (None, Some(b), Value::Double(a), _) => Some(a.partial_cmp(&(b as f64))),
        (Some(a), None, _, Value::Double(b)) => Some((a as f64).partial_cmp(b)),
        (None, None, Value::Double(a), Value::Double(b)) => Some(a.partial_cmp(b)),
        _ => None,
    }
}

/// `==`: values of different types are not equal, numbers are compared as numbers.
pub(crate) fn equal(a: &Value, b: &Value) -> Result<bool, Fault> {
    if let Some(order) = number_order(a, b) {
        return Ok(order == Some(Ordering::Equal));
    }
    Ok(match (a, b) {
        (Value::Withheld, Value::Withheld | Value::Str(_)) | (Value::Str(_), Value::Withheld) => {
            return Err(Fault::withheld());
        }
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::Timestamp(a, _), Value::Timestamp(b, _)) => a == b,
        (Value::Duration(a), Value::Duration(b)) => a == b,
        (Value::Type(a), Value::Type(b)) => a == b,
        (Value::Ip(a), Value::Ip(b)) => a == b,
        (Value::Cidr(a, n), Value::Cidr(b, m)) => (a, n) == (b, m),
        (Value::Quantity(a), Value::Quantity(b)) => a.order(b).is_eq(),
        (Value::Semver(a), Value::Semver(b)) => a.order(b).is_eq(),
        // Upstream has no answer for these beside another type.
        (Value::Quantity(_) | Value::Semver(_) | Value::Ip(_) | Value::Cidr(..), _) => {
            return Err(Fault::overload("=="));
        }
        (Value::Optional(None), Value::Optional(None)) => true,
        (Value::Optional(Some(a)), Value::Optional(Some(b))) => equal(a, b)?,
        (Value::List(a), Value::List(b)) if a.len() == b.len() => all_equal(a.iter().zip(b.iter()))?,
        (Value::Map(a), Value::Map(b)) if a.len() == b.len() => {
            let pairs: Option<Vec<(&Value, Value)>> =
                a.iter().map(|(key, value)| Some((value, find_key(b, key)?))).collect();
            match pairs {
                Some(pairs) => all_equal(pairs.iter().map(|(a, b)| (*a, b)))?,
                None => false,
            }
        }
        _ => false,
    })
}

/// False if one pair differs; else an error if one pair could not be compared.
fn all_equal<'v>(pairs: impl Iterator<Item = (&'v Value, &'v Value)>) -> Result<bool, Fault> {
    let mut hidden = None;
    for (a, b) in pairs {
        match equal(a, b) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(fault) => hidden = hidden.or(Some(fault)),
        }
    }
    hidden.map_or(Ok(true), Err)
}

/// `<` and its kin: values of one type that has an order, and numbers among each other.
pub(crate) fn order(a: &Value, b: &Value) -> Result<Ordering, Fault> {
    if let Some(order) = number_order(a, b) {
        return order.ok_or_else(|| Fault::other("NaN values cannot be ordered"));
    }
    match (a, b) {
        (Value::Withheld, _) | (_, Value::Withheld) => Err(Fault::withheld()),
        (Value::Bool(a), Value::Bool(b)) => Ok(a.cmp(b)),
        // By bytes of UTF-8, as Go compares strings.
        (Value::Str(a), Value::Str(b)) => Ok(a.as_bytes().cmp(b.as_bytes())),
        (Value::Bytes(a), Value::Bytes(b)) => Ok(a.cmp(b)),
        (Value::Timestamp(a, _), Value::Timestamp(b, _)) => Ok(a.cmp(b)),
        (Value::Duration(a), Value::Duration(b)) => Ok(a.cmp(b)),
        _ => Err(Fault::overload("order")),
    }
}

/// The value under a key. Numbers that are equal are one key.
pub(crate) fn find_key(entries: &[(Value, Value)], key: &Value) -> Option<Value> {
    let found = entries.iter().find(|(known, _)| equal(known, key) == Ok(true));
    found.map(|(_, value)| value.clone())
}

/// Puts an entry to its place in the order of keys. A key that stands there already gets the new value.
pub(crate) fn insert(entries: &mut Vec<(Value, Value)>, key: Value, value: Value) -> Result<(), Fault> {
    if !matches!(key, Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Str(_)) {
        return Err(Fault::other(format!("a {} is no key", key.type_name())));
    }
    match entries.iter().position(|(known, _)| key_order(known, &key).is_ge()) {
        Some(at) if key_order(&entries[at].0, &key).is_eq() => entries[at] = (key, value),
        Some(at) => entries.insert(at, (key, value)),
        None => entries.push((key, value)),
    }
    Ok(())
}

/// False before true before numbers before strings; strings as canonical JSON sorts them.
fn key_order(a: &Value, b: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Bool(_) => 0,
        Value::Str(_) => 2,
        _ => 1,
    };
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Str(a), Value::Str(b)) => utf16_cmp(a, b),
        _ => number_order(a, b).flatten().unwrap_or_else(|| rank(a).cmp(&rank(b))),
    }
}
