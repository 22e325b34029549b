//! Fields of instants and durations.

use crate::error::Fault;
use crate::eval::Outcome;
use crate::functions::text;
use crate::signatures::Func;
use crate::time::{Civil, Timestamp, zone_offset};
use crate::value::Value;

pub(crate) fn call<'a>(func: Func, args: &[Value<'a>]) -> Outcome<'a> {
    let value = match (&args[0], args.get(1)) {
        (Value::Timestamp(at), zone) => {
            let offset = match zone {
                Some(zone) => zone_offset(text(zone)?, *at)?,
                None => 0,
            };
            field(func, *at, offset)
        }
        (Value::Duration(nanos), None) => match func {
            Func::GetHours => nanos / 3_600_000_000_000,
            Func::GetMinutes => nanos / 60_000_000_000,
            Func::GetSeconds => nanos / 1_000_000_000,
            Func::GetMilliseconds => nanos / 1_000_000,
            _ => return Err(Fault::no_overload()),
        },
        _ => return Err(Fault::no_overload()),
    };
    Ok(Value::Int(value))
}

fn field(func: Func, at: Timestamp, offset: i64) -> i64 {
    let civil = Civil::of(at.seconds + offset);
    match func {
        Func::GetFullYear => civil.year,
        Func::GetMonth => civil.month - 1,
        Func::GetDate => civil.day,
        Func::GetDayOfMonth => civil.day - 1,
        Func::GetDayOfWeek => civil.weekday,
        Func::GetDayOfYear => civil.day_of_year,
        Func::GetHours => civil.second_of_day / 3_600,
        Func::GetMinutes => civil.second_of_day / 60 % 60,
        Func::GetSeconds => civil.second_of_day % 60,
        _ => i64::from(at.nanos) / 1_000_000,
    }
}
