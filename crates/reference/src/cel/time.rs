//! Instants and durations.

use super::eval::Outcome;
use super::fault::Fault;
use super::value::Value;

const SECOND: i128 = 1_000_000_000;
/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z in seconds
const FIRST: i128 = -62_135_596_800;
const LAST: i128 = 253_402_300_799;

/// An instant within the years 1 to 9999.
pub(crate) fn instant(nanos: i128, zone: i32) -> Outcome {
    let seconds = nanos.div_euclid(SECOND);
    if (FIRST..=LAST).contains(&seconds) { Ok(Value::Timestamp(nanos, zone)) } else { Err(Fault::overflow()) }
}

fn is_leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

fn days_of(year: i64, month: u32) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn days_of_year(year: i64) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

/// Days from 1970-01-01 to the first day of a year, counted year by year.
fn days_before(year: i64) -> i64 {
    if year >= 1970 {
        (1970..year).map(days_of_year).sum()
    } else {
        -(year..1970).map(days_of_year).sum::<i64>()
    }
}

/// A date on the calendar.
struct Date {
    year: i64,
    month: u32,
    day: i64,
    day_of_year: i64,
}

/// The date of a day, counted from 1970-01-01.
fn date(days: i64) -> Date {
    let mut year = 1970 + days.div_euclid(366);
    while days_before(year) > days {
        year -= 1;
    }
    while days_before(year + 1) <= days {
        year += 1;
    }
    let day_of_year = days - days_before(year);
    let (mut month, mut day) = (1, day_of_year);
    while day >= days_of(year, month) {
        day -= days_of(year, month);
        month += 1;
    }
    Date { year, month, day: day + 1, day_of_year }
}

/// Reads RFC 3339: `2026-11-24T06:00:00.5+01:00`.
pub(crate) fn read_instant(text: &str) -> Outcome {
    read_parts(text).unwrap_or_else(|| Err(Fault::conversion(text)))
}

fn read_parts(text: &str) -> Option<Outcome> {
    let figure = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let sign = |at: usize, wanted: &str| (text.get(at..at + 1)? == wanted).then_some(());
    let (year, month, day) = (figure(0, 4)?, figure(5, 7)?, figure(8, 10)?);
    let (hour, minute, second) = (figure(11, 13)?, figure(14, 16)?, figure(17, 19)?);
    for (at, wanted) in [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")] {
        sign(at, wanted)?;
    }
    let month = u32::try_from(month).ok()?;
    let right = (1..=12).contains(&month)
        && day >= 1
        && day <= days_of(year, month)
        && hour < 24
        && minute < 60
        && second < 60;
    right.then_some(())?;
    let mut rest = text.get(19..)?;
    let mut nanos = 0;
    // Go takes a comma for the point, too.
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
        (length > 0).then_some(())?;
        // Further digits than nanoseconds are cut off.
        let kept: String = fraction[..length].chars().chain("000000000".chars()).take(9).collect();
        nanos = kept.parse().ok()?;
        rest = &fraction[length..];
    }
    let zone: i64 = match rest {
        "Z" => 0,
        _ => {
            let east = match rest.get(..1)? {
                "+" => 1,
                "-" => -1,
                _ => return None,
            };
            let (hours, minutes) = rest[1..].split_once(':')?;
            let two = |word: &str| {
                (word.len() == 2 && word.bytes().all(|b| b.is_ascii_digit()))
                    .then(|| word.parse::<i64>().ok())?
            };
            let (hours, minutes) = (two(hours)?, two(minutes)?);
            (hours <= 24 && minutes <= 60).then_some(())?;
            east * (hours * 3600 + minutes * 60)
        }
    };
    let days = days_before(year) + (1..month).map(|month| days_of(year, month)).sum::<i64>() + day - 1;
    let seconds = i128::from(days * 86_400 + hour * 3600 + minute * 60 + second - zone);
    Some(instant(seconds * SECOND + i128::from(nanos), i32::try_from(zone).ok()?))
}

/// RFC 3339 with as many digits of a second as are needed.
pub(crate) fn instant_text(nanos: i128, zone: i32) -> String {
    let local = nanos.div_euclid(SECOND) as i64 + i64::from(zone);
    let Date { year, month, day, .. } = date(local.div_euclid(86_400));
    let second = local.rem_euclid(86_400);
    let fraction = format!("{:09}", nanos.rem_euclid(SECOND));
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    let zone = match zone {
        0 => "Z".to_string(),
        zone => {
            let sign = if zone < 0 { '-' } else { '+' };
            format!("{sign}{:02}:{:02}", zone.abs() / 3600, zone.abs() / 60 % 60)
        }
    };
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{point}{fraction}{zone}")
}

/// Reads a duration as Go writes them: `1h30m`, `-1.5s`.
pub(crate) fn read_duration(text: &str) -> Outcome {
    let wrong = || Fault::conversion(text);
    let negative = text.starts_with('-');
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return Ok(Value::Duration(0));
    }
    if rest.is_empty() {
        return Err(wrong());
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let number = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let (figure, after) = rest.split_at(number);
        let unit = after.len() - after.trim_start_matches(|c: char| !c.is_ascii_digit() && c != '.').len();
        let (unit, after) = after.split_at(unit);
        let unit: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => SECOND,
            "m" => 60 * SECOND,
            "h" => 3600 * SECOND,
            _ => return Err(wrong()),
        };
        let (whole, fraction) = figure.split_once('.').unwrap_or((figure, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') || whole.len() > 20 {
            return Err(wrong());
        }
        total += if whole.is_empty() { 0 } else { whole.parse::<i128>().map_err(|_| wrong())? * unit };
        // Digits beyond a nanosecond of an hour do not count.
        let kept = &fraction[..fraction.len().min(18)];
        if !kept.is_empty() {
            let scale = 10i128.pow(kept.len() as u32);
            total += kept.parse::<i128>().map_err(|_| wrong())? * unit / scale;
        }
        if total > i128::from(i64::MAX) + i128::from(negative) {
            return Err(wrong());
        }
        rest = after;
    }
    i64::try_from(if negative { -total } else { total }).map(Value::Duration).map_err(|_| wrong())
}

/// Seconds with as many digits as binary64 needs, and `s`.
pub(crate) fn seconds_text(nanos: i64) -> String {
    format!("{}s", (nanos / 1_000_000_000) as f64 + (nanos % 1_000_000_000) as f64 / 1e9)
}

/// Seconds east of UTC of a named zone or an offset like `+01:00` at an instant.
fn offset(zone: &str, at: i128) -> Result<i64, Fault> {
    if let Some((hours, minutes)) = zone.split_once(':') {
        let wrong = || Fault::conversion(zone);
        let negative = hours.starts_with('-');
        let hours: i64 = hours.trim_start_matches(['+', '-']).parse().map_err(|_| wrong())?;
        let minutes: i64 = minutes.parse().map_err(|_| wrong())?;
        let seconds = hours * 3600 + minutes * 60;
        return Ok(if negative { -seconds } else { seconds });
    }
    if zone.is_empty() || zone == "UTC" || zone == "Local" {
        return Ok(0);
    }
    let found = jiff::tz::db().get(zone).map_err(|_| Fault::conversion(zone))?;
    // Upstream looks for a file of this name: letters count as they are.
    let zone = if found.iana_name() == Some(zone) { found } else { return Err(Fault::conversion(zone)) };
    let at = jiff::Timestamp::from_nanosecond(at).map_err(|_| Fault::overflow())?;
    Ok(i64::from(zone.to_offset(at).seconds()))
}

/// Parts of instants and durations.
pub(crate) fn call(name: &str, values: &[Value]) -> Outcome {
    if !name.starts_with(":get") {
        return Err(Fault::overload(name));
    }
    let (at, zone) = match values {
        [Value::Timestamp(at, _)] => (*at, 0),
        [Value::Timestamp(at, _), Value::Str(zone)] => (*at, offset(zone, *at)?),
        [Value::Duration(nanos)] => {
            let unit = match name {
                ":getHours" => 3600 * SECOND as i64,
                ":getMinutes" => 60 * SECOND as i64,
                ":getSeconds" => SECOND as i64,
                ":getMilliseconds" => 1_000_000,
                _ => return Err(Fault::overload(name)),
            };
            return Ok(Value::Int(nanos / unit));
        }
        _ => return Err(Fault::overload(name)),
    };
    let local = at.div_euclid(SECOND) as i64 + zone;
    let days = local.div_euclid(86_400);
    let second = local.rem_euclid(86_400);
    let date = date(days);
    Ok(Value::Int(match name {
        ":getFullYear" => date.year,
        ":getMonth" => i64::from(date.month) - 1,
        ":getDate" => date.day,
        ":getDayOfMonth" => date.day - 1,
        // 1970-01-01 was a Thursday; Sunday is 0.
        ":getDayOfWeek" => (days + 4).rem_euclid(7),
        ":getDayOfYear" => date.day_of_year,
        ":getHours" => second / 3600,
        ":getMinutes" => second / 60 % 60,
        ":getSeconds" => second % 60,
        ":getMilliseconds" => (at.rem_euclid(SECOND) / 1_000_000) as i64,
        _ => return Err(Fault::overload(name)),
    }))
}
