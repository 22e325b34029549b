//! Why an evaluation has no value.

/// The classes of errors that callers tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// the result depends on a value that was withheld from the snapshot
    Withheld,
    /// a field or key that is not there, an index outside of its list
    NoSuchKey,
    /// an operator or function that does not take values of these types
    NoOverload,
    /// a result outside of its type's range, a division by zero
    Overflow,
    /// a text that cannot be converted
    Conversion,
    /// anything else
    Other,
    /// the reference does not implement this; whoever compares has to list it
    NotCovered,
}

/// An error of an evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// its class
    pub class: Class,
    /// what happened, for people
    pub message: String,
}

impl Fault {
    pub(crate) fn new(class: Class, message: impl Into<String>) -> Self {
        Fault { class, message: message.into() }
    }

    pub(crate) fn overload(what: &str) -> Self {
        Fault::new(Class::NoOverload, format!("no such overload: {what}"))
    }

    pub(crate) fn key(key: impl std::fmt::Display) -> Self {
        Fault::new(Class::NoSuchKey, format!("no such key: {key}"))
    }

    pub(crate) fn overflow() -> Self {
        Fault::new(Class::Overflow, "out of range")
    }

    pub(crate) fn conversion(what: impl std::fmt::Display) -> Self {
        Fault::new(Class::Conversion, format!("cannot convert {what}"))
    }

    pub(crate) fn other(message: impl Into<String>) -> Self {
        Fault::new(Class::Other, message)
    }

    pub(crate) fn withheld() -> Self {
        Fault::new(Class::Withheld, "the value was withheld")
    }
}
