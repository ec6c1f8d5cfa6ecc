//! Points in time, in milliseconds, UTC.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

const MINUTE_MS: i64 = 60_000;

/// A point in time in milliseconds since the Unix epoch. Clients see it as RFC 3339, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

impl Time {
    /// The point `ms` milliseconds after the epoch.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the epoch.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down: the unit of DynamoDB's TTL.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This point moved later by `by`.
    pub fn plus(self, by: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// This point moved earlier by `by`.
    pub fn minus(self, by: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// Time passed since `earlier`; zero when `earlier` is in fact later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The latest multiple of `unit` since the epoch that is not after this; days and hours so begin on the clock of UTC.
    pub fn floor(self, unit: Duration) -> Self {
        let unit = i64::try_from(unit.as_millis()).unwrap_or(i64::MAX).max(1);
        Self(self.0.div_euclid(unit).saturating_mul(unit))
    }

    /// Where its month begins, in UTC.
    pub fn month_start(self) -> Self {
        let first = jiff::Timestamp::from_millisecond(self.0).ok().and_then(|stamp| {
            let date = stamp.to_zoned(jiff::tz::TimeZone::UTC).date().first_of_month();
            date.to_zoned(jiff::tz::TimeZone::UTC).ok()
        });
        first.map_or(self, |first| Self(first.timestamp().as_millisecond()))
    }

    /// Rounded up to the whole minute, so that an index on it is seldom written.
    pub const fn ceil_minute(self) -> Self {
        Self(
            self.0
                .saturating_add(MINUTE_MS - 1)
                .div_euclid(MINUTE_MS)
                .saturating_mul(MINUTE_MS),
        )
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(stamp) => write!(f, "{stamp:.3}"),
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let stamp: jiff::Timestamp = text.parse().map_err(serde::de::Error::custom)?;
        Ok(Self(stamp.as_millisecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_as_rfc_3339_with_milliseconds() {
        let time = Time::from_ms(1_763_763_130_007);
        assert_eq!(
            serde_json::to_string(&time).unwrap(),
            "\"2025-11-21T22:12:10.007Z\""
        );
        assert_eq!(
            serde_json::from_str::<Time>("\"2025-11-21T22:12:10.007Z\"").unwrap(),
            time
        );
    }

    #[test]
    fn months_begin_at_midnight_of_the_first() {
        let time = Time::from_ms(1_763_763_130_007);
        assert_eq!(time.month_start().to_string(), "2025-11-01T00:00:00.000Z");
        assert_eq!(time.month_start().month_start(), time.month_start());
        assert_eq!(Time::from_ms(-1).floor(Duration::from_millis(1_000)).ms(), -1_000);
    }

    #[test]
    fn minutes_are_rounded_up_and_whole_ones_kept() {
        assert_eq!(Time::from_ms(60_000).ceil_minute().ms(), 60_000);
        assert_eq!(Time::from_ms(60_001).ceil_minute().ms(), 120_000);
    }
}
