//! A page as pixels: what is written on it, and its rulings.

use docmill_core::pipeline::Work;
use docmill_core::reader::{PagePicture, ReadPage, ReadWord};
use docmill_documents::ocr::{ScannedWord, page_direction};
use docmill_documents::picture::Leveling;
use docmill_documents::tables::{Area, SeenTables, TableWord, UNITS};

use super::{Page, ask_reader, broken, stage};
use crate::halt::Halt;
use crate::pdf::scanned;
use crate::rows::packed;
use crate::timetable::model::Signals;
use crate::timetable::notices;
use crate::timetable::readers::TABLES;
use crate::timetable::rules::Content;

/// Words less sure than this on average are hard to read (V8).
const LOW_CONFIDENCE: f32 = 0.70;
/// Hands write less evenly than machines: words of such different heights that a reader is not quite sure of.
const UNEVEN: f32 = 0.35;
const HAND_CONFIDENCE: f32 = 0.85;
/// Pixels of the longer side of a picture with enough of them.
const FEW_PIXELS: u32 = 1_000;

/// Reads a picture of a page: its words by whoever reads pictures, its rulings in the sandbox.
pub(super) async fn read(picture: &PagePicture, work: &dyn Work) -> Result<Page, Halt> {
    work.report_part(stage::OCR, 12).await;
    if !work.reads_pictures() {
        return Err(Halt::Fail(notices::no_reader()));
    }
    let read = crate::pdf::read(picture, work).await?;
    let Some(read) = read else {
        return Err(Halt::Fail(notices::corrupt(None)));
    };
    work.report_part(stage::STRUCTURE, 24).await;
    let leveling = Leveling::of_text(picture.width, picture.height, direction(&read));
    let seen = seen(picture, leveling, work).await?;
    let mut words: Vec<TableWord> = read.words.iter().map(|word| placed(word, leveling)).collect();
    seen.seen.level(&mut words);
    let confidence = mean(read.words.iter().map(|word| word.confidence)).unwrap_or(1.0);
    let signals = Signals {
        low_confidence: confidence < LOW_CONFIDENCE,
        handwriting: confidence < HAND_CONFIDENCE && unevenness(&read) > UNEVEN,
        low_quality: picture.width.max(picture.height) < FEW_PIXELS,
        ..Signals::default()
    };
    let content = Content {
        aspect: seen.seen.aspect(),
        words,
        rulings: seen.seen.rulings,
        fills: seen.fills,
        is_seen: true,
        ..Content::default()
    };
    Ok(Page {
        contents: vec![content],
        signals,
        confidence,
        ..Page::default()
    })
}

/// The rulings and the colours that a picture shows.
pub(super) async fn seen(
    picture: &PagePicture,
    leveling: Leveling,
    work: &dyn Work,
) -> Result<SeenTables, Halt> {
    let document = match packed(picture) {
        Ok(document) => document,
        Err(error) => return broken("rows", &error),
    };
    let leveling = match serde_json::to_string(&leveling) {
        Ok(leveling) => leveling,
        Err(error) => return broken("leveling", &error),
    };
    let Some(output) = ask_reader(TABLES, vec![leveling], document, work).await? else {
        // Words alone may do.
        return Ok(SeenTables::default());
    };
    serde_json::from_slice(&output).or_else(|error| broken("tables of a picture", &error))
}

/// The direction of most of a page's text, in degrees clockwise.
fn direction(read: &ReadPage) -> f32 {
    let words: Vec<ScannedWord> = read.words.iter().cloned().map(scanned).collect();
    let (turn, tilt) = page_direction(&words);
    f32::from(turn) + tilt
}

/// A word of the picture as it was turned.
fn placed(word: &ReadWord, leveling: Leveling) -> TableWord {
    let corners = word.corners.map(|corner| leveling.place(corner));
    let (width, height) = leveling.size();
    let unit = |value: f32, side: u32| (value / side.max(1) as f32 * UNITS as f32).round() as i32;
    let area = corners
        .iter()
        .map(|(x, y)| (unit(*x, width), unit(*y, height)))
        .map(|place| Area::of_corners(place, place))
        .reduce(|a, b| a.around(&b))
        .unwrap_or_default();
    let [a, b, c, d] = corners;
    // Of a short word the longer side is no direction: its own corners are.
    let degrees = (b.1 - a.1 + c.1 - d.1).atan2(b.0 - a.0 + c.0 - d.0).to_degrees();
    let quarters = (degrees.rem_euclid(360.0) / 90.0).round() as u16 % 4;
    TableWord {
        text: word.text.clone(),
        area,
        confidence: word.confidence,
        rotation: quarters * 90,
    }
}

fn mean(values: impl Iterator<Item = f32>) -> Option<f32> {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / count as f32)
}

/// How much the heights of words differ, as a share of their mean.
fn unevenness(read: &ReadPage) -> f32 {
    let heights = || {
        read.words.iter().map(|word| {
            let [a, _, _, d] = word.corners;
            let (x, y) = (d.0 - a.0, d.1 - a.1);
            (x * x + y * y).sqrt()
        })
    };
    let Some(middle) = mean(heights()).filter(|mean| *mean > 0.0) else {
        return 0.0;
    };
    let spread = mean(heights().map(|height| (height - middle) * (height - middle))).unwrap_or(0.0);
    spread.sqrt() / middle
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(x: f32, y: f32, degrees: f32, length: f32) -> ReadWord {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let along = |t: f32, across: f32| (x + t * cos - across * sin, y + t * sin + across * cos);
        ReadWord {
            text: "word".to_owned(),
            corners: [
                along(0.0, 0.0),
                along(length, 0.0),
                along(length, 10.0),
                along(0.0, 10.0),
            ],
            confidence: 0.9,
        }
    }

    fn page(words: Vec<ReadWord>) -> ReadPage {
        ReadPage { words }
    }

    #[test]
    fn most_words_tell_the_direction() {
        let tilted = page(vec![
            word(0.0, 0.0, 3.0, 100.0),
            word(50.0, 90.0, 3.2, 80.0),
            word(10.0, 40.0, 93.0, 60.0),
            word(10.0, 40.0, -40.0, 20.0),
        ]);
        assert!((direction(&tilted) - 3.0).abs() < 0.3, "{}", direction(&tilted));
        let turned = page(vec![
            word(100.0, 100.0, 91.0, 90.0),
            word(50.0, 100.0, 91.0, 90.0),
        ]);
        assert!((direction(&turned) - 91.0).abs() < 0.1);
        assert_eq!(direction(&page(Vec::new())), 0.0);
    }

    #[test]
    fn words_are_put_straight_with_their_page() {
        let leveling = Leveling::of_text(1_000, 500, 3.0);
        let level = placed(&word(100.0, 100.0, 3.0, 400.0), leveling);
        assert_eq!(level.rotation, 0);
        let height = f32::from(u16::try_from(level.area.height()).unwrap()) / UNITS as f32;
        let expected = 10.0 / leveling.size().1 as f32;
        assert!((height - expected).abs() < 0.002, "{height} {expected}");
        assert_eq!(placed(&word(100.0, 100.0, 93.0, 200.0), leveling).rotation, 90);
        assert_eq!(placed(&word(100.0, 400.0, -87.0, 200.0), leveling).rotation, 270);
    }
}
