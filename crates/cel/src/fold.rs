//! The comprehension macros. Upstream expands them into loops with an accumulator; the prices are those of
//! the expanded form.

use crate::ast::FoldKind;
use crate::container::Key;
use crate::error::Fault;
use crate::eval::{LIST_COST, Machine, Outcome, finish_map};
use crate::functions::lists;
use crate::plan::FoldOp;
use crate::value::Value;

/// The elements of a list or the entries of a map, one after the other.
struct Range<'a> {
    over: Value<'a>,
    len: usize,
    map: bool,
}

impl<'a> Range<'a> {
    fn new(over: Value<'a>) -> Result<Self, Fault> {
        if let Some(len) = over.list_len() {
            return Ok(Range { over, len, map: false });
        }
        match over.map_len() {
            Some(len) => Ok(Range { over, len, map: true }),
            None => Err(Fault::new(
                crate::error::ErrorKind::NoOverload,
                format!("got `{}`, expected a list or a map", over.type_name()),
            )),
        }
    }

    /// Sets the loop variables. Elements are looked at where they are used, so a withheld one harms nobody else.
    fn bind(&self, machine: &mut Machine<'_, 'a>, fold: &FoldOp, at: usize) {
        let (first, second) = if self.map {
            let (key, value) = self.over.map_entry(at).unwrap_or((Value::Null, Value::Null));
            (key, fold.two.then_some(value))
        } else {
            let item = self.over.list_item(at).unwrap_or(Value::Null);
            if fold.two { (Value::Int(at as i64), Some(item)) } else { (item, None) }
        };
        machine.locals[fold.slot] = first;
        if let Some(second) = second {
            machine.locals[fold.slot + 1] = second;
        }
    }
}

pub(crate) fn run<'a>(machine: &mut Machine<'_, 'a>, fold: &'a FoldOp) -> Outcome<'a> {
    let over = machine.eval(&fold.range)?;
    let range = Range::new(over)?;
    match fold.kind {
        FoldKind::All => quantifier(machine, fold, &range, false),
        FoldKind::Exists => quantifier(machine, fold, &range, true),
        FoldKind::ExistsOne => exists_one(machine, fold, &range),
        FoldKind::List | FoldKind::Filter => list(machine, fold, &range),
        FoldKind::Map | FoldKind::MapEntry => map(machine, fold, &range),
        FoldKind::SortBy => sort_by(machine, fold, &range),
    }
}

/// `all` (decided by false) and `exists` (decided by true): an element that decides wins over any error.
fn quantifier<'a>(
    machine: &mut Machine<'_, 'a>,
    fold: &'a FoldOp,
    range: &Range<'a>,
    decides: bool,
) -> Outcome<'a> {
    let mut first = None;
    let condition = if decides { 3 } else { 2 };
    for at in 0..range.len {
        machine.charge(condition + 1)?;
        range.bind(machine, fold, at);
        match machine.eval(&fold.body) {
            Ok(Value::Bool(value)) if value == decides => {
                let again = if at + 1 < range.len { condition } else { 0 };
                machine.charge(again + 1)?;
                return Ok(Value::Bool(decides));
            }
            Ok(Value::Bool(_)) => {}
            Ok(_) => first = first.or_else(|| Some(Fault::no_overload().at(fold.body.at))),
            Err(fault) if fault.is_cost() => return Err(fault),
            Err(fault) => first = first.or(Some(fault)),
        }
    }
    machine.charge(1)?;
    first.map_or(Ok(Value::Bool(!decides)), Err)
}

fn truth(value: &Value<'_>) -> Result<bool, Fault> {
    match value {
        Value::Bool(value) => Ok(*value),
        _ => Err(Fault::no_overload()),
    }
}

fn exists_one<'a>(machine: &mut Machine<'_, 'a>, fold: &'a FoldOp, range: &Range<'a>) -> Outcome<'a> {
    let mut count = 0u64;
    for at in 0..range.len {
        range.bind(machine, fold, at);
        let value = machine.eval(&fold.body)?;
        let hit = truth(&value).map_err(|fault| fault.at(fold.body.at))?;
        count += u64::from(hit);
        machine.charge(if hit { 2 } else { 1 })?;
    }
    machine.charge(2)?;
    Ok(Value::Bool(count == 1))
}

/// True if the element passes the filter of a three-argument `map` and its kin.
fn passes<'a>(machine: &mut Machine<'_, 'a>, fold: &'a FoldOp) -> Result<bool, Fault> {
    let Some(filter) = &fold.filter else { return Ok(true) };
    let value = machine.eval(filter)?;
    let hit = truth(&value).map_err(|fault| fault.at(filter.at))?;
    if !hit {
        machine.charge(1)?;
    }
    Ok(hit)
}

fn list<'a>(machine: &mut Machine<'_, 'a>, fold: &'a FoldOp, range: &Range<'a>) -> Outcome<'a> {
    let mut out = Vec::new();
    for at in 0..range.len {
        range.bind(machine, fold, at);
        if !passes(machine, fold)? {
            continue;
        }
        let value = machine.eval(&fold.body)?;
        if fold.kind == FoldKind::List {
            machine.charge(LIST_COST + 2)?;
            out.push(value);
        } else if truth(&value).map_err(|fault| fault.at(fold.body.at))? {
            machine.charge(LIST_COST + 3)?;
            out.push(machine.locals[fold.slot].clone().settled()?);
        } else {
            machine.charge(1)?;
        }
    }
    machine.charge(1)?;
    Value::list(out).shallow()
}

fn map<'a>(machine: &mut Machine<'_, 'a>, fold: &'a FoldOp, range: &Range<'a>) -> Outcome<'a> {
    let mut out = Vec::new();
    for at in 0..range.len {
        range.bind(machine, fold, at);
        if !passes(machine, fold)? {
            continue;
        }
        let value = match machine.eval(&fold.body) {
            Ok(value) => value,
            // A key that stood twice before was an error before this one.
            Err(fault) => {
                finish_map(out)?;
                return Err(fault);
            }
        };
        if fold.kind == FoldKind::Map {
            machine.charge(3)?;
            let key = Key::of(&machine.locals[fold.slot]).ok_or_else(Fault::no_overload)?;
            out.push((key, value));
        } else {
            let len = value.map_len().ok_or_else(|| Fault::no_overload().at(fold.body.at))?;
            machine.charge(2 + len as u64)?;
            for at in 0..len {
                let (key, value) = value.map_entry(at).unwrap_or((Value::Null, Value::Null));
                let key = Key::of(&key).ok_or_else(Fault::no_overload)?;
                out.push((key, value.settled()?));
            }
        }
    }
    machine.charge(1)?;
    finish_map(out)
}

fn sort_by<'a>(machine: &mut Machine<'_, 'a>, fold: &'a FoldOp, range: &Range<'a>) -> Outcome<'a> {
    let mut pairs = Vec::with_capacity(range.len);
    for at in 0..range.len {
        range.bind(machine, fold, at);
        let key = machine.eval(&fold.body)?;
        machine.charge(LIST_COST + 2)?;
        pairs.push((key, machine.locals[fold.slot].clone().settled()?));
    }
    let len = range.len as u64;
    machine.charge(len.saturating_mul(len).saturating_mul(2).max(1))?;
    let keys: Vec<Value<'a>> = pairs.iter().map(|(key, _)| key.clone()).collect();
    // The keys of a map come as a list, but the map itself is none that could be sorted.
    if range.map {
        return Err(Fault::no_overload());
    }
    lists::sortable(&keys)?;
    pairs.sort_by(|a, b| lists::total_order(&a.0, &b.0));
    Ok(Value::list(pairs.into_iter().map(|(_, value)| value).collect()))
}
