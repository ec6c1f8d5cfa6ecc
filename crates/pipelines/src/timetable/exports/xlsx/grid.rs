//! Where the blocks of a timetable stand in a grid of days and slots.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use crate::timetable::model::{Day, Minute};
use crate::timetable::result::Block;

/// Days down, slots across.
#[derive(Debug, Default)]
pub(super) struct Grid<'a> {
    /// From each time at which a block starts or ends to the next one, without those in which nothing is.
    pub(super) slots: Vec<(Minute, Minute)>,
    /// Those that have blocks.
    pub(super) days: Vec<DayRows<'a>>,
}

/// The rows of a day: as many as blocks are at the same time.
#[derive(Debug)]
pub(super) struct DayRows<'a> {
    pub(super) day: Day,
    pub(super) timed: Vec<Place<'a>>,
    /// Blocks without a time, one a row.
    pub(super) untimed: Vec<&'a Block>,
}

/// A block in the grid.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) block: &'a Block,
    /// From the day's first row.
    pub(super) row: u32,
    /// Its first slot.
    pub(super) first: u16,
    /// Its last slot.
    pub(super) last: u16,
}

impl<'a> Grid<'a> {
    /// The grid of blocks that are in their order.
    pub(super) fn of(blocks: &'a [Block]) -> Self {
        let slots = slots(blocks);
        let mut days: BTreeMap<Day, DayRows<'a>> = BTreeMap::new();
        let mut busy: BTreeMap<Day, Rows> = BTreeMap::new();
        for block in blocks {
            let day = days.entry(block.day).or_insert_with(|| DayRows {
                day: block.day,
                timed: Vec::new(),
                untimed: Vec::new(),
            });
            let Some((start, end)) = block.times() else {
                day.untimed.push(block);
                continue;
            };
            let first = slots.partition_point(|slot| slot.0 < start);
            let last = slots.partition_point(|slot| slot.1 < end);
            day.timed.push(Place {
                block,
                row: busy.entry(block.day).or_default().take(start, end),
                first: column(first),
                last: column(last),
            });
        }
        Self {
            slots,
            days: days.into_values().collect(),
        }
    }

    pub(super) fn columns(&self) -> u16 {
        column(self.slots.len())
    }
}

impl DayRows<'_> {
    pub(super) fn rows(&self) -> u32 {
        let timed = self.timed.iter().map(|place| place.row + 1).max().unwrap_or(0);
        timed.max(u32::try_from(self.untimed.len()).unwrap_or(u32::MAX))
    }
}

/// A day has 1,439 slots at most.
fn column(place: usize) -> u16 {
    u16::try_from(place).unwrap_or(u16::MAX)
}

fn slots(blocks: &[Block]) -> Vec<(Minute, Minute)> {
    let mut changes: BTreeMap<Minute, i64> = BTreeMap::new();
    for (start, end) in blocks.iter().filter_map(Block::times) {
        *changes.entry(start).or_default() += 1;
        *changes.entry(end).or_default() -= 1;
    }
    let mut running = 0;
    let mut slots = Vec::new();
    for ((from, change), to) in changes.iter().zip(changes.keys().skip(1)) {
        running += change;
        if running > 0 {
            slots.push((*from, *to));
        }
    }
    slots
}

/// Which rows of a day are free.
#[derive(Default)]
struct Rows {
    /// By the time at which they become free.
    busy: BinaryHeap<Reverse<(Minute, u32)>>,
    free: BTreeSet<u32>,
    count: u32,
}

impl Rows {
    /// The first row that is free from `start`, which is not before that of the call before.
    fn take(&mut self, start: Minute, end: Minute) -> u32 {
        while let Some(Reverse((_, row))) = self.busy.peek().filter(|Reverse((end, _))| *end <= start) {
            self.free.insert(*row);
            self.busy.pop();
        }
        let row = self.free.pop_first().unwrap_or_else(|| {
            self.count = self.count.saturating_add(1);
            self.count - 1
        });
        self.busy.push(Reverse((end, row)));
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timetable::settings::Settings;
    use crate::timetable::testing::{document, found, page};

    #[test]
    fn blocks_span_their_slots() {
        let mut untimed = found(Day::Friday, "09:00", "10:00", "Trip");
        (untimed.start, untimed.end) = (None, None);
        let blocks = vec![
            found(Day::Monday, "09:00", "10:00", "A"),
            found(Day::Monday, "09:30", "10:30", "B"),
            found(Day::Monday, "10:00", "10:30", "C"),
            found(Day::Tuesday, "09:00", "10:30", "D"),
            found(Day::Tuesday, "13:00", "14:00", "E"),
            untimed,
        ];
        let document = document(vec![page(1, blocks)], &Settings::default());
        let grid = Grid::of(&document.timetables[0].blocks);
        let slots: Vec<_> = grid
            .slots
            .iter()
            .map(|(from, to)| format!("{from}-{to}"))
            .collect();
        assert_eq!(
            slots,
            ["09:00-09:30", "09:30-10:00", "10:00-10:30", "13:00-14:00"]
        );
        let places: Vec<_> = grid
            .days
            .iter()
            .flat_map(|day| &day.timed)
            .map(|place| {
                (
                    place.block.event_name.as_str(),
                    place.row,
                    place.first,
                    place.last,
                )
            })
            .collect();
        assert_eq!(
            places,
            [
                ("A", 0, 0, 1),
                ("B", 1, 1, 2),
                ("C", 0, 2, 2),
                ("D", 0, 0, 2),
                ("E", 0, 3, 3)
            ]
        );
        let rows: Vec<_> = grid.days.iter().map(|day| (day.day, day.rows())).collect();
        assert_eq!(rows, [(Day::Monday, 2), (Day::Tuesday, 1), (Day::Friday, 1)]);
    }
}
