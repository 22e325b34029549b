//! A control made ready: its expressions parsed, its parameters bound.

use std::collections::BTreeMap;

use nachweis_model::control::{Control, Reason};
use serde_json::Value as Data;

use crate::cel::{Expr, Value, parse};

/// A condition with its code.
pub struct Coded {
    /// the code
    pub code: String,
    /// `None`: always
    pub when: Option<Expr>,
}

/// A control with its expressions.
pub struct Check<'c> {
    /// the control's file
    pub control: &'c Control,
    /// which items belong to the population
    pub only: Option<Expr>,
    /// which of them are named and not judged
    pub exclude: Vec<Coded>,
    /// true where an item is covered
    pub predicate: Expr,
    /// why an item is not covered
    pub reasons: Vec<Coded>,
    /// `enforced_by.seen` and `enforced_by.inactive`
    pub enforced: Option<(Expr, Expr)>,
    /// further items that are counted
    pub counts: Vec<(String, String, Option<Expr>)>,
    /// the value of `params`
    pub params: Value,
    /// a parameter without default was not set
    pub unset: bool,
    /// namespaces of the platform itself
    pub platform: Vec<String>,
}

fn expression(control: &Control, source: &str) -> Result<Expr, String> {
    parse(source).map_err(|refused| format!("{}: {}", control.id, refused.0))
}

fn optional(control: &Control, source: Option<&String>) -> Result<Option<Expr>, String> {
    source.map(|source| expression(control, source)).transpose()
}

fn coded(control: &Control, reasons: &[Reason]) -> Result<Vec<Coded>, String> {
    let one = |reason: &Reason| {
        Ok(Coded { code: reason.code.clone(), when: optional(control, reason.when.as_ref())? })
    };
    reasons.iter().map(one).collect()
}

/// The value of a parameter, as an expression sees it.
fn value(data: &Data) -> Value {
    match data {
        Data::Null => Value::Null,
        Data::Bool(value) => Value::Bool(*value),
        Data::Number(number) => match number.as_i64() {
            Some(whole) => Value::Int(whole),
            None => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
        },
        Data::String(text) => Value::text(text),
        Data::Array(items) => Value::of_list(items.iter().map(value).collect()),
        Data::Object(members) => Value::of_map(members.iter().map(|(key, data)| (key.as_str(), value(data)))),
    }
}

impl<'c> Check<'c> {
    /// Parses the expressions of a control and binds its parameters: the overlay's value, else the default.
    pub fn new(control: &'c Control, values: &BTreeMap<String, Data>) -> Result<Check<'c>, String> {
        let bound: Vec<(&str, &Data)> = control
            .parameters
            .iter()
            .map(|p| (p.name.as_str(), values.get(&p.name).unwrap_or(&p.default)))
            .collect();
        let unset = bound.iter().any(|(_, data)| data.is_null());
        let platform = bound.iter().find(|(name, _)| *name == "platform_namespaces");
        let platform = platform.and_then(|(_, data)| data.as_array()).into_iter().flatten();
        let set = bound.iter().filter(|(_, data)| !data.is_null());
        let mut counts = Vec::new();
        for count in &control.counts {
            let only = optional(control, count.r#where.as_ref())?;
            counts.push((count.name.clone(), count.resource.clone(), only));
        }
        let enforced = match &control.enforced_by {
            Some(by) => Some((expression(control, &by.seen)?, expression(control, &by.inactive)?)),
            None => None,
        };
        Ok(Check {
            control,
            only: optional(control, control.population.r#where.as_ref())?,
            exclude: coded(control, &control.population.exclude)?,
            predicate: expression(control, &control.predicate)?,
            reasons: coded(control, &control.reasons)?,
            enforced,
            counts,
            params: Value::of_map(set.map(|(name, data)| (*name, value(data)))),
            unset,
            platform: platform.filter_map(|name| name.as_str().map(str::to_string)).collect(),
        })
    }

    /// True where the population is made of pods.
    pub fn judges_pods(&self) -> bool {
        self.control.population.of.iter().any(|name| name == "workload-pods")
    }
}
