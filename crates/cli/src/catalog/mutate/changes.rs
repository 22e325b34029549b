//! The one list of changes that are tried on every expression, by the shape of its syntax tree alone.

use nachweis_cel::{Ast, BinaryOp, ExprId, ExprKind, FoldKind, Literal, UnaryOp};

use super::write::Change;

/// All changes of an expression whose result is true or false, what holds a part before the part.
pub fn changes(ast: &Ast) -> Vec<(ExprId, Change)> {
    let mut out = vec![(ast.root(), Change::Always(false)), (ast.root(), Change::Always(true))];
    condition(ast, ast.root(), &mut out);
    ast.walk(|id, node| match &node.kind {
        ExprKind::Literal(value) => out.extend(constants(value).map(|other| (id, Change::Constant(other)))),
        ExprKind::List(items) if items.len() > 1 => {
            out.extend((0..items.len()).map(|at| (id, Change::Element(at))));
        }
        // The body of a loop is a condition of its own, wherever the loop stands.
        ExprKind::Fold(fold) if quantifies(fold.kind) => condition(ast, fold.body, &mut out),
        ExprKind::Cond(test, ..) => condition(ast, *test, &mut out),
        ExprKind::Call { function, args, .. } if function == "orValue" => {
            if let [only] = args.as_slice()
                && let ExprKind::Literal(Literal::Bool(_)) = ast.kind(*only)
            {
                out.push((*only, Change::Negate));
            }
        }
        _ => {}
    });
    out.sort_by_key(|(id, _)| ast.node(*id).start);
    out
}

fn quantifies(kind: FoldKind) -> bool {
    matches!(kind, FoldKind::All | FoldKind::Exists | FoldKind::ExistsOne | FoldKind::Filter)
}

/// Changes of a node that is true or false, and of what it is made of.
fn condition(ast: &Ast, id: ExprId, out: &mut Vec<(ExprId, Change)>) {
    match ast.kind(id) {
        // What is always so is made never so, and the other way round, where the whole is.
        ExprKind::Literal(_) if id == ast.root() => {}
        // Every other comparison of the same two is tried below, the contrary among them.
        ExprKind::Binary(op, ..) if !others(*op).is_empty() => {
            out.extend(others(*op).iter().map(|other| (id, Change::Compare(*other))));
        }
        ExprKind::And(terms) | ExprKind::Or(terms) => {
            out.push((id, Change::Negate));
            out.push((id, Change::AndOr));
            out.extend((0..terms.len()).map(|at| (id, Change::Drop(at))));
            terms.iter().for_each(|term| condition(ast, *term, out));
        }
        ExprKind::Unary(UnaryOp::Not, inner) => {
            out.push((id, Change::Negate));
            // What is below may be a conjunction or a loop; a name by itself was negated already.
            if !matches!(
                ast.kind(*inner),
                ExprKind::Select { .. } | ExprKind::Call { .. } | ExprKind::Ident(_)
            ) {
                inside(ast, *inner, out);
            }
        }
        ExprKind::Cond(_, yes, no) => {
            condition(ast, *yes, out);
            condition(ast, *no, out);
        }
        ExprKind::Fold(fold) => {
            out.push((id, Change::Negate));
            quantifier(id, fold.kind, out);
        }
        _ => out.push((id, Change::Negate)),
    }
}

/// Below a `!`: everything but the negation, which gives what the negation of the `!` gives.
fn inside(ast: &Ast, id: ExprId, out: &mut Vec<(ExprId, Change)>) {
    let before = out.len();
    condition(ast, id, out);
    if let Some(at) = out[before..].iter().position(|(node, change)| *node == id && *change == Change::Negate)
    {
        out.remove(before + at);
    }
}

fn quantifier(id: ExprId, kind: FoldKind, out: &mut Vec<(ExprId, Change)>) {
    match kind {
        FoldKind::All => out.push((id, Change::Quantifier(FoldKind::Exists))),
        FoldKind::Exists => out.push((id, Change::Quantifier(FoldKind::All))),
        FoldKind::ExistsOne => out.push((id, Change::Quantifier(FoldKind::Exists))),
        _ => {}
    }
}

fn others(op: BinaryOp) -> &'static [BinaryOp] {
    use BinaryOp::{Eq, Ge, Gt, Le, Lt, Ne};
    match op {
        Eq => &[Ne],
        Ne => &[Eq],
        Lt => &[Le, Ge],
        Le => &[Lt, Gt],
        Gt => &[Ge, Le],
        Ge => &[Gt, Lt],
        _ => &[],
    }
}

/// A number one less and one more, a text with one more letter. An empty text stays: it stands for nothing.
fn constants(value: &Literal) -> impl Iterator<Item = Literal> {
    let found = match value {
        Literal::Int(number) => [number.checked_sub(1), number.checked_add(1)].map(|n| n.map(Literal::Int)),
        Literal::Uint(number) => [number.checked_sub(1), number.checked_add(1)].map(|n| n.map(Literal::Uint)),
        Literal::Str(text) if !text.is_empty() => [Some(Literal::Str(format!("{text}~"))), None],
        _ => [None, None],
    };
    found.into_iter().flatten()
}
