//! The headings of a table whose days stand side by side: which column is which day (T3), which rows are one table.

use super::super::model::{Day, Metadata};
use super::days;
use super::metadata::{self, metadata_of};
use super::view::{Place, View};

/// Days that make a row of headings where another row has some already.
const FEWEST_AGAIN: usize = 2;
/// Weeks side by side, and one below the other.
const MAX_WEEKS: usize = 10;
/// Rows from the top in which a single day is a heading.
const TOP_ROWS: usize = 3;

/// A column with a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DayColumn {
    pub(super) column: usize,
    /// Columns it covers.
    pub(super) span: usize,
    pub(super) days: Vec<Day>,
    /// What it says, where that is no day.
    pub(super) unknown: Option<String>,
}

/// Rows under one row of headings, or some columns of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Section {
    /// The row of headings.
    pub(super) heading: usize,
    /// Behind its last row.
    pub(super) end: usize,
    pub(super) columns: Vec<DayColumn>,
    pub(super) metadata: Metadata,
}

impl Section {
    /// Whether a column is under one of the days.
    pub(super) fn has(&self, column: usize) -> bool {
        self.columns
            .iter()
            .any(|day| (day.column..day.column + day.span).contains(&column))
    }

    /// The days of all its columns, in their order, each once.
    pub(super) fn days(&self) -> Vec<Day> {
        in_order(self.columns.iter().flat_map(|column| column.days.iter().copied()))
    }

    /// Days that were understood.
    pub(super) fn known(&self) -> usize {
        self.columns
            .iter()
            .filter(|column| column.unknown.is_none())
            .count()
    }
}

/// Days in their order, each once.
pub(super) fn in_order(days: impl Iterator<Item = Day>) -> Vec<Day> {
    let days: std::collections::BTreeSet<Day> = days.collect();
    days.into_iter().collect()
}

/// The sections of a table: one for each row of headings, and for each week where a row names the days several times.
pub(super) fn sections(view: &View) -> Vec<Section> {
    let found: Vec<(usize, Vec<DayColumn>)> = (0..view.rows)
        .map(|row| (row, day_columns(view, row)))
        .filter(|(_, columns)| !columns.is_empty())
        .collect();
    let most = found.iter().map(|(_, columns)| columns.len()).max().unwrap_or(0);
    let rows: Vec<(usize, Vec<DayColumn>)> = match most {
        0 => return Vec::new(),
        1 => found
            .into_iter()
            .filter(|(row, _)| *row < TOP_ROWS)
            .take(1)
            .collect(),
        _ => found
            .into_iter()
            .filter(|(_, columns)| columns.len() >= FEWEST_AGAIN && columns.len() * 2 >= most)
            .collect(),
    };
    let ends: Vec<usize> = rows
        .iter()
        .skip(1)
        .map(|(row, _)| *row)
        .chain([view.rows])
        .collect();
    let mut above = 0;
    let mut sections = Vec::new();
    for ((heading, columns), end) in rows.into_iter().zip(ends).take(MAX_WEEKS) {
        let titles = titles(view, above..heading);
        above = heading + 1;
        let end = titles_begin(view, heading + 1, end);
        let columns = with_unknown(view, heading, columns);
        for (week, columns) in weeks(view, heading, columns).into_iter().take(MAX_WEEKS) {
            let mut metadata = metadata::completed(week, &metadata_of(titles.iter().map(String::as_str)));
            metadata = metadata::completed(metadata, &corner(view, heading, &columns));
            sections.push(Section {
                heading,
                end,
                columns,
                metadata,
            });
        }
    }
    sections
}

/// The cells of a row that name days.
fn day_columns(view: &View, row: usize) -> Vec<DayColumn> {
    let cells: Vec<&Place> = view.row(row).filter(|cell| !cell.is_blank()).collect();
    let column = |cell: &Place, days: Vec<Day>| DayColumn {
        column: cell.column,
        span: cell.column_span,
        days,
        unknown: None,
    };
    for from in 0..cells.len().min(2) {
        let cells = cells.get(from..).unwrap_or_default();
        let letters: Vec<&str> = cells.iter().map(|cell| cell.text.as_str()).collect();
        if let Some(days) = days::days_of_letters(&letters) {
            return cells
                .iter()
                .zip(days)
                .map(|(cell, day)| column(cell, vec![day]))
                .collect();
        }
    }
    cells
        .into_iter()
        .filter_map(|cell| Some(column(cell, days_of_cell(cell)?)))
        .collect()
}

/// The days that a cell names, perhaps with a week.
pub(super) fn days_of_cell(cell: &Place) -> Option<Vec<Day>> {
    days::days_of(&metadata::without_week(&cell.text))
}

/// The same with the headings behind the first day that are none: their blocks are of no known day.
fn with_unknown(view: &View, heading: usize, mut columns: Vec<DayColumn>) -> Vec<DayColumn> {
    let Some(first) = columns.iter().map(|column| column.column).min() else {
        return columns;
    };
    let unknown: Vec<DayColumn> = view
        .row(heading)
        .filter(|cell| {
            cell.column > first && !cell.is_blank() && super::times::of_label(&cell.text).is_none()
        })
        .filter(|cell| !columns.iter().any(|column| column.column == cell.column))
        .filter(|cell| !is_of_times(&cell.text))
        .map(|cell| DayColumn {
            column: cell.column,
            span: cell.column_span,
            days: vec![Day::Unspecified],
            unknown: Some(cell.text.clone()),
        })
        .collect();
    columns.extend(unknown);
    columns.sort_by_key(|column| column.column);
    columns
}

/// Headings over columns of times.
pub(super) fn is_of_times(text: &str) -> bool {
    const WORDS: [&str; 16] = [
        "time", "times", "hour", "hours", "period", "periods", "lesson", "session", "start", "end", "from",
        "to", "heure", "heures", "horaire", "horaires",
    ];
    let mut words = text
        .split_whitespace()
        .map(super::words::folded)
        .filter(|word| !word.is_empty())
        .peekable();
    words.peek().is_some() && words.all(|word| WORDS.contains(&word.as_str()))
}

/// The columns week by week: a day that was named before begins the next one.
fn weeks(view: &View, heading: usize, columns: Vec<DayColumn>) -> Vec<(Metadata, Vec<DayColumn>)> {
    let mut groups: Vec<Vec<DayColumn>> = Vec::new();
    for column in columns {
        let is_again = |group: &Vec<DayColumn>| {
            column.unknown.is_none()
                && group
                    .iter()
                    .any(|other| other.days.iter().any(|day| column.days.contains(day)))
        };
        match groups.last_mut() {
            Some(group) if !is_again(group) => group.push(column),
            _ => groups.push(vec![column]),
        }
    }
    let of_group = |group: &Vec<DayColumn>| {
        let Some(first) = group.first() else {
            return Metadata::default();
        };
        // What stands above the group, and in its headings themselves.
        let above = (0..heading).filter_map(|row| view.at(row, first.column));
        let above = above.filter(|cell| cell.column_span < view.columns);
        let own = view.at(heading, first.column);
        metadata_of(above.chain(own).map(|cell| cell.text.as_str()))
    };
    groups
        .into_iter()
        .map(|group| (of_group(&group), group))
        .collect()
}

/// The texts of the rows above a row of headings, row by row.
fn titles(view: &View, rows: std::ops::Range<usize>) -> Vec<String> {
    rows.map(|row| {
        let texts: Vec<&str> = view.row(row).map(|cell| cell.text.as_str()).collect();
        texts.join(" ").trim().to_owned()
    })
    .filter(|text| !text.is_empty())
    .collect()
}

/// Behind the last row of a section: rows right above the next headings that go through and say a week are its title.
fn titles_begin(view: &View, start: usize, end: usize) -> usize {
    if end == view.rows {
        return end;
    }
    let is_title = |row: usize| {
        let mut cells = view.row(row).filter(|cell| !cell.is_blank());
        match (cells.next(), cells.next()) {
            (None, _) => true,
            (Some(cell), None) => metadata_of([cell.text.as_str()]) != Metadata::default(),
            _ => false,
        }
    };
    let mut first = end;
    while first > start && is_title(first - 1) {
        first -= 1;
    }
    first
}

/// What the heading above the times says.
fn corner(view: &View, heading: usize, columns: &[DayColumn]) -> Metadata {
    let first = columns.first().map_or(0, |column| column.column);
    let cells = view.row(heading).filter(|cell| cell.column < first);
    metadata_of(cells.map(|cell| cell.text.as_str()))
}
