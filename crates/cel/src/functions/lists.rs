//! Functions on lists and on lists as sets.

use std::cmp::Ordering;

use crate::ast::BinaryOp;
use crate::error::{ErrorKind, Fault};
use crate::eval::{Machine, Outcome};
use crate::functions::int;
use crate::ops;
use crate::signatures::Func;
use crate::value::Value;

fn items<'a>(value: &Value<'a>) -> Result<Vec<Value<'a>>, Fault> {
    value.to_items().ok_or_else(Fault::no_overload)?
}

pub(crate) fn call<'a>(machine: &mut Machine<'_, 'a>, func: Func, args: &[Value<'a>]) -> Outcome<'a> {
    if func == Func::Range {
        return range(machine, int(&args[0])?);
    }
    let own = items(&args[0])?;
    machine.charge((own.len() as u64).max(1))?;
    match func {
        Func::IsSorted => is_sorted(&own).map(Value::Bool),
        Func::Sum => sum(machine, &own),
        Func::Min => extreme(&own, Ordering::Greater, "min"),
        Func::Max => extreme(&own, Ordering::Less, "max"),
        Func::Slice => slice(&own, int(&args[1])?, int(&args[2])?).map(Value::list),
        Func::Flatten => {
            let depth = args.get(1).map_or(Ok(1), int)?;
            if depth < 0 {
                return Err(Fault::other("level must be non-negative"));
            }
            let mut out = Vec::new();
            flatten(machine, own, depth, &mut out)?;
            Ok(Value::list(out))
        }
        Func::Distinct => distinct(machine, own).map(Value::list),
        Func::Sort => {
            let len = own.len() as u64;
            machine.charge(len.saturating_mul(len).saturating_mul(2))?;
            let mut own = own;
            sortable(&own)?;
            own.sort_by(total_order);
            Ok(Value::list(own))
        }
        Func::Reverse => Ok(Value::list(own.into_iter().rev().collect())),
        _ => sets(machine, func, own, items(&args[1])?),
    }
}

/// True for types whose values have an order.
fn comparable(value: &Value<'_>) -> bool {
    matches!(
        value,
        Value::Bool(_)
            | Value::Int(_)
            | Value::Uint(_)
            | Value::Double(_)
            | Value::Str(_)
            | Value::Bytes(_)
            | Value::Timestamp(_)
            | Value::Duration(_)
    )
}

/// Elements can be sorted if they are of one type that has an order.
pub(crate) fn sortable(items: &[Value<'_>]) -> Result<(), Fault> {
    let Some(first) = items.first() else { return Ok(()) };
    if !comparable(first) {
        return Err(Fault::other("list elements must be comparable"));
    }
    match items.iter().all(|item| item.type_name() == first.type_name()) {
        true => Ok(()),
        false => Err(Fault::other("list elements must have the same type")),
    }
}

/// The order of sortable elements; NaN comes first.
pub(crate) fn total_order(a: &Value<'_>, b: &Value<'_>) -> Ordering {
    match (a, b) {
        (Value::Double(a), Value::Double(b)) => {
            b.is_nan().cmp(&a.is_nan()).then_with(|| crate::number::doubles(*a, *b))
        }
        _ => ops::order(a, b).unwrap_or(Ordering::Equal),
    }
}

fn range<'a>(machine: &mut Machine<'_, 'a>, len: i64) -> Outcome<'a> {
    let len = len.max(0);
    machine.charge((len as u64).saturating_add(11))?;
    Ok(Value::list((0..len).map(Value::Int).collect()))
}

/// Neighbours that cannot be compared count as sorted, as upstream has it.
fn is_sorted(own: &[Value<'_>]) -> Result<bool, Fault> {
    if !own.iter().all(comparable) {
        return Err(Fault::no_overload());
    }
    Ok(own.windows(2).all(|pair| !matches!(ops::order(&pair[0], &pair[1]), Ok(Ordering::Greater))))
}

fn sum<'a>(machine: &mut Machine<'_, 'a>, own: &[Value<'a>]) -> Outcome<'a> {
    machine.charge(own.len() as u64)?;
    let Some((first, rest)) = own.split_first() else { return Ok(Value::Int(0)) };
    if !matches!(first, Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Duration(_)) {
        return Err(Fault::no_overload());
    }
    rest.iter().try_fold(first.clone(), |sum, item| match item {
        Value::Timestamp(_) => Err(Fault::no_overload()),
        item => ops::arithmetic(BinaryOp::Add, &sum, item),
    })
}

/// The first element that no other one beats; elements that cannot be compared beat nothing.
fn extreme<'a>(own: &[Value<'a>], beaten: Ordering, name: &str) -> Outcome<'a> {
    if !own.iter().all(comparable) {
        return Err(Fault::no_overload());
    }
    let best = own.iter().reduce(|best, item| match ops::order(best, item) {
        Ok(order) if order == beaten => item,
        _ => best,
    });
    best.cloned().ok_or_else(|| Fault::other(format!("{name} called on empty list")))
}

fn slice<'a>(own: &[Value<'a>], start: i64, end: i64) -> Result<Vec<Value<'a>>, Fault> {
    let refused = |why: &str| Fault::new(ErrorKind::Overflow, format!("cannot slice({start}, {end}), {why}"));
    let (Ok(from), Ok(to)) = (usize::try_from(start), usize::try_from(end)) else {
        return Err(refused("negative indexes not supported"));
    };
    if from > to {
        return Err(refused("start index must be less than or equal to end index"));
    }
    own.get(from..to).map(<[_]>::to_vec).ok_or_else(|| refused(&format!("list is length {}", own.len())))
}

/// Recursion ends with the nesting of the value, which the depth of source and document bounds.
fn flatten<'a>(
    machine: &mut Machine<'_, 'a>,
    own: Vec<Value<'a>>,
    depth: i64,
    out: &mut Vec<Value<'a>>,
) -> Result<(), Fault> {
    machine.charge(own.len() as u64)?;
    for item in own {
        if depth > 0 && item.list_len().is_some() {
            flatten(machine, items(&item)?, depth - 1, out)?;
        } else {
            out.push(item);
        }
    }
    Ok(())
}

fn distinct<'a>(machine: &mut Machine<'_, 'a>, own: Vec<Value<'a>>) -> Result<Vec<Value<'a>>, Fault> {
    let len = own.len() as u64;
    machine.charge(len.saturating_mul(len).saturating_mul(2))?;
    let mut out: Vec<Value<'a>> = Vec::new();
    for item in own {
        if !holds(machine, &out, &item)? {
            out.push(item);
        }
    }
    Ok(out)
}

/// Whether a list holds an element; an element that cannot be read decides only if no other one matches.
fn holds<'a>(machine: &mut Machine<'_, 'a>, list: &[Value<'a>], item: &Value<'a>) -> Result<bool, Fault> {
    let mut work = 0;
    let mut unknown = None;
    for other in list {
        match ops::equal(other, item, &mut work) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(fault) => unknown = unknown.or(Some(fault)),
        }
    }
    machine.charge(work)?;
    unknown.map_or(Ok(false), Err)
}

fn sets<'a>(
    machine: &mut Machine<'_, 'a>,
    func: Func,
    own: Vec<Value<'a>>,
    other: Vec<Value<'a>>,
) -> Outcome<'a> {
    let product = (own.len() as u64).saturating_mul(other.len() as u64);
    let times = if func == Func::SetsEquivalent { 2 } else { 1 };
    machine.charge(product.saturating_mul(times))?;
    let mut all_in = |list: &[Value<'a>], of: &[Value<'a>]| {
        for item in of {
            if !holds(machine, list, item)? {
                return Ok(false);
            }
        }
        Ok::<_, Fault>(true)
    };
    Ok(Value::Bool(match func {
        Func::SetsContains => all_in(&own, &other)?,
        Func::SetsEquivalent => all_in(&own, &other)? && all_in(&other, &own)?,
        Func::SetsIntersects => {
            for item in &own {
                if holds(machine, &other, item)? {
                    return Ok(Value::Bool(true));
                }
            }
            false
        }
        _ => return Err(Fault::other("internal error: a function has no rule")),
    }))
}
