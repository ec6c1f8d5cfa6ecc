//! Tables without a heading for each day: a line for each block, or times under anything else.

use super::super::model::{Day, FoundBlock, Minute, Sureness};
use super::axis::{Slot, slots};
use super::blocks::colour;
use super::cells::entries;
use super::headings::{days_of_cell, is_of_times};
use super::kinds::kind_of;
use super::times::{WrittenSpan, of_label};
use super::view::{Place, View};
use super::words::folded;

/// Share of a column's cells that are times if it is a column of times, in per cent.
const TIMES_PERCENT: usize = 60;

/// A table with a line for each block.
pub(super) struct Listed {
    pub(super) blocks: Vec<FoundBlock>,
    /// Days and times that were understood.
    pub(super) score: usize,
}

/// Reads a table whose lines are blocks: times in a column or two, and the days in another if it has them.
pub(super) fn listed(view: &View) -> Option<Listed> {
    let heading = usize::from((0..view.columns).all(|column| {
        view.at(0, column)
            .is_none_or(|cell| of_label(&cell.text).is_none() && days_of_cell(cell).is_none())
    }));
    let times: Vec<usize> = (0..view.columns)
        .filter(|column| is_column(view, heading, *column, |cell| of_label(&cell.text).is_some()))
        .collect();
    let day = (0..view.columns).find(|column| is_column(view, heading, *column, is_day));
    let (start, end) = match times.as_slice() {
        [start] => (*start, None),
        [start, end] if start + 1 == *end => (*start, Some(*end)),
        _ => return None,
    };
    let mut lines: Vec<(Vec<Day>, &Place, WrittenSpan)> = Vec::new();
    for row in heading..view.rows {
        let Some(cell) = view.at(row, start).filter(|cell| cell.row == row) else {
            continue;
        };
        let Some(mut span) = of_label(&cell.text) else {
            continue;
        };
        if let Some(end) = end
            .and_then(|end| view.at(row, end))
            .and_then(|cell| of_label(&cell.text))
        {
            span.end = span.end.or(Some(end.start));
        }
        lines.push((days_at(view, heading, day, row), cell, span));
    }
    // Without days, numbers in a column may be anything.
    if day.is_none() && !lines.iter().all(|(_, _, span)| span.is_certain()) {
        return None;
    }
    let mut blocks = Vec::new();
    let mut score = lines.len();
    // Times rise within a day.
    for of_day in lines.chunk_by(|a, b| a.0 == b.0) {
        let spans: Vec<WrittenSpan> = of_day.iter().map(|(_, _, span)| *span).collect();
        for ((days, cell, _), slot) in of_day.iter().zip(slots(&spans)) {
            let Some(slot) = slot else { continue };
            let ends = (start, end.unwrap_or(start));
            blocks.extend(of_line(view, heading, cell.row, day, ends, days, slot));
        }
        score += usize::from(day.is_some());
    }
    (!blocks.is_empty()).then_some(Listed { blocks, score })
}

/// Whether a cell names days; single letters are more often groups than days.
fn is_day(cell: &Place) -> bool {
    cell.text.chars().count() > 1 && days_of_cell(cell).is_some()
}

/// Whether most cells of a column are of a kind.
fn is_column(view: &View, heading: usize, column: usize, is_kind: impl Fn(&Place) -> bool) -> bool {
    let cells: Vec<&Place> = view
        .column(column)
        .filter(|cell| cell.row >= heading && !cell.is_blank() && cell.column_span * 2 <= view.columns.max(2))
        .collect();
    let fit = cells.iter().filter(|cell| is_kind(cell)).count();
    fit > 0 && fit * 100 >= cells.len() * TIMES_PERCENT
}

/// The days of a line: those that its column said last.
fn days_at(view: &View, heading: usize, column: Option<usize>, row: usize) -> Vec<Day> {
    let Some(column) = column else {
        return vec![Day::Unspecified];
    };
    (heading..=row)
        .rev()
        .filter_map(|row| view.at(row, column))
        .find(|cell| !cell.is_blank())
        .map_or_else(
            || vec![Day::Unspecified],
            |cell| days_of_cell(cell).unwrap_or_else(|| vec![Day::Unspecified]),
        )
}

fn of_line(
    view: &View,
    heading: usize,
    row: usize,
    day: Option<usize>,
    (start, end): (usize, usize),
    days: &[Day],
    slot: Slot,
) -> Vec<FoundBlock> {
    let mut others = (0..view.columns)
        .filter(|column| Some(*column) != day && !(start..=end).contains(column))
        .filter_map(|column| view.at(row, column).map(|cell| (column, cell)))
        .filter(|(_, cell)| !cell.is_blank());
    let Some((_, cell)) = others.next() else {
        return Vec::new();
    };
    let Some(entry) = entries(&cell.lines, view.is_seen).into_iter().next() else {
        return Vec::new();
    };
    let name = match entry.name.is_empty() {
        true => cell.text.clone(),
        false => entry.name.clone(),
    };
    let (mut room, mut notes) = (entry.room.clone(), entry.notes.clone());
    for (column, other) in others {
        let title = view
            .at(0, column)
            .filter(|_| heading > 0)
            .map(|cell| folded(&cell.text));
        match title.as_deref() {
            Some("room" | "salle" | "place" | "location") => room = room.or_else(|| Some(other.text.clone())),
            _ => {
                let all = notes.into_iter().chain([other.text.clone()]);
                notes = Some(all.collect::<Vec<_>>().join("; "));
            }
        }
    }
    let confidence = Sureness::of_share(entry.confidence)
        .min(Sureness::of_share(view.confidence))
        .min(slot.sureness);
    let block = |day: &Day| FoundBlock {
        day: *day,
        start: Some(slot.start),
        end: Some(slot.end),
        event_type: kind_of(&name),
        event_name: name.clone(),
        room: room.clone(),
        notes: notes.clone(),
        color: cell.fill.map(colour),
        confidence,
        has_own_time: slot.has_own_end,
        area: Some(cell.area),
    };
    days.iter().map(block).collect()
}

/// Reads a table whose cells are times and nothing else: what happens stands at the beginning of each row, and what the
/// columns are is a note. Departures are such a table.
pub(super) fn times_only(view: &View) -> Option<Listed> {
    let heading = usize::from(!view.row(0).any(|cell| {
        cell.column > 0 && of_label(&cell.text).is_some_and(|span| span.start.bare_hour().is_none())
    }));
    let columns: Vec<usize> = (1..view.columns)
        .filter(|column| is_column(view, heading, *column, |cell| of_label(&cell.text).is_some()))
        .collect();
    let names_rows = is_column(view, heading, 0, |cell| {
        of_label(&cell.text).is_none() && days_of_cell(cell).is_none()
    });
    if columns.len() < 2 || !names_rows {
        return None;
    }
    let mut blocks = Vec::new();
    for column in columns {
        let title = view
            .at(0, column)
            .filter(|_| heading > 0)
            .map(|cell| cell.text.clone())
            .filter(|title| !title.is_empty() && !is_of_times(title));
        let cells: Vec<(&Place, WrittenSpan)> = view
            .column(column)
            .filter(|cell| cell.row >= heading)
            .filter_map(|cell| Some((cell, of_label(&cell.text).filter(|span| span.is_certain())?)))
            .collect();
        let spans: Vec<WrittenSpan> = cells.iter().map(|(_, span)| *span).collect();
        for ((cell, _), slot) in cells.iter().zip(slots(&spans)) {
            let Some(slot) = slot else { continue };
            let row = view.at(cell.row, 0).filter(|row| !row.is_blank());
            let name = row.unwrap_or(cell).text.clone();
            blocks.push(of_time(view, cell, name, title.clone(), slot));
        }
    }
    let score = blocks.len();
    (score > 0).then_some(Listed { blocks, score })
}

fn of_time(view: &View, cell: &Place, name: String, notes: Option<String>, slot: Slot) -> FoundBlock {
    let words = cell.lines.iter().map(|line| Sureness::of_share(line.confidence));
    // The end of a stop is the next one's time: of the same minute, it is a minute long.
    let end = match slot.end > slot.start {
        true => slot.end,
        false => Minute::new(slot.start.number() + 1).unwrap_or(slot.end),
    };
    FoundBlock {
        day: Day::Unspecified,
        start: Some(slot.start),
        end: Some(end),
        event_type: kind_of(&name),
        event_name: name,
        room: None,
        notes,
        color: cell.fill.map(colour),
        confidence: Sureness::mean(words)
            .unwrap_or(Sureness::FULL)
            .min(Sureness::of_share(view.confidence))
            .min(slot.sureness),
        has_own_time: slot.has_own_end,
        area: Some(cell.area),
    }
}
