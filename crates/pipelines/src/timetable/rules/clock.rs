//! The side of a table that says when: columns of times beside the days.

use super::super::model::{Minute, Sureness};
use super::axis::{Axis, HEADER, Placed, Slot, slots};
use super::headings::Section;
use super::times::{WrittenSpan, of_label};
use super::view::{Place, View};
use super::words::folded;

/// How sure a time is that is written where the block is.
pub(super) const OWN: Sureness = Sureness::FULL;

/// A period and when it is, as somebody said: the name, the start, the end.
pub(in super::super) type Period = (String, Minute, Minute);

/// What is known of when the rows of a section are.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock {
    pub(super) axis: Axis,
    /// Headings of rows that were understood as times.
    pub(super) labels: usize,
    /// The rows are numbered.
    pub(super) has_periods: bool,
}

/// Reads the columns beside the days of a section.
pub(super) fn clock(view: &View, section: &Section, periods: &[Period]) -> Clock {
    let beside: Vec<usize> = (0..view.columns).filter(|column| !section.has(*column)).collect();
    let labelled: Vec<(usize, Vec<(&Place, WrittenSpan)>)> = beside
        .iter()
        .map(|column| (*column, labels(view, section, *column)))
        .filter(|(_, labels)| !labels.is_empty())
        .collect();
    let numbered = beside
        .iter()
        .map(|column| cells(view, section, *column))
        .find(|cells| are_periods(cells));
    // Numbers without anything else are the periods', where they count from the first one.
    let is_count = |labels: &[(&Place, WrittenSpan)]| {
        let hours: Option<Vec<u16>> = labels
            .iter()
            .map(|(_, span)| span.start.bare_hour().filter(|_| span.end.is_none()))
            .collect();
        hours.is_some_and(|hours| counts_up(&hours))
    };
    let best = labelled
        .iter()
        .filter(|(_, labels)| !is_count(labels))
        .max_by_key(|(column, labels)| (labels.len(), std::cmp::Reverse(*column)));
    if let Some((column, found)) = best {
        let ends = labelled.iter().find(|(other, _)| *other == column + 1);
        let spans = with_ends(found, ends.map(|(_, labels)| labels.as_slice()));
        return Clock {
            labels: found.len(),
            axis: placed(found, &spans),
            has_periods: numbered.is_some(),
        };
    }
    let Some(numbered) = numbered else {
        return Clock::default();
    };
    let known = numbered.iter().filter_map(|cell| {
        let (_, start, end) = periods
            .iter()
            .find(|(name, _, _)| is_same_period(name, &cell.text))?;
        Some(Placed {
            from: cell.down.0,
            to: cell.down.1,
            slot: Slot {
                start: *start,
                end: *end,
                sureness: HEADER,
                has_own_end: true,
            },
        })
    });
    let known: Vec<Placed> = known.collect();
    Clock {
        labels: known.len(),
        axis: Axis::of(known),
        has_periods: true,
    }
}

/// The cells of a column below the headings.
fn cells<'v>(view: &'v View, section: &Section, column: usize) -> Vec<&'v Place> {
    let rows = section.heading + 1..section.end;
    view.column(column)
        .filter(|cell| rows.contains(&cell.row))
        .collect()
}

/// Those of them that say a time.
fn labels<'v>(view: &'v View, section: &Section, column: usize) -> Vec<(&'v Place, WrittenSpan)> {
    cells(view, section, column)
        .into_iter()
        // A title that goes on over the days is no heading of a row.
        .filter(|cell| !(cell.column..cell.column + cell.column_span).any(|column| section.has(column)))
        .filter_map(|cell| Some((cell, of_label(&cell.text)?)))
        .collect()
}

/// Starts in one column and ends in the next.
fn with_ends(starts: &[(&Place, WrittenSpan)], ends: Option<&[(&Place, WrittenSpan)]>) -> Vec<WrittenSpan> {
    let alone = |labels: &[(&Place, WrittenSpan)]| labels.iter().all(|(_, span)| span.end.is_none());
    let ends = ends.filter(|ends| alone(starts) && alone(ends) && ends.len() * 2 > starts.len());
    starts
        .iter()
        .map(|(cell, span)| {
            let end = ends.and_then(|ends| ends.iter().find(|(end, _)| end.row == cell.row));
            WrittenSpan {
                start: span.start,
                end: end.map(|(_, end)| end.start).or(span.end),
            }
        })
        .collect()
}

fn placed(cells: &[(&Place, WrittenSpan)], spans: &[WrittenSpan]) -> Axis {
    let placed = cells.iter().zip(slots(spans)).filter_map(|((cell, _), slot)| {
        Some(Placed {
            from: cell.down.0,
            to: cell.down.1,
            slot: slot?,
        })
    });
    Axis::of(placed.collect())
}

/// Whether numbers are 1, 2, 3, … or begin with 0 or go on from a little later.
fn counts_up(numbers: &[u16]) -> bool {
    let is_first = numbers.first().is_some_and(|first| *first <= 2);
    is_first
        && numbers.len() > 1
        && numbers
            .windows(2)
            .all(|pair| matches!(pair, [a, b] if a + 1 == *b))
}

/// Whether the headings of rows are numbers of periods, or most of them.
fn are_periods(cells: &[&Place]) -> bool {
    let named: Vec<&&Place> = cells.iter().filter(|cell| !cell.is_blank()).collect();
    let numbered = named
        .iter()
        .filter(|cell| period_of(&cell.text).is_some())
        .count();
    numbered >= 2 && numbered * 2 > named.len()
}

/// The name of a period without the word for it: `3` of `Period 3`, `P3` and `3`.
fn period_of(text: &str) -> Option<String> {
    const WORDS: [&str; 8] = ["period", "lesson", "session", "heure", "p", "l", "s", "h"];
    let text = folded(text);
    let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    let word = text.get(..text.len() - digits.len())?.trim();
    let is_number = (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && (word.is_empty() || WORDS.contains(&word))).then(|| digits.to_owned())
}

fn is_same_period(name: &str, text: &str) -> bool {
    folded(name) == folded(text) || period_of(name).is_some_and(|number| Some(number) == period_of(text))
}

/// What a row's heading says beside its time, if it names something that happens: `Break` of `10.15–10.30 Break`.
pub(super) fn happening(label: &str) -> Option<String> {
    let beside = match super::times::find_range(label) {
        Some((_, place)) => [label.get(..place.start), label.get(place.end..)]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" "),
        None => label.to_owned(),
    };
    let words = beside
        .split_whitespace()
        .filter(|word| super::times::leading(word).is_none() && word.chars().any(char::is_alphanumeric));
    let text = words.collect::<Vec<_>>().join(" ");
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    (letters >= 3 && period_of(&text).is_none()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_have_many_names() {
        for (text, number) in [
            ("1", "1"),
            ("P3", "3"),
            ("Period 12", "12"),
            ("Lesson 4", "4"),
            ("h2", "2"),
        ] {
            assert_eq!(period_of(text).as_deref(), Some(number), "{text}");
        }
        for text in ["", "Maths", "3B", "Year 5", "123", "P"] {
            assert_eq!(period_of(text), None, "{text}");
        }
        assert!(is_same_period("3", "Period 3") && is_same_period("Reg", "REG"));
    }

    #[test]
    fn numbers_that_count_are_no_hours() {
        assert!(counts_up(&[1, 2, 3, 4]) && counts_up(&[0, 1, 2]));
        assert!(!counts_up(&[9, 10, 11]) && !counts_up(&[1]) && !counts_up(&[1, 3]));
    }

    #[test]
    fn headings_may_name_what_happens() {
        assert_eq!(happening("10.15–10.30 Break").as_deref(), Some("Break"));
        assert_eq!(happening("Registration 8:50").as_deref(), Some("Registration"));
        assert_eq!(happening("Period 1 9:00-9:50"), None);
        assert_eq!(happening("9:00 - 9:50"), None);
    }
}
