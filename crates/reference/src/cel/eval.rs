//! The interpreter: one function for each form of the tree.

use std::rc::Rc;

use super::ast::Expr;
use super::fault::{Class, Fault};
use super::functions;
use super::lists;
use super::operators::{binary, find_key, insert};
use super::value::Value;

pub(crate) type Outcome = Result<Value, Fault>;

/// Variables by name. The last one of a name counts.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    outer: Vec<(String, Value)>,
    inner: Vec<(String, Value)>,
}

impl Scope {
    /// A scope with the variables of an environment.
    pub fn new(variables: Vec<(String, Value)>) -> Self {
        Scope { outer: variables, inner: Vec::new() }
    }

    pub(crate) fn with(&self, name: &str, value: Value) -> Scope {
        let mut out = self.clone();
        out.inner.push((name.to_string(), value));
        out
    }

    fn get(&self, name: &str) -> Option<&Value> {
        let find = |list: &[(String, Value)], name: &str| list.iter().rposition(|(known, _)| known == name);
        match name.strip_prefix('.') {
            Some(global) => find(&self.outer, global).map(|at| &self.outer[at].1),
            None => match find(&self.inner, name) {
                Some(at) => Some(&self.inner[at].1),
                None => find(&self.outer, name).map(|at| &self.outer[at].1),
            },
        }
    }
}

/// Names that stand for types.
const TYPES: [&str; 20] = [
    "bool",
    "bytes",
    "double",
    "duration",
    "dyn",
    "google.protobuf.Duration",
    "google.protobuf.Timestamp",
    "int",
    "list",
    "map",
    "null_type",
    "optional_type",
    "string",
    "type",
    "uint",
    "kubernetes.Quantity",
    "kubernetes.Semver",
    "kubernetes.URL",
    "net.CIDR",
    "net.IP",
];

/// The value of an expression.
pub fn evaluate(expr: &Expr, scope: &Scope) -> Outcome {
    let value = eval(expr, scope)?;
    read(value)
}

/// A withheld string is an error where it is read.
pub(crate) fn read(value: Value) -> Outcome {
    if matches!(value, Value::Withheld) { Err(Fault::withheld()) } else { Ok(value) }
}

pub(crate) fn eval(expr: &Expr, scope: &Scope) -> Outcome {
    match expr {
        Expr::Literal(value) => Ok(value.clone()),
        Expr::Name(_) => name(expr, scope),
        Expr::List(items) => list(items, scope),
        Expr::Map(entries) => map(entries, scope),
        Expr::Select { of, field, optional } => match qualified(expr, scope) {
            Some(value) => Ok(value),
            None => select(eval(of, scope)?, field, *optional),
        },
        Expr::Has { of, field } => has(&eval(of, scope)?, field).map(Value::Bool),
        Expr::Index { of, key, optional } => {
            let of = eval(of, scope)?;
            index(of, eval(key, scope)?, *optional)
        }
        Expr::Call { receiver, name, arguments } => call(receiver.as_deref(), name, arguments, scope),
        Expr::Not(inner) => match eval(inner, scope)? {
            Value::Bool(value) => Ok(Value::Bool(!value)),
            _ => Err(Fault::overload("!_")),
        },
        Expr::Minus(inner) => match eval(inner, scope)? {
            Value::Int(value) => value.checked_neg().map(Value::Int).ok_or_else(Fault::overflow),
            Value::Double(value) => Ok(Value::Double(-value)),
            Value::Duration(value) => value.checked_neg().map(Value::Duration).ok_or_else(Fault::overflow),
            _ => Err(Fault::overload("-_")),
        },
        Expr::Binary(operator, left, right) => {
            let left = eval(left, scope)?;
            binary(operator, left, eval(right, scope)?)
        }
        Expr::And(left, right) => both(eval(left, scope), || eval(right, scope), false),
        Expr::Or(left, right) => both(eval(left, scope), || eval(right, scope), true),
        Expr::Choice(condition, yes, no) => match eval(condition, scope)? {
            Value::Bool(true) => eval(yes, scope),
            Value::Bool(false) => eval(no, scope),
            _ => Err(Fault::overload("_?_:_")),
        },
        Expr::Loop { kind, over, names, filter, body } => {
            lists::run(*kind, eval(over, scope)?, names, filter.as_deref(), body, scope)
        }
        Expr::OptMap { of, name, body, flat } => opt_map(eval(of, scope)?, name, body, *flat, scope),
    }
}

/// `&&` (`decisive` is false) and `||` (`decisive` is true): one decisive side is enough, whatever the other is.
pub(crate) fn both(left: Outcome, right: impl FnOnce() -> Outcome, decisive: bool) -> Outcome {
    if let Ok(Value::Bool(value)) = left
        && value == decisive
    {
        return Ok(Value::Bool(decisive));
    }
    let right = right();
    if let Ok(Value::Bool(value)) = right
        && value == decisive
    {
        return Ok(Value::Bool(decisive));
    }
    // What is not covered might have decided.
    if right.as_ref().is_err_and(|fault| fault.class == Class::NotCovered) {
        return right;
    }
    // Neither decides: both have to be booleans, and the error of the left side is told first.
    for side in [left, right] {
        if !matches!(side?, Value::Bool(_)) {
            return Err(Fault::overload(if decisive { "_||_" } else { "_&&_" }));
        }
    }
    Ok(Value::Bool(!decisive))
}

fn name(expr: &Expr, scope: &Scope) -> Outcome {
    let Expr::Name(name) = expr else { return Err(Fault::other("no name")) };
    match scope.get(name) {
        Some(value) => read(value.clone()),
        None => {
            qualified(expr, scope).ok_or_else(|| Fault::other(format!("undeclared reference to `{name}`")))
        }
    }
}

/// A chain of names whose first one is no variable, written with dots.
pub(crate) fn dotted(expr: &Expr, scope: &Scope) -> Option<String> {
    match expr {
        Expr::Name(name) if scope.get(name).is_none() => Some(name.trim_start_matches('.').to_string()),
        Expr::Select { of, field, optional: false } => Some(format!("{}.{field}", dotted(of, scope)?)),
        _ => None,
    }
}

/// The type that a chain of names stands for.
fn qualified(expr: &Expr, scope: &Scope) -> Option<Value> {
    let name = dotted(expr, scope)?;
    TYPES.contains(&name.as_str()).then(|| Value::type_named(&name))
}

fn list(items: &[(bool, Expr)], scope: &Scope) -> Outcome {
    let mut out = Vec::new();
    for (optional, item) in items {
        match (optional, eval(item, scope)?) {
            (false, value) => out.push(value),
            (true, Value::Optional(None)) => {}
            (true, Value::Optional(Some(value))) => out.push((*value).clone()),
            (true, _) => return Err(Fault::other("what stands behind `?` is no optional")),
        }
    }
    Ok(Value::list(out))
}

fn map(entries: &[(bool, Expr, Expr)], scope: &Scope) -> Outcome {
    let mut out = Vec::new();
    for (optional, key, value) in entries {
        let key = eval(key, scope)?;
        match (optional, eval(value, scope)?) {
            (false, value) => insert(&mut out, key, value)?,
            (true, Value::Optional(None)) => {}
            (true, Value::Optional(Some(value))) => insert(&mut out, key, (*value).clone())?,
            (true, _) => return Err(Fault::other("what stands behind `?` is no optional")),
        }
    }
    Ok(Value::Map(Rc::new(out)))
}

/// The field, if it is there. Scalars have no fields; a list is asked by position only.
fn field(of: &Value, field: &str) -> Result<Option<Value>, Fault> {
    match of {
        Value::Map(entries) => find_key(entries, &Value::str(field)).map(read).transpose(),
        Value::List(_) => Err(Fault::overload("field of a list")),
        _ => Ok(None),
    }
}

fn select(of: Value, name: &str, optional: bool) -> Outcome {
    match (of, optional) {
        (Value::Optional(None), _) => Ok(Value::Optional(None)),
        (Value::Optional(Some(inner)), _) => field(&inner, name).map(optionally),
        (of, true) => field(&of, name).map(optionally),
        (of, false) => field(&of, name)?.ok_or_else(|| Fault::key(name)),
    }
}

pub(crate) fn optionally(value: Option<Value>) -> Value {
    Value::Optional(value.map(Rc::new))
}

fn has(of: &Value, name: &str) -> Result<bool, Fault> {
    match of {
        Value::Map(entries) => Ok(find_key(entries, &Value::str(name)).is_some()),
        Value::List(_) => Err(Fault::overload("field of a list")),
        Value::Optional(Some(inner)) => has(inner, name),
        _ => Ok(false),
    }
}

/// The element or entry, if it is there.
fn entry(of: &Value, key: &Value) -> Result<Option<Value>, Fault> {
    match of {
        Value::List(items) => {
            let at = match key {
                Value::Int(at) => Some(i128::from(*at)),
                Value::Uint(at) => Some(i128::from(*at)),
                Value::Double(at) if at.fract() == 0.0 && at.abs() < 9e18 => Some(*at as i128),
                Value::Double(_) => return Err(Fault::other("a list's index must be whole")),
                _ => return Err(Fault::overload("index of a list")),
            };
            let found = at.and_then(|at| usize::try_from(at).ok()).and_then(|at| items.get(at));
            found.cloned().map(read).transpose()
        }
        Value::Map(entries) => match key {
            Value::Optional(_) => Err(Fault::overload("key of a map")),
            key => find_key(entries, key).map(read).transpose(),
        },
        _ => Ok(None),
    }
}

fn index(of: Value, key: Value, optional: bool) -> Outcome {
    let may_be_key =
        matches!(key, Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Str(_));
    if !may_be_key && !matches!(of, Value::Optional(None)) {
        return Err(Fault::overload("an index of this type"));
    }
    match (of, optional) {
        (Value::Optional(None), _) => Ok(Value::Optional(None)),
        (Value::Optional(Some(inner)), _) => entry(&inner, &key).map(optionally),
        (of, true) => entry(&of, &key).map(optionally),
        (of, false) => entry(&of, &key)?.ok_or_else(|| Fault::key("of an index")),
    }
}

fn call(receiver: Option<&Expr>, name: &str, arguments: &[Expr], scope: &Scope) -> Outcome {
    let mut values = Vec::new();
    let mut full = name.to_string();
    if let Some(receiver) = receiver {
        // A name with a dot is a function if there is one.
        let namespaced = dotted(receiver, scope).map(|prefix| format!("{prefix}.{name}"));
        match namespaced.filter(|name| functions::NAMESPACED.contains(&name.as_str())) {
            Some(found) => full = found,
            None => {
                values.push(eval(receiver, scope)?);
                full = format!(":{name}");
            }
        }
    }
    // What is no optional is its own value, as upstream has it.
    if let (":orValue" | ":or", [value], [_]) = (full.as_str(), &values[..], arguments)
        && !matches!(value, Value::Optional(_))
    {
        return Ok(value.clone());
    }
    // The alternatives of an optional are asked only where they are needed.
    if let (":orValue" | ":or", [Value::Optional(found)], [other]) = (full.as_str(), &values[..], arguments) {
        return match found {
            Some(value) if full == ":orValue" => Ok((**value).clone()),
            Some(value) => Ok(Value::Optional(Some(value.clone()))),
            // Upstream takes what it is given, optional or not.
            None => eval(other, scope),
        };
    }
    for argument in arguments {
        values.push(eval(argument, scope)?);
    }
    functions::call(&full, &values)
}

fn opt_map(of: Value, name: &str, body: &Expr, flat: bool, scope: &Scope) -> Outcome {
    match of {
        Value::Optional(None) => Ok(Value::Optional(None)),
        Value::Optional(Some(value)) => {
            let value = eval(body, &scope.with(name, (*value).clone()))?;
            match value {
                // Upstream takes what the body gives, optional or not.
                value if flat => Ok(value),
                value => Ok(Value::some(value)),
            }
        }
        _ => Err(Fault::overload("optMap")),
    }
}
