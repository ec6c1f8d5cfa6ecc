//! Dates of OFX: `20090401122017.000[-5:EST]`. OFX 1.6, 3.2.8.2.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A day, perhaps with a time, perhaps with the zone of that time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Four digits.
    pub year: u16,
    /// From 1.
    pub month: u8,
    /// From 1.
    pub day: u8,
    /// Milliseconds from midnight; none where only a day is written.
    pub time_ms: Option<u32>,
    /// Minutes that the zone is ahead of UTC. A time without a zone is in UTC by the standard, in the bank's own zone by
    /// custom: it is left to the reader.
    pub offset_minutes: Option<i16>,
}

impl Moment {
    /// Reads a date of OFX; none if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (digits, zone) = match text.split_once('[') {
            Some((digits, zone)) => (digits.trim_end(), Some(zone.split(']').next()?)),
            None => (text, None),
        };
        // Some banks write a colon before the milliseconds.
        let (digits, fraction) = digits.split_once(['.', ':']).unwrap_or((digits, ""));
        if !digits
            .bytes()
            .chain(fraction.bytes())
            .all(|digit| digit.is_ascii_digit())
        {
            return None;
        }
        let part = |from: usize, to: usize| digits.get(from..to)?.parse::<u32>().ok();
        let time_ms = match digits.len() {
            8 => None,
            12 => Some((part(8, 10)?, part(10, 12)?, 0)),
            14 => Some((part(8, 10)?, part(10, 12)?, part(12, 14)?)),
            _ => return None,
        };
        let time_ms = match time_ms {
            // A leap second has its place.
            Some((hour, minute, second)) if hour < 24 && minute < 60 && second <= 60 => {
                Some(((hour * 60 + minute) * 60 + second) * 1_000 + milliseconds(fraction)?)
            }
            Some(_) => return None,
            None => None,
        };
        let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
        if year == 0 || day == 0 || day > days_of(year, month)? {
            return None;
        }
        Some(Self {
            year: u16::try_from(year).ok()?,
            month: u8::try_from(month).ok()?,
            day: u8::try_from(day).ok()?,
            time_ms,
            offset_minutes: match zone {
                Some(zone) => offset(zone),
                None => None,
            },
        })
    }

    /// The day as written, in its own zone: `2009-04-01`.
    pub fn date(&self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// ISO 8601: `2009-04-01T12:20:17-05:00`; the milliseconds only if there are any.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)?;
        let Some(ms) = self.time_ms else { return Ok(()) };
        let seconds = ms / 1_000;
        let (hour, minute) = (seconds / 3_600, seconds / 60 % 60);
        // 23:59:60 is one more than the last second.
        let (hour, minute, second) = match hour {
            24 => (23, 59, 60),
            hour => (hour, minute, seconds % 60),
        };
        write!(f, "T{hour:02}:{minute:02}:{second:02}")?;
        if ms % 1_000 > 0 {
            write!(f, ".{:03}", ms % 1_000)?;
        }
        match self.offset_minutes {
            Some(offset) => {
                let sign = if offset < 0 { '-' } else { '+' };
                let minutes = offset.unsigned_abs();
                write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
            None => Ok(()),
        }
    }
}

fn milliseconds(fraction: &str) -> Option<u32> {
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    digits.parse().ok()
}

fn days_of(year: u32, month: u32) -> Option<u32> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if leap { 29 } else { 28 }),
        _ => None,
    }
}

/// Minutes ahead of UTC of `-5:EST`, `+5.5:IST` or, against the standard, `+5.30:IST`.
fn offset(zone: &str) -> Option<i16> {
    let number = zone.split(':').next()?.trim();
    let (negative, number) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number.strip_prefix('+').unwrap_or(number)),
    };
    let (hours, fraction) = number.split_once('.').unwrap_or((number, ""));
    let minutes = match fraction {
        "" | "0" | "00" => 0,
        "25" | "15" => 15,
        "5" | "50" | "30" => 30,
        "75" | "45" => 45,
        _ => return None,
    };
    let hours: u8 = hours.parse().ok()?;
    let total = i16::from(hours) * 60 + minutes;
    // Line Islands, UTC+14, are farthest.
    (total <= 14 * 60).then_some(if negative { -total } else { total })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_as_banks_write_them() {
        for (text, iso) in [
            ("20131215", Some("2013-12-15")),
            ("201312150930", Some("2013-12-15T09:30:00")),
            ("20110308020000", Some("2011-03-08T02:00:00")),
            ("20090401122017.000[-5:EST]", Some("2009-04-01T12:20:17-05:00")),
            (
                "20120603133220.250 [-7:PDT]",
                Some("2012-06-03T13:32:20.250-07:00"),
            ),
            ("20250101120000[+5.5:IST]", Some("2025-01-01T12:00:00+05:30")),
            ("20250101120000[5.30]", Some("2025-01-01T12:00:00+05:30")),
            ("20250101120000[0:GMT]", Some("2025-01-01T12:00:00+00:00")),
            ("20250101120000[EST]", Some("2025-01-01T12:00:00")),
            ("20180804093914:014", Some("2018-08-04T09:39:14.014")),
            ("20240229", Some("2024-02-29")),
            ("20161231235960", Some("2016-12-31T23:59:60")),
            ("20120231", None),
            ("201120000000", None),
            ("20130101240000", None),
            ("2013-12-15", None),
            ("", None),
            ("２０１３１２１５", None),
        ] {
            assert_eq!(
                Moment::parse(text).map(|moment| moment.to_string()).as_deref(),
                iso,
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_date_or_not(text in "\\PC{0,30}") {
            Moment::parse(&text);
        }

        #[test]
        fn any_digits_are_a_date_or_not(text in "[0-9]{8,14}[.:]?[0-9]{0,5}(\\[[-+]?[0-9.]{0,5}(:[A-Z]{3})?\\]?)?") {
            if let Some(moment) = Moment::parse(&text) {
                prop_assert!(moment.to_string().starts_with(&moment.date()));
            }
        }
    }
}
