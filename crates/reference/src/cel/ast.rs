//! The tree of an expression.

use super::value::Value;

/// A node of the tree.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the parts of each form are told by their names")]
pub enum Expr {
    Literal(Value),
    /// a variable or a type
    Name(String),
    /// elements; true: `?element`, left out where it is an empty optional
    List(Vec<(bool, Expr)>),
    /// entries; true: `?key: value`
    Map(Vec<(bool, Expr, Expr)>),
    /// `of.field`, `of.?field`
    Select {
        of: Box<Expr>,
        field: String,
        optional: bool,
    },
    /// `has(of.field)`
    Has {
        of: Box<Expr>,
        field: String,
    },
    /// `of[key]`, `of[?key]`
    Index {
        of: Box<Expr>,
        key: Box<Expr>,
        optional: bool,
    },
    /// `name(arguments)`, `receiver.name(arguments)`
    Call {
        receiver: Option<Box<Expr>>,
        name: String,
        arguments: Vec<Expr>,
    },
    Not(Box<Expr>),
    Minus(Box<Expr>),
    Binary(&'static str, Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Choice(Box<Expr>, Box<Expr>, Box<Expr>),
    /// a macro that goes over a list or a map
    Loop {
        kind: Loop,
        over: Box<Expr>,
        names: Vec<String>,
        filter: Option<Box<Expr>>,
        body: Box<Expr>,
    },
    /// `of.optMap(name, body)`; flat: `optFlatMap`
    OptMap {
        of: Box<Expr>,
        name: String,
        body: Box<Expr>,
        flat: bool,
    },
}

/// The macros that go over a list or a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named like the macros")]
pub enum Loop {
    All,
    Exists,
    ExistsOne,
    Map,
    Filter,
    TransformList,
    TransformMap,
    TransformMapEntry,
    SortBy,
}

impl Expr {
    /// The nodes right below this one.
    pub fn children(&self) -> Vec<&Expr> {
        match self {
            Expr::Literal(_) | Expr::Name(_) => Vec::new(),
            Expr::List(items) => items.iter().map(|(_, item)| item).collect(),
            Expr::Map(entries) => entries.iter().flat_map(|(_, key, value)| [key, value]).collect(),
            Expr::Select { of, .. } | Expr::Has { of, .. } | Expr::Not(of) | Expr::Minus(of) => vec![of],
            Expr::Index { of, key, .. } => vec![of, key],
            Expr::Call { receiver, arguments, .. } => {
                receiver.iter().map(|receiver| &**receiver).chain(arguments).collect()
            }
            Expr::Binary(_, left, right) | Expr::And(left, right) | Expr::Or(left, right) => {
                vec![left, right]
            }
            Expr::Choice(condition, yes, no) => vec![condition, yes, no],
            Expr::Loop { over, filter, body, .. } => {
                [&**over].into_iter().chain(filter.iter().map(|filter| &**filter)).chain([&**body]).collect()
            }
            Expr::OptMap { of, body, .. } => vec![of, body],
        }
    }

    /// True if the name stands anywhere, whatever it is bound to.
    pub fn names(&self, wanted: &str) -> bool {
        matches!(self, Expr::Name(name) if name.trim_start_matches('.') == wanted)
            || self.children().into_iter().any(|child| child.names(wanted))
    }

    /// Every NAME of `related.NAME`, sorted.
    pub fn relations(&self) -> std::collections::BTreeSet<String> {
        let is_related =
            |of: &Expr| matches!(of, Expr::Name(name) if name.trim_start_matches('.') == "related");
        let own = match self {
            Expr::Select { of, field, .. } | Expr::Has { of, field } if is_related(of) => Some(field.clone()),
            Expr::Index { of, key, .. } if is_related(of) => match &**key {
                Expr::Literal(Value::Str(name)) => Some(name.to_string()),
                _ => None,
            },
            _ => None,
        };
        own.into_iter().chain(self.children().into_iter().flat_map(Expr::relations)).collect()
    }
}
