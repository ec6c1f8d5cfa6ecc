//! Serial numbers of days, as ISO 8601 texts. ECMA-376-1, 18.17.4.

use super::styles::Format;
use crate::sheets::sheet::Kind;

/// 31 December 9999, the last day that Excel shows.
const LAST_DAY: i64 = 2_958_465;
const SECONDS_A_DAY: i64 = 86_400;

/// A number shown as a day or a time: what it is and its text; none if the number is not one.
pub(super) fn shown(number: &str, format: Format, from_1904: bool) -> Option<(Kind, String)> {
    if matches!(format, Format::Number | Format::Percent | Format::Padded(_)) {
        return None;
    }
    let number: f64 = number.parse().ok()?;
    // A second of the last day is 12 digits of the 15 that count.
    let seconds = (number * SECONDS_A_DAY as f64).round();
    if !(0.0..((LAST_DAY + 1) * SECONDS_A_DAY) as f64).contains(&seconds) {
        return None;
    }
    let seconds = seconds as i64;
    let (day, second) = (seconds / SECONDS_A_DAY, seconds % SECONDS_A_DAY);
    Some(match format {
        Format::Duration => (Kind::Duration, clock(seconds)),
        Format::Time => (Kind::Time, clock(second)),
        Format::Date => (Kind::Date, iso_day(day, from_1904)?),
        // Day 0 is none: a time of day.
        Format::DateTime if day == 0 => (Kind::Time, clock(second)),
        Format::DateTime => {
            let day = iso_day(day, from_1904)?;
            let (hour, minute, second) = parts(second);
            (Kind::DateTime, format!("{day}T{hour:02}:{minute:02}:{second:02}"))
        }
        Format::Number | Format::Percent | Format::Padded(_) => return None,
    })
}

fn parts(seconds: i64) -> (i64, i64, i64) {
    (seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

fn clock(seconds: i64) -> String {
    let (hour, minute, second) = parts(seconds);
    match second {
        0 => format!("{hour:02}:{minute:02}"),
        second => format!("{hour:02}:{minute:02}:{second:02}"),
    }
}

/// The day of a serial number. Excel counts a 29 February 1900 (60) that never was: it has no ISO text.
fn iso_day(serial: i64, from_1904: bool) -> Option<String> {
    // Days from 1 January 1970.
    let day = match from_1904 {
        true => serial - 24_107,
        false => match serial {
            1..=59 => serial - 25_568,
            61..=LAST_DAY => serial - 25_569,
            _ => return None,
        },
    };
    let (year, month, day) = civil(day);
    (year <= 9_999).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// The date of a day counted from 1 January 1970: Howard Hinnant's `civil_from_days`.
/// <https://howardhinnant.github.io/date_algorithms.html>
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(number: &str, format: Format) -> Option<String> {
        shown(number, format, false).map(|shown| shown.1)
    }

    #[test]
    fn days_of_both_calendars() {
        for (number, day) in [
            ("1", Some("1900-01-01")),
            ("59", Some("1900-02-28")),
            ("60", None),
            ("61", Some("1900-03-01")),
            ("25569", Some("1970-01-01")),
            ("45957", Some("2025-10-27")),
            ("45351", Some("2024-02-29")),
            ("2958465", Some("9999-12-31")),
            ("2958466", None),
            ("0", None),
            ("-1", None),
            ("NaN", None),
            ("1e300", None),
            ("x", None),
        ] {
            assert_eq!(text(number, Format::Date).as_deref(), day, "{number}");
        }
        let old = |number| shown(number, Format::Date, true).map(|shown| shown.1);
        assert_eq!(old("0").as_deref(), Some("1904-01-01"));
        assert_eq!(old("44495").as_deref(), Some("2025-10-27"));
    }

    #[test]
    fn times_are_rounded_to_the_second() {
        assert_eq!(text("0.395833333333333", Format::Time).as_deref(), Some("09:30"));
        assert_eq!(
            text("45957.395833333336", Format::DateTime).as_deref(),
            Some("2025-10-27T09:30:00")
        );
        assert_eq!(
            text("45957.999999999", Format::DateTime).as_deref(),
            Some("2025-10-28T00:00:00")
        );
        assert_eq!(
            text("0.39600694444444445", Format::Time).as_deref(),
            Some("09:30:15")
        );
        assert_eq!(text("0.5", Format::DateTime).as_deref(), Some("12:00"));
        assert_eq!(
            text("1.1041666666666667", Format::Duration).as_deref(),
            Some("26:30")
        );
    }
}
