use std::borrow::Cow;

use crate::order::utf16_cmp;

/// A JSON value whose strings may borrow from the text it was read from.
///
/// `Int` and `Big` are integer *literals*; `Num` is every other number, always finite. `Num(1.0)` is written
/// as `1`, so a value that went through canonical bytes once comes back as `Int(1)`.
#[derive(Clone, Debug, PartialEq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// an integer literal that fits 64 bits
    Int(i64),
    /// an integer literal outside of 64 bits: its exact digits, with `-` where negative, no leading zero
    Big(Cow<'a, str>),
    /// a literal with fraction or exponent, as binary64, never NaN or infinite
    Num(f64),
    /// a string
    Str(Cow<'a, str>),
    /// an array
    Arr(Vec<Json<'a>>),
    /// an object
    Obj(Object<'a>),
}

/// The members of a JSON object: unique keys, sorted by UTF-16 code units (RFC 8785 section 3.2.3).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object<'a>(Vec<(Cow<'a, str>, Json<'a>)>);

impl<'a> Object<'a> {
    /// An empty object.
    pub const fn new() -> Self {
        Object(Vec::new())
    }

    /// Sorts the members; of equal keys the last one given wins. Reports each key that was given again.
    pub fn from_members(mut members: Vec<(Cow<'a, str>, Json<'a>)>, mut again: impl FnMut(&str)) -> Self {
        if !members.is_sorted_by(|a, b| utf16_cmp(&a.0, &b.0).is_lt()) {
            members.sort_by(|a, b| utf16_cmp(&a.0, &b.0));
            // The sort is stable, so of two equal neighbours the later one came later in the text.
            members.dedup_by(|later, earlier| {
                let same = later.0 == earlier.0;
                if same {
                    again(&later.0);
                    std::mem::swap(later, earlier);
                }
                same
            });
        }
        Object(members)
    }

    /// Where a member stands, or would stand.
    fn position(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(k, _)| utf16_cmp(k, key))
    }

    fn find(&self, key: &str) -> Option<usize> {
        // A short object is searched faster from its start than by halves.
        if self.0.len() <= 8 {
            return self.0.iter().position(|(k, _)| k == key);
        }
        self.position(key).ok()
    }

    /// The member named `key`.
    pub fn get(&self, key: &str) -> Option<&Json<'a>> {
        self.find(key).map(|at| &self.0[at].1)
    }

    /// The member named `key`, to be changed in place.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Json<'a>> {
        self.find(key).map(|at| &mut self.0[at].1)
    }

    /// True if there is a member named `key`.
    pub fn contains(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// Sets a member, replacing an older value.
    pub fn insert(&mut self, key: impl Into<Cow<'a, str>>, value: Json<'a>) {
        let key = key.into();
        match self.position(&key) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (key, value)),
        }
    }

    /// Takes a member out.
    pub fn remove(&mut self, key: &str) -> Option<Json<'a>> {
        self.find(key).map(|at| self.0.remove(at).1)
    }

    /// Keeps the members for which `keep` says true.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &mut Json<'a>) -> bool) {
        self.0.retain_mut(|(k, v)| keep(k, v));
    }

    /// Members in canonical order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Json<'a>)> {
        self.0.iter().map(|(k, v)| (&**k, v))
    }

    /// Members in canonical order, values to be changed in place.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = (&str, &mut Json<'a>)> {
        self.0.iter_mut().map(|(k, v)| (&**k, v))
    }

    /// The member at a position in canonical order.
    pub fn at(&self, index: usize) -> Option<(&str, &Json<'a>)> {
        self.0.get(index).map(|(k, v)| (&**k, v))
    }

    /// Number of members.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if there is no member.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The members, in canonical order.
    pub fn into_members(self) -> Vec<(Cow<'a, str>, Json<'a>)> {
        self.0
    }
}

impl<'a> FromIterator<(Cow<'a, str>, Json<'a>)> for Object<'a> {
    fn from_iter<T: IntoIterator<Item = (Cow<'a, str>, Json<'a>)>>(iter: T) -> Self {
        Object::from_members(iter.into_iter().collect(), |_| {})
    }
}

impl<'a> Json<'a> {
    /// A string value.
    pub fn str(text: impl Into<Cow<'a, str>>) -> Self {
        Json::Str(text.into())
    }

    /// An object from members in any order.
    pub fn object<K: Into<Cow<'a, str>>>(members: impl IntoIterator<Item = (K, Json<'a>)>) -> Self {
        Json::Obj(members.into_iter().map(|(k, v)| (k.into(), v)).collect())
    }

    /// Member of an object; `None` for other values.
    pub fn get(&self, key: &str) -> Option<&Json<'a>> {
        self.as_object().and_then(|o| o.get(key))
    }

    /// The value at a path of member names, `None` where one is missing.
    pub fn at(&self, path: &[&str]) -> Option<&Json<'a>> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text at a path of member names; `None` where missing or no string.
    pub fn text(&self, path: &[&str]) -> Option<&str> {
        self.at(path).and_then(Json::as_str)
    }

    /// The elements at a path of member names; empty where missing or no array.
    pub fn list(&self, path: &[&str]) -> &[Json<'a>] {
        match self.at(path) {
            Some(Json::Arr(items)) => items,
            _ => &[],
        }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The 64-bit integer, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Json::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Json::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The array, if it is one.
    pub fn as_array(&self) -> Option<&[Json<'a>]> {
        match self {
            Json::Arr(items) => Some(items),
            _ => None,
        }
    }

    /// The object, if it is one.
    pub fn as_object(&self) -> Option<&Object<'a>> {
        match self {
            Json::Obj(object) => Some(object),
            _ => None,
        }
    }

    /// The object, to be changed in place.
    pub fn as_object_mut(&mut self) -> Option<&mut Object<'a>> {
        match self {
            Json::Obj(object) => Some(object),
            _ => None,
        }
    }

    /// A copy that owns all of its text.
    pub fn into_owned(self) -> Json<'static> {
        match self {
            Json::Null => Json::Null,
            Json::Bool(b) => Json::Bool(b),
            Json::Int(i) => Json::Int(i),
            Json::Big(t) => Json::Big(Cow::Owned(t.into_owned())),
            Json::Num(f) => Json::Num(f),
            Json::Str(t) => Json::Str(Cow::Owned(t.into_owned())),
            Json::Arr(items) => Json::Arr(items.into_iter().map(Json::into_owned).collect()),
            Json::Obj(object) => Json::Obj(Object(
                object.0.into_iter().map(|(k, v)| (Cow::Owned(k.into_owned()), v.into_owned())).collect(),
            )),
        }
    }
}
