//! What the functions do. Each one checks the types of its values: a `dyn` argument may be anything.

mod convert;
pub(crate) mod format;
pub(crate) mod lists;
mod named;
mod network;
mod strings;
mod times;

use std::collections::BTreeMap;
use std::sync::Arc;

use regex::Regex;

use crate::error::{ErrorKind, Fault};
use crate::eval::{Machine, Outcome};
use crate::ops;
use crate::quantity::Quantity;
use crate::signatures::Func;
use crate::text::Text;
use crate::value::Value;

/// Cost units of compiling a pattern that is no constant.
const PATTERN_COST: u64 = 500;
/// Patterns that one evaluation keeps.
const PATTERNS_KEPT: usize = 16;

/// Regular expressions that this evaluation has compiled.
#[derive(Default)]
pub(crate) struct Patterns(BTreeMap<Box<str>, Regex>);

impl Patterns {
    /// The compiled pattern, and whether it had to be compiled.
    fn get(&mut self, pattern: &str) -> Result<(Regex, bool), Fault> {
        if let Some(known) = self.0.get(pattern) {
            return Ok((known.clone(), false));
        }
        let compiled = crate::pattern::compile(pattern)
            .map_err(|error| Fault::conversion(format!("error parsing regexp: {error}")))?;
        if self.0.len() >= PATTERNS_KEPT {
            self.0.clear();
        }
        self.0.insert(pattern.into(), compiled.clone());
        Ok((compiled, true))
    }
}

/// Calls a function; a receiver is the first argument.
pub(crate) fn call<'a>(machine: &mut Machine<'_, 'a>, func: Func, args: &[Value<'a>]) -> Outcome<'a> {
    use Func as F;
    match func {
        F::Size => {
            machine.charge(1)?;
            size(&args[0])
        }
        F::Type => {
            machine.charge(1)?;
            Ok(type_of(&args[0]))
        }
        F::Dyn => Ok(args[0].clone()),
        F::Bool | F::Bytes | F::Double | F::Duration | F::Int | F::String | F::Timestamp | F::Uint => {
            machine.charge_size(ops::cost_size(&args[0]))?;
            convert::call(func, &args[0])
        }
        F::Matches | F::Find | F::FindAll => {
            let (own, pattern) = (text(&args[0])?, text(&args[1])?);
            let cost =
                (own.len() as u64 + 1).div_ceil(10).saturating_mul((pattern.len() as u64).div_ceil(4).max(1));
            machine.charge(cost)?;
            let (regex, new) = machine.patterns.get(pattern)?;
            if new {
                // Upstream does not charge for compiling; here it may not be the way around the limit.
                machine.charge(PATTERN_COST)?;
            }
            search(func, &regex, own, args.get(2))
        }
        F::Format => format::call(machine, args),
        F::IsSorted
        | F::Sum
        | F::Min
        | F::Max
        | F::Sort
        | F::Slice
        | F::Flatten
        | F::Distinct
        | F::Reverse
        | F::Range
        | F::SetsContains
        | F::SetsEquivalent
        | F::SetsIntersects => lists::call(machine, func, args),
        F::IsIp
        | F::Ip
        | F::CidrIp
        | F::Family
        | F::IpIsCanonical
        | F::IsUnspecified
        | F::IsLoopback
        | F::IsLinkLocalMulticast
        | F::IsLinkLocalUnicast
        | F::IsGlobalUnicast
        | F::Cidr
        | F::IsCidr
        | F::ContainsIp
        | F::ContainsCidr
        | F::PrefixLength
        | F::Masked
        | F::Url
        | F::IsUrl
        | F::GetScheme
        | F::GetHost
        | F::GetHostname
        | F::GetPort
        | F::GetEscapedPath
        | F::GetQuery
        | F::Semver
        | F::IsSemver
        | F::Major
        | F::Minor
        | F::Patch => {
            machine.charge_size(ops::cost_size(&args[0]))?;
            network::call(func, args)
        }
        F::IsLessThan | F::IsGreaterThan | F::CompareTo if matches!(args[0], Value::Opaque(_)) => {
            machine.charge(1)?;
            network::call(func, args)
        }
        F::Validate
        | F::FormatNamed
        | F::FormatDns1123Label
        | F::FormatDns1123Subdomain
        | F::FormatDns1035Label
        | F::FormatQualifiedName
        | F::FormatDns1123LabelPrefix
        | F::FormatDns1123SubdomainPrefix
        | F::FormatDns1035LabelPrefix
        | F::FormatLabelValue
        | F::FormatUri
        | F::FormatUuid
        | F::FormatByte
        | F::FormatDate
        | F::FormatDatetime => {
            machine.charge_size(args.get(1).map_or(1, ops::cost_size))?;
            named::call(func, args)
        }
        F::GetFullYear
        | F::GetMonth
        | F::GetDate
        | F::GetDayOfMonth
        | F::GetDayOfWeek
        | F::GetDayOfYear
        | F::GetHours
        | F::GetMinutes
        | F::GetSeconds
        | F::GetMilliseconds => {
            machine.charge(1)?;
            times::call(func, args)
        }
        F::OptionalOf
        | F::OptionalOfNonZero
        | F::OptionalNone
        | F::OptionalUnwrap
        | F::HasValue
        | F::OptionalValue
        | F::First
        | F::Last => {
            machine.charge(1)?;
            optional(func, args)
        }
        F::Quantity
        | F::IsQuantity
        | F::QuantitySign
        | F::IsInteger
        | F::AsInteger
        | F::AsApproximateFloat
        | F::Add
        | F::Sub
        | F::IsLessThan
        | F::IsGreaterThan
        | F::CompareTo => {
            machine.charge_size(ops::cost_size(&args[0]))?;
            quantity(func, args)
        }
        F::OrValue | F::Or | F::Operator => Err(Fault::other("internal error: an operator is no function")),
        _ => strings::call(machine, func, args),
    }
}

pub(crate) fn text<'v>(value: &'v Value<'_>) -> Result<&'v str, Fault> {
    match value {
        Value::Str(text) => Ok(text),
        _ => Err(Fault::no_overload()),
    }
}

pub(crate) fn int(value: &Value<'_>) -> Result<i64, Fault> {
    match value {
        Value::Int(value) => Ok(*value),
        _ => Err(Fault::no_overload()),
    }
}

/// `matches`, `find` (the empty string where nothing is found) and `findAll` (with a limit, if it is not negative).
pub(crate) fn search<'a>(func: Func, regex: &Regex, own: &str, limit: Option<&Value<'a>>) -> Outcome<'a> {
    match func {
        Func::Matches => Ok(Value::Bool(regex.is_match(own))),
        Func::Find => {
            Ok(Value::str(regex.find(own).map_or(String::new(), |found| found.as_str().to_string())))
        }
        _ => {
            let limit = usize::try_from(limit.map_or(Ok(-1), int)?).unwrap_or(usize::MAX);
            let found = regex.find_iter(own).take(limit).map(|found| Value::str(found.as_str().to_string()));
            Ok(Value::list(found.collect()))
        }
    }
}

fn size<'a>(value: &Value<'a>) -> Outcome<'a> {
    let len = match value {
        Value::Str(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        _ => value.list_len().or_else(|| value.map_len()).ok_or_else(Fault::no_overload)?,
    };
    Ok(Value::Int(len as i64))
}

fn type_of<'a>(value: &Value<'a>) -> Value<'a> {
    Value::Type(match value {
        Value::Opaque(opaque) => Text::Borrowed(opaque.type_name()),
        other => Text::from(other.type_name().to_string()),
    })
}

fn is_zero(value: &Value<'_>) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Int(value) => *value == 0,
        Value::Uint(value) => *value == 0,
        Value::Double(value) => *value == 0.0,
        Value::Str(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::Duration(nanos) => *nanos == 0,
        Value::Timestamp(at) => at.seconds == crate::time::MIN_SECONDS && at.nanos == 0,
        Value::Optional(inner) => inner.as_ref().is_none_or(|inner| is_zero(inner)),
        other => other.list_len().or_else(|| other.map_len()) == Some(0),
    }
}

fn optional<'a>(func: Func, args: &[Value<'a>]) -> Outcome<'a> {
    let unwrapped = |value: &Value<'a>| match value {
        Value::Optional(inner) => Ok(inner.clone()),
        _ => Err(Fault::no_overload()),
    };
    Ok(match func {
        Func::OptionalOf => Value::some(args[0].clone()).shallow()?,
        Func::OptionalOfNonZero if is_zero(&args[0]) => Value::Optional(None),
        Func::OptionalOfNonZero => Value::some(args[0].clone()).shallow()?,
        Func::OptionalNone => Value::Optional(None),
        Func::HasValue => Value::Bool(unwrapped(&args[0])?.is_some()),
        Func::OptionalValue => match unwrapped(&args[0])? {
            Some(inner) => inner.as_ref().clone(),
            None => return Err(Fault::new(ErrorKind::NoSuchKey, "optional.none() dereference")),
        },
        Func::OptionalUnwrap => {
            let items = args[0].to_items().ok_or_else(Fault::no_overload)??;
            let kept = items.iter().map(unwrapped).collect::<Result<Vec<_>, _>>()?;
            Value::list(kept.into_iter().flatten().map(|inner| inner.as_ref().clone()).collect())
        }
        _ => {
            let len = args[0].list_len().ok_or_else(Fault::no_overload)?;
            let at = if func == Func::First { Some(0) } else { len.checked_sub(1) };
            match at.and_then(|at| args[0].list_item(at)) {
                Some(item) => Value::some(item.settled()?),
                None => Value::Optional(None),
            }
        }
    })
}

fn quantity<'a>(func: Func, args: &[Value<'a>]) -> Outcome<'a> {
    match func {
        Func::Quantity => return Ok(Value::Quantity(Arc::new(Quantity::parse(text(&args[0])?)?))),
        Func::IsQuantity => return Ok(Value::Bool(Quantity::parse(text(&args[0])?).is_ok())),
        _ => {}
    }
    let Value::Quantity(own) = &args[0] else { return Err(Fault::no_overload()) };
    let other = || match args.get(1) {
        Some(Value::Quantity(other)) => Ok(other.clone()),
        _ => Err(Fault::no_overload()),
    };
    let sum = |negate: bool| match args.get(1) {
        Some(Value::Int(by)) => Ok(own.plus(&Quantity::from_int(*by), negate)),
        _ => other().map(|by| own.plus(&by, negate)),
    };
    Ok(match func {
        Func::QuantitySign => Value::Int(own.sign()),
        Func::IsInteger => Value::Bool(own.as_int().is_some()),
        Func::AsInteger => {
            Value::Int(own.as_int().ok_or_else(|| Fault::conversion("cannot convert value to integer"))?)
        }
        Func::AsApproximateFloat => Value::Double(own.as_double()),
        Func::Add => Value::Quantity(Arc::new(sum(false)?)),
        Func::Sub => Value::Quantity(Arc::new(sum(true)?)),
        Func::IsLessThan => Value::Bool(own.order(&*other()?).is_lt()),
        Func::IsGreaterThan => Value::Bool(own.order(&*other()?).is_gt()),
        _ => Value::Int(own.order(&*other()?) as i64),
    })
}
