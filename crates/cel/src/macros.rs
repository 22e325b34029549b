//! Calls that are macros: they bind a name, so their arguments are no ordinary operands.

use crate::ast::{ExprId, ExprKind, Fold, FoldKind};
use crate::error::CompileError;
use crate::parse::Parser;

/// Names that upstream uses for the accumulator of a comprehension.
const ACCUMULATORS: [&str; 2] = ["__result__", "@result"];

/// The node that a call stands for, if it is a macro.
pub(crate) fn expand(
    parser: &mut Parser<'_>,
    target: Option<ExprId>,
    name: &str,
    args: &[ExprId],
    at: usize,
    start: usize,
) -> Result<Option<ExprId>, CompileError> {
    let Some(target) = target else {
        return match (name, args) {
            ("has", [arg]) => has(parser, *arg, at, start).map(Some),
            _ => Ok(None),
        };
    };
    if name == "bind" && parser.bindings && is_ident(parser, target, "cel") {
        return bind(parser, args, at, start);
    }
    let kind = match (name, args) {
        ("all", [_, _] | [_, _, _]) => FoldKind::All,
        ("exists", [_, _] | [_, _, _]) => FoldKind::Exists,
        ("exists_one", [_, _] | [_, _, _]) | ("existsOne", [_, _, _]) => FoldKind::ExistsOne,
        ("map", [_, _]) | ("transformList", [_, _, _]) => FoldKind::List,
        ("map", [var, filter, body]) => {
            let var = simple_name(parser, *var)?;
            let range = target;
            let fold =
                Fold { kind: FoldKind::List, range, var, var2: None, filter: Some(*filter), body: *body };
            return parser.add(ExprKind::Fold(Box::new(fold)), at, start).map(Some);
        }
        ("filter", [_, _]) => FoldKind::Filter,
        ("sortBy", [_, _]) => FoldKind::SortBy,
        ("transformList", [_, _, _, _]) => FoldKind::List,
        ("transformMap", [_, _, _] | [_, _, _, _]) => FoldKind::Map,
        ("transformMapEntry", [_, _, _] | [_, _, _, _]) => FoldKind::MapEntry,
        ("optMap" | "optFlatMap", [var, body]) => {
            let name_node = simple_name(parser, *var)?;
            let flat = name == "optFlatMap";
            let kind = ExprKind::OptMap { target, name: name_node, body: *body, flat };
            return parser.add(kind, at, start).map(Some);
        }
        _ => return Ok(None),
    };
    let fold = fold(parser, kind, target, args)?;
    parser.add(ExprKind::Fold(Box::new(fold)), at, start).map(Some)
}

fn fold(parser: &Parser<'_>, kind: FoldKind, range: ExprId, args: &[ExprId]) -> Result<Fold, CompileError> {
    let var = simple_name(parser, args[0])?;
    let (var2, filter) = match args {
        [_, _] => (None, None),
        [_, second, rest @ ..] => {
            let second_name = simple_name(parser, *second)?;
            if second_name == var {
                return Err(parser.error(parser.node(*second).at, format!("`{var}` is named twice")));
            }
            (Some(second_name), (rest.len() == 2).then(|| rest[0]))
        }
        _ => (None, None),
    };
    let body = args[args.len() - 1];
    Ok(Fold { kind, range, var, var2, filter, body })
}

fn is_ident(parser: &Parser<'_>, id: ExprId, wanted: &str) -> bool {
    matches!(&parser.node(id).kind, ExprKind::Ident(name) if name == wanted)
}

fn simple_name(parser: &Parser<'_>, id: ExprId) -> Result<String, CompileError> {
    let node = parser.node(id);
    match &node.kind {
        ExprKind::Ident(name) if ACCUMULATORS.contains(&name.as_str()) => {
            Err(parser.error(node.at, format!("`{name}` may not name a variable")))
        }
        ExprKind::Ident(name) if !name.starts_with('.') => Ok(name.clone()),
        _ => Err(parser.error(node.at, "a macro's variable must be a simple name")),
    }
}

fn has(parser: &mut Parser<'_>, arg: ExprId, at: usize, start: usize) -> Result<ExprId, CompileError> {
    let node = parser.node(arg);
    match &node.kind {
        ExprKind::Select { operand, field, optional: false, test: false } => {
            let kind =
                ExprKind::Select { operand: *operand, field: field.clone(), optional: false, test: true };
            parser.add(kind, at, start)
        }
        _ => Err(parser.error(node.at, "`has()` takes a field selection such as `object.spec`")),
    }
}

fn bind(
    parser: &mut Parser<'_>,
    args: &[ExprId],
    at: usize,
    start: usize,
) -> Result<Option<ExprId>, CompileError> {
    let [var, init, body] = args else { return Ok(None) };
    let name = simple_name(parser, *var)?;
    parser.add(ExprKind::Bind { name, init: *init, body: *body }, at, start).map(Some)
}
