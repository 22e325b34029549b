//! Binding of checks: whether the fields that an expression names can exist.
//!
//! An expression over JSON compiles whatever it names. A catalogue knows more: which kind `object` is, and
//! which fields that kind has. [`check`] follows these types through selects, indexes, loop variables and
//! optionals. It reports fields that cannot exist, also inside of `has()`, and operations that can never work on
//! values of the types found. Where a tree ends (`Opaque`, or a variable that is not listed) it is silent.

use crate::ast::Ast;
use crate::env::Env;
use crate::error::CompileError;
use crate::infer::Checker;
use crate::parse::parse;
use crate::program::Program;
use crate::types::Type;

/// Knows the fields of types.
pub trait Trees {
    /// Type of a field, `None` where the type has no such field.
    fn field(&self, type_name: &str, field: &str) -> Option<FieldType>;
    /// Names of the fields of a type, for suggestions.
    fn fields(&self, type_name: &str) -> Vec<String>;
}

/// The type of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// text
    String,
    /// a whole number
    Integer,
    /// a number, whole or not
    Number,
    /// true or false
    Boolean,
    /// a whole number or text, such as a port
    IntOrString,
    /// a number or text that [`crate::Quantity`] reads
    Quantity,
    /// RFC 3339 text
    Time,
    /// any JSON
    Opaque,
    /// an object, by the name of its type
    Ref(String),
    /// an array
    Array(Box<FieldType>),
    /// an object with any keys
    Map(Box<FieldType>),
}

impl FieldType {
    pub(crate) fn to_type(&self) -> Type {
        match self {
            FieldType::String | FieldType::Time => Type::String,
            FieldType::Integer => Type::Int,
            FieldType::Boolean => Type::Bool,
            FieldType::IntOrString | FieldType::Quantity => Type::NumberOrString,
            // A number may be an int or a double, which do not mix in sums.
            FieldType::Number | FieldType::Opaque => Type::Dyn,
            FieldType::Ref(name) => Type::Tree(name.as_str().into()),
            FieldType::Array(of) => Type::list(of.to_type()),
            FieldType::Map(of) => Type::map(Type::String, of.to_type()),
        }
    }
}

/// What a variable is.
#[derive(Clone, Debug)]
pub enum Variable {
    /// JSON of this type
    Json(FieldType),
    /// a value of the language, such as [`Type::Timestamp`]
    Value(Type),
}

/// Something that cannot work, and where. Line and column count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindingError {
    /// byte offset in the source
    pub offset: usize,
    /// line
    pub line: usize,
    /// column in characters
    pub column: usize,
    /// what is wrong
    pub message: String,
    /// names that may have been meant, the most similar one first
    pub suggestions: Vec<String>,
}

impl std::fmt::Display for BindingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at line {} column {}", self.message, self.line, self.column)?;
        match &self.suggestions[..] {
            [] => Ok(()),
            names => write!(f, "; did you mean `{}`?", names.join("` or `")),
        }
    }
}

impl std::error::Error for BindingError {}

/// Reports what cannot work if the variables have these types. Variables that are not listed may be anything.
pub fn check(program: &Program, variables: &[(&str, Variable)], trees: &dyn Trees) -> Vec<BindingError> {
    report(program.source(), program.ast(), &typed(variables), trees)
}

/// The same for a source that does not compile because of its types: its other problems are found as well. Variables
/// that are not listed do not exist.
///
/// # Errors
/// If the source is no expression at all.
pub fn check_source(
    source: &str,
    variables: &[(&str, Variable)],
    trees: &dyn Trees,
) -> Result<Vec<BindingError>, CompileError> {
    let env = typed(variables);
    let ast = parse(source, env.bindings)?;
    Ok(report(source, &ast, &env, trees))
}

fn typed(variables: &[(&str, Variable)]) -> Env {
    let types: Vec<(&str, Type)> = variables
        .iter()
        .map(|(name, variable)| match variable {
            Variable::Json(of) => (*name, of.to_type()),
            Variable::Value(of) => (*name, of.clone()),
        })
        .collect();
    Env::typed(&types)
}

fn report(source: &str, ast: &Ast, env: &Env, trees: &dyn Trees) -> Vec<BindingError> {
    let mut checker = Checker::new(source, ast, env).with_trees(trees);
    checker.run();
    let hints = checker.hints;
    let errors = checker.errors.into_iter().enumerate();
    errors
        .map(|(at, error)| BindingError {
            offset: error.offset,
            line: error.line,
            column: error.column,
            message: error.message,
            suggestions: hints
                .iter()
                .find(|(of, _)| *of == at)
                .map(|(_, names)| names.clone())
                .unwrap_or_default(),
        })
        .collect()
}

/// `io.k8s.api.core.v1.PodSpec` is `PodSpec`.
pub(crate) fn short_name(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Up to three names that look like the wanted one, the most similar one first.
pub(crate) fn similar(wanted: &str, names: Vec<String>) -> Vec<String> {
    let limit = (wanted.chars().count() / 3).max(2);
    let mut found: Vec<(usize, String)> = names
        .into_iter()
        .map(|name| (distance(&wanted.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .collect();
    found.sort();
    found.into_iter().take(3).map(|(_, name)| name).collect()
}

/// Letters to insert, drop, exchange or swap with their neighbour until one word is the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows: [Vec<usize>; 3] = [Vec::new(), (0..=b.len()).collect(), vec![0; b.len() + 1]];
    for i in 1..=a.len() {
        let [before, last, row] = &mut rows;
        row[0] = i;
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        rows.rotate_left(1);
        rows[2] = vec![0; b.len() + 1];
    }
    rows[1].last().copied().unwrap_or(0)
}
