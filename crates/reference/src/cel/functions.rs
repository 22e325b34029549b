//! Calls by name. `:name` is a function with a receiver, which is the first value.

use super::convert;
use super::eval::Outcome;
use super::fault::{Class, Fault};
use super::lists;
use super::net;
use super::quantity::Quantity;
use super::semver::Semver;
use super::text;
use super::time;
use super::value::Value;

/// Functions with a dot in their name.
pub(crate) const NAMESPACED: [&str; 27] = [
    "optional.of",
    "optional.ofNonZeroValue",
    "optional.none",
    "optional.unwrap",
    "lists.range",
    "sets.contains",
    "sets.equivalent",
    "sets.intersects",
    "ip.isCanonical",
    "strings.quote",
    "format.named",
    "format.dns1123Label",
    "format.dns1123Subdomain",
    "format.dns1035Label",
    "format.qualifiedName",
    "format.dns1123LabelPrefix",
    "format.dns1123SubdomainPrefix",
    "format.dns1035LabelPrefix",
    "format.labelValue",
    "format.uri",
    "format.uuid",
    "format.byte",
    "format.date",
    "format.datetime",
    "cel.bind",
    "math.greatest",
    "math.least",
];

/// What the reference leaves out: texts for people, named formats, URLs. No control uses them.
const NOT_COVERED: [&str; 11] = [
    ":format",
    "strings.quote",
    "url",
    "isURL",
    ":getScheme",
    ":getHost",
    ":getHostname",
    ":getPort",
    ":getEscapedPath",
    ":getQuery",
    ":validate",
];

/// Elements that `lists.range` makes at most.
const MAX_RANGE: i64 = 10_000;

/// Calls a function.
pub(crate) fn call(name: &str, values: &[Value]) -> Outcome {
    if NOT_COVERED.contains(&name) || name.starts_with("format.") {
        return Err(Fault::new(Class::NotCovered, format!("`{name}` is not covered")));
    }
    match (name, values) {
        ("size" | ":size", [value]) => size(value),
        ("type", [Value::Type(_)]) => Ok(Value::type_named("type")),
        ("type", [value]) => Ok(Value::type_named(value.type_name())),
        ("dyn", [value]) => Ok(value.clone()),
        ("bool" | "bytes" | "double" | "int" | "string" | "uint" | "timestamp" | "duration", [value]) => {
            convert::call(name, value)
        }
        ("lists.range", [Value::Int(count)]) if *count > MAX_RANGE => {
            Err(Fault::new(Class::NotCovered, "a long range"))
        }
        ("lists.range", [Value::Int(count)]) => Ok(Value::list((0..*count).map(Value::Int).collect())),
        ("optional.of", [value]) => Ok(Value::some(value.clone())),
        ("optional.none", []) => Ok(Value::Optional(None)),
        ("optional.ofNonZeroValue", [value]) if is_zero(value) => Ok(Value::Optional(None)),
        ("optional.ofNonZeroValue", [value]) => Ok(Value::some(value.clone())),
        (":hasValue", [Value::Optional(value)]) => Ok(Value::Bool(value.is_some())),
        (":value", [Value::Optional(Some(value))]) => Ok((**value).clone()),
        (":value", [Value::Optional(None)]) => Err(Fault::other("optional.none() dereference")),
        ("quantity", [Value::Str(text)]) => Quantity::read(text),
        ("isQuantity", [Value::Str(text)]) => is_read(Quantity::read(text)),
        ("sign", [Value::Quantity(value)]) | (":sign", [Value::Quantity(value)]) => {
            Ok(Value::Int(value.sign()))
        }
        ("semver", [Value::Str(text)]) => Semver::read(text, false),
        ("semver", [Value::Str(text), Value::Bool(lenient)]) => Semver::read(text, *lenient),
        ("isSemver", [Value::Str(text)]) => is_read(Semver::read(text, false)),
        ("isSemver", [Value::Str(text), Value::Bool(lenient)]) => is_read(Semver::read(text, *lenient)),
        ("ip", [Value::Str(text)]) => net::ip(text),
        ("isIP", [Value::Str(text)]) => is_read(net::ip(text)),
        ("ip.isCanonical", [Value::Str(text)]) => match net::ip(text)? {
            Value::Ip(ip) => Ok(Value::Bool(ip.to_string() == **text)),
            _ => Err(Fault::overload(name)),
        },
        ("cidr", [Value::Str(text)]) => net::cidr(text),
        ("isCIDR", [Value::Str(text)]) => is_read(net::cidr(text)),
        ("matches", [Value::Str(of), Value::Str(pattern)]) => text::matches(of, pattern),
        (_, [Value::List(items), rest @ ..]) => lists::call(name, items, rest),
        (_, [Value::Str(of), rest @ ..]) => text::call(name, of, rest),
        (_, [Value::Quantity(of), rest @ ..]) => of.call(name, rest),
        (_, [Value::Semver(of), rest @ ..]) => of.call(name, rest),
        (_, [Value::Ip(_) | Value::Cidr(..), ..]) => net::call(name, values),
        (_, [Value::Timestamp(..) | Value::Duration(_), ..]) => time::call(name, values),
        _ => Err(Fault::overload(name)),
    }
}

fn is_read(read: Outcome) -> Outcome {
    match read {
        Err(Fault { class: Class::NotCovered, message }) => Err(Fault::new(Class::NotCovered, message)),
        other => Ok(Value::Bool(other.is_ok())),
    }
}

fn size(value: &Value) -> Outcome {
    let size = match value {
        Value::Str(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(items) => items.len(),
        Value::Map(entries) => entries.len(),
        _ => return Err(Fault::overload("size")),
    };
    i64::try_from(size).map(Value::Int).map_err(|_| Fault::overflow())
}

/// True for the value that a variable of the type has before anything is written to it.
#[allow(clippy::float_cmp, reason = "zero is exact")]
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) | Value::Int(0) | Value::Uint(0) | Value::Duration(0) => true,
        Value::Double(value) => *value == 0.0,
        Value::Str(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        Value::Optional(value) => value.is_none(),
        // Go's zero time is the beginning of the year 1.
        Value::Timestamp(at, _) => *at == -62_135_596_800_000_000_000,
        _ => false,
    }
}
