use std::borrow::Cow;
use std::fmt;

/// Why a source is no expression of the dialect, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    /// byte offset in the source
    pub offset: usize,
    /// line, from 1
    pub line: usize,
    /// column in characters, from 1
    pub column: usize,
    /// what is wrong
    pub message: String,
}

impl CompileError {
    pub(crate) fn new(source: &str, offset: usize, message: impl Into<String>) -> Self {
        let (line, column) = position(source, offset);
        CompileError { offset, line, column, message: message.into() }
    }
}

/// Line and column, from 1, of a byte offset.
pub(crate) fn position(source: &str, offset: usize) -> (usize, usize) {
    let mut end = offset.min(source.len());
    while !source.is_char_boundary(end) {
        end -= 1;
    }
    let before = &source[..end];
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at line {} column {}", self.message, self.line, self.column)
    }
}

impl std::error::Error for CompileError {}

/// Classes of evaluation errors that callers tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// the result depends on a value that was withheld from the snapshot
    Withheld,
    /// a field or key that is not there, an index outside of its list
    NoSuchKey,
    /// an operator or function that does not take values of these types
    NoOverload,
    /// the evaluation costs more than one call may
    Cost,
    /// a result outside of its type's range, a division by zero
    Overflow,
    /// a text that cannot be converted
    Conversion,
    /// anything else
    Other,
}

/// Why an evaluation has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvalError {
    /// the class
    pub kind: ErrorKind,
    /// what happened
    pub message: String,
    /// byte offset in the source of the operation that failed
    pub offset: usize,
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for EvalError {}

/// An error on its way up; it is often absorbed by `&&` or `||`, so making one must be cheap.
#[derive(Clone, Debug)]
pub(crate) struct Fault(Box<(ErrorKind, Cow<'static, str>, u32)>);

const NOWHERE: u32 = u32::MAX;

impl Fault {
    #[cold]
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Fault(Box::new((kind, message.into(), NOWHERE)))
    }

    #[cold]
    pub(crate) fn no_overload() -> Self {
        Fault::new(ErrorKind::NoOverload, "no such overload")
    }

    #[cold]
    pub(crate) fn no_key(key: impl fmt::Display) -> Self {
        Fault::new(ErrorKind::NoSuchKey, format!("no such key: {key}"))
    }

    #[cold]
    pub(crate) fn other(message: impl Into<Cow<'static, str>>) -> Self {
        Fault::new(ErrorKind::Other, message)
    }

    #[cold]
    pub(crate) fn conversion(message: impl Into<Cow<'static, str>>) -> Self {
        Fault::new(ErrorKind::Conversion, message)
    }

    #[cold]
    pub(crate) fn overflow(message: &'static str) -> Self {
        Fault::new(ErrorKind::Overflow, message)
    }

    #[cold]
    pub(crate) fn withheld() -> Self {
        Fault::new(ErrorKind::Withheld, "the value was withheld")
    }

    #[cold]
    pub(crate) fn cost() -> Self {
        Fault::new(ErrorKind::Cost, "operation cancelled: actual cost limit exceeded")
    }

    /// Sets the place unless a deeper one is known.
    #[cold]
    pub(crate) fn at(mut self, offset: u32) -> Self {
        if self.0.2 == NOWHERE {
            self.0.2 = offset;
        }
        self
    }

    pub(crate) fn is_cost(&self) -> bool {
        self.0.0 == ErrorKind::Cost
    }

    pub(crate) fn is_overload(&self) -> bool {
        self.0.0 == ErrorKind::NoOverload
    }

    pub(crate) fn message(&self) -> &str {
        &self.0.1
    }

    pub(crate) fn into_error(self) -> EvalError {
        let (kind, message, offset) = *self.0;
        let offset = if offset == NOWHERE { 0 } else { offset as usize };
        EvalError { kind, message: message.into_owned(), offset }
    }
}
