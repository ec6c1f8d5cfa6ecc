//! Time between the blocks of a day (V4).

use std::ops::Range;

use crate::timetable::model::{Day, EventType, Minute, Sureness};
use crate::timetable::result::Block;
use crate::timetable::settings::FillGaps;

/// A gap of more minutes than this is worth a word; others are the way to the next room.
pub(super) const SHORT_MINUTES: i64 = 5;
/// From so many minutes on a gap is no mere transition.
const FREE_MINUTES: i64 = 10;
/// How sure an end is that nobody wrote (V7).
const INFERRED_END: Sureness = Sureness::hundredths(60);

/// A gap on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// The block that ends last before it, by its place among the blocks.
    earlier: usize,
    pub(super) day: Day,
    pub(super) from: Minute,
    pub(super) to: Minute,
}

impl Gap {
    pub(super) fn minutes(self) -> i64 {
        self.from.until(self.to)
    }
}

/// The gaps of every day that is known, in their order.
pub(super) fn gaps(blocks: &[Block]) -> Vec<Gap> {
    let mut timed: Vec<(Day, Range<Minute>, usize)> = blocks
        .iter()
        .enumerate()
        .filter(|(_, block)| block.day.index().is_some())
        .filter_map(|(place, block)| block.times().map(|(start, end)| (block.day, start..end, place)))
        .collect();
    timed.sort_by_key(|(day, times, place)| (*day, times.start, times.end, *place));
    let mut gaps = Vec::new();
    let mut last: Option<(Day, Minute, usize)> = None;
    for (day, times, place) in timed {
        match last {
            Some((same, end, earlier)) if same == day => {
                if end < times.start {
                    gaps.push(Gap {
                        earlier,
                        day,
                        from: end,
                        to: times.start,
                    });
                }
                if end < times.end {
                    last = Some((day, times.end, place));
                }
            }
            _ => last = Some((day, times.end, place)),
        }
    }
    gaps
}

/// Fills gaps as asked.
pub(super) fn fill(blocks: &mut Vec<Block>, how: FillGaps) {
    if how == FillGaps::None {
        return;
    }
    for gap in gaps(blocks) {
        if gap.minutes() <= SHORT_MINUTES {
            if let Some(earlier) = blocks.get_mut(gap.earlier) {
                lengthen(earlier, gap.to);
            }
        } else if how == FillGaps::Label {
            blocks.push(filler(gap));
        }
    }
}

fn lengthen(block: &mut Block, end: Minute) {
    block.end = Some(end);
    block.duration_minutes = block.start.map(|start| start.until(end));
    block.confidence = block.confidence.min(INFERRED_END);
}

fn filler(gap: Gap) -> Block {
    let name = if gap.minutes() < FREE_MINUTES {
        "Transition"
    } else {
        "Free Period"
    };
    Block {
        id: String::new(),
        day: gap.day,
        start: Some(gap.from),
        end: Some(gap.to),
        duration_minutes: Some(gap.minutes()),
        event_name: name.to_owned(),
        event_type: EventType::Break,
        room: None,
        notes: None,
        color: None,
        recurring_id: None,
        inferred: true,
        confidence: Sureness::NONE,
        page: None,
        area: None,
    }
}
