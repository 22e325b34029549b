//! What is decided while compiling: constant literals and conversions, constant patterns, constant formats.

use std::sync::Arc;

use crate::ast::{Ast, ExprId, ExprKind};
use crate::container::{Key, Map};
use crate::eval::Machine;
use crate::functions::{self, format as clauses};
use crate::pattern;
use crate::plan::{Op, OpKind};
use crate::signatures::Func;
use crate::types::Type;
use crate::value::Value;

fn constant(op: &Op) -> Option<&Value<'static>> {
    match &op.kind {
        OpKind::Const(value) => Some(value),
        _ => None,
    }
}

/// A list of constants is built once.
pub(crate) fn list(items: Box<[(bool, Op)]>) -> OpKind {
    let values: Option<Vec<_>> =
        items.iter().map(|(optional, item)| constant(item).filter(|_| !optional).cloned()).collect();
    match values {
        Some(values) => OpKind::Const(Value::list(values)),
        None => OpKind::List(items),
    }
}

/// A map of constants is built once.
pub(crate) fn map(entries: Box<[(bool, Op, Op)]>) -> OpKind {
    let pair = |(optional, key, value): &(bool, Op, Op)| {
        let key = constant(key).filter(|key| !optional && !matches!(key, Value::Double(_)))?;
        Some((Key::of(key)?, constant(value)?.clone()))
    };
    match entries.iter().map(pair).collect::<Option<Vec<_>>>() {
        Some(pairs) => OpKind::Const(Value::Map(Arc::new(Map::last_wins(pairs)))),
        None => OpKind::Map(entries),
    }
}

/// A conversion of a constant is made now, a constant pattern is compiled now; both may fail.
pub(crate) fn call(func: Func, args: Box<[Op]>, member: bool) -> Result<OpKind, String> {
    match func {
        Func::Bool
        | Func::Bytes
        | Func::Double
        | Func::Dyn
        | Func::Duration
        | Func::Int
        | Func::String
        | Func::Timestamp
        | Func::Uint => {
            let Some(value) = args.first().and_then(constant) else { return Ok(OpKind::Call(func, args)) };
            let mut machine = Machine::new(&[], 0);
            match functions::call(&mut machine, func, std::slice::from_ref(value)) {
                Ok(value) => Ok(OpKind::Const(value)),
                Err(fault) => Err(fault.into_error().message),
            }
        }
        Func::Matches | Func::Find | Func::FindAll => {
            // Upstream takes the first argument for the pattern here, also where that is the text.
            if let (Func::Matches, false, Some(Value::Str(text))) =
                (func, member, args.first().and_then(constant))
            {
                pattern::compile(text)?;
            }
            match args.get(1).and_then(constant) {
                Some(Value::Str(text)) => Ok(OpKind::Search(func, Box::new(pattern::compile(text)?), args)),
                _ => Ok(OpKind::Call(func, args)),
            }
        }
        Func::Quantity | Func::Semver | Func::Ip | Func::Cidr | Func::Url => {
            let values: Option<Vec<_>> = args.iter().map(|arg| constant(arg).cloned()).collect();
            let made = values.map(|values| functions::call(&mut Machine::new(&[], 0), func, &values));
            // What cannot be made is an error of the evaluation, if it comes to that.
            Ok(match made {
                Some(Ok(value)) => OpKind::Const(value),
                _ => OpKind::Call(func, args),
            })
        }
        _ => Ok(OpKind::Call(func, args)),
    }
}

/// Checks a format against the types of its arguments: which argument is wrong, and why.
pub(crate) fn format(
    ast: &Ast,
    types: &[Option<Type>],
    text: &str,
    args: &[ExprId],
) -> Result<(), (Option<ExprId>, String)> {
    let pieces = clauses::pieces(text).map_err(|message| (None, message))?;
    let mut next = 0;
    for piece in pieces {
        let clauses::Piece::Clause { letter, .. } = piece else { continue };
        let Some(arg) = args.get(next) else { return Err((None, format!("index {next} out of range"))) };
        next += 1;
        check_argument(ast, types, letter, *arg)?;
    }
    if next < args.len() {
        let message = format!("too many arguments supplied to format (expected {next}, got {})", args.len());
        return Err((None, message));
    }
    Ok(())
}

fn check_argument(
    ast: &Ast,
    types: &[Option<Type>],
    letter: u8,
    arg: ExprId,
) -> Result<(), (Option<ExprId>, String)> {
    let Some(of) = &types[arg.0 as usize] else { return Ok(()) };
    let fits = match (letter, of) {
        (_, Type::Dyn) => true,
        (b's', of) => !matches!(of, Type::Optional(_) | Type::Opaque(_) | Type::Object(_) | Type::Wrapper(_)),
        (b'f' | b'e', of) => matches!(of, Type::Double | Type::String),
        (b'b', of) => matches!(of, Type::Int | Type::Uint | Type::Bool),
        (b'x' | b'X', of) => matches!(of, Type::Int | Type::Uint | Type::String | Type::Bytes),
        (_, of) => matches!(of, Type::Int | Type::Uint),
    };
    if !fits {
        let message = format!("error during formatting: {}, was given {of}", clauses::clause_wants(letter));
        return Err((Some(arg), message));
    }
    if letter == b's' {
        match ast.kind(arg) {
            ExprKind::List(items) => {
                for (_, item) in items {
                    check_argument(ast, types, letter, *item)?;
                }
            }
            ExprKind::Map(entries) => {
                for (_, key, value) in entries {
                    check_argument(ast, types, letter, *key)?;
                    check_argument(ast, types, letter, *value)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}
