use std::sync::Arc;

use nachweis_canon::Json;

use crate::container::{Key, List, Map};
use crate::error::{ErrorKind, Fault};
use crate::opaque::Opaque;
use crate::quantity::Quantity;
use crate::text::Text;
use crate::time::Timestamp;

/// Containers of a value that may stand inside each other.
const MAX_DEPTH: u32 = 400;

/// What a withheld string reads: ours, and the marks that other collectors leave.
pub const WITHHELD_MARKS: [&str; 2] = ["nachweis:withheld", "***HIDDEN***"];

/// A value of the language. Copying one is cheap.
#[derive(Clone)]
#[non_exhaustive]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i64),
    /// `uint`
    Uint(u64),
    /// `double`
    Double(f64),
    /// `string`
    Str(Text<'a>),
    /// `bytes`
    Bytes(Arc<[u8]>),
    /// a list that an evaluation made
    List(Arc<List<'a>>),
    /// a map that an evaluation made
    Map(Arc<Map<'a>>),
    /// an array or object of a document, not converted
    Json(&'a Json<'a>),
    /// `google.protobuf.Timestamp`
    Timestamp(Timestamp),
    /// `google.protobuf.Duration`, in nanoseconds
    Duration(i64),
    /// a type, by name
    Type(Text<'a>),
    /// `optional_type`
    Optional(Option<Arc<Value<'a>>>),
    /// `kubernetes.Quantity`
    Quantity(Arc<Quantity>),
    /// an address, a version, a URL ...
    Opaque(Arc<Opaque>),
}

/// True for a string that stands for a value that was not taken into the snapshot.
pub fn is_withheld(text: &str) -> bool {
    WITHHELD_MARKS.contains(&text)
}

impl<'a> From<&'a Json<'a>> for Value<'a> {
    /// Borrows the document; it is looked at when the value is read.
    fn from(json: &'a Json<'a>) -> Self {
        Value::Json(json)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::Str(Text::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Value::Str(text.into())
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Value::Int(value)
    }
}

/// The value of a JSON node: scalars as they are, containers borrowed. A withheld string is an error.
#[inline]
pub(crate) fn read_json<'a>(json: &'a Json<'a>) -> Result<Value<'a>, Fault> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Int(value) => Value::Int(*value),
        // Digits always parse; outside of binary64 they give an infinity, as no JSON literal may.
        Json::Big(digits) => Value::Double(digits.parse().unwrap_or(f64::NAN)),
        Json::Num(value) => Value::Double(*value),
        Json::Str(text) => {
            if is_withheld(text) {
                return Err(Fault::withheld());
            }
            Value::Str(Text::Borrowed(text))
        }
        Json::Arr(_) | Json::Obj(_) => Value::Json(json),
    })
}

impl<'a> Value<'a> {
    /// An instant: seconds since 1970-01-01T00:00:00Z and nanoseconds (0 to 999,999,999) after them.
    /// Seconds outside of the years 1 to 9999 are cut to the nearest instant inside.
    pub fn timestamp(seconds: i64, nanos: u32) -> Self {
        Value::Timestamp(Timestamp::clamped(seconds, nanos))
    }

    /// A list.
    pub fn list(items: Vec<Value<'a>>) -> Self {
        Value::List(Arc::new(List::new(items)))
    }

    /// A map; a key that stands twice is given back as the error.
    pub fn map(entries: Vec<(Key<'a>, Value<'a>)>) -> Result<Self, Key<'a>> {
        Map::from_entries(entries).map(|map| Value::Map(Arc::new(map)))
    }

    pub(crate) fn str(text: impl Into<Text<'a>>) -> Self {
        Value::Str(text.into())
    }

    pub(crate) fn some(value: Value<'a>) -> Self {
        Value::Optional(Some(Arc::new(value)))
    }

    pub(crate) fn type_named(name: &'static str) -> Self {
        Value::Type(Text::Borrowed(name))
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(*value),
            Value::Json(Json::Bool(value)) => Some(*value),
            _ => None,
        }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(text) => Some(text),
            Value::Json(Json::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// Name of the value's type, without the types of elements.
    pub fn type_name(&self) -> &str {
        match self {
            Value::Null => "null_type",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Uint(_) => "uint",
            Value::Double(_) => "double",
            Value::Str(_) => "string",
            Value::Bytes(_) => "bytes",
            Value::List(_) => "list",
            Value::Map(_) => "map",
            Value::Json(json) => match json {
                Json::Null => "null_type",
                Json::Bool(_) => "bool",
                Json::Int(_) => "int",
                Json::Big(_) | Json::Num(_) => "double",
                Json::Str(_) => "string",
                Json::Arr(_) => "list",
                Json::Obj(_) => "map",
            },
            Value::Timestamp(_) => "google.protobuf.Timestamp",
            Value::Duration(_) => "google.protobuf.Duration",
            Value::Type(_) => "type",
            Value::Optional(_) => "optional_type",
            Value::Quantity(_) => "kubernetes.Quantity",
            Value::Opaque(opaque) => opaque.type_name(),
        }
    }

    /// The value with a borrowed scalar looked at.
    #[inline]
    pub(crate) fn settled(self) -> Result<Value<'a>, Fault> {
        match self {
            Value::Json(json) => read_json(json),
            value => Ok(value),
        }
    }

    /// Containers that stand inside each other, 0 for a scalar. A document counts as one: it is only borrowed.
    pub(crate) fn depth(&self) -> u32 {
        match self {
            Value::List(items) => items.depth(),
            Value::Map(map) => map.depth(),
            Value::Optional(Some(inner)) => inner.depth() + 1,
            Value::Json(Json::Arr(_) | Json::Obj(_)) => 1,
            _ => 0,
        }
    }

    /// The value, unless it is nested too deeply for passes that recurse over it.
    pub(crate) fn shallow(self) -> Result<Value<'a>, Fault> {
        if self.depth() > MAX_DEPTH {
            return Err(Fault::new(ErrorKind::Cost, "a value is nested too deeply"));
        }
        Ok(self)
    }

    /// Number of elements, `None` for what is no list.
    pub(crate) fn list_len(&self) -> Option<usize> {
        match self {
            Value::List(items) => Some(items.len()),
            Value::Json(Json::Arr(items)) => Some(items.len()),
            _ => None,
        }
    }

    /// Element of a list, not yet looked at; `None` outside of the list or for what is no list.
    pub(crate) fn list_item(&self, at: usize) -> Option<Value<'a>> {
        match self {
            Value::List(items) => items.get(at).cloned(),
            Value::Json(Json::Arr(items)) => items.get(at).map(Value::Json),
            _ => None,
        }
    }

    /// All elements, looked at; `None` for what is no list.
    pub(crate) fn to_items(&self) -> Option<Result<Vec<Value<'a>>, Fault>> {
        match self {
            Value::List(items) => Some(Ok(items.to_vec())),
            Value::Json(Json::Arr(items)) => Some(items.iter().map(read_json).collect()),
            _ => None,
        }
    }

    /// Number of entries, `None` for what is no map.
    pub(crate) fn map_len(&self) -> Option<usize> {
        match self {
            Value::Map(map) => Some(map.len()),
            Value::Json(Json::Obj(object)) => Some(object.len()),
            _ => None,
        }
    }

    /// Entry of a map in the order of keys, the value not yet looked at.
    pub(crate) fn map_entry(&self, at: usize) -> Option<(Value<'a>, Value<'a>)> {
        match self {
            Value::Map(map) => map.entry(at).map(|(key, value)| (key.clone().into_value(), value.clone())),
            Value::Json(Json::Obj(object)) => {
                object.at(at).map(|(key, value)| (Value::Str(Text::Borrowed(key)), Value::Json(value)))
            }
            _ => None,
        }
    }

    /// Value in a map under a key, not yet looked at; `None` for what is no map.
    pub(crate) fn map_get(&self, key: &Value<'_>) -> Option<Option<Value<'a>>> {
        match (self, key) {
            (Value::Map(map), key) => Some(Key::of(key).and_then(|key| map.get(&key).cloned())),
            (Value::Json(Json::Obj(object)), Value::Str(key)) => Some(object.get(key).map(Value::Json)),
            (Value::Json(Json::Obj(_)), _) => Some(None),
            _ => None,
        }
    }
}
