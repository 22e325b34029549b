use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use nachweis_canon::{Json, utf16_cmp};

use crate::error::Fault;
use crate::opaque::Opaque;
use crate::quantity::Quantity;
use crate::text::Text;
use crate::time::Timestamp;

/// What a withheld string reads: ours, and the marks that other collectors leave.
pub const WITHHELD_MARKS: [&str; 2] = ["nachweis:withheld", "***HIDDEN***"];

/// A value of the language. Copying one is cheap.
#[derive(Clone, Debug)]
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
    List(Arc<Vec<Value<'a>>>),
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

/// A key of a map.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Key<'a> {
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i64),
    /// `uint`
    Uint(u64),
    /// `string`
    Str(Text<'a>),
}

/// A map, sorted by key; numbers that are equal are one key.
#[derive(Clone, Debug, Default)]
pub struct Map<'a>(Vec<(Key<'a>, Value<'a>)>);

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
        Value::List(Arc::new(items))
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
            Value::List(items) => Some(Ok(items.as_ref().clone())),
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
            Value::Map(map) => map.0.get(at).map(|(key, value)| (key.clone().into_value(), value.clone())),
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

impl fmt::Display for Value<'_> {
    /// The text of a scalar, the elements of a container; withheld strings stay marked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Bool(value) => value.fmt(f),
            Value::Int(value) => value.fmt(f),
            Value::Uint(value) => value.fmt(f),
            Value::Double(value) => f.write_str(&crate::number::go_g(*value)),
            Value::Str(text) | Value::Type(text) => f.write_str(text),
            Value::Bytes(bytes) => f.write_str(&String::from_utf8_lossy(bytes)),
            Value::List(items) => f.debug_list().entries(items.iter().map(|item| item.to_string())).finish(),
            Value::Map(map) => {
                let entries = map.iter().map(|(key, value)| (key.to_string(), value.to_string()));
                f.debug_map().entries(entries).finish()
            }
            Value::Json(json) => {
                let mut bytes = Vec::new();
                nachweis_canon::write(json, &mut bytes);
                f.write_str(&String::from_utf8_lossy(&bytes))
            }
            Value::Timestamp(at) => f.write_str(&at.text()),
            Value::Duration(nanos) => f.write_str(&crate::time::duration_text(*nanos)),
            Value::Optional(None) => f.write_str("optional.none()"),
            Value::Optional(Some(inner)) => write!(f, "optional({inner})"),
            Value::Quantity(quantity) => quantity.fmt(f),
            Value::Opaque(opaque) => opaque.fmt(f),
        }
    }
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Bool(key) => key.fmt(f),
            Key::Int(key) => key.fmt(f),
            Key::Uint(key) => key.fmt(f),
            Key::Str(key) => f.write_str(key),
        }
    }
}

impl<'a> Key<'a> {
    /// The key that a value is; whole doubles count as integers. `None` where no key can be equal.
    pub(crate) fn of(value: &Value<'a>) -> Option<Key<'a>> {
        Some(match value {
            Value::Bool(key) => Key::Bool(*key),
            Value::Int(key) => Key::Int(*key),
            Value::Uint(key) => Key::Uint(*key),
            Value::Str(key) => Key::Str(key.clone()),
            Value::Double(key) => match crate::number::double_to_int(*key) {
                Some(whole) => Key::Int(whole),
                None => Key::Uint(crate::number::double_to_uint(*key)?),
            },
            _ => return None,
        })
    }

    pub(crate) fn into_value(self) -> Value<'a> {
        match self {
            Key::Bool(key) => Value::Bool(key),
            Key::Int(key) => Value::Int(key),
            Key::Uint(key) => Value::Uint(key),
            Key::Str(key) => Value::Str(key),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Key::Bool(_) => 0,
            Key::Int(_) | Key::Uint(_) => 1,
            Key::Str(_) => 2,
        }
    }

    fn number(&self) -> i128 {
        match self {
            Key::Int(key) => i128::from(*key),
            Key::Uint(key) => i128::from(*key),
            Key::Bool(key) => i128::from(*key),
            Key::Str(_) => 0,
        }
    }

    pub(crate) fn order(&self, other: &Key<'_>) -> Ordering {
        match (self, other) {
            (Key::Str(a), Key::Str(b)) => utf16_cmp(a, b),
            _ => self.rank().cmp(&other.rank()).then_with(|| self.number().cmp(&other.number())),
        }
    }
}

impl<'a> Map<'a> {
    /// Sorts entries; of equal keys the last one given wins.
    pub(crate) fn last_wins(mut entries: Vec<(Key<'a>, Value<'a>)>) -> Self {
        entries.sort_by(|a, b| a.0.order(&b.0));
        entries.dedup_by(|later, earlier| {
            let same = later.0.order(&earlier.0).is_eq();
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
        Map(entries)
    }

    /// Sorts entries; gives the first key that stands twice as an error.
    pub(crate) fn from_entries(mut entries: Vec<(Key<'a>, Value<'a>)>) -> Result<Self, Key<'a>> {
        entries.sort_by(|a, b| a.0.order(&b.0));
        match entries.windows(2).find(|pair| pair[0].0.order(&pair[1].0).is_eq()) {
            Some(pair) => Err(pair[0].0.clone()),
            None => Ok(Map(entries)),
        }
    }

    /// Value under a key.
    pub fn get(&self, key: &Key<'_>) -> Option<&Value<'a>> {
        self.0.binary_search_by(|(found, _)| found.order(key)).ok().map(|at| &self.0[at].1)
    }

    /// Entries in the order of keys: false before true, numbers by value, strings as canonical JSON sorts them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Key<'a>, &Value<'a>)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if there is no entry.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
