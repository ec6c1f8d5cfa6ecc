//! The rules of a time zone, as far as a calendar needs them: one observance for each change of the clocks.

use jiff::civil::{Date, DateTime, date};
use jiff::tz::{Dst, Offset, TimeZone};
use jiff::{Span, Timestamp};

use super::Lines;
use crate::timetable::exports::ExportError;

/// Before this year a zone's rules are those of a town's own sun, which calendars need not know.
const FIRST_YEAR: i16 = 1900;
/// Observances that are written: clocks are changed twice a year, in some years and places four times.
const MAX_OBSERVANCES: usize = 400;

/// A time from which on clocks show something else.
struct Observance {
    /// What they show at that moment, before it.
    start: DateTime,
    from: Offset,
    to: Offset,
    name: String,
    summer: bool,
}

/// Whether the zone has no time but UTC.
pub(super) fn is_utc(zone: &TimeZone) -> bool {
    zone.following(Timestamp::MIN).next().is_none() && zone.to_offset(Timestamp::UNIX_EPOCH) == Offset::UTC
}

/// Writes the zone for all times of the days from the first to the last.
pub(super) fn write(
    lines: &mut Lines,
    tzid: &str,
    zone: &TimeZone,
    (first, last): (Date, Date),
) -> Result<(), ExportError> {
    lines.add("BEGIN:VTIMEZONE");
    lines.add(&format!("TZID:{tzid}"));
    for observance in observances(zone, (first, last))? {
        let kind = if observance.summer { "DAYLIGHT" } else { "STANDARD" };
        lines.add(&format!("BEGIN:{kind}"));
        lines.add(&format!("DTSTART:{}", observance.start.strftime("%Y%m%dT%H%M%S")));
        lines.add(&format!("TZOFFSETFROM:{}", written(observance.from)));
        lines.add(&format!("TZOFFSETTO:{}", written(observance.to)));
        lines.add_text("TZNAME", &observance.name);
        lines.add(&format!("END:{kind}"));
    }
    lines.add("END:VTIMEZONE");
    Ok(())
}

fn observances(zone: &TimeZone, (first, last): (Date, Date)) -> Result<Vec<Observance>, ExportError> {
    let begin = zone.to_timestamp(first.to_datetime(jiff::civil::Time::midnight()))?;
    let end = zone.to_timestamp(
        last.checked_add(Span::new().days(2))?
            .to_datetime(jiff::civil::Time::midnight()),
    )?;
    let second = Span::new().seconds(1);
    let before = zone
        .preceding(begin.checked_add(second)?)
        .next()
        .filter(|change| Offset::UTC.to_datetime(change.timestamp()).year() >= FIRST_YEAR);
    let mut observances = Vec::new();
    if before.is_none() {
        let info = zone.to_offset_info(begin);
        observances.push(Observance {
            start: date(1970, 1, 1).to_datetime(jiff::civil::Time::midnight()),
            from: info.offset(),
            to: info.offset(),
            name: info.abbreviation().to_owned(),
            summer: info.dst() == Dst::Yes,
        });
    }
    let after = zone
        .following(begin)
        .take_while(|change| change.timestamp() < end);
    for change in before.into_iter().chain(after).take(MAX_OBSERVANCES) {
        let from = zone.to_offset(change.timestamp().checked_sub(second)?);
        observances.push(Observance {
            start: from.to_datetime(change.timestamp()),
            from,
            to: change.offset(),
            name: change.abbreviation().to_owned(),
            summer: change.dst() == Dst::Yes,
        });
    }
    Ok(observances)
}

/// `+HHMM`, with seconds where there are some.
fn written(offset: Offset) -> String {
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes, rest) = (seconds.abs() / 3600, seconds.abs() / 60 % 60, seconds.abs() % 60);
    if rest == 0 {
        format!("{sign}{hours:02}{minutes:02}")
    } else {
        format!("{sign}{hours:02}{minutes:02}{rest:02}")
    }
}
