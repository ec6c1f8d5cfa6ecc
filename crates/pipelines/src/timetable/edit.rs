//! A user's edit: the blocks of a document are replaced by those that were sent.

mod body;

use std::collections::HashMap;

use docmill_core::problem::FieldError;
use docmill_core::time::Time;
use serde_json::Value;

use super::model::{Day, Sureness};
use super::result::{Block, Document, Edition, Timetable};
use super::validate::{Draft, Expected, Numbers, SETTLED, settled};
use body::{NewBlock, NewTimetable};

/// Who edits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Editor<'a> {
    pub(super) author: &'a str,
    pub(super) at: Time,
    /// Of the edition that this makes.
    pub(super) number: u32,
}

/// The document with the timetables that were sent, in place of all of its own: `{"timetables": [{"metadata"?,
/// "blocks": [{"id"?, "day", "start", "end", "event_name", "event_type"?, "room"?, "notes"?, "color"?}]}]}`. What a
/// block with a known id leaves out stays; without an id it is a new one. A timetable without metadata has those of the
/// one in its place. Fields that are worked out may be sent, as
/// they are in a document, and are not read.
///
/// A block that somebody wrote or changed is sure. Its times stay as they are sent: gaps are not filled.
///
/// # Errors
/// Everything that is wrong in the body, by its field.
pub(super) fn edited(
    mut document: Document,
    body: &Value,
    by: Editor<'_>,
) -> Result<Document, Vec<FieldError>> {
    let known: HashMap<String, Block> = document
        .timetables
        .iter()
        .flat_map(|table| &table.blocks)
        .map(|block| (block.id.clone(), block.clone()))
        .collect();
    let sent = body::read(body, &known)?;
    let numbers = Numbers::after(&document.timetables);
    let mut before = document.timetables.into_iter();
    let drafts = sent
        .into_iter()
        .map(|NewTimetable { metadata, blocks }| {
            let before = before.next().map(|table| table.metadata);
            let blocks = blocks.into_iter().map(|new| {
                let old = new.id.as_ref().and_then(|id| known.get(id));
                merged(new, old)
            });
            Draft {
                metadata: metadata.or(before).unwrap_or_default(),
                blocks: blocks.collect(),
            }
        })
        .collect();
    let (timetables, warnings) = settled(drafts, Expected::from(&document.calendar), numbers);
    document.warnings.retain(|warning| match warning.code.as_str() {
        "UNKNOWN_DAY" => has_unknown_days(&timetables),
        code => !SETTLED.contains(&code),
    });
    document.warnings.extend(warnings);
    document.timetables = timetables;
    document.edition = Edition {
        number: by.number,
        author: Some(by.author.to_owned()),
        at: Some(by.at),
    };
    Ok(document)
}

fn has_unknown_days(timetables: &[Timetable]) -> bool {
    let mut blocks = timetables.iter().flat_map(|table| &table.blocks);
    blocks.any(|block| block.day == Day::Unspecified)
}

/// A block as it was sent, with what the old one knows beside.
fn merged(new: NewBlock, old: Option<&Block>) -> Block {
    let times = new.start.zip(new.end);
    let mut block = Block {
        id: new.id.unwrap_or_default(),
        day: new.day,
        start: new.start,
        end: new.end,
        duration_minutes: times.map(|(start, end)| start.until(end)),
        event_name: new.event_name,
        event_type: new.event_type,
        room: new.room,
        notes: new.notes,
        color: new.color,
        recurring_id: None,
        inferred: false,
        confidence: Sureness::FULL,
        page: None,
        area: None,
    };
    if let Some(old) = old {
        block.recurring_id.clone_from(&old.recurring_id);
        block.page = old.page;
        block.area = old.area;
        if is_same(&block, old) {
            block.inferred = old.inferred;
            block.confidence = old.confidence;
        }
    }
    block
}

fn is_same(block: &Block, old: &Block) -> bool {
    (block.day, block.start, block.end, block.event_type) == (old.day, old.start, old.end, old.event_type)
        && block.event_name == old.event_name
        && [&block.room, &block.notes, &block.color] == [&old.room, &old.notes, &old.color]
}

#[cfg(test)]
mod tests;
