//! The times along one side of a table: slots from labels (T4), and the times of cells from slots (T6).

use super::super::model::{Minute, Sureness};
use super::times::{WrittenSpan, moved_behind};

/// A time that is written in a heading (V7).
pub(super) const HEADER: Sureness = Sureness::hundredths(95);
/// A time between two that are written.
pub(super) const INTERPOLATED: Sureness = Sureness::hundredths(80);
/// An end that nothing says.
pub(super) const INFERRED_END: Sureness = Sureness::hundredths(60);
/// What a time loses that was moved by half a day, in hundredths.
const MOVED_LESS: u16 = 10;
/// Minutes of a slot of which nothing is known but its start.
const USUAL_SLOT: i64 = 60;
/// An edge this near to a slot's edge is there, in per cent of the slot.
const SNAP_PERCENT: i64 = 8;
/// Minutes that times in between are rounded to.
const ROUNDING: i64 = 5;

/// From when to when, and how sure that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) start: Minute,
    pub(super) end: Minute,
    pub(super) sureness: Sureness,
    /// The label says its end.
    pub(super) has_own_end: bool,
}

/// The slots that labels say, in their order: times rise along an axis. `None` for one whose time is none.
pub(super) fn slots(labels: &[WrittenSpan]) -> Vec<Option<Slot>> {
    let mut earlier: Option<Minute> = None;
    let mut known: Vec<Option<(Minute, Option<Minute>, Sureness)>> = Vec::with_capacity(labels.len());
    for label in labels {
        let Some((mut start, mut end)) = label.minutes() else {
            known.push(None);
            continue;
        };
        let mut sureness = HEADER;
        if let Some(earlier) = earlier
            && let Some(by) = moved_behind(earlier, start)
            && let Some(moved) = Minute::new(start.number() + by)
        {
            start = moved;
            end = end.map(|end| {
                let later = Minute::new(end.number() + by).filter(|_| end <= moved);
                later.unwrap_or(end)
            });
            sureness = sureness.less(MOVED_LESS);
        }
        earlier = Some(start);
        known.push(Some((start, end, sureness)));
    }
    ended(&known)
}

/// The same with the ends that labels do not say: the next label's start, behind the last one as long as slots are in
/// the middle of them.
fn ended(known: &[Option<(Minute, Option<Minute>, Sureness)>]) -> Vec<Option<Slot>> {
    let next_start = |at: usize| {
        let rest = known.get(at + 1..).unwrap_or_default();
        rest.iter().flatten().map(|(start, _, _)| *start).next()
    };
    let mut slots: Vec<Option<Slot>> = known
        .iter()
        .enumerate()
        .map(|(at, label)| {
            let (start, own_end, sureness) = (*label)?;
            let end = own_end.or_else(|| next_start(at));
            Some(Slot {
                start,
                end: end.unwrap_or(start),
                sureness,
                has_own_end: own_end.is_some(),
            })
        })
        .collect();
    let mut lengths: Vec<i64> = slots
        .iter()
        .flatten()
        .map(|slot| slot.start.until(slot.end))
        .filter(|length| *length > 0)
        .collect();
    lengths.sort_unstable();
    let middle = lengths.len() / 2;
    let median = match lengths.len() % 2 {
        0 => lengths
            .get(middle.saturating_sub(1)..=middle)
            .map(|two| two.iter().sum::<i64>() / 2),
        _ => lengths.get(middle).copied(),
    };
    let last = known.iter().rposition(Option::is_some);
    if let Some(Some(slot)) = last.and_then(|last| slots.get_mut(last))
        && !slot.has_own_end
    {
        let end = slot.start.number() + median.unwrap_or(USUAL_SLOT);
        slot.end = Minute::new(end).or(Minute::of(23, 59)).unwrap_or(slot.end);
        slot.sureness = slot.sureness.min(INFERRED_END);
    }
    slots
}

/// A slot and where its heading is, along the axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) from: i32,
    pub(super) to: i32,
    pub(super) slot: Slot,
}

/// A side of a table with times.
#[derive(Clone, Debug, Default)]
pub(super) struct Axis {
    slots: Vec<Placed>,
}

impl Axis {
    /// The axis of these headings. A slot whose end is the next one's start goes on to that one's heading.
    pub(super) fn of(mut slots: Vec<Placed>) -> Self {
        slots.sort_by_key(|placed| placed.from);
        let starts: Vec<i32> = slots.iter().skip(1).map(|placed| placed.from).collect();
        for (placed, next) in slots.iter_mut().zip(starts) {
            if !placed.slot.has_own_end {
                placed.to = placed.to.max(next);
            }
        }
        Self { slots }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The times of a cell from one place to another.
    pub(super) fn times(&self, from: i32, to: i32) -> Option<(Minute, Minute, Sureness)> {
        let (start, sure_of_start) = self.edge(from, true)?;
        let (end, sure_of_end) = self.edge(to, false)?;
        Some((start, end, sure_of_start.min(sure_of_end)))
    }

    /// The time of an edge: the first one's of a cell, or the last one's.
    fn edge(&self, at: i32, is_start: bool) -> Option<(Minute, Sureness)> {
        let near = |placed: &Placed, edge: i32| {
            let width = i64::from(placed.to - placed.from).max(1);
            i64::from((at - edge).abs()) * 100 <= width * SNAP_PERCENT
        };
        // An edge between two slots ends one and starts the other; what the cell needs is asked first.
        let starts = || self.slots.iter().find(|placed| near(placed, placed.from));
        let ends = || self.slots.iter().rev().find(|placed| near(placed, placed.to));
        let as_start = |placed: &Placed| (placed.slot.start, placed.slot.sureness);
        let as_end = |placed: &Placed| (placed.slot.end, placed.slot.sureness);
        let snapped = match is_start {
            true => starts().map(as_start).or_else(|| ends().map(as_end)),
            false => ends().map(as_end).or_else(|| starts().map(as_start)),
        };
        if snapped.is_some() {
            return snapped;
        }
        let inside = self
            .slots
            .iter()
            .find(|placed| (placed.from..placed.to).contains(&at))
            .map(|placed| {
                (
                    placed.from,
                    placed.to,
                    placed.slot.start,
                    placed.slot.end,
                    placed.slot.sureness,
                )
            });
        let between = || {
            let behind = self.slots.iter().position(|placed| placed.from > at)?;
            let (before, behind) = (self.slots.get(behind.checked_sub(1)?)?, self.slots.get(behind)?);
            let sureness = before.slot.sureness.min(behind.slot.sureness);
            Some((
                before.to,
                behind.from,
                before.slot.end,
                behind.slot.start,
                sureness,
            ))
        };
        if let Some((from, to, start, end, sureness)) = inside.or_else(between) {
            let width = i64::from(to - from).max(1);
            let minutes = start.number() * width + start.until(end) * i64::from(at - from);
            let step = width * ROUNDING;
            let rounded = (minutes + step / 2).div_euclid(step) * ROUNDING;
            return Some((Minute::new(rounded)?, sureness.min(INTERPOLATED)));
        }
        // Outside of all headings: the first or the last time.
        let first = self.slots.first().filter(|placed| at < placed.from);
        let last = self.slots.last().filter(|placed| at >= placed.to);
        first
            .map(|placed| (placed.slot.start, placed.slot.sureness.min(INTERPOLATED)))
            .or_else(|| last.map(|placed| (placed.slot.end, placed.slot.sureness.min(INTERPOLATED))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::times::of_label;
    use super::*;

    fn axis(labels: &[&str]) -> Vec<String> {
        let labels: Vec<WrittenSpan> = labels.iter().map(|label| of_label(label).unwrap()).collect();
        slots(&labels)
            .into_iter()
            .map(|slot| {
                slot.map_or_else(String::new, |slot| {
                    format!("{}-{} {}", slot.start, slot.end, slot.sureness)
                })
            })
            .collect()
    }

    #[test]
    fn starts_alone_end_at_the_next_one() {
        assert_eq!(
            axis(&["8.35", "8.50", "9", "2.45"]),
            [
                "08:35-08:50 0.95",
                "08:50-09:00 0.95",
                "09:00-14:45 0.95",
                "14:45-15:00 0.60"
            ]
        );
    }

    #[test]
    fn times_rise_along_an_axis() {
        assert_eq!(
            axis(&["10:00", "11:00", "12:00", "01:00", "02:00"]),
            [
                "10:00-11:00 0.95",
                "11:00-12:00 0.95",
                "12:00-13:00 0.95",
                "13:00-14:00 0.85",
                "14:00-15:00 0.60"
            ]
        );
        assert_eq!(axis(&["11-12", "7-8"]), ["11:00-12:00 0.95", "19:00-20:00 0.85"]);
    }

    fn two() -> Axis {
        let slot = |start: (u16, u16), end: (u16, u16)| Slot {
            start: Minute::of(start.0, start.1).unwrap(),
            end: Minute::of(end.0, end.1).unwrap(),
            sureness: HEADER,
            has_own_end: true,
        };
        Axis::of(vec![
            Placed {
                from: 1000,
                to: 2000,
                slot: slot((9, 0), (9, 30)),
            },
            Placed {
                from: 2000,
                to: 3000,
                slot: slot((9, 30), (10, 0)),
            },
        ])
    }

    fn shown(from: i32, to: i32) -> String {
        let (start, end, sureness) = two().times(from, to).unwrap();
        format!("{start}-{end} {sureness}")
    }

    #[test]
    fn edges_near_a_boundary_are_there() {
        assert_eq!(shown(1000, 2000), "09:00-09:30 0.95");
        assert_eq!(shown(1000, 2060), "09:00-09:30 0.95");
        assert_eq!(shown(1940, 3000), "09:30-10:00 0.95");
        assert_eq!(shown(1000, 3000), "09:00-10:00 0.95");
    }

    #[test]
    fn other_edges_are_in_between() {
        assert_eq!(shown(1000, 2500), "09:00-09:45 0.80");
        assert_eq!(shown(1340, 2000), "09:10-09:30 0.80");
        assert_eq!(shown(500, 3600), "09:00-10:00 0.80");
    }

    #[test]
    fn gaps_between_headings_stay() {
        let slot = |start, end| Slot {
            start: Minute::new(start).unwrap(),
            end: Minute::new(end).unwrap(),
            sureness: HEADER,
            has_own_end: true,
        };
        let axis = Axis::of(vec![
            Placed {
                from: 0,
                to: 1000,
                slot: slot(600, 615),
            },
            Placed {
                from: 1000,
                to: 2000,
                slot: slot(620, 635),
            },
        ]);
        let (start, end, _) = axis.times(0, 1000).unwrap();
        assert_eq!((start.number(), end.number()), (600, 615));
        let (start, end, _) = axis.times(1000, 2000).unwrap();
        assert_eq!((start.number(), end.number()), (620, 635));
    }
}
