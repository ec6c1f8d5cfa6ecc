//! Tables without rulings: rows and columns from where the days and the times stand (T2).

use docmill_documents::tables::{Area, CellLine, Grid, TableWord, UNITS, grid_of_edges, lines_of};

use super::days;
use super::times;

/// A gap between two words that is wider than this share of their height parts them, in per cent.
const GAP_PERCENT: i32 = 90;
/// A cell that is alone in its row and this near to the middle of all days is under all of them, in per cent of these.
const MIDDLE_PERCENT: i32 = 12;

/// Words that stand together.
#[derive(Clone, Debug)]
struct Phrase {
    text: String,
    area: Area,
}

/// The table that days and times make. `aspect` is the page's width by its height.
pub(super) fn unruled(words: &[TableWord], aspect: f32) -> Option<Grid> {
    let upright: Vec<usize> = (0..words.len())
        .filter(|at| words.get(*at).is_some_and(|word| word.rotation == 0))
        .collect();
    let lines = lines_of(words, &upright);
    let phrases: Vec<Phrase> = lines
        .iter()
        .flat_map(|line| phrases(line, words, aspect))
        .collect();
    let found: Vec<&Phrase> = phrases
        .iter()
        .filter(|phrase| days::days_of(&phrase.text).is_some())
        .collect();
    let row = largest(&found, |phrase| (phrase.area.y0, phrase.area.y1));
    let column = largest(&found, |phrase| (phrase.area.x0, phrase.area.x1));
    match row.len() >= column.len() {
        true if row.len() > 1 => days_beside(words, &phrases, &row),
        false => days_below(words, &phrases, &column),
        true => None,
    }
}

/// The words of a line in phrases.
fn phrases(line: &CellLine, words: &[TableWord], aspect: f32) -> Vec<Phrase> {
    let widest = (line.height as f32 * GAP_PERCENT as f32 / 100.0 / aspect.max(0.1)) as i32;
    let mut out: Vec<Phrase> = Vec::new();
    for word in line.words.iter().filter_map(|at| words.get(*at)) {
        // Two names of days with nothing but a space between them are two headings.
        let is_day = days::day_of(&word.text).is_some();
        let after_day = out.last().is_some_and(|last| {
            last.text.split(' ').next_back().is_some_and(|last| {
                last.chars().next_back().is_some_and(char::is_alphanumeric) && days::day_of(last).is_some()
            })
        });
        match out.last_mut() {
            Some(last) if word.area.x0 - last.area.x1 <= widest && !(is_day && after_day) => {
                last.text = format!("{} {}", last.text, word.text);
                last.area = last.area.around(&word.area);
            }
            _ => out.push(Phrase {
                text: word.text.clone(),
                area: word.area,
            }),
        }
    }
    out
}

/// The largest set of phrases that overlap in one direction.
fn largest<'p>(phrases: &[&'p Phrase], span: impl Fn(&Phrase) -> (i32, i32)) -> Vec<&'p Phrase> {
    let set = |seed: &&Phrase| -> Vec<&'p Phrase> {
        let (from, to) = span(seed);
        phrases
            .iter()
            .filter(|phrase| {
                let (start, end) = span(phrase);
                let middle = i32::midpoint(start, end);
                let seed = i32::midpoint(from, to);
                (from..=to).contains(&middle) || (start..=end).contains(&seed)
            })
            .copied()
            .collect()
    };
    // The first of equal ones: headings are above and to the left.
    phrases
        .iter()
        .map(set)
        .reduce(|best, other| if other.len() > best.len() { other } else { best })
        .unwrap_or_default()
}

/// Days side by side: times down the left side, if there are any.
fn days_beside(words: &[TableWord], phrases: &[Phrase], days: &[&Phrase]) -> Option<Grid> {
    let heading = days.iter().map(|day| day.area).reduce(|a, b| a.around(&b))?;
    let times = times_of(
        phrases.iter().filter(|phrase| phrase.area.y0 >= heading.y0),
        |phrase| (phrase.area.x0, phrase.area.x1),
    );
    let times: Vec<&Phrase> = times
        .into_iter()
        .filter(|time| time.area.x1 <= heading.x0 || time.area.x0 >= heading.x1)
        .collect();
    let below: Vec<&TableWord> = words.iter().filter(|word| word.area.y0 >= heading.y0).collect();
    let mut centres: Vec<i32> = days.iter().map(|day| day.area.centre().0).collect();
    centres.sort_unstable();
    let left = match times
        .iter()
        .map(|time| time.area.x1)
        .max()
        .filter(|right| *right <= heading.x0)
    {
        Some(right) => boundary(right, heading.x0, &spans(&below, Direction::Across)).min(heading.x0),
        None => below
            .iter()
            .map(|word| word.area.x0)
            .min()
            .unwrap_or(0)
            .min(heading.x0),
    };
    let mut columns = vec![0, left.max(1)];
    columns.extend(boundaries(&centres, &spans(&below, Direction::Across)));
    columns.push(UNITS);
    let under: Vec<&TableWord> = words
        .iter()
        .filter(|word| word.area.y0 >= heading.y1 - 1)
        .collect();
    let mut rows = vec![heading.y0];
    let mut centres: Vec<i32> = times
        .iter()
        .filter(|time| time.area.y0 >= heading.y1 - 1)
        .map(|time| time.area.centre().1)
        .collect();
    centres.sort_unstable();
    rows.push(heading.y1);
    rows.extend(boundaries(&centres, &spans(&under, Direction::Down)));
    rows.push(UNITS);
    let mut grid = grid_of_edges(words, dedup(columns), dedup(rows))?;
    spread(&mut grid);
    Some(grid)
}

/// Days below one another: times along the top, if there are any.
fn days_below(words: &[TableWord], phrases: &[Phrase], days: &[&Phrase]) -> Option<Grid> {
    let heading = days.iter().map(|day| day.area).reduce(|a, b| a.around(&b))?;
    let times = times_of(
        phrases.iter().filter(|phrase| phrase.area.y1 <= heading.y0),
        |phrase| (phrase.area.y0, phrase.area.y1),
    );
    let top = times.iter().map(|time| time.area.y0).min().unwrap_or(heading.y0);
    let bottom = times.iter().map(|time| time.area.y1).max().unwrap_or(heading.y0);
    let beside: Vec<&TableWord> = words
        .iter()
        .filter(|word| word.area.x0 >= heading.x0 && word.area.y0 >= bottom)
        .collect();
    let mut centres: Vec<i32> = days.iter().map(|day| day.area.centre().1).collect();
    centres.sort_unstable();
    let mut rows = vec![
        top,
        boundary(bottom, heading.y0, &spans(&beside, Direction::Down)).max(top + 1),
    ];
    rows.extend(boundaries(&centres, &spans(&beside, Direction::Down)));
    rows.push(UNITS);
    let right: Vec<&TableWord> = words
        .iter()
        .filter(|word| word.area.x0 >= heading.x1 - 1 && word.area.y0 >= top)
        .collect();
    let mut centres: Vec<i32> = times.iter().map(|time| time.area.centre().0).collect();
    centres.sort_unstable();
    let first = right.iter().map(|word| word.area.x0).min().unwrap_or(heading.x1);
    let mut columns = vec![heading.x0, i32::midpoint(heading.x1, first.max(heading.x1))];
    columns.extend(boundaries(&centres, &spans(&right, Direction::Across)));
    columns.push(UNITS);
    grid_of_edges(words, dedup(columns), dedup(rows))
}

/// The largest set of times in one direction.
fn times_of<'p>(
    phrases: impl Iterator<Item = &'p Phrase>,
    span: impl Fn(&Phrase) -> (i32, i32),
) -> Vec<&'p Phrase> {
    let times: Vec<&Phrase> = phrases
        .filter(|phrase| times::of_label(&phrase.text).is_some() && days::days_of(&phrase.text).is_none())
        .collect();
    largest(&times, span)
}

#[derive(Clone, Copy)]
enum Direction {
    Across,
    Down,
}

fn spans(words: &[&TableWord], direction: Direction) -> Vec<(i32, i32)> {
    words
        .iter()
        .map(|word| match direction {
            Direction::Across => (word.area.x0, word.area.x1),
            Direction::Down => (word.area.y0, word.area.y1),
        })
        .collect()
}

/// Boundaries between neighbouring centres.
fn boundaries(centres: &[i32], spans: &[(i32, i32)]) -> Vec<i32> {
    let pairs = centres.windows(2);
    pairs
        .filter_map(|pair| match pair {
            [a, b] => Some(boundary(*a, *b, spans)),
            _ => None,
        })
        .collect()
}

/// Where one column or row ends and the next begins: in the middle of the widest empty band between their centres, half-way
/// where there is none.
fn boundary(a: i32, b: i32, spans: &[(i32, i32)]) -> i32 {
    let mut inside: Vec<(i32, i32)> = spans
        .iter()
        .filter(|(from, to)| *to > a && *from < b)
        .copied()
        .collect();
    inside.sort_unstable();
    let mut best: Option<(i32, i32)> = None;
    let mut reached = a;
    for (from, to) in inside.into_iter().chain([(b, b)]) {
        if from > reached && best.is_none_or(|(start, end)| from - reached > end - start) {
            best = Some((reached, from));
        }
        reached = reached.max(to);
    }
    best.map_or_else(|| i32::midpoint(a, b), |(start, end)| i32::midpoint(start, end))
}

fn dedup(mut edges: Vec<i32>) -> Vec<i32> {
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// Cells that are alone in their row, in the middle of all days, go through.
fn spread(grid: &mut Grid) {
    let (Some(left), Some(right)) = (grid.columns.get(1).copied(), grid.columns.last().copied()) else {
        return;
    };
    let right = grid
        .cells
        .iter()
        .flat_map(|cell| &cell.lines)
        .map(|line| line.area.x1)
        .max()
        .unwrap_or(right);
    let days = grid.columns.len().saturating_sub(2);
    for row in 1..grid.rows.len().saturating_sub(1) {
        let mut written = grid
            .cells
            .iter()
            .enumerate()
            .filter(|(_, cell)| cell.row == row && cell.column > 0 && !cell.lines.is_empty());
        let (Some((at, cell)), None) = (written.next(), written.next()) else {
            continue;
        };
        let Some(text) = cell
            .lines
            .iter()
            .map(|line| line.area)
            .reduce(|a, b| a.around(&b))
        else {
            continue;
        };
        let off = (text.centre().0 - i32::midpoint(left, right)).abs();
        if days < 3 || off * 100 > (right - left) * MIDDLE_PERCENT {
            continue;
        }
        let mut merged = cell.clone();
        merged.column = 1;
        merged.column_span = days;
        merged.area.x0 = left;
        merged.area.x1 = right;
        if let Some(slot) = grid.cells.get_mut(at) {
            *slot = merged;
        }
        let mut index = 0;
        grid.cells.retain(|cell| {
            let keep = index == at || cell.row != row || cell.column == 0;
            index += 1;
            keep
        });
    }
}
