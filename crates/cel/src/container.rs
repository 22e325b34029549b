use std::cmp::Ordering;
use std::fmt;
use std::ops::Deref;

use nachweis_canon::utf16_cmp;

use crate::text::Text;
use crate::value::Value;

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

/// A list that an evaluation made; it is read like a slice.
#[derive(Clone, Debug)]
pub struct List<'a> {
    items: Vec<Value<'a>>,
    depth: u32,
}

/// A map, sorted by key; numbers that are equal are one key.
#[derive(Clone, Debug)]
pub struct Map<'a> {
    entries: Vec<(Key<'a>, Value<'a>)>,
    depth: u32,
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

/// One more than the deepest of the values.
fn depth_around<'v, 'a: 'v>(values: impl Iterator<Item = &'v Value<'a>>) -> u32 {
    values.map(Value::depth).max().unwrap_or(0).saturating_add(1)
}

impl<'a> List<'a> {
    pub(crate) fn new(items: Vec<Value<'a>>) -> Self {
        let depth = depth_around(items.iter());
        List { items, depth }
    }

    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }
}

impl<'a> Deref for List<'a> {
    type Target = [Value<'a>];

    fn deref(&self) -> &[Value<'a>] {
        &self.items
    }
}

impl<'a> Map<'a> {
    fn sorted(entries: Vec<(Key<'a>, Value<'a>)>) -> Self {
        let depth = depth_around(entries.iter().map(|(_, value)| value));
        Map { entries, depth }
    }

    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }

    /// Entry at a position in the order of keys.
    pub(crate) fn entry(&self, at: usize) -> Option<&(Key<'a>, Value<'a>)> {
        self.entries.get(at)
    }

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
        Map::sorted(entries)
    }

    /// Sorts entries; gives the first key that stands twice as an error.
    pub(crate) fn from_entries(mut entries: Vec<(Key<'a>, Value<'a>)>) -> Result<Self, Key<'a>> {
        entries.sort_by(|a, b| a.0.order(&b.0));
        match entries.windows(2).find(|pair| pair[0].0.order(&pair[1].0).is_eq()) {
            Some(pair) => Err(pair[0].0.clone()),
            None => Ok(Map::sorted(entries)),
        }
    }

    /// Value under a key.
    pub fn get(&self, key: &Key<'_>) -> Option<&Value<'a>> {
        self.entries.binary_search_by(|(found, _)| found.order(key)).ok().map(|at| &self.entries[at].1)
    }

    /// Entries in the order of keys: false before true, numbers by value, strings as canonical JSON sorts them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Key<'a>, &Value<'a>)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True if there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
