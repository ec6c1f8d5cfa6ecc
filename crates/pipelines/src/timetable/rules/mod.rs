//! What is read of a page without a language model: from words and rulings to blocks (§3.1).
//!
//! # Layout
//! - `letters` (T1), `view`: a table's texts. `unruled`: tables that are not drawn (T2).
//! - `days` (T3), `times` (T4): labels. `headings`, `clock`, `axis`: the sides of a table (T5, T6).
//! - `cells` (T8), `kinds` (T9), `metadata` (T10): texts. `blocks`, `lists`: what comes of them (T5, T11).

mod axis;
mod blocks;
mod cells;
mod clock;
mod days;
mod headings;
mod kinds;
mod letters;
mod lists;
mod metadata;
mod split;
#[cfg(test)]
mod tests;
mod times;
mod unruled;
mod view;
mod words;

use docmill_documents::tables::{
    Cell, CellLine, Grid, TableRuling, TableWord, Tables, grids_by_alignment, lines_of, tables_of,
};

pub(super) use clock::Period;
pub(super) use kinds::kind_of;
pub(super) use metadata::completed;
pub(super) use words::{distance_is_at_most_one, folded};

use super::model::{FoundBlock, FoundTable, Metadata, Warning};
use headings::Section;
use metadata::metadata_of;
use view::View;

/// What is on a page.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    pub(super) words: Vec<TableWord>,
    pub(super) rulings: Vec<TableRuling>,
    /// Tables whose cells the file names itself.
    pub(super) grids: Vec<Grid>,
    /// Lines of text that are in no table, in their order, with their tops.
    pub(super) around: Vec<(i32, String)>,
    /// Colours of cells, by their places.
    pub(super) fills: Vec<(docmill_documents::tables::Area, [u8; 3])>,
    /// Width by height.
    pub(super) aspect: f32,
    /// The words were seen, not read from a file.
    pub(super) is_seen: bool,
}

/// What was found on it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Extracted {
    pub(super) tables: Vec<FoundTable>,
    pub(super) warnings: Vec<Warning>,
    /// There are days, but nobody says when anything is.
    pub(super) lacks_times: bool,
    /// Its cells are guessed.
    pub(super) is_guessed: bool,
    pub(super) has_merged_cells: bool,
    pub(super) has_vertical_text: bool,
    pub(super) has_colours: bool,
}

/// Finds the timetables of a page.
pub(super) fn extract(content: &Content, periods: &[Period]) -> Extracted {
    let mut drawn = match content.grids.is_empty() {
        true => tables_of(&content.words, &content.rulings),
        false => Tables {
            grids: content.grids.clone(),
            outside: Vec::new(),
        },
    };
    for cell in drawn.grids.iter_mut().flat_map(|grid| &mut grid.cells) {
        let fill = content.fills.iter().find(|(area, _)| *area == cell.area);
        cell.fill = cell.fill.or(fill.map(|(_, colour)| *colour));
    }
    let mut around = content.around.clone();
    around.extend(lines(&content.words, &drawn.outside));
    for grid in &mut drawn.grids {
        split::split(grid, &content.words);
    }
    let found = of_grids(&drawn.grids, &around, periods, content.is_seen);
    if !found.tables.is_empty() && !found.lacks_times || !content.grids.is_empty() {
        return found;
    }
    let guessed = unruled::unruled(&content.words, content.aspect)
        .map(|grid| vec![grid])
        .unwrap_or_default();
    let aligned = || grids_by_alignment(&content.words);
    for grids in [guessed, aligned()] {
        let outside: Vec<usize> = (0..content.words.len())
            .filter(|at| {
                let place = content.words.get(*at).map(|word| word.area.centre());
                !grids
                    .iter()
                    .any(|grid| place.is_some_and(|place| grid.area().contains(place)))
            })
            .collect();
        let other = of_grids(&grids, &lines(&content.words, &outside), periods, content.is_seen);
        if !other.tables.is_empty() && !other.lacks_times {
            return Extracted {
                is_guessed: true,
                ..other
            };
        }
    }
    found
}

fn lines(words: &[TableWord], indices: &[usize]) -> Vec<(i32, String)> {
    lines_of(words, indices)
        .into_iter()
        .map(|line: CellLine| (line.area.y0, letters::joined(&line.text)))
        .collect()
}

fn of_grids(grids: &[Grid], around: &[(i32, String)], periods: &[Period], is_seen: bool) -> Extracted {
    let mut all = Extracted::default();
    let read: Vec<(&Grid, Candidate)> = grids
        .iter()
        .filter_map(|grid| Some((grid, best(&View::of(grid, is_seen), periods)?)))
        .collect();
    let first = read.first().map_or(i32::MAX, |(grid, _)| grid.area().y0);
    let texts = |from: i32, to: i32| {
        let lines = around.iter().filter(move |(top, _)| (from..to).contains(top));
        metadata_of(lines.map(|(_, text)| text.as_str()))
    };
    let page = metadata::completed(texts(i32::MIN, first), &texts(first, i32::MAX));
    let mut above = first;
    for (grid, candidate) in read {
        let between = texts(above, grid.area().y0);
        above = grid.area().y1;
        let cells = || grid.cells.iter().filter(|cell| !cell.lines.is_empty());
        let is_merged = |cell: &Cell| cell.row_span * cell.column_span > 1;
        all.has_merged_cells |= cells().any(is_merged);
        all.has_colours |= cells().any(|cell| cell.fill.is_some());
        all.has_vertical_text |= candidate.has_vertical_text;
        all.is_guessed |= grid.confidence < docmill_documents::tables::DRAWN;
        all.lacks_times |= candidate.lacks_times;
        all.warnings.extend(candidate.warnings);
        all.tables
            .extend(candidate.tables.into_iter().map(|table| FoundTable {
                metadata: metadata::completed(metadata::completed(table.metadata, &between), &page),
                blocks: table.blocks,
            }));
    }
    let mut left = MAX_BLOCKS;
    for table in &mut all.tables {
        let more = table.blocks.len().saturating_sub(left);
        if more > 0 {
            let message = format!("A page has more than {MAX_BLOCKS} blocks; {more} of a table are missing.");
            all.warnings.push(Warning::new("TOO_MANY_BLOCKS", None, message));
            table.blocks.truncate(left);
        }
        left -= table.blocks.len();
    }
    all
}

/// A table as it may be read.
struct Candidate {
    tables: Vec<FoundTable>,
    warnings: Vec<Warning>,
    /// Labels that were understood.
    score: usize,
    lacks_times: bool,
    has_vertical_text: bool,
}

/// Rows or columns of a timetable: a fortnight in quarters of an hour has fewer.
const MAX_SIDE: usize = 2_000;
/// Blocks of a page. One with more is not read as a timetable is.
const MAX_BLOCKS: usize = 5_000;

/// The way to read a table by which most of its labels mean something.
fn best(view: &View, periods: &[Period]) -> Option<Candidate> {
    if view.rows.max(view.columns) > MAX_SIDE {
        return None;
    }
    let listed = lists::listed(view);
    let has_days = |blocks: &[FoundBlock]| blocks.iter().any(|block| block.day.index().is_some());
    let (listed_days, listed) = match listed {
        Some(listed) if has_days(&listed.blocks) => (Some(listed), None),
        other => (None, other),
    };
    if let Some(listed) = listed_days {
        return Some(of_list(view, listed));
    }
    let upright = under_days(view, periods);
    let turned = under_days(&view.turned(), periods);
    let of_days = [upright, turned]
        .into_iter()
        .flatten()
        .reduce(|a, b| if b.score > a.score { b } else { a });
    of_days.or_else(|| {
        lists::times_only(view)
            .or(listed)
            .map(|listed| of_list(view, listed))
    })
}

fn of_list(view: &View, listed: lists::Listed) -> Candidate {
    let knows_days = listed.blocks.iter().any(|block| block.day.index().is_some());
    let unknown = || {
        Warning::new(
            UNKNOWN_DAY,
            None,
            "This timetable names no days. Please set the days of its blocks.",
        )
    };
    Candidate {
        warnings: if knows_days { Vec::new() } else { vec![unknown()] },
        score: listed.score,
        lacks_times: false,
        has_vertical_text: view.has_vertical_text,
        tables: vec![FoundTable {
            metadata: Metadata::default(),
            blocks: listed.blocks,
        }],
    }
}

const UNKNOWN_DAY: &str = "UNKNOWN_DAY";
/// A day that is understood says more than a time.
const DAY_SCORE: usize = 2;

/// A table with a heading for each day.
fn under_days(view: &View, periods: &[Period]) -> Option<Candidate> {
    let sections = headings::sections(view);
    let mut candidate = Candidate {
        tables: Vec::new(),
        warnings: Vec::new(),
        score: 0,
        lacks_times: false,
        has_vertical_text: view.has_vertical_text,
    };
    for section in &sections {
        let clock = clock::clock(view, section, periods);
        let has_times = !clock.axis.is_empty() || blocks::has_own_times(view, section);
        candidate.lacks_times |= !has_times && !clock.has_periods;
        candidate.score += section.known() * DAY_SCORE + clock.labels;
        candidate.warnings.extend(unknown_days(section));
        candidate.tables.push(FoundTable {
            metadata: section.metadata.clone(),
            blocks: blocks::blocks(view, section, &clock),
        });
    }
    candidate.tables.retain(|table| !table.blocks.is_empty());
    (!candidate.tables.is_empty()).then_some(candidate)
}

fn unknown_days(section: &Section) -> impl Iterator<Item = Warning> + '_ {
    let unknown = section
        .columns
        .iter()
        .filter_map(|column| column.unknown.as_ref());
    unknown.map(|label| {
        let label: String = label.chars().take(40).collect();
        Warning::new(
            UNKNOWN_DAY,
            None,
            format!("“{label}” is not a day we know. Please set the day of its blocks."),
        )
    })
}
