use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time in UTC, as RFC 3339 writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(jiff::Timestamp);

/// The text is no RFC 3339 instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstantError(String);

impl fmt::Display for InstantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no instant like 2026-11-24T06:00:00Z", self.0)
    }
}

impl std::error::Error for InstantError {}

impl Instant {
    /// An instant from seconds since 1970-01-01T00:00:00Z; out of range becomes the nearest one.
    pub fn from_unix(seconds: i64) -> Self {
        let nearest = if seconds < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        Instant(jiff::Timestamp::from_second(seconds).unwrap_or(nearest))
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    pub fn unix(&self) -> i64 {
        self.0.as_second() - i64::from(self.0.subsec_nanosecond() < 0)
    }

    /// Nanoseconds after the whole second: 0 to 999,999,999.
    pub fn nanos(&self) -> u32 {
        self.0.subsec_nanosecond().rem_euclid(1_000_000_000).unsigned_abs()
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for Instant {
    type Err = InstantError;

    fn from_str(text: &str) -> Result<Self, InstantError> {
        text.parse().map(Instant).map_err(|_| InstantError(text.to_string()))
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_down_on_both_sides_of_the_epoch() {
        for (text, seconds, nanos) in [
            ("1970-01-01T00:00:01.25Z", 1, 250_000_000),
            ("1969-12-31T23:59:58.75Z", -2, 750_000_000),
            ("2026-11-20T07:00:00+01:00", 1_795_154_400, 0),
        ] {
            let instant: Instant = text.parse().unwrap();
            assert_eq!((instant.unix(), instant.nanos()), (seconds, nanos), "{text}");
        }
        assert!("yesterday".parse::<Instant>().is_err());
    }
}
