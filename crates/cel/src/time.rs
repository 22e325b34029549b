//! Instants and durations: range, text forms, calendar fields.

use std::cmp::Ordering;

use crate::error::Fault;

/// 0001-01-01T00:00:00Z in seconds since 1970.
pub(crate) const MIN_SECONDS: i64 = -62_135_596_800;
/// 9999-12-31T23:59:59Z in seconds since 1970.
pub(crate) const MAX_SECONDS: i64 = 253_402_300_799;
const NANOS: i64 = 1_000_000_000;

/// An instant of the years 1 to 9999.
#[derive(Clone, Copy, Debug)]
pub struct Timestamp {
    /// seconds since 1970-01-01T00:00:00Z
    pub seconds: i64,
    /// nanoseconds after them, 0 to 999,999,999
    pub nanos: u32,
    /// seconds east of UTC that its text had, for writing it again
    offset: i32,
}

impl PartialEq for Timestamp {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Timestamp {}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.seconds, self.nanos).cmp(&(other.seconds, other.nanos))
    }
}

impl Timestamp {
    pub(crate) fn clamped(seconds: i64, nanos: u32) -> Self {
        if seconds < MIN_SECONDS {
            return Timestamp { seconds: MIN_SECONDS, nanos: 0, offset: 0 };
        }
        if seconds > MAX_SECONDS {
            return Timestamp { seconds: MAX_SECONDS, nanos: 999_999_999, offset: 0 };
        }
        Timestamp { seconds, nanos: nanos.min(999_999_999), offset: 0 }
    }

    pub(crate) fn checked(seconds: i64, nanos: u32) -> Result<Self, Fault> {
        if !(MIN_SECONDS..=MAX_SECONDS).contains(&seconds) {
            return Err(Fault::overflow("timestamp overflow"));
        }
        Ok(Timestamp { seconds, nanos, offset: 0 })
    }

    /// The same instant, written in UTC.
    #[must_use]
    pub fn utc(self) -> Self {
        Timestamp { offset: 0, ..self }
    }

    fn total(self) -> i128 {
        i128::from(self.seconds) * i128::from(NANOS) + i128::from(self.nanos)
    }

    pub(crate) fn plus(self, duration: i64) -> Result<Self, Fault> {
        let total = self.total() + i128::from(duration);
        let seconds = total.div_euclid(i128::from(NANOS)) as i64;
        let moved = Timestamp::checked(seconds, total.rem_euclid(i128::from(NANOS)) as u32)?;
        Ok(Timestamp { offset: self.offset, ..moved })
    }

    pub(crate) fn minus(self, other: Timestamp) -> Result<i64, Fault> {
        i64::try_from(self.total() - other.total()).map_err(|_| Fault::overflow("duration overflow"))
    }

    /// Reads RFC 3339 as Go's `time.Parse` does.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let digits = |from: usize, len: usize| -> Option<i64> {
            let part = bytes.get(from..from + len)?;
            part.iter()
                .all(u8::is_ascii_digit)
                .then(|| part.iter().fold(0, |n, b| n * 10 + i64::from(b - b'0')))
        };
        let fixed = |at: usize, want: u8| (bytes.get(at) == Some(&want)).then_some(());
        let (year, month, day) = (digits(0, 4)?, digits(5, 2)?, digits(8, 2)?);
        fixed(4, b'-').and(fixed(7, b'-')).and(fixed(10, b'T'))?;
        let (hour, minute, second) = (digits(11, 2)?, digits(14, 2)?, digits(17, 2)?);
        fixed(13, b':').and(fixed(16, b':'))?;
        let date_ok = (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
        if !date_ok || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let mut at = 19;
        let mut nanos = 0u32;
        if matches!(bytes.get(at), Some(b'.' | b',')) {
            let len = bytes[at + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
            if len == 0 {
                return None;
            }
            // Digits behind the ninth are cut off.
            nanos =
                (0..9).fold(0, |n, i| n * 10 + if i < len { u32::from(bytes[at + 1 + i] - b'0') } else { 0 });
            at += 1 + len;
        }
        let offset = match bytes.get(at)? {
            b'Z' if at + 1 == bytes.len() => 0,
            sign @ (b'+' | b'-') if at + 6 == bytes.len() => {
                fixed(at + 3, b':')?;
                let (hours, minutes) = (digits(at + 1, 2)?, digits(at + 4, 2)?);
                if hours > 24 || minutes > 59 {
                    return None;
                }
                (hours * 60 + minutes) * if *sign == b'-' { -60 } else { 60 }
            }
            _ => return None,
        };
        let seconds =
            days_from_civil(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset;
        Some(Timestamp { seconds, nanos, offset: offset as i32 })
    }

    /// RFC 3339 with the offset of the text that it came from, the fraction without trailing zeros.
    pub(crate) fn text(self) -> String {
        let c = Civil::of(self.seconds + i64::from(self.offset));
        let (hour, minute, second) =
            (c.second_of_day / 3_600, c.second_of_day / 60 % 60, c.second_of_day % 60);
        let date = format!("{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}", c.year, c.month, c.day);
        let zone = match self.offset {
            0 => "Z".to_string(),
            offset => {
                let minutes = offset.abs() / 60;
                format!("{}{:02}:{:02}", if offset < 0 { '-' } else { '+' }, minutes / 60, minutes % 60)
            }
        };
        if self.nanos == 0 {
            return date + &zone;
        }
        let fraction = format!("{:09}", self.nanos);
        format!("{date}.{}{zone}", fraction.trim_end_matches('0'))
    }
}

/// Calendar fields of local seconds.
pub(crate) struct Civil {
    pub year: i64,
    /// 1 to 12
    pub month: i64,
    /// 1 to 31
    pub day: i64,
    /// 0 for Sunday
    pub weekday: i64,
    /// 0 for the first of January
    pub day_of_year: i64,
    pub second_of_day: i64,
}

impl Civil {
    pub(crate) fn of(seconds: i64) -> Self {
        let days = seconds.div_euclid(86_400);
        let (year, month, day) = civil_from_days(days);
        Civil {
            year,
            month,
            day,
            weekday: (days + 4).rem_euclid(7),
            day_of_year: days - days_from_civil(year, 1, 1),
            second_of_day: seconds.rem_euclid(86_400),
        }
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar; years count from March inside.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// Seconds east of UTC that a zone has at an instant: a name of the time zone database, or `+HH:MM`.
pub(crate) fn zone_offset(zone: &str, at: Timestamp) -> Result<i64, Fault> {
    if let Some((hours, minutes)) = zone.split_once(':') {
        let bad = || Fault::conversion(format!("`{zone}` is no offset"));
        let number = |text: &str| text.parse::<i32>().map(i64::from).map_err(|_| bad());
        let (hours, minutes) = (number(hours)?, number(minutes)?);
        let total = if zone.starts_with('-') { hours * 60 - minutes } else { hours * 60 + minutes };
        return Ok(total * 60);
    }
    if matches!(zone, "" | "UTC" | "Local") {
        return Ok(0);
    }
    let unknown = || Fault::conversion(format!("unknown time zone {zone}"));
    let found = jiff::tz::db().get(zone).map_err(|_| unknown())?;
    // The database finds names whatever their case; the dialect does not.
    if found.iana_name() != Some(zone) {
        return Err(unknown());
    }
    let instant = jiff::Timestamp::new(at.seconds, 0).map_err(|_| Fault::overflow("timestamp overflow"))?;
    Ok(i64::from(found.to_offset(instant).seconds()))
}

/// Reads a duration as Go's `time.ParseDuration` does; nanoseconds.
pub(crate) fn parse_duration(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let whole_len = rest.bytes().take_while(u8::is_ascii_digit).count();
        let whole: i128 = if whole_len == 0 { 0 } else { rest[..whole_len].parse().ok()? };
        rest = &rest[whole_len..];
        let mut fraction = "";
        if let Some(behind) = rest.strip_prefix('.') {
            let len = behind.bytes().take_while(u8::is_ascii_digit).count();
            (fraction, rest) = behind.split_at(len);
        }
        if whole_len == 0 && fraction.is_empty() {
            return None;
        }
        let unit_len = rest.bytes().take_while(|b| *b != b'.' && !b.is_ascii_digit()).count();
        let unit: i128 = match &rest[..unit_len] {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        rest = &rest[unit_len..];
        if whole > i128::from(i64::MAX) {
            return None;
        }
        // No more digits than an int64 holds count behind the point.
        let mut kept: i128 = 0;
        let mut scale: i128 = 1;
        for digit in fraction.bytes().take(18) {
            kept = kept * 10 + i128::from(digit - b'0');
            scale *= 10;
        }
        total += whole * unit + kept * unit / scale;
        if total > i128::from(i64::MAX) + 1 {
            return None;
        }
    }
    i64::try_from(if negative { -total } else { total }).ok()
}

/// A duration as decimal seconds, `1.5s`.
pub(crate) fn duration_text(nanos: i64) -> String {
    // Upstream goes through a double; shortest digits of the same double.
    let seconds = (nanos / NANOS) as f64 + (nanos % NANOS) as f64 / 1e9;
    format!("{seconds}s")
}
