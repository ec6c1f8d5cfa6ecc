//! From the cells under days to blocks (T5, T6, T11).

use std::collections::BTreeMap;

use docmill_documents::tables::{Area, CellLine};

use super::super::model::{Day, FoundBlock, Minute, Sureness};
use super::axis::{HEADER, Slot, slots};
use super::cells::{Entry, entries};
use super::clock::{Clock, OWN, happening};
use super::headings::{Section, in_order};
use super::kinds::kind_of;
use super::letters;
use super::times::of_label;
use super::view::{Place, View};

/// When something is, and how that is known.
#[derive(Clone, Copy, Debug, Default)]
struct When {
    start: Option<Minute>,
    end: Option<Minute>,
    sureness: Option<Sureness>,
    is_own: bool,
}

/// Something that happens on some days, before it is known when.
struct Happening<'v> {
    cell: &'v Place,
    days: Vec<Day>,
    /// Columns of the days, of which the first one's order of times counts.
    column: usize,
    entry: Entry,
    /// Around all of it, where that is more than its cell.
    area: Option<Area>,
    /// From where to where it goes down.
    down: (i32, i32),
    /// Parts of one cell do not share the time of that cell's row.
    is_part: bool,
}

/// The blocks of a section.
pub(super) fn blocks(view: &View, section: &Section, clock: &Clock) -> Vec<FoundBlock> {
    let mut found = happenings(view, section);
    let own = own_slots(&found);
    let mut blocks = Vec::new();
    for (at, happening) in found.iter_mut().enumerate() {
        let when = when(happening, own.get(&at).copied(), clock);
        if happening.entry.name.is_empty() {
            happening.entry.name = name_of_row(view, section, happening.cell);
        }
        blocks.extend(blocks_of(view, happening, when));
    }
    blocks.extend(of_headings(view, section, clock));
    blocks
}

/// Whether any cell says its own time.
pub(super) fn has_own_times(view: &View, section: &Section) -> bool {
    happenings(view, section)
        .iter()
        .any(|happening| happening.entry.time.is_some())
}

fn blocks_of(view: &View, happening: &Happening<'_>, when: When) -> Vec<FoundBlock> {
    let entry = &happening.entry;
    let structure = Sureness::of_share(view.confidence);
    let words = Sureness::of_share(entry.confidence);
    let confidence = words.min(structure).min(when.sureness.unwrap_or(Sureness::FULL));
    let around = entry
        .lines
        .iter()
        .map(|line| line.area)
        .reduce(|a, b| a.around(&b));
    let area = match happening.is_part {
        true => around.unwrap_or(happening.cell.area),
        false => happening.area.unwrap_or(happening.cell.area),
    };
    happening
        .days
        .iter()
        .map(|day| FoundBlock {
            day: *day,
            start: when.start,
            end: when.end,
            event_name: entry.name.clone(),
            event_type: kind_of(&entry.name),
            room: entry.room.clone(),
            notes: entry.notes.clone(),
            color: happening.cell.fill.map(colour),
            confidence,
            has_own_time: when.is_own,
            area: Some(area),
        })
        .collect()
}

pub(super) fn colour([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

/// Everything that happens under the days, from above.
fn happenings<'v>(view: &'v View, section: &Section) -> Vec<Happening<'v>> {
    let mut found = Vec::new();
    for row in section.heading + 1..section.end {
        if let Some(word) = letters_of_row(view, section, row) {
            found.push(word);
            continue;
        }
        for cell in view.row(row).filter(|cell| !cell.is_blank()) {
            let days = days_of(section, cell);
            let Some(column) = first_column(section, cell) else {
                continue;
            };
            let parts = entries(&cell.lines, view.is_seen);
            let is_part = parts.len() > 1;
            found.extend(parts.into_iter().map(|entry| Happening {
                cell,
                days: days.clone(),
                column,
                entry,
                area: None,
                down: cell.down,
                is_part,
            }));
        }
    }
    found
}

/// The days that a cell is under, in their order.
fn days_of(section: &Section, cell: &Place) -> Vec<Day> {
    let under = section
        .columns
        .iter()
        .filter(|day| is_under(cell, day.column, day.span));
    in_order(under.flat_map(|day| day.days.iter().copied()))
}

fn first_column(section: &Section, cell: &Place) -> Option<usize> {
    let mut under = section
        .columns
        .iter()
        .filter(|day| is_under(cell, day.column, day.span));
    // Two cells under one day are two courses of it: their times are no sequence.
    under.next().map(|day| day.column.max(cell.column))
}

fn is_under(cell: &Place, column: usize, span: usize) -> bool {
    cell.column < column + span && column < cell.column + cell.column_span
}

/// One letter under each day: a word that goes through all of them.
fn letters_of_row<'v>(view: &'v View, section: &Section, row: usize) -> Option<Happening<'v>> {
    let cells: Vec<&Place> = view
        .row(row)
        .filter(|cell| !cell.is_blank() && first_column(section, cell).is_some())
        .collect();
    let first = *cells.first()?;
    if cells.len() < letters::FEWEST || !cells.iter().all(|cell| letters::is_letter(&cell.text)) {
        return None;
    }
    let lines: Vec<CellLine> = cells.iter().flat_map(|cell| cell.lines.clone()).collect();
    let word = letters::stacked(&lines);
    let entry = Entry {
        name: word.text,
        confidence: word.confidence,
        lines,
        ..Entry::default()
    };
    Some(Happening {
        cell: first,
        days: section.days(),
        column: first_column(section, first)?,
        entry,
        area: cells.iter().map(|cell| cell.area).reduce(|a, b| a.around(&b)),
        down: first.down,
        is_part: false,
    })
}

/// The own times of what happens, day by day: they rise as those along an axis do.
fn own_slots(found: &[Happening<'_>]) -> BTreeMap<usize, Slot> {
    let mut by_column: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, happening) in found.iter().enumerate() {
        if happening.entry.time.is_some() {
            by_column.entry(happening.column).or_default().push(at);
        }
    }
    let mut own = BTreeMap::new();
    for places in by_column.into_values() {
        let spans: Vec<_> = places
            .iter()
            .filter_map(|at| found.get(*at)?.entry.time)
            .collect();
        for (at, slot) in places.into_iter().zip(slots(&spans)) {
            own.extend(slot.map(|slot| (at, slot)));
        }
    }
    own
}

/// When something happens: as it says itself, else as the side of the table says, if that says anything.
fn when(happening: &Happening<'_>, own: Option<Slot>, clock: &Clock) -> When {
    let (from, to) = happening.down;
    let of_row = || clock.axis.times(from, to);
    if let Some(slot) = own {
        // What a heading is sure of by its row, a cell is by itself.
        let sureness = match slot.has_own_end {
            true if slot.sureness == HEADER => OWN,
            _ => slot.sureness,
        };
        let end_of_row = of_row().map(|(_, end, _)| end).filter(|end| *end > slot.start);
        let end = match slot.has_own_end || happening.is_part {
            true => slot.end,
            false => end_of_row.unwrap_or(slot.end),
        };
        return When {
            start: Some(slot.start),
            end: Some(end),
            sureness: Some(sureness),
            is_own: slot.has_own_end,
        };
    }
    match of_row() {
        Some((start, end, sureness)) => When {
            start: Some(start),
            end: Some(end),
            sureness: Some(sureness),
            is_own: false,
        },
        None => When::default(),
    }
}

/// What the heading of a row says that has no time: the name of cells that have nothing else.
fn name_of_row(view: &View, section: &Section, cell: &Place) -> String {
    let headings = (0..cell.column).filter_map(|column| view.at(cell.row, column));
    let mut names = headings.filter(|other| {
        !other.is_blank() && first_column(section, other).is_none() && of_label(&other.text).is_none()
    });
    let name = names.next_back().map(|other| other.text.clone());
    name.unwrap_or_else(|| cell.text.clone())
}

/// Rows with nothing under their days whose heading says what happens on all of them.
fn of_headings(view: &View, section: &Section, clock: &Clock) -> Vec<FoundBlock> {
    let mut days = section.days();
    days.retain(|day| *day != Day::Unspecified);
    let mut is_written = vec![false; view.rows];
    for cell in view.cells.iter().filter(|cell| !cell.is_blank()) {
        if first_column(section, cell).is_some() {
            let rows = is_written.iter_mut().skip(cell.row).take(cell.row_span);
            rows.for_each(|row| *row = true);
        }
    }
    let mut blocks = Vec::new();
    for heading in view.cells.iter().filter(|cell| {
        cell.row > section.heading && cell.row < section.end && first_column(section, cell).is_none()
    }) {
        let mut rows = is_written.iter().skip(heading.row).take(heading.row_span);
        let is_empty = rows.all(|is_written| !is_written);
        let Some(name) = happening(&heading.text).filter(|_| is_empty) else {
            continue;
        };
        let (from, to) = heading.down;
        let Some((start, end, sureness)) = clock.axis.times(from, to) else {
            continue;
        };
        let words = heading
            .lines
            .iter()
            .map(|line| Sureness::of_share(line.confidence));
        let confidence = words.min().unwrap_or(Sureness::FULL).min(sureness);
        blocks.extend(days.iter().map(|day| FoundBlock {
            day: *day,
            start: Some(start),
            end: Some(end),
            event_type: kind_of(&name),
            event_name: name.clone(),
            room: None,
            notes: None,
            color: heading.fill.map(colour),
            confidence: confidence.min(Sureness::of_share(view.confidence)),
            has_own_time: false,
            area: Some(heading.area),
        }));
    }
    blocks
}
