//! The syntax tree: an arena of nodes, so that a deep expression needs no deep drop.

/// Names a node of an [`Ast`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExprId(pub(crate) u32);

/// A parsed expression, macros recognised.
#[derive(Clone, Debug)]
pub struct Ast {
    pub(crate) nodes: Vec<Node>,
    pub(crate) root: ExprId,
}

/// One node and where it stands. Offsets count bytes of the source.
#[derive(Clone, Debug)]
pub struct Node {
    /// what it is
    pub kind: ExprKind,
    /// where a message about it points: the operator, the dot, the opening parenthesis, or the first byte
    pub at: usize,
    /// first byte
    pub start: usize,
    /// byte after the last one
    pub end: usize,
    /// levels of nodes below, at least 1
    pub(crate) depth: u32,
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// `1`
    Int(i64),
    /// `1u`
    Uint(u64),
    /// `1.0`
    Double(f64),
    /// `'text'`
    Str(String),
    /// `b'bytes'`
    Bytes(Vec<u8>),
}

/// An operator with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `!`
    Not,
    /// `-`
    Negate,
}

/// An operator with two operands, `&&` and `||` apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Rem,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `in`
    In,
}

/// What a comprehension makes of its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoldKind {
    /// `all`
    All,
    /// `exists`
    Exists,
    /// `exists_one`, `existsOne`
    ExistsOne,
    /// `map`, `transformList`
    List,
    /// `filter`
    Filter,
    /// `transformMap`
    Map,
    /// `transformMapEntry`
    MapEntry,
    /// `sortBy`
    SortBy,
}

/// A comprehension macro.
#[derive(Clone, Debug)]
pub struct Fold {
    /// which one
    pub kind: FoldKind,
    /// what it runs over
    pub range: ExprId,
    /// the variable: element of a list, key of a map; with two variables: index or key
    pub var: String,
    /// the second variable: the element or value
    pub var2: Option<String>,
    /// only elements for which this holds (`map` with three arguments and its kin)
    pub filter: Option<ExprId>,
    /// predicate, result or sort key
    pub body: ExprId,
}

/// The kinds of nodes.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// a constant
    Literal(Literal),
    /// a name; with a leading dot where the source has one
    Ident(String),
    /// `operand.field`, `operand.?field`, `has(operand.field)`
    Select {
        /// what is selected from
        operand: ExprId,
        /// the field
        field: String,
        /// `.?`
        optional: bool,
        /// `has()`
        test: bool,
    },
    /// `operand[index]`, `operand[?index]`
    Index {
        /// what is indexed
        operand: ExprId,
        /// the index
        index: ExprId,
        /// `[?`
        optional: bool,
    },
    /// `function(args)`, `target.function(args)`
    Call {
        /// the receiver; may be a namespace such as `optional`
        target: Option<ExprId>,
        /// the name
        function: String,
        /// the arguments
        args: Vec<ExprId>,
    },
    /// `!x`, `-x`
    Unary(UnaryOp, ExprId),
    /// `a + b`
    Binary(BinaryOp, ExprId, ExprId),
    /// `a && b && c`
    And(Vec<ExprId>),
    /// `a || b || c`
    Or(Vec<ExprId>),
    /// `a ? b : c`
    Cond(ExprId, ExprId, ExprId),
    /// `[a, ?b]`: optional flag and element
    List(Vec<(bool, ExprId)>),
    /// `{a: b, ?c: d}`: optional flag, key, value
    Map(Vec<(bool, ExprId, ExprId)>),
    /// `Name{field: value}`: optional flag, field, value
    Message(String, Vec<(bool, String, ExprId)>),
    /// a comprehension macro
    Fold(Box<Fold>),
    /// `cel.bind(name, init, body)`
    Bind {
        /// the variable
        name: String,
        /// its value
        init: ExprId,
        /// where it is known
        body: ExprId,
    },
    /// `target.optMap(name, body)`, `target.optFlatMap(name, body)`
    OptMap {
        /// the optional
        target: ExprId,
        /// the variable
        name: String,
        /// the new value
        body: ExprId,
        /// `optFlatMap`: the body is an optional itself
        flat: bool,
    },
}

impl Ast {
    /// The outermost node.
    pub fn root(&self) -> ExprId {
        self.root
    }

    /// A node.
    pub fn node(&self, id: ExprId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// What a node is.
    pub fn kind(&self, id: ExprId) -> &ExprKind {
        &self.node(id).kind
    }

    /// Calls `visit` with every node of the expression, what holds an operand before the operand.
    pub fn walk(&self, mut visit: impl FnMut(ExprId, &Node)) {
        let mut open = vec![self.root];
        while let Some(id) = open.pop() {
            let node = self.node(id);
            visit(id, node);
            node.kind.children(|child| open.push(child));
        }
    }

    /// The chain `a.b.c` of plain selects as one name, if the node is one.
    pub fn qualified_name(&self, id: ExprId) -> Option<String> {
        let mut parts: Vec<&str> = Vec::new();
        let mut at = id;
        loop {
            match self.kind(at) {
                ExprKind::Ident(name) => {
                    let mut out = name.clone();
                    for part in parts.iter().rev() {
                        out.push('.');
                        out.push_str(part);
                    }
                    return Some(out);
                }
                ExprKind::Select { operand, field, optional: false, test: false } => {
                    parts.push(field.as_str());
                    at = *operand;
                }
                _ => return None,
            }
        }
    }
}

impl ExprKind {
    /// Calls `visit` with every direct operand.
    pub fn children(&self, mut visit: impl FnMut(ExprId)) {
        match self {
            ExprKind::Literal(_) | ExprKind::Ident(_) => {}
            ExprKind::Select { operand, .. } | ExprKind::Unary(_, operand) => visit(*operand),
            ExprKind::Index { operand, index, .. } => {
                visit(*operand);
                visit(*index);
            }
            ExprKind::Call { target, args, .. } => target.iter().chain(args).for_each(|id| visit(*id)),
            ExprKind::Binary(_, a, b) => {
                visit(*a);
                visit(*b);
            }
            ExprKind::And(terms) | ExprKind::Or(terms) => terms.iter().for_each(|id| visit(*id)),
            ExprKind::Cond(a, b, c) => [a, b, c].into_iter().for_each(|id| visit(*id)),
            ExprKind::List(items) => items.iter().for_each(|(_, id)| visit(*id)),
            ExprKind::Map(entries) => entries.iter().for_each(|(_, key, value)| {
                visit(*key);
                visit(*value);
            }),
            ExprKind::Message(_, fields) => fields.iter().for_each(|(_, _, id)| visit(*id)),
            ExprKind::Fold(fold) => {
                visit(fold.range);
                fold.filter.iter().for_each(|id| visit(*id));
                visit(fold.body);
            }
            ExprKind::Bind { init, body, .. } => {
                visit(*init);
                visit(*body);
            }
            ExprKind::OptMap { target, body, .. } => {
                visit(*target);
                visit(*body);
            }
        }
    }
}
