//! What recurs (V2).

use std::collections::{BTreeMap, BTreeSet};

use super::Numbers;
use crate::timetable::model::{Day, Minute};
use crate::timetable::result::{Block, RecurringBlock};

/// On fewer days than this an event is not called recurring.
const LEAST_DAYS: usize = 3;

/// Finds what recurs and marks its blocks. Blocks that were marked before hand their mark on, so that an edited event
/// stays the same one in calendars.
pub(super) fn mark(blocks: &mut [Block], expected: &[Day], numbers: &mut Numbers) -> Vec<RecurringBlock> {
    let mut groups: BTreeMap<(Minute, Minute, String), Vec<usize>> = BTreeMap::new();
    for (place, block) in blocks.iter().enumerate() {
        if let (Some((start, end)), Some(_)) = (block.times(), block.day.index()) {
            let key = (start, end, block.event_name.to_lowercase());
            groups.entry(key).or_default().push(place);
        }
    }
    let before: Vec<Option<String>> = blocks.iter_mut().map(|block| block.recurring_id.take()).collect();
    let mut taken = BTreeSet::new();
    let mut found = Vec::new();
    for ((start, end, _), places) in groups {
        let members = || places.iter().filter_map(|place| blocks.get(*place));
        let days: BTreeSet<Day> = members().map(|block| block.day).collect();
        let Some(first) = members().next().filter(|_| days.len() >= LEAST_DAYS) else {
            continue;
        };
        let marks = places.iter().filter_map(|place| before.get(*place)?.as_ref());
        let id = marks
            .filter(|id| !taken.contains(*id))
            .min()
            .cloned()
            .unwrap_or_else(|| numbers.next_recurring());
        taken.insert(id.clone());
        found.push(RecurringBlock {
            id: id.clone(),
            start,
            end,
            event_name: first.event_name.clone(),
            event_type: first.event_type,
            applies_daily: expected.iter().all(|day| days.contains(day)),
            days: days.into_iter().collect(),
            block_ids: members().map(|block| block.id.clone()).collect(),
        });
        for place in places {
            if let Some(block) = blocks.get_mut(place) {
                block.recurring_id = Some(id.clone());
            }
        }
    }
    found
}
