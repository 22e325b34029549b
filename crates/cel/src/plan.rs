//! From the tree to what is evaluated: names become slots, constants are built, functions are found.

use regex::Regex;

use crate::ast::{Ast, BinaryOp, ExprId, ExprKind, FoldKind, Literal, UnaryOp};
use crate::constants;
use crate::env::Env;
use crate::error::CompileError;
use crate::signatures::{Func, overloads};
use crate::types::Type;
use crate::value::Value;

/// An operation; `at` is the byte offset that an error of it names.
#[derive(Debug)]
pub(crate) struct Op {
    pub kind: OpKind,
    pub at: u32,
    /// first byte of the source, and the byte after the last one
    pub span: (u32, u32),
}

#[derive(Debug)]
pub(crate) enum OpKind {
    Const(Value<'static>),
    Var(usize),
    Local(usize),
    /// plain selects on a variable or another operand
    Path(Box<Op>, Box<[(Box<str>, u32)]>),
    OptSelect(Box<Op>, Box<str>),
    Has(Box<Op>, Box<str>),
    Index {
        operand: Box<Op>,
        index: Box<Op>,
        optional: bool,
    },
    Not(Box<Op>),
    Negate(Box<Op>),
    Arithmetic(BinaryOp, Box<Op>, Box<Op>),
    /// true for `!=`
    Equal(bool, Box<Op>, Box<Op>),
    Compare(BinaryOp, Box<Op>, Box<Op>),
    In(Box<Op>, Box<Op>),
    And(Box<[Op]>),
    Or(Box<[Op]>),
    Cond(Box<[Op; 3]>),
    Call(Func, Box<[Op]>),
    /// `matches`, `find`, `findAll` with a constant pattern
    Search(Func, Box<Regex>, Box<[Op]>),
    List(Box<[(bool, Op)]>),
    Map(Box<[(bool, Op, Op)]>),
    Fold(Box<FoldOp>),
    Bind {
        slot: usize,
        init: Box<Op>,
        body: Box<Op>,
    },
    OptMap {
        slot: usize,
        target: Box<Op>,
        body: Box<Op>,
        flat: bool,
    },
}

#[derive(Debug)]
pub(crate) struct FoldOp {
    pub kind: FoldKind,
    pub range: Op,
    /// slot of the first variable; a second one has the next slot
    pub slot: usize,
    pub two: bool,
    pub filter: Option<Op>,
    pub body: Op,
}

pub(crate) struct Planner<'p> {
    pub source: &'p str,
    pub ast: &'p Ast,
    pub env: &'p Env,
    scope: Vec<&'p str>,
    /// slots that the evaluation needs
    pub slots: usize,
    pub errors: Vec<CompileError>,
    types: &'p [Option<Type>],
}

/// Namespaces of functions; a call on such a name is no member call.
pub(crate) fn namespaced(ast: &Ast, target: ExprId, function: &str) -> Option<String> {
    let name = ast.qualified_name(target)?;
    let full = format!("{}.{function}", name.trim_start_matches('.'));
    (!overloads(&full, false).is_empty()).then_some(full)
}

impl<'p> Planner<'p> {
    /// `types` are the static types of the nodes.
    pub fn new(source: &'p str, ast: &'p Ast, env: &'p Env, types: &'p [Option<Type>]) -> Self {
        Planner { source, ast, env, scope: Vec::new(), slots: 0, errors: Vec::new(), types }
    }

    fn error(&mut self, id: ExprId, message: impl Into<String>) -> OpKind {
        self.errors.push(CompileError::new(self.source, self.ast.node(id).at, message));
        OpKind::Const(Value::Null)
    }

    pub fn op(&mut self, id: ExprId) -> Op {
        let node = self.ast.node(id);
        let kind = self.kind(id, &node.kind);
        Op { kind, at: node.at as u32, span: (node.start as u32, node.end as u32) }
    }

    fn boxed(&mut self, id: ExprId) -> Box<Op> {
        Box::new(self.op(id))
    }

    fn ops(&mut self, ids: &[ExprId]) -> Box<[Op]> {
        ids.iter().map(|id| self.op(*id)).collect()
    }

    fn push(&mut self, name: &'p str) -> usize {
        self.scope.push(name);
        self.slots = self.slots.max(self.scope.len());
        self.scope.len() - 1
    }

    fn kind(&mut self, id: ExprId, kind: &'p ExprKind) -> OpKind {
        match kind {
            ExprKind::Literal(literal) => OpKind::Const(constant(literal)),
            ExprKind::Ident(name) => self.ident(id, name),
            ExprKind::Select { operand, field, optional, test } => {
                self.select(id, *operand, field, *optional, *test)
            }
            ExprKind::Index { operand, index, optional } => {
                let (operand, index) = (self.boxed(*operand), self.boxed(*index));
                if let OpKind::Const(constant) = &index.kind
                    && !may_index(constant)
                {
                    let message = format!("a value of type `{}` is no index", constant.type_name());
                    return self.error(id, message);
                }
                OpKind::Index { operand, index, optional: *optional }
            }
            ExprKind::Call { target, function, args } => self.call(id, *target, function, args),
            ExprKind::Unary(UnaryOp::Not, operand) => OpKind::Not(self.boxed(*operand)),
            ExprKind::Unary(UnaryOp::Negate, operand) => OpKind::Negate(self.boxed(*operand)),
            ExprKind::Binary(op, left, right) => {
                let (left, right) = (self.boxed(*left), self.boxed(*right));
                match op {
                    BinaryOp::Eq => OpKind::Equal(false, left, right),
                    BinaryOp::Ne => OpKind::Equal(true, left, right),
                    BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
                        OpKind::Compare(*op, left, right)
                    }
                    BinaryOp::In => OpKind::In(left, right),
                    _ => OpKind::Arithmetic(*op, left, right),
                }
            }
            ExprKind::And(terms) => OpKind::And(self.ops(terms)),
            ExprKind::Or(terms) => OpKind::Or(self.ops(terms)),
            ExprKind::Cond(a, b, c) => OpKind::Cond(Box::new([self.op(*a), self.op(*b), self.op(*c)])),
            ExprKind::List(items) => {
                constants::list(items.iter().map(|(optional, item)| (*optional, self.op(*item))).collect())
            }
            ExprKind::Map(entries) => constants::map(
                entries
                    .iter()
                    .map(|(optional, key, value)| (*optional, self.op(*key), self.op(*value)))
                    .collect(),
            ),
            ExprKind::Message(name, _) => self.error(id, format!("undeclared reference to `{name}`")),
            ExprKind::Fold(fold) => {
                let range = self.op(fold.range);
                let depth = self.scope.len();
                let slot = self.push(&fold.var);
                if let Some(second) = &fold.var2 {
                    self.push(second);
                }
                let filter = fold.filter.map(|filter| self.op(filter));
                let body = self.op(fold.body);
                self.scope.truncate(depth);
                let (kind, two) = (fold.kind, fold.var2.is_some());
                OpKind::Fold(Box::new(FoldOp { kind, range, slot, two, filter, body }))
            }
            ExprKind::Bind { name, init, body } => {
                let init = self.boxed(*init);
                let slot = self.push(name);
                let body = self.boxed(*body);
                self.scope.pop();
                OpKind::Bind { slot, init, body }
            }
            ExprKind::OptMap { target, name, body, flat } => {
                let target = self.boxed(*target);
                let slot = self.push(name);
                let body = self.boxed(*body);
                self.scope.pop();
                OpKind::OptMap { slot, target, body, flat: *flat }
            }
        }
    }

    fn ident(&mut self, id: ExprId, name: &'p str) -> OpKind {
        let global = name.strip_prefix('.');
        if global.is_none()
            && let Some(slot) = self.scope.iter().rposition(|known| *known == name)
        {
            return OpKind::Local(slot);
        }
        let plain = global.unwrap_or(name);
        if let Some(slot) = self.env.slot(plain) {
            return OpKind::Var(slot);
        }
        match type_name(plain) {
            Some(name) => OpKind::Const(Value::type_named(name)),
            None => self.error(id, format!("undeclared reference to `{name}`")),
        }
    }

    fn select(&mut self, id: ExprId, operand: ExprId, field: &'p str, optional: bool, test: bool) -> OpKind {
        if test {
            return OpKind::Has(self.boxed(operand), field.into());
        }
        if optional {
            return OpKind::OptSelect(self.boxed(operand), field.into());
        }
        if let Some(constant) = self.qualified_constant(id) {
            return OpKind::Const(constant);
        }
        // A chain of selects is one operation.
        let at = self.ast.node(id).at as u32;
        let inner = self.op(operand);
        match inner.kind {
            OpKind::Path(base, fields) => {
                let mut fields = fields.into_vec();
                fields.push((field.into(), at));
                OpKind::Path(base, fields.into())
            }
            _ => OpKind::Path(Box::new(inner), [(field.into(), at)].into()),
        }
    }

    /// `google.protobuf.Timestamp` and the like.
    fn qualified_constant(&self, id: ExprId) -> Option<Value<'static>> {
        let name = self.ast.qualified_name(id)?;
        let first = name.split('.').next().unwrap_or("");
        if self.scope.contains(&first) {
            return None;
        }
        match name.trim_start_matches('.') {
            "google.protobuf.NullValue.NULL_VALUE" => Some(Value::Int(0)),
            name => type_name(name).map(Value::type_named),
        }
    }

    /// A constant format is checked against the static types of its arguments.
    fn check_format(&mut self, ids: &[ExprId]) {
        let [own, list] = ids else { return };
        let (ExprKind::Literal(Literal::Str(text)), ExprKind::List(items)) =
            (self.ast.kind(*own), self.ast.kind(*list))
        else {
            return;
        };
        let ids: Vec<ExprId> = items.iter().map(|(_, item)| *item).collect();
        if let Err((at, message)) = constants::format(self.ast, self.types, text, &ids) {
            self.error(at.unwrap_or(*list), message);
        }
    }

    fn call(&mut self, id: ExprId, target: Option<ExprId>, function: &str, args: &'p [ExprId]) -> OpKind {
        let (name, receiver) = match target {
            Some(target) => match namespaced(self.ast, target, function) {
                Some(full) => (full, None),
                None => (function.to_string(), Some(target)),
            },
            None => (function.trim_start_matches('.').to_string(), None),
        };
        let ids: Vec<ExprId> = receiver.into_iter().chain(args.iter().copied()).collect();
        let args = self.ops(&ids);
        let known = overloads(&name, receiver.is_some());
        match known.iter().find(|overload| overload.params.len() == args.len()) {
            Some(overload) => {
                if overload.func == Func::Format {
                    self.check_format(&ids);
                }
                match constants::call(overload.func, args, receiver.is_some()) {
                    Ok(kind) => kind,
                    Err(message) => self.error(id, message),
                }
            }
            None if known.is_empty() => self.error(id, format!("undeclared reference to `{name}`")),
            None => self.error(id, format!("`{name}` does not take this number of arguments")),
        }
    }
}

/// Types of values by which anything may be indexed.
fn may_index(value: &Value<'_>) -> bool {
    matches!(value, Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Str(_))
}

pub(crate) fn constant(literal: &Literal) -> Value<'static> {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => Value::Int(*value),
        Literal::Uint(value) => Value::Uint(*value),
        Literal::Double(value) => Value::Double(*value),
        Literal::Str(text) => Value::from(text.clone()),
        Literal::Bytes(bytes) => Value::Bytes(bytes.as_slice().into()),
    }
}

/// Names that stand for a type.
pub(crate) fn type_name(name: &str) -> Option<&'static str> {
    const NAMES: [&str; 15] = [
        "bool",
        "bytes",
        "double",
        "int",
        "list",
        "map",
        "null_type",
        "string",
        "type",
        "uint",
        "optional_type",
        "google.protobuf.Timestamp",
        "google.protobuf.Duration",
        "net.IP",
        "net.CIDR",
    ];
    NAMES.into_iter().find(|known| *known == name)
}
