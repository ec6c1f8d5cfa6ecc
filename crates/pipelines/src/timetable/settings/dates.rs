//! Dates, holidays and time zones of settings.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::settings::Refused;

/// Longest term in days: three years. Calendars name each change of the clocks in it.
pub(super) const MAX_TERM_DAYS: i32 = 1_096;
/// Most entries of `holidays`.
const MAX_HOLIDAYS: usize = 100;
/// Most days of all holidays together: each may stand in every event of a calendar.
const MAX_HOLIDAY_DAYS: i32 = 400;
/// Years that dates may have. The rules of time zones are known for them.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2099;

const HOLIDAYS: &str = "a list of dates YYYY-MM-DD, of ranges `YYYY-MM-DD/YYYY-MM-DD` or {\"from\",\"to\"}";

/// Days without school.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::timetable) struct Holiday {
    pub(in crate::timetable) from: Date,
    /// Its last day.
    pub(in crate::timetable) to: Date,
}

impl Holiday {
    /// Each of its days.
    pub(in crate::timetable) fn days(self) -> impl Iterator<Item = Date> {
        self.from
            .series(jiff::Span::new().days(1))
            .take_while(move |day| *day <= self.to)
    }
}

/// A real date, exactly `YYYY-MM-DD`.
pub(super) fn date(text: &str) -> Option<Date> {
    let date: Date = text.parse().ok()?;
    (YEARS.contains(&date.year()) && date.to_string() == text).then_some(date)
}

/// Days from one date to another.
pub(super) fn days_between(from: Date, to: Date) -> i32 {
    // Dates of one century are never too far apart.
    from.until(to).map_or(i32::MAX, |span| span.get_days())
}

/// The rules of a time zone by its IANA name, from what is built in: the same on every machine.
pub(in crate::timetable) fn zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

/// A list of dates and ranges.
pub(super) fn holidays(name: &str, value: &Value) -> Result<Vec<Holiday>, Refused> {
    let given = value
        .as_array()
        .ok_or_else(|| Refused::new(name, "WRONG_TYPE", HOLIDAYS))?;
    if given.len() > MAX_HOLIDAYS {
        let wanted = format!("a list of at most {MAX_HOLIDAYS} dates or ranges");
        return Err(Refused::new(name, "OUT_OF_RANGE", &wanted));
    }
    let mut holidays = Vec::with_capacity(given.len());
    let mut days = 0_i32;
    for (place, value) in given.iter().enumerate() {
        let holiday = holiday(&format!("{name}[{place}]"), value)?;
        days = days.saturating_add(days_between(holiday.from, holiday.to).saturating_add(1));
        if days > MAX_HOLIDAY_DAYS {
            let wanted = format!("at most {MAX_HOLIDAY_DAYS} days in all");
            return Err(Refused::new(name, "OUT_OF_RANGE", &wanted));
        }
        holidays.push(holiday);
    }
    Ok(holidays)
}

fn holiday(field: &str, value: &Value) -> Result<Holiday, Refused> {
    let wanted = "a date YYYY-MM-DD, or a range `YYYY-MM-DD/YYYY-MM-DD` or {\"from\",\"to\"}";
    let (from, to) = match value {
        Value::String(text) => text.split_once('/').unwrap_or((text, text)),
        Value::Object(given) => {
            let text = |key: &str| given.get(key).and_then(Value::as_str);
            match (text("from"), text("to")) {
                (Some(from), Some(to)) if given.len() == 2 => (from, to),
                _ => return Err(Refused::new(field, "WRONG_TYPE", wanted)),
            }
        }
        _ => return Err(Refused::new(field, "WRONG_TYPE", wanted)),
    };
    let (from, to) = date(from)
        .zip(date(to))
        .ok_or_else(|| Refused::new(field, "OUT_OF_RANGE", wanted))?;
    if to < from {
        return Err(Refused::new(
            field,
            "OUT_OF_RANGE",
            "a range that does not end before it starts",
        ));
    }
    Ok(Holiday { from, to })
}

/// Every day of the holidays, each once.
pub(in crate::timetable) fn holiday_dates(holidays: &[Holiday]) -> BTreeSet<Date> {
    holidays.iter().flat_map(|holiday| holiday.days()).collect()
}
