//! Validation (V1–V8): found blocks become timetables. Nothing found is dropped: a block is in a timetable, was the same
//! as one of another page, or is rejected with a reason.
//!
//! # Layout
//! [`merge`] (V1, V6) sorts what the pages give into timetables, [`gaps`] (V4) fills them as asked, [`recurring`] (V2),
//! [`warnings`] (V3, V5) and [`confidence`] (V7) say what is to be said of them, [`complexity`] (V8) of the pages. What
//! can be said of a timetable is said by [`settled`], after reading and after every edit.

mod complexity;
mod confidence;
mod gaps;
mod merge;
mod recurring;
#[cfg(test)]
mod tests;
mod warnings;

pub(super) use complexity::{Complexity, Level};

use super::model::{Day, EngineUsed, FoundPage, Metadata, Minute, Signals, Warning};
use super::result::{Block, Calendar, Rejected, Timetable};
use super::settings::Settings;

/// Codes of the warnings that [`settled`] gives.
pub(super) const SETTLED: [&str; 7] = [
    warnings::NO_TIME,
    warnings::DAY_OUTSIDE_SETTING,
    warnings::TIME_OUTSIDE_SETTING,
    warnings::OVERLAP,
    warnings::COVERAGE,
    warnings::GAP,
    confidence::LOW_CONFIDENCE,
];

/// What became of what was found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Validated {
    pub(super) timetables: Vec<Timetable>,
    /// Those of the pages first.
    pub(super) warnings: Vec<Warning>,
    pub(super) rejected: Vec<Rejected>,
    pub(super) complexity: Complexity,
    /// A language model, if any page needed one.
    pub(super) engine: EngineUsed,
}

/// What timetables are held against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    days: &'a [Day],
    bounds: (Minute, Minute),
}

impl<'a> From<&'a Settings> for Expected<'a> {
    fn from(settings: &'a Settings) -> Self {
        Self {
            days: &settings.days,
            bounds: settings.day_bounds,
        }
    }
}

impl<'a> From<&'a Calendar> for Expected<'a> {
    fn from(calendar: &'a Calendar) -> Self {
        Self {
            days: &calendar.days,
            bounds: calendar.day_bounds,
        }
    }
}

/// A timetable whose blocks have not been looked at together.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Draft {
    pub(super) metadata: Metadata,
    /// A block without an id gets one.
    pub(super) blocks: Vec<Block>,
}

/// Validates what the pages gave, in their order.
pub(super) fn validated(pages: Vec<FoundPage>, settings: &Settings) -> Validated {
    let engine = pages
        .iter()
        .map(|page| page.engine)
        .find(|engine| *engine == EngineUsed::Llm);
    let signals: Signals = complexity::together(pages.iter().map(|page| page.signals));
    let mut warnings = Vec::new();
    for warning in pages.iter().flat_map(|page| &page.warnings) {
        if !warnings.contains(warning) {
            warnings.push(warning.clone());
        }
    }
    let (mut drafts, rejected) = merge::merged(pages);
    for draft in &mut drafts {
        gaps::fill(&mut draft.blocks, settings.fill_gaps);
        if settings.teacher_name.is_some() {
            draft.metadata.teacher_name.clone_from(&settings.teacher_name);
        }
        if settings.class_name.is_some() {
            draft.metadata.class_name.clone_from(&settings.class_name);
        }
    }
    let (timetables, more) = settled(drafts, Expected::from(settings), Numbers::default());
    warnings.extend(more);
    Validated {
        timetables,
        warnings,
        rejected,
        complexity: Complexity::of(signals),
        engine: engine.unwrap_or_default(),
    }
}

/// The last numbers that ids were made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    block: u64,
    recurring: u64,
}

impl Numbers {
    /// Beyond every id that a document has.
    pub(super) fn after(timetables: &[Timetable]) -> Self {
        let number = |id: &str| {
            id.get(1..)
                .and_then(|digits| digits.parse().ok())
                .unwrap_or(0_u64)
        };
        let blocks = || timetables.iter().flat_map(|table| &table.blocks);
        let recurring = timetables.iter().flat_map(|table| &table.recurring_blocks);
        Self {
            block: blocks().map(|block| number(&block.id)).max().unwrap_or(0),
            recurring: recurring.map(|one| number(&one.id)).max().unwrap_or(0),
        }
    }

    fn next_block(&mut self) -> String {
        self.block = self.block.saturating_add(1);
        format!("b{}", self.block)
    }

    fn next_recurring(&mut self) -> String {
        self.recurring = self.recurring.saturating_add(1);
        format!("r{}", self.recurring)
    }
}

/// Orders and numbers the blocks of timetables, finds what recurs, and says what the user should look at.
pub(super) fn settled(
    drafts: Vec<Draft>,
    expected: Expected<'_>,
    mut numbers: Numbers,
) -> (Vec<Timetable>, Vec<Warning>) {
    let mut timetables: Vec<Timetable> = Vec::with_capacity(drafts.len());
    for Draft { metadata, mut blocks } in drafts {
        // Without times, the order in which a page has them is that of its periods.
        blocks.sort_by(|a, b| order(a).cmp(&order(b)));
        for block in blocks.iter_mut().filter(|block| block.id.is_empty()) {
            block.id = numbers.next_block();
        }
        let recurring_blocks = recurring::mark(&mut blocks, expected.days, &mut numbers);
        let (confidence, needs_review) = confidence::of(&blocks);
        timetables.push(Timetable {
            metadata,
            blocks,
            recurring_blocks,
            confidence,
            needs_review,
        });
    }
    let several = timetables.len() > 1;
    let mut said: Vec<Warning> = timetables
        .iter()
        .flat_map(|table| {
            let label = table.label().filter(|_| several);
            warnings::of(&table.blocks, expected, label.as_deref())
        })
        .collect();
    said.extend(confidence::warning(&timetables));
    (timetables, said)
}

/// By day, start, end and name; of a day, those without times last.
fn order(block: &Block) -> impl Ord + '_ {
    let name = block.times().map(|_| block.event_name.as_str());
    (block.day, block.start.is_none(), block.start, block.end, name)
}
