//! How hard the pages are to read (V8).

use serde::{Deserialize, Serialize};

use crate::timetable::model::{Signals, Sureness};

/// Below this, in hundredths, a page is simple.
const MEDIUM: u16 = 30;
/// From this on, in hundredths, it is complex.
const COMPLEX: u16 = 60;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::timetable) enum Level {
    Simple,
    Medium,
    Complex,
}

/// What makes the pages hard to read, weighed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::timetable) struct Complexity {
    pub(in crate::timetable) level: Level,
    pub(in crate::timetable) score: Sureness,
    /// Stable words, heaviest first.
    pub(in crate::timetable) reasons: Vec<String>,
}

impl Complexity {
    /// The weight of what was seen.
    pub(in crate::timetable) fn of(signals: Signals) -> Self {
        let weights = [
            (signals.handwriting, 30, "handwriting"),
            (signals.low_confidence, 25, "low_confidence"),
            (signals.layout, 15, "layout"),
            (signals.colour, 10, "colour"),
            (signals.merged_cells, 10, "merged_cells"),
            (signals.vertical_text, 5, "vertical_text"),
            (signals.low_quality, 5, "low_quality"),
        ];
        let seen = weights.into_iter().filter(|(seen, ..)| *seen);
        let score = seen.clone().map(|(_, weight, _)| weight).sum();
        Self {
            level: match score {
                ..MEDIUM => Level::Simple,
                MEDIUM..COMPLEX => Level::Medium,
                COMPLEX.. => Level::Complex,
            },
            score: Sureness::hundredths(score),
            reasons: seen.map(|(.., reason)| reason.to_owned()).collect(),
        }
    }
}

/// What was seen on any page.
pub(super) fn together(pages: impl Iterator<Item = Signals>) -> Signals {
    pages.fold(Signals::default(), |all, page| Signals {
        low_confidence: all.low_confidence || page.low_confidence,
        handwriting: all.handwriting || page.handwriting,
        layout: all.layout || page.layout,
        colour: all.colour || page.colour,
        merged_cells: all.merged_cells || page.merged_cells,
        vertical_text: all.vertical_text || page.vertical_text,
        low_quality: all.low_quality || page.low_quality,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_make_levels() {
        let plain = Complexity::of(Signals::default());
        assert_eq!(
            (plain.level, plain.score.to_string()),
            (Level::Simple, "0.00".to_owned())
        );
        let nearly = Complexity::of(Signals {
            low_confidence: true,
            ..Signals::default()
        });
        assert_eq!(nearly.level, Level::Simple);
        let medium = Complexity::of(Signals {
            low_confidence: true,
            low_quality: true,
            ..Signals::default()
        });
        assert_eq!(
            (medium.level, medium.score.to_string()),
            (Level::Medium, "0.30".to_owned())
        );
        assert_eq!(medium.reasons, ["low_confidence", "low_quality"]);
        let all = Complexity::of(Signals {
            low_confidence: true,
            handwriting: true,
            layout: true,
            colour: true,
            merged_cells: true,
            vertical_text: true,
            low_quality: true,
        });
        assert_eq!(
            (all.level, all.score.to_string()),
            (Level::Complex, "1.00".to_owned())
        );
    }

    #[test]
    fn one_hard_page_is_enough() {
        let hard = Signals {
            handwriting: true,
            ..Signals::default()
        };
        assert_eq!(together([Signals::default(), hard].into_iter()), hard);
    }
}
