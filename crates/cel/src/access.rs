//! Fields of objects, entries of maps, elements of lists.

use nachweis_canon::Json;

use crate::container::Key;
use crate::error::{ErrorKind, Fault};
use crate::eval::{Outcome, optional};
use crate::text::Text;
use crate::value::{Value, read_json};

fn no_list_key() -> Fault {
    Fault::new(ErrorKind::NoOverload, "a list has no fields")
}

/// Fields one after the other from a document.
pub(crate) fn follow<'a>(mut json: &'a Json<'a>, fields: &[(Box<str>, u32)]) -> Outcome<'a> {
    for (at, (field, place)) in fields.iter().enumerate() {
        let found = match json {
            Json::Obj(object) => object.get(field).ok_or_else(|| Fault::no_key(field)),
            _ => {
                let mut value = read_json(json)?;
                for (field, place) in &fields[at..] {
                    value = select(&value, field).map_err(|fault| fault.at(*place))?;
                }
                return Ok(value);
            }
        };
        json = found.map_err(|fault| fault.at(*place))?;
    }
    read_json(json)
}

/// `value.field`
pub(crate) fn select<'a>(value: &Value<'a>, field: &str) -> Outcome<'a> {
    match value {
        Value::Json(Json::Obj(object)) => match object.get(field) {
            Some(json) => read_json(json),
            None => Err(Fault::no_key(field)),
        },
        Value::Optional(None) => Ok(Value::Optional(None)),
        Value::Optional(Some(inner)) => find(inner, field).map(optional),
        value => find(value, field)?.ok_or_else(|| Fault::no_key(field)),
    }
}

/// The field, if it is there. Scalars have none; asking a list is an error.
pub(crate) fn find<'a>(value: &Value<'a>, field: &str) -> Result<Option<Value<'a>>, Fault> {
    match value {
        Value::Json(Json::Obj(object)) => object.get(field).map(read_json).transpose(),
        Value::Map(map) => map.get(&Key::Str(Text::Borrowed(field))).cloned().map(Value::settled).transpose(),
        Value::List(_) | Value::Json(Json::Arr(_)) => Err(no_list_key()),
        _ => Ok(None),
    }
}

/// `has(value.field)`: does not look at the field's value.
pub(crate) fn has(value: &Value<'_>, field: &str) -> Result<bool, Fault> {
    Ok(match value {
        Value::Json(Json::Obj(object)) => object.contains(field),
        Value::Map(map) => map.get(&Key::Str(Text::Borrowed(field))).is_some(),
        Value::List(_) | Value::Json(Json::Arr(_)) => return Err(no_list_key()),
        Value::Optional(Some(inner)) => return has(inner, field),
        _ => false,
    })
}

/// Position in a list that an index names; `None` where it is outside of every list.
fn position(index: &Value<'_>) -> Result<Option<usize>, Fault> {
    let at = match index {
        Value::Int(at) => Some(*at),
        Value::Uint(at) => i64::try_from(*at).ok(),
        Value::Double(at) => Some(
            crate::number::double_to_int(*at).ok_or_else(|| Fault::other("a list's index must be whole"))?,
        ),
        _ => return Err(no_list_key()),
    };
    Ok(at.and_then(|at| usize::try_from(at).ok()))
}

/// `value[index]`
pub(crate) fn index<'a>(value: &Value<'a>, index: &Value<'a>) -> Outcome<'a> {
    if value.list_len().is_some() {
        return find_index(value, index)?.ok_or_else(|| {
            Fault::new(ErrorKind::NoSuchKey, format!("index out of bounds: {}", show(index)))
        });
    }
    find_index(value, index)?.ok_or_else(|| Fault::no_key(show(index)))
}

/// The element or entry, if it is there.
pub(crate) fn find_index<'a>(value: &Value<'a>, index: &Value<'a>) -> Result<Option<Value<'a>>, Fault> {
    if !matches!(index, Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Str(_)) {
        return Err(Fault::new(ErrorKind::NoOverload, "a value of this type is no index"));
    }
    if value.list_len().is_some() {
        let at = position(index)?;
        return at.and_then(|at| value.list_item(at)).map(Value::settled).transpose();
    }
    value.map_get(index).flatten().map(Value::settled).transpose()
}

fn show(index: &Value<'_>) -> String {
    match index {
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Double(value) => value.to_string(),
        Value::Str(text) => text.to_string(),
        other => other.type_name().to_string(),
    }
}
