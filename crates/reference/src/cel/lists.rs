//! Macros that go over lists and maps, and the functions of lists and sets.

use std::cmp::Ordering;
use std::rc::Rc;

use super::ast::{Expr, Loop};
use super::eval::{Outcome, Scope, both, eval, read};
use super::fault::Fault;
use super::operators::{binary, equal, insert, order};
use super::value::Value;

/// What one step of a macro sees: key and value, or for lists position and element.
fn steps(over: &Value) -> Result<Vec<(Value, Value)>, Fault> {
    match over {
        Value::List(items) => {
            Ok((0i64..).zip(items.iter()).map(|(at, item)| (Value::Int(at), item.clone())).collect())
        }
        Value::Map(entries) => Ok(entries.to_vec()),
        other => Err(Fault::overload(&format!("a macro over {}", other.type_name()))),
    }
}

/// Runs a macro.
pub(crate) fn run(
    kind: Loop,
    over: Value,
    names: &[String],
    filter: Option<&Expr>,
    body: &Expr,
    scope: &Scope,
) -> Outcome {
    let steps = steps(&over)?;
    let is_map = matches!(over, Value::Map(_));
    // With one variable a macro sees elements of lists and keys of maps.
    let bind = |(key, value): &(Value, Value)| match names {
        [one] if is_map => scope.with(one, key.clone()),
        [one] => scope.with(one, value.clone()),
        [first, second, ..] => scope.with(first, key.clone()).with(second, value.clone()),
        [] => scope.clone(),
    };
    let kept = |scope: &Scope| match filter {
        None => Ok(true),
        Some(filter) => truth(eval(filter, scope)?),
    };
    match kind {
        Loop::All | Loop::Exists => {
            let decisive = kind == Loop::Exists;
            let mut so_far = Ok(Value::Bool(!decisive));
            for step in &steps {
                so_far = both(so_far, || eval(body, &bind(step)), decisive);
                if matches!(so_far, Ok(Value::Bool(value)) if value == decisive) {
                    break;
                }
            }
            so_far
        }
        Loop::ExistsOne => {
            let mut found = 0;
            for step in &steps {
                found += u64::from(truth(eval(body, &bind(step))?)?);
            }
            Ok(Value::Bool(found == 1))
        }
        Loop::Filter => {
            let mut out = Vec::new();
            for step in &steps {
                if truth(eval(body, &bind(step))?)? {
                    out.push(if is_map { step.0.clone() } else { step.1.clone() });
                }
            }
            Ok(Value::list(out))
        }
        Loop::Map | Loop::TransformList => {
            let mut out = Vec::new();
            for step in &steps {
                let scope = bind(step);
                if kept(&scope)? {
                    out.push(eval(body, &scope)?);
                }
            }
            Ok(Value::list(out))
        }
        Loop::TransformMap | Loop::TransformMapEntry => {
            let mut out = Vec::new();
            for step in &steps {
                let scope = bind(step);
                if !kept(&scope)? {
                    continue;
                }
                match (kind, eval(body, &scope)?) {
                    (Loop::TransformMap, value) => insert(&mut out, step.0.clone(), value)?,
                    (_, Value::Map(entries)) => {
                        for (key, value) in entries.iter() {
                            if super::operators::find_key(&out, key).is_some() {
                                return Err(Fault::other("a key of transformMapEntry stands twice"));
                            }
                            insert(&mut out, key.clone(), value.clone())?;
                        }
                    }
                    _ => return Err(Fault::overload("transformMapEntry")),
                }
            }
            Ok(Value::Map(Rc::new(out)))
        }
        Loop::SortBy => {
            let mut keys = Vec::new();
            for step in &steps {
                keys.push(eval(body, &bind(step))?);
            }
            let Value::List(items) = &over else { return Err(Fault::overload("sortBy")) };
            sort(items, &keys)
        }
    }
}

fn truth(value: Value) -> Result<bool, Fault> {
    match value {
        Value::Bool(value) => Ok(value),
        _ => Err(Fault::overload("a condition")),
    }
}

/// Elements in the order of their keys. All keys have one type that has an order.
fn sort(items: &[Value], keys: &[Value]) -> Outcome {
    for key in keys {
        let sortable = matches!(
            key,
            Value::Int(_)
                | Value::Uint(_)
                | Value::Double(_)
                | Value::Bool(_)
                | Value::Duration(_)
                | Value::Timestamp(..)
                | Value::Str(_)
                | Value::Bytes(_)
        );
        if !sortable || key.type_name() != keys[0].type_name() {
            return Err(Fault::other("elements cannot be sorted"));
        }
        order(key, &keys[0])?;
    }
    let mut places: Vec<usize> = (0..items.len()).collect();
    places.sort_by(|a, b| order(&keys[*a], &keys[*b]).unwrap_or(Ordering::Equal));
    Ok(Value::list(places.into_iter().map(|at| items[at].clone()).collect()))
}

/// Refuses elements that have no order, or no sum.
fn one_of_a_kind(items: &[Value], ordered: bool) -> Result<(), Fault> {
    let right = items.iter().all(|item| match item {
        Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Duration(_) => true,
        Value::Bool(_) | Value::Timestamp(..) | Value::Str(_) | Value::Bytes(_) => ordered,
        _ => false,
    });
    if right { Ok(()) } else { Err(Fault::overload("a list of such elements")) }
}

/// Every element, read.
fn readable(items: &[Value]) -> Result<Vec<Value>, Fault> {
    items.iter().cloned().map(read).collect()
}

/// Functions whose first value is a list.
pub(crate) fn call(name: &str, items: &[Value], rest: &[Value]) -> Outcome {
    let overload = || Fault::overload(name);
    match (name, rest) {
        (":first", []) => items.first().cloned().map(read).transpose().map(super::eval::optionally),
        (":last", []) => items.last().cloned().map(read).transpose().map(super::eval::optionally),
        (":indexOf" | ":lastIndexOf", [wanted]) => {
            let mut found = -1;
            for (at, item) in (0i64..).zip(items) {
                if equal(item, wanted)? && (found < 0 || name == ":lastIndexOf") {
                    found = at;
                    if name == ":indexOf" {
                        break;
                    }
                }
            }
            Ok(Value::Int(found))
        }
        (":isSorted", []) => {
            let items = readable(items)?;
            one_of_a_kind(&items, true)?;
            for pair in items.windows(2) {
                if order(&pair[0], &pair[1])?.is_gt() {
                    return Ok(Value::Bool(false));
                }
            }
            Ok(Value::Bool(true))
        }
        (":sum", []) => {
            let items = readable(items)?;
            one_of_a_kind(&items, false)?;
            let Some(first) = items.first() else { return Ok(Value::Int(0)) };
            items[1..].iter().cloned().try_fold(first.clone(), |sum, item| binary("+", sum, item))
        }
        (":min" | ":max", []) => {
            let items = readable(items)?;
            let Some(first) = items.first() else {
                return Err(Fault::other("an empty list has no such element"));
            };
            one_of_a_kind(&items, true)?;
            let mut best = first.clone();
            for item in &items[1..] {
                let order = order(item, &best)?;
                if (name == ":min" && order.is_lt()) || (name == ":max" && order.is_gt()) {
                    best = item.clone();
                }
            }
            Ok(best)
        }
        (":sort", []) => {
            let items = readable(items)?;
            sort(&items, &items)
        }
        (":slice", [Value::Int(from), Value::Int(to)]) => {
            let end = i64::try_from(items.len()).map_err(|_| Fault::overflow())?;
            if *from < 0 || *to < *from || *to > end {
                return Err(Fault::overflow());
            }
            Ok(Value::list(items[*from as usize..*to as usize].to_vec()))
        }
        (":flatten", []) => flatten(items, 1).map(Value::list),
        (":flatten", [Value::Int(depth)]) if *depth >= 0 => flatten(items, *depth).map(Value::list),
        (":flatten", [Value::Int(_)]) => Err(Fault::other("level must be non-negative")),
        (":distinct", []) => distinct(items).map(Value::list),
        (":reverse", []) => Ok(Value::list(items.iter().rev().cloned().collect())),
        (":join", []) => join(items, ""),
        (":join", [Value::Str(between)]) => join(items, between),
        // Sets read every element, whether the answer needs it or not.
        ("sets.contains", [Value::List(others)]) => {
            subset(&readable(others)?, &readable(items)?).map(Value::Bool)
        }
        ("sets.equivalent", [Value::List(others)]) => {
            let (items, others) = (&readable(items)?, &readable(others)?);
            Ok(Value::Bool(subset(others, items)? && subset(items, others)?))
        }
        ("sets.intersects", [Value::List(others)]) => {
            let (items, others) = (&readable(items)?, &readable(others)?);
            let mut found = false;
            for item in items {
                found |= among(item, others)?;
            }
            Ok(Value::Bool(found))
        }
        ("optional.unwrap" | ":unwrapOpt", []) => {
            let mut out = Vec::new();
            for item in items {
                match item {
                    Value::Optional(value) => out.extend(value.iter().map(|value| (**value).clone())),
                    _ => return Err(overload()),
                }
            }
            Ok(Value::list(out))
        }
        _ => Err(overload()),
    }
}

fn among(wanted: &Value, items: &[Value]) -> Result<bool, Fault> {
    match binary("in", wanted.clone(), Value::list(items.to_vec()))? {
        Value::Bool(found) => Ok(found),
        _ => Err(Fault::overload("in")),
    }
}

/// True where every element of `part` is among `whole`.
fn subset(part: &[Value], whole: &[Value]) -> Result<bool, Fault> {
    for item in part {
        if !among(item, whole)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn flatten(items: &[Value], depth: i64) -> Result<Vec<Value>, Fault> {
    let mut out = Vec::new();
    for item in items {
        match item {
            Value::List(inner) if depth > 0 => out.extend(flatten(inner, depth - 1)?),
            item => out.push(item.clone()),
        }
    }
    Ok(out)
}

fn distinct(items: &[Value]) -> Result<Vec<Value>, Fault> {
    let mut out: Vec<Value> = Vec::new();
    for item in items {
        if !among(item, &out)? {
            out.push(item.clone());
        }
    }
    Ok(out)
}

fn join(items: &[Value], between: &str) -> Outcome {
    let mut texts: Vec<String> = Vec::new();
    for item in items {
        match read(item.clone())? {
            Value::Str(text) => texts.push(text.to_string()),
            _ => return Err(Fault::overload("join")),
        }
    }
    Ok(Value::str(texts.join(between)))
}
