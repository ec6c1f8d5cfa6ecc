//! What the user should look at in a timetable (V3–V5, and what is outside of the settings). Nothing is changed.

use std::collections::BTreeMap;

use super::Expected;
use super::gaps::{SHORT_MINUTES, gaps};
use crate::timetable::model::{Day, Minute, Warning};
use crate::timetable::result::Block;

pub(super) const NO_TIME: &str = "NO_TIME";
pub(super) const DAY_OUTSIDE_SETTING: &str = "DAY_OUTSIDE_SETTING";
pub(super) const TIME_OUTSIDE_SETTING: &str = "TIME_OUTSIDE_SETTING";
pub(super) const OVERLAP: &str = "OVERLAP";
pub(super) const COVERAGE: &str = "COVERAGE";
pub(super) const GAP: &str = "GAP";

/// Overlaps that are named; a timetable with more was not read as one.
const MAX_OVERLAPS: usize = 50;
/// Most characters of a name in a sentence.
const NAME_CHARS: usize = 60;
/// A day is expected to have begun by now, 09:00 (V5).
const LATE_START: i64 = 9 * 60;
/// A day is expected to last until now, 15:00 (V5).
const EARLY_END: i64 = 15 * 60;

type Days<'a> = BTreeMap<Day, Vec<&'a Block>>;

/// The warnings of a timetable in the order of its days; `label` in front where there are several timetables.
pub(super) fn of(blocks: &[Block], expected: Expected<'_>, label: Option<&str>) -> Vec<Warning> {
    let mut days = Days::new();
    for block in blocks {
        days.entry(block.day).or_default().push(block);
    }
    let mut found: Vec<Warning> = no_times(blocks).into_iter().collect();
    let known = || days.iter().filter(|(day, _)| day.index().is_some());
    let mut overlaps = 0;
    for (day, blocks) in known() {
        found.extend(unexpected(*day, blocks, expected.days));
        found.extend(out_of_bounds(*day, blocks, expected.bounds));
        overlapping(*day, blocks, &mut overlaps, &mut found);
        found.extend(coverage(*day, blocks));
    }
    let long = gaps(blocks)
        .into_iter()
        .filter(|gap| gap.minutes() > SHORT_MINUTES);
    found.extend(long.map(|gap| {
        let message = format!("{} has nothing from {} to {}.", gap.day.title(), gap.from, gap.to);
        Warning::new(GAP, Some(gap.day), message)
    }));
    if let Some(label) = label {
        for warning in &mut found {
            warning.message = format!("{}: {}", short(label), warning.message);
        }
    }
    found
}

fn no_times(blocks: &[Block]) -> Option<Warning> {
    let count = blocks.iter().filter(|block| block.times().is_none()).count();
    let message = match count {
        0 => return None,
        1 => "1 block has no time. Enter the times of your periods and run again.".to_owned(),
        _ => format!("{count} blocks have no times. Enter the times of your periods and run again."),
    };
    Some(Warning::new(NO_TIME, None, message))
}

fn unexpected(day: Day, blocks: &[&Block], expected: &[Day]) -> Option<Warning> {
    if expected.contains(&day) {
        return None;
    }
    let kept = match blocks.len() {
        1 => "its block is kept".to_owned(),
        count => format!("its {count} blocks are kept"),
    };
    let message = format!("{} is not one of the days that you expect; {kept}.", day.title());
    Some(Warning::new(DAY_OUTSIDE_SETTING, Some(day), message))
}

fn out_of_bounds(day: Day, blocks: &[&Block], (from, to): (Minute, Minute)) -> Option<Warning> {
    let outside = |block: &&&Block| block.times().is_some_and(|(start, end)| start < from || end > to);
    let mut outside = blocks.iter().filter(outside);
    let first = named(outside.next()?);
    let others = match outside.count() {
        0 => "is".to_owned(),
        1 => "and 1 other are".to_owned(),
        count => format!("and {count} others are"),
    };
    let message = format!("{}: {first} {others} outside of {from}–{to}.", day.title());
    Some(Warning::new(TIME_OUTSIDE_SETTING, Some(day), message))
}

/// V3. The blocks are in their order.
fn overlapping(day: Day, blocks: &[&Block], named_before: &mut usize, found: &mut Vec<Warning>) {
    for (place, block) in blocks.iter().enumerate() {
        let Some((_, end)) = block.times() else {
            continue;
        };
        let later = blocks.iter().skip(place + 1);
        for other in later.take_while(|other| other.start.is_some_and(|start| start < end)) {
            *named_before += 1;
            if *named_before > MAX_OVERLAPS {
                // Said once; counting all of them would take the square of what was read.
                if *named_before == MAX_OVERLAPS + 1 {
                    let message = "More blocks are at the same time.";
                    found.push(Warning::new(OVERLAP, None, message));
                }
                return;
            }
            let message = format!(
                "{}: {} and {} are at the same time.",
                day.title(),
                named(block),
                named(other)
            );
            found.push(Warning::new(OVERLAP, Some(day), message));
        }
    }
}

/// V5.
fn coverage(day: Day, blocks: &[&Block]) -> Option<Warning> {
    let times = || blocks.iter().filter_map(|block| block.times());
    let start = times().map(|(start, _)| start).min()?;
    let end = times().map(|(_, end)| end).max()?;
    let late = (start.number() > LATE_START).then(|| format!("starts only at {start}"));
    let early = (end.number() < EARLY_END).then(|| format!("ends already at {end}"));
    let what = match (late, early) {
        (Some(late), Some(early)) => format!("{late} and {early}"),
        (late, early) => late.or(early)?,
    };
    let message = format!("{} {what}. Is something missing?", day.title());
    Some(Warning::new(COVERAGE, Some(day), message))
}

fn named(block: &Block) -> String {
    let name = short(&block.event_name);
    match block.times() {
        Some((start, end)) => format!("{name} ({start}–{end})"),
        None => name,
    }
}

/// As much of a name as a sentence bears.
fn short(name: &str) -> String {
    match name.char_indices().nth(NAME_CHARS) {
        Some((at, _)) => format!("{}…", name.get(..at).unwrap_or_default()),
        None => name.to_owned(),
    }
}
