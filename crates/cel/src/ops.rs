//! Operators on values: equality, order, arithmetic.

use std::cmp::Ordering;

use nachweis_canon::Json;

use crate::ast::BinaryOp;
use crate::container::{Key, Map};
use crate::error::{ErrorKind, Fault};
use crate::number;
use crate::value::{Value, read_json};

/// Elements that one comparison may look at: a tenth of a cost unit each.
const WORK_LIMIT: u64 = 10 * crate::eval::COST_LIMIT;

/// Equality over all types: different types are unequal, numbers compare by value. A withheld string that is
/// met on the way is an error. `work` counts the elements that were compared.
pub(crate) fn equal(a: &Value<'_>, b: &Value<'_>, work: &mut u64) -> Result<bool, Fault> {
    use Value as V;
    if *work > WORK_LIMIT {
        return Err(Fault::cost());
    }
    Ok(match (a, b) {
        // Kubernetes' own types refuse to be compared with others, documents among them.
        (V::Quantity(_) | V::Opaque(_), V::Json(_)) => return Err(Fault::no_overload()),
        (V::Json(json), other) => return equal_json(json, other, true, work),
        (other, V::Json(json)) => return equal_json(json, other, false, work),
        (V::Null, V::Null) => true,
        (V::Bool(a), V::Bool(b)) => a == b,
        (V::Str(a), V::Str(b)) => a == b,
        (V::Bytes(a), V::Bytes(b)) => a == b,
        (V::Type(a), V::Type(b)) => a == b,
        (V::Timestamp(a), V::Timestamp(b)) => a == b,
        (V::Duration(a), V::Duration(b)) => a == b,
        (V::List(a), V::List(b)) => return equal_lists(a, b, work),
        (V::Map(a), V::Map(b)) => return equal_maps(a, b, work),
        (V::Optional(a), V::Optional(b)) => match (a, b) {
            (Some(a), Some(b)) => return equal(a, b, work),
            (a, b) => a.is_none() && b.is_none(),
        },
        (V::Quantity(a), V::Quantity(b)) => a.order(b).is_eq(),
        (V::Quantity(_), _) => return Err(Fault::no_overload()),
        (V::Opaque(a), V::Opaque(b)) if a.type_name() == b.type_name() => a == b,
        (V::Opaque(_), _) => return Err(Fault::no_overload()),
        _ => match order_numbers(a, b) {
            Some(order) => order == Some(Ordering::Equal),
            None => false,
        },
    })
}

/// Equal if every pair is. One that differs decides, whatever cannot be read or compared beside it.
fn all_equal(pairs: impl Iterator<Item = Result<bool, Fault>>) -> Result<bool, Fault> {
    let mut unknown = None;
    for pair in pairs {
        match pair {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(fault) if fault.is_cost() => return Err(fault),
            Err(fault) => unknown = unknown.or(Some(fault)),
        }
    }
    unknown.map_or(Ok(true), Err)
}

/// All pairs of two lists or maps of one length; counts the elements that are looked at.
fn same_elements<T>(
    lengths: (usize, usize),
    pairs: impl Iterator<Item = T>,
    work: &mut u64,
    mut pair: impl FnMut(T, &mut u64) -> Result<bool, Fault>,
) -> Result<bool, Fault> {
    if lengths.0 != lengths.1 {
        return Ok(false);
    }
    *work += lengths.0 as u64;
    all_equal(pairs.map(|one| pair(one, work)))
}

fn equal_lists(a: &[Value<'_>], b: &[Value<'_>], work: &mut u64) -> Result<bool, Fault> {
    same_elements((a.len(), b.len()), a.iter().zip(b), work, |(a, b), work| equal(a, b, work))
}

fn equal_maps(a: &Map<'_>, b: &Map<'_>, work: &mut u64) -> Result<bool, Fault> {
    same_elements((a.len(), b.len()), a.iter(), work, |(key, a), work| {
        b.get(key).map_or(Ok(false), |b| equal(a, b, work))
    })
}

/// A document beside any value; `first` where the document is the left side, which is the one that is asked.
fn equal_json(a: &Json<'_>, b: &Value<'_>, first: bool, work: &mut u64) -> Result<bool, Fault> {
    match (a, b) {
        (Json::Arr(a), Value::Json(Json::Arr(b))) => {
            same_elements((a.len(), b.len()), a.iter().zip(b), work, |(a, b), work| {
                equal_json(a, &Value::Json(b), first, work)
            })
        }
        (Json::Arr(a), Value::List(b)) => {
            same_elements((a.len(), b.len()), a.iter().zip(b.iter()), work, |(a, b), work| {
                equal_json(a, b, first, work)
            })
        }
        (Json::Obj(a), Value::Json(Json::Obj(b))) => {
            same_elements((a.len(), b.len()), a.iter(), work, |(key, a), work| {
                b.get(key).map_or(Ok(false), |b| equal_json(a, &Value::Json(b), first, work))
            })
        }
        (Json::Obj(a), Value::Map(b)) => {
            same_elements((a.len(), b.len()), a.iter(), work, |(key, a), work| {
                b.get(&Key::Str(key.into())).map_or(Ok(false), |b| equal_json(a, b, first, work))
            })
        }
        (Json::Arr(_) | Json::Obj(_), Value::Json(b)) => {
            read_json(b)?;
            Ok(false)
        }
        (_, Value::Quantity(_) | Value::Opaque(_)) if !first => Err(Fault::no_overload()),
        (Json::Arr(_) | Json::Obj(_), _) => Ok(false),
        (scalar, Value::Json(b @ (Json::Arr(_) | Json::Obj(_)))) => {
            read_json(scalar)?;
            let _ = b;
            Ok(false)
        }
        (scalar, Value::Json(b)) => equal(&read_json(scalar)?, &read_json(b)?, work),
        (scalar, b) => equal(&read_json(scalar)?, b, work),
    }
}

/// Order of two numbers of any type: `Some(None)` where one is NaN, `None` where one is no number.
fn order_numbers(a: &Value<'_>, b: &Value<'_>) -> Option<Option<Ordering>> {
    use Value as V;
    if let (V::Double(x), V::Int(_) | V::Uint(_) | V::Double(_)) | (V::Int(_) | V::Uint(_), V::Double(x)) =
        (a, b)
        && (x.is_nan() || matches!(b, V::Double(y) if y.is_nan()))
    {
        return Some(None);
    }
    Some(Some(match (a, b) {
        (V::Int(a), V::Int(b)) => a.cmp(b),
        (V::Uint(a), V::Uint(b)) => a.cmp(b),
        (V::Double(a), V::Double(b)) => number::doubles(*a, *b),
        (V::Int(a), V::Uint(b)) => number::int_uint(*a, *b),
        (V::Uint(a), V::Int(b)) => number::int_uint(*b, *a).reverse(),
        (V::Int(a), V::Double(b)) => number::int_double(*a, *b),
        (V::Double(a), V::Int(b)) => number::int_double(*b, *a).reverse(),
        (V::Uint(a), V::Double(b)) => number::uint_double(*a, *b),
        (V::Double(a), V::Uint(b)) => number::uint_double(*b, *a).reverse(),
        _ => return None,
    }))
}

/// Order of two values of one comparable type; numbers of all types compare with each other.
pub(crate) fn order(a: &Value<'_>, b: &Value<'_>) -> Result<Ordering, Fault> {
    use Value as V;
    Ok(match (a, b) {
        (V::Bool(a), V::Bool(b)) => a.cmp(b),
        (V::Str(a), V::Str(b)) => a.as_bytes().cmp(b.as_bytes()),
        (V::Bytes(a), V::Bytes(b)) => a.cmp(b),
        (V::Timestamp(a), V::Timestamp(b)) => a.cmp(b),
        (V::Duration(a), V::Duration(b)) => a.cmp(b),
        _ => match order_numbers(a, b) {
            Some(Some(order)) => order,
            Some(None) => return Err(Fault::other("NaN values cannot be ordered")),
            None => return Err(Fault::no_overload()),
        },
    })
}

/// `value in container`.
pub(crate) fn contains(container: &Value<'_>, value: &Value<'_>, work: &mut u64) -> Result<bool, Fault> {
    if let Some(found) = container.map_get(value) {
        return Ok(found.is_some());
    }
    let Some(len) = container.list_len() else { return Err(Fault::no_overload()) };
    let mut unknown = None;
    *work += len as u64;
    for at in 0..len {
        match container.list_item(at).map(|item| equal(value, &item, work)) {
            Some(Ok(true)) => return Ok(true),
            // An element that cannot be read decides only if no other one matches.
            // One that cannot be compared with the value is none that equals it.
            Some(Err(fault)) if !fault.is_overload() => unknown = unknown.or(Some(fault)),
            _ => {}
        }
    }
    unknown.map_or(Ok(false), Err)
}

fn int_overflow() -> Fault {
    Fault::overflow("integer overflow")
}

fn uint_overflow() -> Fault {
    Fault::overflow("unsigned integer overflow")
}

fn duration_overflow() -> Fault {
    Fault::overflow("duration overflow")
}

/// `-value`.
pub(crate) fn negate<'a>(value: &Value<'a>) -> Result<Value<'a>, Fault> {
    match value {
        Value::Int(value) => value.checked_neg().map(Value::Int).ok_or_else(int_overflow),
        Value::Double(value) => Ok(Value::Double(-value)),
        Value::Duration(value) => value.checked_neg().map(Value::Duration).ok_or_else(duration_overflow),
        _ => Err(Fault::no_overload()),
    }
}

/// `a + b`, `a - b`, `a * b`, `a / b`, `a % b`.
pub(crate) fn arithmetic<'a>(op: BinaryOp, a: &Value<'a>, b: &Value<'a>) -> Result<Value<'a>, Fault> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => int_arithmetic(op, *a, *b).map(Value::Int),
        (Value::Uint(a), Value::Uint(b)) => uint_arithmetic(op, *a, *b).map(Value::Uint),
        (Value::Double(a), Value::Double(b)) => Ok(Value::Double(match op {
            BinaryOp::Add => a + b,
            BinaryOp::Sub => a - b,
            BinaryOp::Mul => a * b,
            BinaryOp::Div => a / b,
            _ => return Err(Fault::no_overload()),
        })),
        _ => match op {
            BinaryOp::Add => add(a, b),
            BinaryOp::Sub => subtract(a, b),
            _ => Err(Fault::no_overload()),
        },
    }
}

fn int_arithmetic(op: BinaryOp, a: i64, b: i64) -> Result<i64, Fault> {
    match op {
        BinaryOp::Add => a.checked_add(b),
        BinaryOp::Sub => a.checked_sub(b),
        BinaryOp::Mul => a.checked_mul(b),
        BinaryOp::Div if b == 0 => return Err(Fault::new(ErrorKind::Overflow, "division by zero")),
        BinaryOp::Div => a.checked_div(b),
        BinaryOp::Rem if b == 0 => return Err(Fault::new(ErrorKind::Overflow, "modulus by zero")),
        BinaryOp::Rem => a.checked_rem(b),
        _ => return Err(Fault::no_overload()),
    }
    .ok_or_else(int_overflow)
}

fn uint_arithmetic(op: BinaryOp, a: u64, b: u64) -> Result<u64, Fault> {
    match op {
        BinaryOp::Add => a.checked_add(b),
        BinaryOp::Sub => a.checked_sub(b),
        BinaryOp::Mul => a.checked_mul(b),
        BinaryOp::Div if b == 0 => return Err(Fault::new(ErrorKind::Overflow, "division by zero")),
        BinaryOp::Div => a.checked_div(b),
        BinaryOp::Rem if b == 0 => return Err(Fault::new(ErrorKind::Overflow, "modulus by zero")),
        BinaryOp::Rem => a.checked_rem(b),
        _ => return Err(Fault::no_overload()),
    }
    .ok_or_else(uint_overflow)
}

fn add<'a>(a: &Value<'a>, b: &Value<'a>) -> Result<Value<'a>, Fault> {
    Ok(match (a, b) {
        (Value::Str(a), Value::Str(b)) => Value::str(format!("{a}{b}")),
        (Value::Bytes(a), Value::Bytes(b)) => Value::Bytes([&a[..], &b[..]].concat().into()),
        (Value::Duration(a), Value::Duration(b)) => {
            Value::Duration(a.checked_add(*b).ok_or_else(duration_overflow)?)
        }
        (Value::Timestamp(at), Value::Duration(by)) | (Value::Duration(by), Value::Timestamp(at)) => {
            Value::Timestamp(at.plus(*by)?)
        }
        _ => match (a.to_items(), b.to_items()) {
            (Some(a), Some(b)) => {
                let mut items = a?;
                items.extend(b?);
                Value::list(items)
            }
            _ => return Err(Fault::no_overload()),
        },
    })
}

fn subtract<'a>(a: &Value<'a>, b: &Value<'a>) -> Result<Value<'a>, Fault> {
    Ok(match (a, b) {
        (Value::Duration(a), Value::Duration(b)) => {
            Value::Duration(a.checked_sub(*b).ok_or_else(duration_overflow)?)
        }
        (Value::Timestamp(a), Value::Timestamp(b)) => Value::Duration(a.minus(*b)?),
        (Value::Timestamp(at), Value::Duration(by)) => {
            Value::Timestamp(at.plus(by.checked_neg().ok_or_else(duration_overflow)?)?)
        }
        _ => return Err(Fault::no_overload()),
    })
}

/// What the size of a value counts for in the cost of an operation: the length of what has one, else 1.
pub(crate) fn cost_size(value: &Value<'_>) -> u64 {
    let len = match value {
        Value::Str(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        _ => match value.list_len().or_else(|| value.map_len()) {
            Some(len) => len,
            None => return 1,
        },
    };
    len as u64
}
