//! Evaluation of a plan over borrowed values.

use std::ops::{Index, IndexMut};
use std::sync::Arc;

use nachweis_canon::Json;

use crate::access;
use crate::ast::BinaryOp;
use crate::container::{Key, Map};
use crate::error::Fault;
use crate::fold;
use crate::functions;
use crate::ops;
use crate::plan::{Op, OpKind};
use crate::signatures::Func;
use crate::text::Text;
use crate::value::{Value, read_json};

/// Cost units that one evaluation may take, as in Kubernetes (`PerCallLimit`).
pub const COST_LIMIT: u64 = 1_000_000;

/// Upstream's prices of making a list and a map.
pub(crate) const LIST_COST: u64 = 10;
const MAP_COST: u64 = 30;

pub(crate) type Outcome<'a> = Result<Value<'a>, Fault>;

/// The state of one evaluation.
pub(crate) struct Machine<'e, 'a> {
    pub vars: &'e [Value<'a>],
    pub locals: Locals<'a>,
    pub cost: u64,
    pub patterns: functions::Patterns,
    /// what every operation gave, where somebody asked
    pub trace: Option<Vec<Step>>,
}

/// Slots that need no allocation.
const FEW: usize = 3;

/// The variables of macros, by slot.
pub(crate) struct Locals<'a> {
    few: [Value<'a>; FEW],
    more: Vec<Value<'a>>,
}

impl Locals<'_> {
    fn new(slots: usize) -> Self {
        Locals { few: [const { Value::Null }; FEW], more: vec![Value::Null; slots.saturating_sub(FEW)] }
    }
}

impl<'a> Index<usize> for Locals<'a> {
    type Output = Value<'a>;

    #[inline]
    fn index(&self, slot: usize) -> &Value<'a> {
        if slot < FEW { &self.few[slot] } else { &self.more[slot - FEW] }
    }
}

impl<'a> IndexMut<usize> for Locals<'a> {
    #[inline]
    fn index_mut(&mut self, slot: usize) -> &mut Value<'a> {
        if slot < FEW { &mut self.few[slot] } else { &mut self.more[slot - FEW] }
    }
}

/// What a part of an expression gave in one evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// first byte of the part in the source
    pub offset: usize,
    /// byte after its last one
    pub end: usize,
    /// the value as text, cut after 200 characters, or `error: ` and the message
    pub text: String,
}

/// Steps that a trace keeps; the first ones, since loops repeat.
const MAX_STEPS: usize = 1_000;
/// Characters of a step's text.
const MAX_STEP_TEXT: usize = 200;

impl<'e, 'a> Machine<'e, 'a> {
    pub fn new(vars: &'e [Value<'a>], slots: usize) -> Self {
        Machine {
            vars,
            locals: Locals::new(slots),
            cost: 0,
            patterns: functions::Patterns::default(),
            trace: None,
        }
    }

    #[inline]
    pub fn charge(&mut self, units: u64) -> Result<(), Fault> {
        self.cost = self.cost.saturating_add(units);
        if self.cost > COST_LIMIT { Err(Fault::cost()) } else { Ok(()) }
    }

    /// A tenth of a unit for each of `size` characters or elements, rounded up.
    pub fn charge_size(&mut self, size: u64) -> Result<(), Fault> {
        self.charge(size.div_ceil(10).max(1))
    }

    #[inline]
    pub fn eval(&mut self, op: &'a Op) -> Outcome<'a> {
        let result = match self.step(op) {
            Ok(value) => Ok(value),
            Err(fault) => Err(fault.at(op.at)),
        };
        if self.trace.is_some() {
            self.note(op, &result);
        }
        result
    }

    #[cold]
    fn note(&mut self, op: &Op, result: &Outcome<'a>) {
        let Some(trace) = &mut self.trace else { return };
        if trace.len() >= MAX_STEPS || matches!(op.kind, OpKind::Const(_)) {
            return;
        }
        let text = match result {
            Ok(value) => value.to_string(),
            Err(fault) => format!("error: {}", fault.message()),
        };
        let text = match text.char_indices().nth(MAX_STEP_TEXT) {
            Some((at, _)) => format!("{}…", &text[..at]),
            None => text,
        };
        trace.push(Step { offset: op.span.0 as usize, end: op.span.1 as usize, text });
    }

    fn step(&mut self, op: &'a Op) -> Outcome<'a> {
        match &op.kind {
            OpKind::Const(value) => Ok(borrowed(value)),
            OpKind::Var(slot) => {
                self.charge(1)?;
                match self.vars.get(*slot) {
                    Some(Value::Json(json)) => read_json(json),
                    Some(value) => Ok(value.clone()),
                    None => Ok(Value::Null),
                }
            }
            OpKind::Local(slot) => {
                self.charge(1)?;
                match &self.locals[*slot] {
                    Value::Json(json) => read_json(json),
                    value => Ok(value.clone()),
                }
            }
            OpKind::Path(base, fields) => {
                self.charge(fields.len() as u64)?;
                if let Some(json) = self.document(base)? {
                    return access::follow(json, fields);
                }
                let mut value = self.eval(base)?;
                for (field, at) in fields {
                    value = access::select(&value, field).map_err(|fault| fault.at(*at))?;
                }
                Ok(value)
            }
            OpKind::Has(operand, field) => {
                if let Some(Json::Obj(object)) = self.document(operand)? {
                    return Ok(Value::Bool(object.contains(field)));
                }
                let value = self.eval(operand)?;
                access::has(&value, field).map(Value::Bool)
            }
            OpKind::And(terms) => self.junction(terms, false),
            OpKind::Or(terms) => self.junction(terms, true),
            OpKind::Not(operand) => {
                let value = self.eval(operand)?;
                self.charge(1)?;
                match value {
                    Value::Bool(value) => Ok(Value::Bool(!value)),
                    _ => Err(Fault::no_overload()),
                }
            }
            OpKind::Equal(negated, left, right) => {
                let (left, right) = (self.eval(left)?, self.eval(right)?);
                self.equal(&left, &right).map(|same| Value::Bool(same != *negated))
            }
            OpKind::Cond(parts) => match self.eval(&parts[0])? {
                Value::Bool(true) => self.eval(&parts[1]),
                Value::Bool(false) => self.eval(&parts[2]),
                _ => Err(Fault::no_overload()),
            },
            OpKind::Fold(fold) => fold::run(self, fold),
            OpKind::Call(func, args) => self.call(*func, args),
            _ => self.rare(op),
        }
    }

    /// The document that a variable holds, without making a value of it.
    #[inline]
    fn document(&mut self, op: &'a Op) -> Result<Option<&'a Json<'a>>, Fault> {
        let value = match &op.kind {
            OpKind::Var(slot) => self.vars.get(*slot),
            OpKind::Local(slot) => Some(&self.locals[*slot]),
            _ => return Ok(None),
        };
        let Some(Value::Json(json)) = value else { return Ok(None) };
        let json = *json;
        self.charge(1)?;
        Ok(Some(json))
    }

    /// The operations that are not on the hot path, apart so that the frame of `step` stays small.
    #[inline(never)]
    fn rare(&mut self, op: &'a Op) -> Outcome<'a> {
        match &op.kind {
            OpKind::OptSelect(operand, field) => {
                let value = self.eval(operand)?;
                self.charge(1)?;
                match value {
                    Value::Optional(None) => Ok(Value::Optional(None)),
                    Value::Optional(Some(inner)) => access::find(&inner, field).map(optional),
                    value => access::find(&value, field).map(optional),
                }
            }
            OpKind::Index { operand, index, optional: false } => {
                let (value, index) = (self.eval(operand)?, self.eval(index)?);
                self.charge(1)?;
                match value {
                    Value::Optional(None) => Ok(Value::Optional(None)),
                    Value::Optional(Some(inner)) => access::find_index(&inner, &index).map(optional),
                    value => access::index(&value, &index),
                }
            }
            OpKind::Index { operand, index, optional: true } => {
                let (value, index) = (self.eval(operand)?, self.eval(index)?);
                self.charge(1)?;
                match value {
                    Value::Optional(None) => Ok(Value::Optional(None)),
                    Value::Optional(Some(inner)) => access::find_index(&inner, &index).map(optional),
                    value => access::find_index(&value, &index).map(optional),
                }
            }
            OpKind::Negate(operand) => {
                let value = self.eval(operand)?;
                self.charge(1)?;
                ops::negate(&value)
            }
            OpKind::Arithmetic(op, left, right) => {
                let (left, right) = (self.eval(left)?, self.eval(right)?);
                self.arithmetic(*op, &left, &right)
            }
            OpKind::Compare(op, left, right) => {
                let (left, right) = (self.eval(left)?, self.eval(right)?);
                self.charge_size(ops::cost_size(&left).min(ops::cost_size(&right)))?;
                let order = ops::order(&left, &right)?;
                Ok(Value::Bool(match op {
                    BinaryOp::Lt => order.is_lt(),
                    BinaryOp::Le => order.is_le(),
                    BinaryOp::Gt => order.is_gt(),
                    _ => order.is_ge(),
                }))
            }
            OpKind::In(value, container) => {
                let (value, container) = (self.eval(value)?, self.eval(container)?);
                let mut work = 0;
                let found = ops::contains(&container, &value, &mut work);
                self.charge(work.max(1))?;
                found.map(Value::Bool)
            }
            OpKind::Search(func, regex, args) => {
                let own = self.eval(&args[0])?;
                let limit = args.get(2).map(|limit| self.eval(limit)).transpose()?;
                let pattern = regex.as_str().len() as u64;
                self.charge(
                    ops::cost_size(&own).div_ceil(10).max(1).saturating_mul(pattern.div_ceil(4).max(1)),
                )?;
                functions::search(*func, regex, functions::text(&own)?, limit.as_ref())
            }
            OpKind::List(items) => self.list(items),
            OpKind::Map(entries) => self.map(entries),
            OpKind::Bind { slot, init, body } => {
                let value = self.eval(init)?;
                self.locals[*slot] = value;
                self.eval(body)
            }
            OpKind::OptMap { slot, target, body, flat } => {
                let target = self.eval(target)?;
                self.charge(1)?;
                match target {
                    Value::Optional(None) => Ok(Value::Optional(None)),
                    Value::Optional(Some(inner)) => {
                        self.locals[*slot] = inner.as_ref().clone();
                        let value = self.eval(body)?;
                        if *flat { Ok(value) } else { Value::some(value).shallow() }
                    }
                    _ => Err(Fault::no_overload()),
                }
            }
            _ => Err(Fault::other("internal error: an operation has no rule")),
        }
    }

    /// `&&` (decided by false) and `||` (decided by true): a term that decides wins over any error.
    fn junction(&mut self, terms: &'a [Op], decides: bool) -> Outcome<'a> {
        let mut first = None;
        for term in terms {
            match self.eval(term) {
                Ok(Value::Bool(value)) if value == decides => return Ok(Value::Bool(decides)),
                Ok(Value::Bool(_)) => {}
                Ok(_) => first = first.or_else(|| Some(Fault::no_overload().at(term.at))),
                Err(fault) if fault.is_cost() => return Err(fault),
                Err(fault) => first = first.or(Some(fault)),
            }
        }
        first.map_or(Ok(Value::Bool(!decides)), Err)
    }

    pub fn equal(&mut self, a: &Value<'a>, b: &Value<'a>) -> Result<bool, Fault> {
        let mut work = ops::cost_size(a).min(ops::cost_size(b));
        if a.list_len().is_some() || a.map_len().is_some() {
            work = 0;
        }
        let same = ops::equal(a, b, &mut work);
        self.charge_size(work)?;
        same
    }

    fn arithmetic(&mut self, op: BinaryOp, a: &Value<'a>, b: &Value<'a>) -> Outcome<'a> {
        match (a, b) {
            (Value::Int(_) | Value::Uint(_) | Value::Double(_), _) => self.charge(1)?,
            (Value::Str(_), _) | (Value::Bytes(_), _) => {
                self.charge_size(ops::cost_size(a) + ops::cost_size(b))?;
            }
            _ => match (a.list_len(), b.list_len()) {
                // Upstream joins lists without copying them; ours are copied, so they are paid for.
                (Some(a), Some(b)) => self.charge_size((a + b) as u64)?,
                _ => self.charge(1)?,
            },
        }
        ops::arithmetic(op, a, b)
    }

    fn list(&mut self, items: &'a [(bool, Op)]) -> Outcome<'a> {
        let mut out = Vec::with_capacity(items.len());
        for (maybe, item) in items {
            let value = self.eval(item)?;
            match (maybe, value) {
                (false, value) => out.push(value),
                (true, Value::Optional(Some(inner))) => out.push(inner.as_ref().clone()),
                (true, Value::Optional(None)) => {}
                (true, _) => return Err(Fault::other("an optional element is no optional").at(item.at)),
            }
        }
        self.charge(LIST_COST)?;
        Value::list(out).shallow()
    }

    fn map(&mut self, entries: &'a [(bool, Op, Op)]) -> Outcome<'a> {
        let mut out = Vec::with_capacity(entries.len());
        for (maybe, key_op, value_op) in entries {
            let key = self.eval(key_op)?;
            let value = self.eval(value_op)?;
            let key = match key {
                Value::Double(_) => None,
                key => Key::of(&key),
            };
            let key = key.ok_or_else(|| Fault::other("unsupported key type").at(key_op.at))?;
            match (maybe, value) {
                (false, value) => out.push((key, value)),
                (true, Value::Optional(Some(inner))) => out.push((key, inner.as_ref().clone())),
                (true, Value::Optional(None)) => {}
                (true, _) => return Err(Fault::other("an optional entry is no optional").at(value_op.at)),
            }
        }
        self.charge(MAP_COST)?;
        Value::Map(Arc::new(Map::last_wins(out))).shallow()
    }

    fn call(&mut self, func: Func, args: &'a [Op]) -> Outcome<'a> {
        match (func, args) {
            (Func::OrValue | Func::Or, [target, otherwise]) => self.or_value(func, target, otherwise),
            (_, []) => functions::call(self, func, &[]),
            (_, [a]) => {
                let args = [self.eval(a)?];
                functions::call(self, func, &args)
            }
            (_, [a, b]) => {
                let args = [self.eval(a)?, self.eval(b)?];
                functions::call(self, func, &args)
            }
            _ => {
                let args = args.iter().map(|arg| self.eval(arg)).collect::<Result<Vec<_>, _>>()?;
                functions::call(self, func, &args)
            }
        }
    }

    /// The alternative is looked at only if it is needed; what is no optional is itself.
    fn or_value(&mut self, func: Func, target: &'a Op, otherwise: &'a Op) -> Outcome<'a> {
        let value = self.eval(target)?;
        self.charge(1)?;
        match (func, value) {
            (_, Value::Optional(None)) => self.eval(otherwise),
            (Func::OrValue, Value::Optional(Some(inner))) => Ok(inner.as_ref().clone()),
            (_, value) => Ok(value),
        }
    }
}

/// A map of entries in any order.
pub(crate) fn finish_map<'a>(entries: Vec<(Key<'a>, Value<'a>)>) -> Outcome<'a> {
    match Map::from_entries(entries) {
        Ok(map) => Value::Map(Arc::new(map)).shallow(),
        Err(key) => Err(Fault::other(format!("the key `{key}` stands twice"))),
    }
}

/// A constant without touching its reference count.
fn borrowed<'a>(value: &'a Value<'static>) -> Value<'a> {
    match value {
        Value::Str(text) => Value::Str(Text::Borrowed(text)),
        value => value.clone(),
    }
}

pub(crate) fn optional(found: Option<Value<'_>>) -> Value<'_> {
    found.map_or(Value::Optional(None), Value::some)
}
