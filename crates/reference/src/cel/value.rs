//! Values, all of them owned; containers are shared so that a copy is cheap enough for tests.

use std::net::IpAddr;
use std::rc::Rc;

use nachweis_canon::Json;

use super::quantity::Quantity;
use super::semver::Semver;

/// What a withheld string reads: ours, and the mark that another collector leaves (DESIGN section 3, snapshot).
const MARKS: [&str; 2] = ["nachweis:withheld", "***HIDDEN***"];

/// A value of the language.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the types of the language, by their names")]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Str(Rc<str>),
    Bytes(Rc<[u8]>),
    List(Rc<Vec<Value>>),
    /// entries in the order of their keys
    Map(Rc<Vec<(Value, Value)>>),
    /// nanoseconds since 1970-01-01T00:00:00Z, and seconds east of UTC as it was written
    Timestamp(i128, i32),
    /// nanoseconds
    Duration(i64),
    Type(Rc<str>),
    Optional(Option<Rc<Value>>),
    Quantity(Rc<Quantity>),
    Ip(IpAddr),
    /// address and length of the prefix
    Cidr(IpAddr, u8),
    Semver(Rc<Semver>),
    /// A string of a document whose content was not stored. It stands in containers only: reading it is an error.
    Withheld,
}

/// The value of a document.
pub fn from_json(json: &Json<'_>) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Int(value) => Value::Int(*value),
        Json::Big(digits) => Value::Double(digits.parse().unwrap_or(f64::NAN)),
        Json::Num(value) => Value::Double(*value),
        Json::Str(text) if is_mark(text) => Value::Withheld,
        Json::Str(text) => Value::str(text),
        Json::Arr(items) => Value::list(items.iter().map(from_json).collect()),
        // Members of a document stand in canonical order already, which is the order of keys here.
        Json::Obj(members) => Value::Map(Rc::new(
            members.iter().map(|(key, value)| (Value::str(key), from_json(value))).collect(),
        )),
    }
}

/// True for a string that stands for a value that was not taken into the snapshot.
pub(crate) fn is_mark(text: &str) -> bool {
    MARKS.contains(&text)
}

/// True where a mark stands anywhere in the document.
pub(crate) fn holds_mark(json: &Json<'_>) -> bool {
    match json {
        Json::Str(text) => is_mark(text),
        Json::Arr(items) => items.iter().any(holds_mark),
        Json::Obj(members) => members.iter().any(|(_, value)| holds_mark(value)),
        _ => false,
    }
}

impl Value {
    pub(crate) fn str(text: impl AsRef<str>) -> Self {
        Value::Str(Rc::from(text.as_ref()))
    }

    pub(crate) fn list(items: Vec<Value>) -> Self {
        Value::List(Rc::new(items))
    }

    pub(crate) fn some(value: Value) -> Self {
        Value::Optional(Some(Rc::new(value)))
    }

    pub(crate) fn type_named(name: &str) -> Self {
        Value::Type(Rc::from(name))
    }

    /// An instant in UTC.
    pub fn timestamp(seconds: i64, nanos: u32) -> Self {
        Value::Timestamp(i128::from(seconds) * 1_000_000_000 + i128::from(nanos), 0)
    }

    /// Name of the type, without the types of elements.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null_type",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Uint(_) => "uint",
            Value::Double(_) => "double",
            Value::Str(_) | Value::Withheld => "string",
            Value::Bytes(_) => "bytes",
            Value::List(_) => "list",
            Value::Map(_) => "map",
            Value::Timestamp(..) => "google.protobuf.Timestamp",
            Value::Duration(_) => "google.protobuf.Duration",
            Value::Type(_) => "type",
            Value::Optional(_) => "optional_type",
            Value::Quantity(_) => "kubernetes.Quantity",
            Value::Ip(_) => "net.IP",
            Value::Cidr(..) => "net.CIDR",
            Value::Semver(_) => "kubernetes.Semver",
        }
    }
}

/// Values that callers make.
impl Value {
    /// A string.
    pub fn text(text: &str) -> Self {
        Value::str(text)
    }

    /// An instant as RFC 3339 in UTC.
    pub fn utc_text(&self) -> Option<String> {
        match self {
            Value::Timestamp(nanos, _) => Some(super::time::instant_text(*nanos, 0)),
            _ => None,
        }
    }

    /// A list.
    pub fn of_list(items: Vec<Value>) -> Self {
        Value::list(items)
    }

    /// A map with strings as keys, in any order.
    pub fn of_map<'k>(members: impl Iterator<Item = (&'k str, Value)>) -> Self {
        let mut out: Vec<(Value, Value)> = Vec::new();
        for (key, value) in members {
            // A string is always a key.
            let _ = super::operators::insert(&mut out, Value::str(key), value);
        }
        Value::Map(Rc::new(out))
    }
}
