//! Events for FullCalendar, a calendar of web pages. It takes a plain array, so blocks without a time or a day, which it
//! cannot show, are not in it.

use std::str::FromStr;

use jiff::civil::Date;
use serde::Serialize;

use super::ExportError;
use super::occasions::{Occasion, later, occasions, placed};
use crate::timetable::model::{Day, Metadata, Minute};
use crate::timetable::result::{Block, Calendar, Document};
use crate::timetable::settings::holiday_dates;

/// How the events are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::timetable) enum Variant {
    /// By their days of the week; in the term, where its days are known.
    #[default]
    Recurring,
    /// By their dates in one week, without those on holidays.
    Explicit,
}

/// No variant has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the variant must be `recurring` or `explicit`")]
pub(in crate::timetable) struct NoVariant;

impl FromStr for Variant {
    type Err = NoVariant;

    fn from_str(text: &str) -> Result<Self, NoVariant> {
        match text {
            "recurring" => Ok(Self::Recurring),
            "explicit" => Ok(Self::Explicit),
            _ => Err(NoVariant),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    id: &'a str,
    title: &'a str,
    #[serde(flatten)]
    when: When,
    #[serde(skip_serializing_if = "Option::is_none")]
    color: Option<&'a str>,
    extended_props: Props<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum When {
    #[serde(rename_all = "camelCase")]
    Recurring {
        /// From Sunday, which is 0.
        days_of_week: Vec<u8>,
        start_time: String,
        end_time: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        start_recur: Option<Date>,
        /// The day after the last one.
        #[serde(skip_serializing_if = "Option::is_none")]
        end_recur: Option<Date>,
    },
    Explicit {
        start: String,
        end: String,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Props<'a> {
    event_type: &'static str,
    room: Option<&'a str>,
    notes: Option<&'a str>,
    teacher_name: Option<&'a str>,
    class_name: Option<&'a str>,
    is_recurring: bool,
}

/// A JSON array of events.
///
/// # Errors
/// None that a writer into memory is known to have.
pub(in crate::timetable) fn fullcalendar(
    document: &Document,
    variant: Variant,
) -> Result<Vec<u8>, ExportError> {
    let calendar = &document.calendar;
    let events: Vec<Event<'_>> = match variant {
        Variant::Recurring => {
            let all = document.timetables.iter().flat_map(|table| {
                let occasions = occasions(table).into_iter();
                occasions.map(|occasion| recurring(&occasion, &table.metadata, calendar))
            });
            all.collect()
        }
        Variant::Explicit => {
            let holidays = holiday_dates(&calendar.holidays);
            let all = document.timetables.iter().flat_map(|table| {
                placed(table).filter_map(|(block, start, end, day)| {
                    let date = later(calendar.week_start, day).filter(|date| !holidays.contains(date))?;
                    let at = |time| format!("{date}T{}", seconds(time));
                    let when = When::Explicit {
                        start: at(start),
                        end: at(end),
                    };
                    Some(event(&block.id, block, &table.metadata, when))
                })
            });
            all.collect()
        }
    };
    Ok(serde_json::to_vec(&events)?)
}

fn recurring<'a>(occasion: &Occasion<'a>, said: &'a Metadata, calendar: &Calendar) -> Event<'a> {
    let from_sunday = |day: &Day| day.index().map(|index| (index + 1) % 7);
    let when = When::Recurring {
        days_of_week: occasion.days.iter().filter_map(from_sunday).collect(),
        start_time: seconds(occasion.start),
        end_time: seconds(occasion.end),
        start_recur: calendar.term_start,
        end_recur: calendar.term_end.and_then(|last| later(last, 1)),
    };
    event(occasion.id, occasion.block, said, when)
}

fn event<'a>(id: &'a str, block: &'a Block, said: &'a Metadata, when: When) -> Event<'a> {
    Event {
        id,
        title: &block.event_name,
        when,
        color: block.color.as_deref(),
        extended_props: Props {
            event_type: block.event_type.as_str(),
            room: block.room.as_deref(),
            notes: block.notes.as_deref(),
            teacher_name: said.teacher_name.as_deref(),
            class_name: said.class_name.as_deref(),
            is_recurring: block.recurring_id.is_some(),
        },
    }
}

/// `HH:MM:00`.
fn seconds(time: Minute) -> String {
    format!("{time}:00")
}
