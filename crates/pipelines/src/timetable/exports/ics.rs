//! A calendar file (RFC 5545).
//!
//! Times are written as clocks show them. What a clock shows twice or never, on the nights of change, has the meaning
//! that the standard gives it: the first of the two, or what the clock would show had it not been changed yet (section
//! 3.3.5). Of a weekly event, a time that a clock never shows is left out (section 3.3.10).

mod lines;
mod zone;

use std::collections::{BTreeMap, BTreeSet};

use docmill_core::time::Time;
use jiff::Timestamp;
use jiff::civil::{Date, time};
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::ExportError;
use super::occasions::{day_of, later, occasions, placed};
use crate::timetable::model::{Day, Minute};
use crate::timetable::result::{Block, Document};
use crate::timetable::settings::{holiday_dates, zone as zone_of};
use lines::Lines;

/// Bytes of the hash that a UID is made of.
const UID_BYTES: usize = 16;
/// Days from the first to the last one of a week.
const REST_OF_WEEK: u8 = 6;

/// The calendar of a document: the events of the term, or where that is not known, those of one week. An event that
/// never takes place, for holidays or in a short term, is not in it.
///
/// # Errors
/// A time zone that is not known, and points in time that calendars do not have.
pub(in crate::timetable) fn ics(document: &Document) -> Result<Vec<u8>, ExportError> {
    let calendar = &document.calendar;
    let zone = zone_of(&calendar.timezone).ok_or_else(|| ExportError::Zone(calendar.timezone.clone()))?;
    let monday = calendar.week_start;
    let (first, last) = match calendar.term() {
        Some(term) => term,
        None => (monday, later(monday, REST_OF_WEEK).unwrap_or(monday)),
    };
    let tzid = (!zone::is_utc(&zone)).then_some(calendar.timezone.as_str());
    let mut lines = Lines::default();
    lines.add("BEGIN:VCALENDAR");
    lines.add("VERSION:2.0");
    lines.add("PRODID:-//Docmill//Timetable//EN");
    lines.add("CALSCALE:GREGORIAN");
    if let Some(tzid) = tzid {
        zone::write(&mut lines, tzid, &zone, (first, last))?;
    }
    let writer = Writer {
        job_id: &document.job_id,
        tzid,
        stamp: stamp(document.edition.at.unwrap_or(document.created_at))?,
        sequence: document.edition.number,
        dates: Dates::of((first, last), holiday_dates(&calendar.holidays)),
    };
    let until = calendar.term().map(|_| until(&zone, last)).transpose()?;
    for table in &document.timetables {
        if let Some(until) = &until {
            for occasion in occasions(table) {
                let times = (occasion.start, occasion.end);
                let weekly = Some((occasion.days.as_slice(), until.as_str()));
                writer.event(&mut lines, occasion.id, occasion.block, times, weekly);
            }
        } else {
            for (block, start, end, _) in placed(table) {
                writer.event(&mut lines, &block.id, block, (start, end), None);
            }
        }
    }
    lines.add("END:VCALENDAR");
    Ok(lines.into_bytes())
}

/// The dates that are covered.
struct Dates {
    /// The first date of each day of the week.
    firsts: BTreeMap<Day, Date>,
    /// Days of the week that are not always holidays.
    open: BTreeSet<Day>,
    /// Holidays among the dates.
    holidays: BTreeSet<Date>,
}

impl Dates {
    fn of((first, last): (Date, Date), mut holidays: BTreeSet<Date>) -> Self {
        let mut firsts = BTreeMap::new();
        let mut open = BTreeSet::new();
        let dates = first.series(jiff::Span::new().days(1));
        for date in dates.take_while(|date| *date <= last) {
            firsts.entry(day_of(date)).or_insert(date);
            if !holidays.contains(&date) {
                open.insert(day_of(date));
            }
        }
        holidays.retain(|date| (first..=last).contains(date));
        Self {
            firsts,
            open,
            holidays,
        }
    }
}

/// What all events have in common.
struct Writer<'a> {
    job_id: &'a str,
    /// `None` where times are UTC.
    tzid: Option<&'a str>,
    stamp: String,
    sequence: u32,
    dates: Dates,
}

impl Writer<'_> {
    /// An event of one block, or of every week on some days until some time.
    fn event(
        &self,
        lines: &mut Lines,
        id: &str,
        block: &Block,
        (start, end): (Minute, Minute),
        weekly: Option<(&[Day], &str)>,
    ) {
        let one = [block.day];
        let (days, until) = weekly.map_or((&one[..], None), |(days, until)| (days, Some(until)));
        let date = days.iter().filter_map(|day| self.dates.firsts.get(day)).min();
        let Some(date) = date.filter(|_| days.iter().any(|day| self.dates.open.contains(day))) else {
            return;
        };
        lines.add("BEGIN:VEVENT");
        lines.add(&format!("UID:{}", uid(self.job_id, id)));
        lines.add(&format!("DTSTAMP:{}", self.stamp));
        lines.add(&format!("SEQUENCE:{}", self.sequence));
        lines.add(&self.at("DTSTART", *date, start));
        lines.add(&self.at("DTEND", *date, end));
        if let Some(until) = until {
            let days: Vec<&str> = days.iter().filter_map(|day| two_letters(*day)).collect();
            lines.add(&format!(
                "RRULE:FREQ=WEEKLY;BYDAY={};UNTIL={until}",
                days.join(",")
            ));
            let without = self.dates.holidays.iter().filter(|holiday| **holiday >= *date);
            for holiday in
                without.filter(|holiday| weekly.is_some_and(|(days, _)| days.contains(&day_of(**holiday))))
            {
                lines.add(&self.at("EXDATE", *holiday, start));
            }
        }
        lines.add_text("SUMMARY", &block.event_name);
        if let Some(room) = &block.room {
            lines.add_text("LOCATION", room);
        }
        if let Some(notes) = &block.notes {
            lines.add_text("DESCRIPTION", notes);
        }
        lines.add_text("CATEGORIES", block.event_type.as_str());
        lines.add("END:VEVENT");
    }

    fn at(&self, name: &str, date: Date, minute: Minute) -> String {
        let date = date.strftime("%Y%m%d");
        let (hour, minute) = (minute.hour(), minute.minute());
        match self.tzid {
            Some(tzid) => format!("{name};TZID={tzid}:{date}T{hour:02}{minute:02}00"),
            None => format!("{name}:{date}T{hour:02}{minute:02}00Z"),
        }
    }
}

/// The same for every edition of an event, so that calendars replace it.
fn uid(job_id: &str, id: &str) -> String {
    let hash = Sha256::digest(format!("{job_id}|{id}"));
    let digits: String = hash
        .iter()
        .take(UID_BYTES)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{digits}@timetable")
}

/// The end of a day, in UTC.
fn until(zone: &TimeZone, day: Date) -> Result<String, ExportError> {
    let end = zone.to_timestamp(day.to_datetime(time(23, 59, 59, 0)))?;
    Ok(in_utc(end))
}

fn stamp(at: Time) -> Result<String, ExportError> {
    Ok(in_utc(Timestamp::from_millisecond(at.ms())?))
}

fn in_utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn two_letters(day: Day) -> Option<&'static str> {
    let index = day.index()?;
    ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
        .get(usize::from(index))
        .copied()
}

#[cfg(test)]
mod tests;
