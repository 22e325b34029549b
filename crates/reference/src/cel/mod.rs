//! The expression language once more: lexer, recursive-descent parser, an interpreter that walks the tree.
//!
//! Nothing is compiled, cached or borrowed. There are no static types and no costs: an expression that the type
//! checker would refuse gives a value or an error like any other.

mod ast;
mod convert;
mod eval;
mod fault;
mod functions;
mod lex;
mod lists;
mod macros;
mod net;
mod operators;
mod parse;
mod quantity;
mod semver;
mod text;
mod time;
mod value;

pub use ast::{Expr, Loop};
pub use eval::{Scope, evaluate};
pub use fault::{Class, Fault};
pub use parse::{Refused, parse};
pub use value::{Value, from_json};
pub(crate) use value::{holds_mark, is_mark};
