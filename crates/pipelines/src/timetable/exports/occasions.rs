//! What calendars show once: an event at the same time, with the same details, on some days of the week.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};

use crate::timetable::model::{Day, EventType, Minute};
use crate::timetable::result::{Block, Timetable};

/// An event in a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Occasion<'a> {
    /// Of the recurring event, or of the first block where that stands elsewhere or there is none.
    pub(super) id: &'a str,
    pub(super) start: Minute,
    pub(super) end: Minute,
    /// The first block; the others differ in the day only, in the name's case and in what means nothing, the colour.
    pub(super) block: &'a Block,
    /// In their order, each once.
    pub(super) days: Vec<Day>,
}

/// The blocks that a calendar can show. One without a time or a day has no place in it.
pub(super) fn placed(table: &Timetable) -> impl Iterator<Item = (&Block, Minute, Minute, u8)> {
    table.blocks.iter().filter_map(|block| {
        let (start, end) = block.times()?;
        Some((block, start, end, block.day.index()?))
    })
}

/// What of two blocks has to be the same.
type Details<'a> = ((Minute, Minute), String, EventType, [Option<&'a str>; 3]);

/// The occasions of a timetable in the order of their first blocks.
pub(super) fn occasions(table: &Timetable) -> Vec<Occasion<'_>> {
    let mut occasions: Vec<Occasion<'_>> = Vec::new();
    let mut known: BTreeMap<Details<'_>, usize> = BTreeMap::new();
    let mut recurring = BTreeSet::new();
    for (block, start, end, _) in placed(table) {
        let details = (
            (start, end),
            block.event_name.to_lowercase(),
            block.event_type,
            [&block.room, &block.notes, &block.recurring_id].map(|text| text.as_deref()),
        );
        let same = known
            .get(&details)
            .and_then(|place| occasions.get_mut(*place))
            // Twice at the same time of a day is two events.
            .filter(|occasion| !occasion.days.contains(&block.day));
        if let Some(occasion) = same {
            occasion.days.push(block.day);
            continue;
        }
        known.insert(details, occasions.len());
        let own = block.recurring_id.as_deref().filter(|id| recurring.insert(*id));
        occasions.push(Occasion {
            id: own.unwrap_or(&block.id),
            start,
            end,
            block,
            days: vec![block.day],
        });
    }
    occasions
}

/// The day of a date.
pub(super) fn day_of(date: Date) -> Day {
    match date.weekday() {
        Weekday::Monday => Day::Monday,
        Weekday::Tuesday => Day::Tuesday,
        Weekday::Wednesday => Day::Wednesday,
        Weekday::Thursday => Day::Thursday,
        Weekday::Friday => Day::Friday,
        Weekday::Saturday => Day::Saturday,
        Weekday::Sunday => Day::Sunday,
    }
}

/// A date so many days later; `None` beyond the end of calendars.
pub(super) fn later(date: Date, days: u8) -> Option<Date> {
    date.checked_add(jiff::Span::new().days(days)).ok()
}
