//! Words of a run of text: its characters cut at the spaces, with the part of the box that each takes.

use super::recognise::{Reading, Symbol};

/// Half a character's width where a run has only one, as a share of the run's width.
const ALONE: f32 = 0.5;

/// A word, and where it stands in its run of text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    pub(super) text: String,
    /// Left end, as a share of the run's width.
    pub(super) start: f32,
    /// Right end.
    pub(super) end: f32,
    /// How sure the recogniser is of its characters on average, up to 1.
    pub(super) sureness: f32,
}

/// Cuts a run at its spaces. The first word begins where the run does, the last ends where it ends; in between a word
/// ends half a character behind its last character's middle, but not behind the middle of the space.
pub(super) fn words(reading: &Reading) -> Vec<Part> {
    let symbols = &reading.symbols;
    let half = half_width(symbols);
    let mut parts = Vec::new();
    let mut space_before = None;
    for run in symbols.chunk_by(|a, b| is_space(a) == is_space(b)) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            continue;
        };
        if is_space(first) {
            space_before = Some((first.at + last.at) / 2.0);
            // The word before it may not reach behind it.
            if let (Some(Part { end, .. }), Some(space)) = (parts.last_mut(), space_before) {
                *end = f32::min(*end, space);
            }
            continue;
        }
        let start = (first.at - half).max(space_before.unwrap_or(0.0)).min(first.at);
        let sureness = run.iter().map(|symbol| symbol.sureness).sum::<f32>() / run.len() as f32;
        parts.push(Part {
            text: run.iter().map(|symbol| symbol.text.as_str()).collect(),
            start: start.max(0.0),
            end: (last.at + half).clamp(start, 1.0),
            sureness,
        });
    }
    parts
}

fn is_space(symbol: &Symbol) -> bool {
    symbol.text.chars().all(char::is_whitespace)
}

/// Half the usual distance between the middles of neighbours.
fn half_width(symbols: &[Symbol]) -> f32 {
    let mut steps: Vec<f32> = symbols
        .windows(2)
        .filter_map(|pair| match pair {
            [a, b] => Some(b.at - a.at),
            _ => None,
        })
        .collect();
    steps.sort_by(f32::total_cmp);
    steps.get(steps.len() / 2).map_or(ALONE, |step| step / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(text: &str) -> Reading {
        let count = text.chars().count() as f32;
        let symbols = text.chars().enumerate().map(|(index, c)| Symbol {
            text: c.to_string(),
            at: (index as f32 + 0.5) / count,
            sureness: if c == 'x' { 0.5 } else { 1.0 },
        });
        Reading {
            symbols: symbols.collect(),
        }
    }

    #[test]
    fn words_are_cut_at_spaces_and_share_the_run() {
        let parts = words(&reading("le mx  a"));
        let texts: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
        assert_eq!(texts, ["le", "mx", "a"]);
        let places: Vec<(f32, f32)> = parts
            .iter()
            .map(|part| (part.start * 8.0, part.end * 8.0))
            .collect();
        assert_eq!(places, [(0.0, 2.0), (3.0, 5.0), (7.0, 8.0)]);
        assert_eq!(parts[1].sureness, 0.75);
    }

    #[test]
    fn spaces_alone_are_no_word() {
        assert_eq!(words(&reading("  ")), []);
        assert_eq!(words(&Reading::default()), []);
    }

    #[test]
    fn one_character_takes_its_run() {
        let [part] = words(&reading("7")).try_into().unwrap();
        assert_eq!((part.start, part.end), (0.0, 1.0));
    }
}
