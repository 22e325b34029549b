//! Calls that are macros, and calls that are not.

use super::ast::{Expr, Loop};
use super::parse::Refused;

/// The node of a call: a macro where the name, the receiver and the number of arguments say so.
pub(crate) fn expand(
    receiver: Option<Expr>,
    name: String,
    mut arguments: Vec<Expr>,
) -> Result<Expr, Refused> {
    let Some(receiver) = receiver else {
        if name == "has" && arguments.len() == 1 {
            return match arguments.remove(0) {
                Expr::Select { of, field, optional: false } => Ok(Expr::Has { of, field }),
                _ => Err(Refused("has() wants a field".into())),
            };
        }
        return Ok(Expr::Call { receiver: None, name, arguments });
    };
    let one = |kind: Loop| (kind, 1);
    let two = |kind: Loop| (kind, 2);
    let (kind, names) = match (name.as_str(), arguments.len()) {
        ("all", 2) => one(Loop::All),
        ("exists", 2) => one(Loop::Exists),
        ("exists_one" | "existsOne", 2) => one(Loop::ExistsOne),
        ("filter", 2) => one(Loop::Filter),
        ("map", 2 | 3) => one(Loop::Map),
        ("sortBy", 2) => one(Loop::SortBy),
        ("all", 3) => two(Loop::All),
        ("exists", 3) => two(Loop::Exists),
        ("existsOne" | "exists_one", 3) => two(Loop::ExistsOne),
        ("transformList", 3 | 4) => two(Loop::TransformList),
        ("transformMap", 3 | 4) => two(Loop::TransformMap),
        ("transformMapEntry", 3 | 4) => two(Loop::TransformMapEntry),
        ("optMap" | "optFlatMap", 2) => {
            let body = Box::new(arguments.remove(1));
            let variable = variable(&arguments[0])?;
            let flat = name == "optFlatMap";
            return Ok(Expr::OptMap { of: Box::new(receiver), name: variable, body, flat });
        }
        _ => return Ok(Expr::Call { receiver: Some(Box::new(receiver)), name, arguments }),
    };
    let mut rest = arguments.split_off(names);
    let names: Vec<String> = arguments.iter().map(variable).collect::<Result<_, _>>()?;
    if names.len() == 2 && names[0] == names[1] {
        return Err(Refused("two variables of a macro have one name".into()));
    }
    let filter = (rest.len() == 2).then(|| Box::new(rest.remove(0)));
    let body = Box::new(rest.remove(0));
    Ok(Expr::Loop { kind, over: Box::new(receiver), names, filter, body })
}

fn variable(expr: &Expr) -> Result<String, Refused> {
    match expr {
        Expr::Name(name) if !name.starts_with('.') => Ok(name.clone()),
        _ => Err(Refused("a macro wants a plain name for its variable".into())),
    }
}
