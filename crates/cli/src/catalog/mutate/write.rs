//! Writes an expression from its syntax tree, with one node changed.

use nachweis_cel::{Ast, BinaryOp, ExprId, ExprKind, Fold, FoldKind, Literal, UnaryOp};

/// What is done to one node.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// `x` becomes `!x`, `!x` becomes `x`
    Negate,
    /// one operand of `&&` or `||` is left out
    Drop(usize),
    /// `&&` becomes `||`, and back
    AndOr,
    /// another comparison
    Compare(BinaryOp),
    /// another constant
    Constant(Literal),
    /// one element of a list is left out
    Element(usize),
    /// `all` becomes `exists`, and back
    Quantifier(FoldKind),
    /// the whole is always true, or never
    Always(bool),
}

/// The text of a node, with what is done to one node at it or below.
pub fn write(ast: &Ast, id: ExprId, change: Option<(ExprId, &Change)>) -> String {
    Writer { ast, change }.text(id)
}

struct Writer<'t> {
    ast: &'t Ast,
    change: Option<(ExprId, &'t Change)>,
}

impl Writer<'_> {
    fn text(&self, id: ExprId) -> String {
        match self.change {
            Some((at, change)) if at == id => self.changed(id, change),
            _ => self.plain(id),
        }
    }

    /// A node where only what binds tightly may stand.
    fn operand(&self, id: ExprId) -> String {
        let text = self.text(id);
        let loose = match self.ast.kind(id) {
            ExprKind::Unary(..)
            | ExprKind::Binary(..)
            | ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Cond(..) => true,
            ExprKind::Literal(_) => text.starts_with('-'),
            _ => false,
        };
        let changed = self.change.is_some_and(|(at, _)| at == id);
        if loose || changed { format!("({text})") } else { text }
    }

    /// An operand of `&&` or `||`, and of `!`: comparisons need no parentheses there.
    fn term(&self, id: ExprId) -> String {
        match self.ast.kind(id) {
            ExprKind::Binary(..) | ExprKind::Unary(..) if self.change.is_none_or(|(at, _)| at != id) => {
                self.text(id)
            }
            _ => self.operand(id),
        }
    }

    fn terms(&self, ids: &[ExprId], by: &str) -> String {
        ids.iter().map(|id| self.term(*id)).collect::<Vec<_>>().join(by)
    }

    fn list(&self, ids: &[ExprId]) -> String {
        ids.iter().map(|id| self.text(*id)).collect::<Vec<_>>().join(", ")
    }

    fn changed(&self, id: ExprId, change: &Change) -> String {
        match (change, self.ast.kind(id)) {
            (Change::Always(value), _) => value.to_string(),
            (Change::Negate, ExprKind::Unary(UnaryOp::Not, inner)) => self.text(*inner),
            (Change::Negate, ExprKind::Literal(Literal::Bool(value))) => (!value).to_string(),
            (Change::Negate, ExprKind::Binary(..)) => format!("!({})", self.plain(id)),
            (Change::Negate, ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Cond(..)) => {
                format!("!({})", self.plain(id))
            }
            (Change::Negate, _) => format!("!{}", self.plain(id)),
            (Change::Drop(at), ExprKind::And(terms) | ExprKind::Or(terms)) => {
                let rest: Vec<ExprId> =
                    terms.iter().enumerate().filter(|(place, _)| place != at).map(|(_, id)| *id).collect();
                let by = if matches!(self.ast.kind(id), ExprKind::And(_)) { " && " } else { " || " };
                if let [only] = rest.as_slice() { self.text(*only) } else { self.terms(&rest, by) }
            }
            (Change::AndOr, ExprKind::And(terms)) => self.terms(terms, " || "),
            (Change::AndOr, ExprKind::Or(terms)) => self.terms(terms, " && "),
            (Change::Compare(op), ExprKind::Binary(_, a, b)) => {
                format!("{} {} {}", self.operand(*a), symbol(*op), self.operand(*b))
            }
            (Change::Constant(value), _) => literal(value),
            (Change::Element(at), ExprKind::List(items)) => {
                let rest: Vec<ExprId> = items
                    .iter()
                    .enumerate()
                    .filter(|(place, _)| place != at)
                    .map(|(_, item)| item.1)
                    .collect();
                format!("[{}]", self.list(&rest))
            }
            (Change::Quantifier(kind), ExprKind::Fold(fold)) => self.fold(fold, *kind),
            _ => self.plain(id),
        }
    }

    fn fold(&self, fold: &Fold, kind: FoldKind) -> String {
        let name = match (kind, fold.var2.is_some()) {
            (FoldKind::All, _) => "all",
            (FoldKind::Exists, _) => "exists",
            (FoldKind::ExistsOne, false) => "exists_one",
            (FoldKind::ExistsOne, true) => "existsOne",
            (FoldKind::List, false) => "map",
            (FoldKind::List, true) => "transformList",
            (FoldKind::Filter, _) => "filter",
            (FoldKind::Map, _) => "transformMap",
            (FoldKind::MapEntry, _) => "transformMapEntry",
            (FoldKind::SortBy, _) => "sortBy",
        };
        let mut args = vec![fold.var.clone()];
        args.extend(fold.var2.clone());
        args.extend(fold.filter.map(|id| self.text(id)));
        args.push(self.text(fold.body));
        format!("{}.{name}({})", self.operand(fold.range), args.join(", "))
    }

    fn plain(&self, id: ExprId) -> String {
        match self.ast.kind(id) {
            ExprKind::Literal(value) => literal(value),
            ExprKind::Ident(name) => name.clone(),
            ExprKind::Select { operand, field, optional, test } => {
                let dot = if *optional { ".?" } else { "." };
                let text = format!("{}{dot}{field}", self.operand(*operand));
                if *test { format!("has({text})") } else { text }
            }
            ExprKind::Index { operand, index, optional } => {
                let mark = if *optional { "?" } else { "" };
                format!("{}[{mark}{}]", self.operand(*operand), self.text(*index))
            }
            ExprKind::Call { target, function, args } => {
                let on = target.map(|id| format!("{}.", self.operand(id))).unwrap_or_default();
                format!("{on}{function}({})", self.list(args))
            }
            ExprKind::Unary(op, inner) => {
                let mark = if *op == UnaryOp::Not { "!" } else { "-" };
                format!("{mark}{}", self.operand(*inner))
            }
            ExprKind::Binary(op, a, b) => {
                format!("{} {} {}", self.operand(*a), symbol(*op), self.operand(*b))
            }
            ExprKind::And(terms) => self.terms(terms, " && "),
            ExprKind::Or(terms) => self.terms(terms, " || "),
            ExprKind::Cond(a, b, c) => {
                format!("{} ? {} : {}", self.operand(*a), self.operand(*b), self.operand(*c))
            }
            ExprKind::List(items) => {
                let items = items.iter().map(|(optional, id)| mark(*optional) + &self.text(*id));
                format!("[{}]", items.collect::<Vec<_>>().join(", "))
            }
            ExprKind::Map(entries) => {
                let entry = |(optional, key, value): &(bool, ExprId, ExprId)| {
                    format!("{}{}: {}", mark(*optional), self.text(*key), self.text(*value))
                };
                format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
            ExprKind::Message(name, fields) => {
                let field = |(optional, field, id): &(bool, String, ExprId)| {
                    format!("{}{field}: {}", mark(*optional), self.text(*id))
                };
                format!("{name}{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
            }
            ExprKind::Fold(fold) => self.fold(fold, fold.kind),
            ExprKind::Bind { name, init, body } => {
                format!("cel.bind({name}, {}, {})", self.text(*init), self.text(*body))
            }
            ExprKind::OptMap { target, name, body, flat } => {
                let function = if *flat { "optFlatMap" } else { "optMap" };
                format!("{}.{function}({name}, {})", self.operand(*target), self.text(*body))
            }
        }
    }
}

fn mark(optional: bool) -> String {
    if optional { "?".into() } else { String::new() }
}

fn symbol(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::Rem => "%",
        BinaryOp::Eq => "==",
        BinaryOp::Ne => "!=",
        BinaryOp::Lt => "<",
        BinaryOp::Le => "<=",
        BinaryOp::Gt => ">",
        BinaryOp::Ge => ">=",
        BinaryOp::In => "in",
    }
}

/// A constant as the language writes it.
fn literal(value: &Literal) -> String {
    match value {
        Literal::Null => "null".into(),
        Literal::Bool(value) => value.to_string(),
        Literal::Int(value) => value.to_string(),
        Literal::Uint(value) => format!("{value}u"),
        Literal::Double(value) => format!("{value:?}"),
        Literal::Str(text) => {
            let mut out = String::from("'");
            for c in text.chars() {
                match c {
                    '\'' | '\\' => out.extend(['\\', c]),
                    '\n' => out.push_str("\\n"),
                    '\r' => out.push_str("\\r"),
                    c => out.push(c),
                }
            }
            out + "'"
        }
        Literal::Bytes(bytes) => {
            let bytes: String = bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect();
            format!("b'{bytes}'")
        }
    }
}
