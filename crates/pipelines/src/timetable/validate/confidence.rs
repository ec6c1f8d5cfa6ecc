//! How sure a timetable is, and whether somebody should look at it (V7). Blocks that fill gaps were not read, so nobody
//! can be unsure of them.

use crate::timetable::model::{Sureness, Warning};
use crate::timetable::result::{Block, Timetable};

pub(super) const LOW_CONFIDENCE: &str = "LOW_CONFIDENCE";

/// From here on a block is sure.
const HIGH: Sureness = Sureness::hundredths(85);
/// Below this it is doubtful.
const MEDIUM: Sureness = Sureness::hundredths(60);
/// More of 100 blocks than this in between are too many.
const MOST_MEDIUM_PERCENT: usize = 20;

/// The mean, and whether the blocks need review; 0 of nothing.
pub(super) fn of(blocks: &[Block]) -> (Sureness, bool) {
    let all: Vec<Sureness> = written(blocks).map(|block| block.confidence).collect();
    let medium = all.iter().filter(|one| (MEDIUM..HIGH).contains(*one)).count();
    let low = all.iter().any(|one| *one < MEDIUM);
    let needs_review = low || medium * 100 > all.len() * MOST_MEDIUM_PERCENT;
    (Sureness::mean(all).unwrap_or(Sureness::NONE), needs_review)
}

/// How many blocks the user should look at, where there are too many.
pub(super) fn warning(timetables: &[Timetable]) -> Option<Warning> {
    let unsure = timetables
        .iter()
        .filter(|table| table.needs_review)
        .flat_map(|table| written(&table.blocks))
        .filter(|block| block.confidence < HIGH)
        .count();
    let message = match unsure {
        0 => return None,
        1 => "1 block is uncertain; please check the one marked.".to_owned(),
        _ => format!("{unsure} blocks are uncertain; please check the ones marked."),
    };
    Some(Warning::new(LOW_CONFIDENCE, None, message))
}

fn written(blocks: &[Block]) -> impl Iterator<Item = &Block> {
    blocks.iter().filter(|block| !block.inferred)
}
