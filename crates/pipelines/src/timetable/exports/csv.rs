//! A line a block.

use csv::{Terminator, WriterBuilder};

use super::ExportError;
use crate::cells::harmless;
use crate::timetable::model::Minute;
use crate::timetable::result::{Block, Document};

const HEADER: [&str; 9] = [
    "Day",
    "Start",
    "End",
    "Event",
    "Type",
    "Room",
    "Notes",
    "Recurring",
    "Confidence",
];

/// CSV as spreadsheets like it: UTF-8 with byte order mark, CRLF, commas, quotes where needed. Where there are several
/// timetables, a last column says which one a block is of.
///
/// # Errors
/// None that a writer into memory is known to have.
pub(in crate::timetable) fn csv(document: &Document) -> Result<Vec<u8>, ExportError> {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    let several = document.timetables.len() > 1;
    for name in HEADER {
        writer.write_field(name)?;
    }
    if several {
        writer.write_field("Timetable")?;
    }
    writer.write_record(None::<&[u8]>)?;
    for (number, table) in (1..).zip(&document.timetables) {
        let label = table.label().unwrap_or_else(|| format!("Timetable {number}"));
        for block in &table.blocks {
            for field in fields(block) {
                writer.write_field(field.as_bytes())?;
            }
            if several {
                writer.write_field(harmless(&label).as_bytes())?;
            }
            writer.write_record(None::<&[u8]>)?;
        }
    }
    writer
        .into_inner()
        .map_err(|error| ExportError::CsvEnd(error.to_string()))
}

fn fields(block: &Block) -> [String; HEADER.len()] {
    let time = |time: Option<Minute>| time.map(|time| time.to_string()).unwrap_or_default();
    let text = |text: Option<&String>| text.map(|text| harmless(text).into_owned()).unwrap_or_default();
    let recurring = if block.recurring_id.is_some() { "Yes" } else { "No" };
    [
        block.day.title().to_owned(),
        time(block.start),
        time(block.end),
        text(Some(&block.event_name)),
        block.event_type.as_str().to_owned(),
        text(block.room.as_ref()),
        text(block.notes.as_ref()),
        recurring.to_owned(),
        block.confidence.to_string(),
    ]
}
