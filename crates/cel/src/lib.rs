//! The expression language: CEL in the dialect of Kubernetes 1.36 ValidatingAdmissionPolicy.
//!
//! A source is parsed, its names are bound to slots, and the result is evaluated over borrowed JSON without
//! converting it. There is no clock, no environment and no unordered map: the same source and values give the
//! same result everywhere. Every evaluation is bounded by [`COST_LIMIT`], every recursion by the depth of the
//! source, which is bounded too.
//!
//! A string that stands for a withheld value is an error of kind [`ErrorKind::Withheld`] wherever an expression
//! reads it; `&&` and `||` absorb it like any error, because the result does not depend on it then.

mod access;
mod ast;
pub mod check;
mod constants;
mod container;
mod env;
mod error;
mod eval;
mod fold;
mod functions;
mod infer;
mod ip;
mod lex;
mod macros;
mod number;
mod opaque;
mod ops;
mod parse;
mod pattern;
mod plan;
mod program;
mod quantity;
mod semver;
mod show;
mod signatures;
mod text;
mod time;
mod types;
mod unify;
mod url;
mod value;

pub use ast::{Ast, BinaryOp, ExprId, ExprKind, Fold, FoldKind, Literal, Node, UnaryOp};
pub use container::{Key, List, Map};
pub use env::Env;
pub use error::{CompileError, ErrorKind, EvalError};
pub use eval::{COST_LIMIT, Step};
pub use ip::{Cidr, Ip};
pub use opaque::Opaque;
pub use program::{Program, compile};
pub use quantity::Quantity;
pub use semver::Semver;
pub use text::Text;
pub use time::Timestamp;
pub use types::{ObjectType, Type};
pub use url::Url;
pub use value::{Value, WITHHELD_MARKS, is_withheld};
