//! Which blocks are valid (V1), and which timetable they belong to (V6).

use std::collections::HashMap;

use super::Draft;
use crate::timetable::model::{Day, FoundBlock, FoundPage, Metadata, Minute};
use crate::timetable::result::{Block, Rejected};

/// The valid blocks of all pages by timetable, and the others.
pub(super) fn merged(pages: Vec<FoundPage>) -> (Vec<Draft>, Vec<Rejected>) {
    let mut growing: Vec<Growing> = Vec::new();
    let mut rejected = Vec::new();
    for page in pages {
        for table in page.tables {
            let mut blocks = Vec::with_capacity(table.blocks.len());
            for block in table.blocks {
                match reason_against(&block) {
                    None => blocks.push(Block::found(block, page.page)),
                    Some(reason) => rejected.push(refused(block, page.page, reason)),
                }
            }
            let place = place_of(&growing, &table.metadata).unwrap_or_else(|| {
                growing.push(Growing::default());
                growing.len() - 1
            });
            if let Some(one) = growing.get_mut(place) {
                one.join(table.metadata, blocks, page.page);
            }
        }
    }
    let drafts = growing.into_iter().map(|one| one.draft).collect();
    (drafts, rejected)
}

/// V1.
fn reason_against(block: &FoundBlock) -> Option<&'static str> {
    match (block.start, block.end) {
        _ if block.event_name.trim().is_empty() => Some("It has no name."),
        (Some(start), Some(end)) if start >= end => Some("It does not end after it starts."),
        (Some(_), Some(_)) | (None, None) => None,
        (Some(_), None) => Some("It starts but does not end."),
        (None, Some(_)) => Some("It ends but does not start."),
    }
}

fn refused(block: FoundBlock, page: u32, reason: &str) -> Rejected {
    Rejected {
        page,
        day: block.day,
        start: block.start,
        end: block.end,
        event_name: block.event_name,
        event_type: block.event_type,
        room: block.room,
        notes: block.notes,
        reason: reason.to_owned(),
    }
}

/// Where a table goes on: the timetable of its class and week, or else the last one unless that is another's.
fn place_of(growing: &[Growing], metadata: &Metadata) -> Option<usize> {
    let named = metadata.class_name.is_some() || metadata.week.is_some();
    growing
        .iter()
        .position(|one| named && one.is_of(metadata))
        .or_else(|| {
            let last = growing.last()?;
            (!last.is_another(metadata)).then_some(growing.len() - 1)
        })
}

type Key = (Day, Minute, Minute, String);

/// A timetable that more pages may add to.
#[derive(Default)]
struct Growing {
    draft: Draft,
    /// The first block of each key, by its place in the draft.
    known: HashMap<Key, usize>,
}

impl Growing {
    fn is_of(&self, metadata: &Metadata) -> bool {
        let own = &self.draft.metadata;
        same(own.class_name.as_ref(), metadata.class_name.as_ref())
            && same(own.week.as_ref(), metadata.week.as_ref())
    }

    fn is_another(&self, metadata: &Metadata) -> bool {
        let own = &self.draft.metadata;
        let differ = |a: Option<&String>, b: Option<&String>| a.is_some() && b.is_some() && !same(a, b);
        differ(own.class_name.as_ref(), metadata.class_name.as_ref())
            || differ(own.week.as_ref(), metadata.week.as_ref())
    }

    fn join(&mut self, metadata: Metadata, blocks: Vec<Block>, page: u32) {
        let own = &mut self.draft.metadata;
        let fields = [
            (&mut own.teacher_name, metadata.teacher_name),
            (&mut own.class_name, metadata.class_name),
            (&mut own.term, metadata.term),
            (&mut own.week, metadata.week),
            (&mut own.school_name, metadata.school_name),
        ];
        for (own, other) in fields {
            *own = own.take().or(other);
        }
        for block in blocks {
            let key = block
                .times()
                .map(|(start, end)| (block.day, start, end, block.event_name.clone()));
            // Twice on one page is two blocks; of periods without times nobody knows whether they are the same.
            let same = key
                .as_ref()
                .and_then(|key| self.known.get(key))
                .and_then(|place| self.draft.blocks.get_mut(*place))
                .filter(|known| known.page != Some(page));
            if let Some(known) = same {
                add_to(known, block);
                continue;
            }
            if let Some(key) = key {
                self.known.entry(key).or_insert(self.draft.blocks.len());
            }
            self.draft.blocks.push(block);
        }
    }
}

fn same(a: Option<&String>, b: Option<&String>) -> bool {
    let folded = |text: &String| text.trim().to_lowercase();
    a.map(folded) == b.map(folded)
}

/// What the same block says on another page. What differs goes to the notes.
fn add_to(known: &mut Block, other: Block) {
    known.confidence = known.confidence.max(other.confidence);
    known.color = known.color.take().or(other.color);
    let other_room = match (&known.room, other.room) {
        (None, room) => {
            known.room = room;
            None
        }
        (Some(own), Some(room)) if *own != room => Some(format!("also {room}")),
        _ => None,
    };
    for more in other_room.into_iter().chain(other.notes) {
        known.notes = match known.notes.take() {
            Some(own) if own.split("; ").any(|part| part == more) => Some(own),
            Some(own) => Some(format!("{own}; {more}")),
            None => Some(more),
        };
    }
}
