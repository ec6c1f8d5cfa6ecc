//! The text of a cell: what happens, when, where (T8).

use docmill_documents::tables::CellLine;

use super::letters::confidence_of;
use super::times::{self, WrittenSpan};

/// Words of the longest name that a second line adds to.
const JOINED_WORDS: usize = 4;
/// A line of less than this share of the first one's height is no part of the name, in per cent.
const SMALLER_PERCENT: i32 = 85;
/// Letters from which a line's width tells how large they are.
const TELLING_CHARS: usize = 4;
/// Places that are named without a number.
const PLACES: [&str; 3] = ["hall", "gym", "library"];
/// Characters of a room's number.
const ROOM_CHARS: usize = 6;

/// One thing that happens in a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Entry {
    /// Its own time, as it is written.
    pub(super) time: Option<WrittenSpan>,
    /// As written; empty where there is nothing but a time.
    pub(super) name: String,
    pub(super) room: Option<String>,
    pub(super) notes: Option<String>,
    /// Mean of its lines.
    pub(super) confidence: f32,
    /// Around its lines.
    pub(super) lines: Vec<CellLine>,
}

/// What stands in a cell. More than one thing where several of its lines begin with a time. `is_seen`: somebody read the
/// lines from a picture.
pub(super) fn entries(lines: &[CellLine], is_seen: bool) -> Vec<Entry> {
    let starts: Vec<usize> = (0..lines.len())
        .filter(|at| {
            lines
                .get(*at)
                .is_some_and(|line| times::leading(&line.text).is_some())
        })
        .collect();
    let mut parts: Vec<&[CellLine]> = Vec::new();
    match starts.as_slice() {
        [first, rest @ ..] if !rest.is_empty() => {
            parts.extend(lines.get(..*first).filter(|before| !before.is_empty()));
            let ends = rest.iter().copied().chain([lines.len()]);
            parts.extend(
                starts
                    .iter()
                    .zip(ends)
                    .filter_map(|(from, to)| lines.get(*from..to)),
            );
        }
        _ => parts.push(lines),
    }
    parts
        .into_iter()
        .filter_map(|part| entry(part, is_seen))
        .collect()
}

/// The entry that lines make; `None` of nothing.
fn entry(lines: &[CellLine], is_seen: bool) -> Option<Entry> {
    let mut time = match lines {
        [only] => times::whole_range(&only.text),
        _ => None,
    };
    let mut rest: Vec<(String, Size)> = Vec::new();
    let written = if time.is_some() { &[] } else { lines };
    for line in written {
        let mut text = line.text.clone();
        if time.is_none()
            && let Some((span, place)) = times::find_range(&text).or_else(|| times::leading(&text))
        {
            time = Some(span);
            text = without(&text, place);
        }
        if text.chars().any(char::is_alphanumeric) {
            rest.push((text, Size::of(line, is_seen)));
        }
    }
    if time.is_none() && rest.is_empty() {
        return None;
    }
    let mut entry = Entry {
        time,
        confidence: confidence_of(lines),
        lines: lines.to_vec(),
        ..Entry::default()
    };
    let mut notes: Vec<String> = Vec::new();
    let mut first: Option<Size> = None;
    for (text, size) in rest {
        let (text, room) = without_room(&text);
        if entry.room.is_none() {
            entry.room = room;
        }
        if text.is_empty() {
            continue;
        }
        let Some(first) = first else {
            first = Some(size);
            entry.name = text;
            continue;
        };
        let words = entry.name.split_whitespace().count() + text.split_whitespace().count();
        let is_small = size.is_smaller_than(first);
        match in_parentheses(&text) {
            Some(inner) => notes.push(inner.to_owned()),
            None if words <= JOINED_WORDS && !is_small && notes.is_empty() => {
                entry.name = format!("{} {text}", entry.name);
            }
            None => notes.push(text),
        }
    }
    entry.notes = (!notes.is_empty()).then(|| notes.join("; "));
    Some(entry)
}

/// How large a line's letters are.
#[derive(Clone, Copy, Debug)]
struct Size {
    height: i32,
    rotation: u16,
    /// Height of an em as the line's width tells it, where that is the better measure: boxes around words that were seen are
    /// higher or lower than their letters by chance.
    em: Option<i32>,
}

impl Size {
    fn of(line: &CellLine, is_seen: bool) -> Self {
        let width = match line.rotation {
            90 | 270 => line.area.y1 - line.area.y0,
            _ => line.area.x1 - line.area.x0,
        };
        let thousandths: i32 = line.text.chars().map(letter_width).sum();
        let tells = is_seen && line.text.chars().count() >= TELLING_CHARS && thousandths > 0;
        Self {
            height: line.height,
            rotation: line.rotation,
            em: tells.then(|| width * 1_000 / thousandths),
        }
    }

    fn is_smaller_than(self, first: Self) -> bool {
        let (own, other) = match self.em.zip(first.em) {
            Some(ems) => ems,
            None => (self.height, first.height),
        };
        self.rotation != first.rotation || own * 100 < other * SMALLER_PERCENT
    }
}

/// Width of a letter in thousandths of an em, as in most fonts without serifs (the metrics of Helvetica, by groups).
fn letter_width(letter: char) -> i32 {
    match letter {
        'i' | 'j' | 'l' | '\'' | '|' => 222,
        ' ' | '.' | ',' | ':' | ';' | '!' | 'I' | 'f' | 't' | '/' | '\\' => 278,
        '(' | ')' | '[' | ']' | '-' | 'r' => 333,
        'c' | 'k' | 's' | 'v' | 'x' | 'y' | 'z' | 'J' => 500,
        'F' | 'L' | 'T' | 'Z' => 611,
        'A' | 'B' | 'E' | 'K' | 'P' | 'S' | 'V' | 'X' | 'Y' | '&' => 667,
        'C' | 'D' | 'H' | 'N' | 'R' | 'U' | 'w' => 722,
        'G' | 'O' | 'Q' => 778,
        'm' | 'M' => 833,
        'W' => 944,
        _ if letter.is_uppercase() => 700,
        _ => 556,
    }
}

/// A text without a part of it, and without the marks that stood around that.
fn without(text: &str, place: times::Place) -> String {
    let before = text.get(..place.start).unwrap_or_default();
    let behind = text.get(place.end..).unwrap_or_default();
    let marks = |c: char| c.is_whitespace() || matches!(c, ':' | ',' | ';' | '-' | '–' | '—' | '|' | '•');
    let opened = |c: char| marks(c) || matches!(c, '(' | '[');
    let closed = |c: char| marks(c) || matches!(c, ')' | ']');
    let before = before.trim_end_matches(opened).trim_start_matches(marks);
    let behind = behind.trim_start_matches(closed).trim_end();
    match (before.is_empty(), behind.is_empty()) {
        (true, _) => behind.to_owned(),
        (_, true) => before.to_owned(),
        _ => format!("{before} {behind}"),
    }
}

fn in_parentheses(text: &str) -> Option<&str> {
    text.strip_prefix('(')?.strip_suffix(')').map(str::trim)
}

/// A line without the room at its end or in parentheses, and the room as it is written.
fn without_room(text: &str) -> (String, Option<String>) {
    if let (Some(open), true) = (text.rfind('('), text.trim_end().ends_with(')')) {
        let inner = text.get(open..).unwrap_or_default().trim();
        if let Some(inner) = in_parentheses(inner)
            && (is_room(inner) || PLACES.contains(&inner.to_lowercase().as_str()))
        {
            let before = text.get(..open).unwrap_or_default().trim();
            return (before.to_owned(), Some(inner.to_owned()));
        }
    }
    let starts = text
        .match_indices(char::is_whitespace)
        .map(|(at, space)| at + space.len())
        .chain([0]);
    let mut starts: Vec<usize> = starts.collect();
    starts.sort_unstable();
    for start in starts {
        let (before, behind) = text.split_at(start);
        if is_room(behind) {
            let marks = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '-' | '–' | '—' | '|' | '@');
            return (
                before.trim_end_matches(marks).to_owned(),
                Some(behind.trim().to_owned()),
            );
        }
    }
    (text.trim().to_owned(), None)
}

/// `Room 12`, `Rm B4`, `R12`, `R. 4`, `Salle 7`: a word for a room with up to six letters or digits behind it. A mere R
/// needs a digit: `RE` and `RWI` are lessons.
fn is_room(text: &str) -> bool {
    let text = text.trim();
    let word = text
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (word, rest) = text.split_at(word);
    let number = rest.trim_start_matches(['.', ' ', '\u{a0}', ':']);
    let is_number = !number.is_empty()
        && number.chars().count() <= ROOM_CHARS
        && number
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '.' | '/'));
    match word.to_ascii_lowercase().as_str() {
        "room" | "rm" | "salle" => is_number,
        "r" => is_number && number.starts_with(|c: char| c.is_ascii_digit()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, height: i32) -> CellLine {
        CellLine {
            text: text.to_owned(),
            height,
            confidence: 1.0,
            ..CellLine::default()
        }
    }

    fn one(texts: &[&str]) -> Entry {
        let lines: Vec<CellLine> = texts.iter().map(|text| line(text, 100)).collect();
        let mut found = entries(&lines, false);
        assert_eq!(found.len(), 1, "{texts:?}");
        found.remove(0)
    }

    #[test]
    fn names_rooms_and_notes() {
        for (lines, name, room, notes) in [
            (&["PE"][..], "PE", None, None),
            (&["Celebration", "Assembly"], "Celebration Assembly", None, None),
            (
                &["Maths", "(Consolidation)"],
                "Maths",
                None,
                Some("Consolidation"),
            ),
            (&["Maths", "Room 12"], "Maths", Some("Room 12"), None),
            (&["Maths R12"], "Maths", Some("R12"), None),
            (&["Maths, Rm B4"], "Maths", Some("Rm B4"), None),
            (&["RWI"], "RWI", None, None),
            (&["RE"], "RE", None, None),
            (&["Choir (Hall)"], "Choir", Some("Hall"), None),
            (&["Common Room"], "Common Room", None, None),
            (&["10:35-10:50 Maths Con"], "Maths Con", None, None),
            (&["Maths", "10:35-10:50"], "Maths", None, None),
            (&["PE (14:00-15:00)"], "PE", None, None),
            (
                &["Guided reading in groups", "bring your book", "and a pen"],
                "Guided reading in groups",
                None,
                Some("bring your book; and a pen"),
            ),
            (
                &["Français", "M. Petit", "Salle 7"],
                "Français M. Petit",
                Some("Salle 7"),
                None,
            ),
        ] {
            let entry = one(lines);
            assert_eq!(entry.name, name, "{lines:?}");
            assert_eq!(entry.room.as_deref(), room, "{lines:?}");
            assert_eq!(entry.notes.as_deref(), notes, "{lines:?}");
        }
    }

    #[test]
    fn smaller_lines_are_notes() {
        let found = entries(&[line("Maths", 100), line("Mr Lee", 80)], false);
        assert_eq!(found[0].name, "Maths");
        assert_eq!(found[0].notes.as_deref(), Some("Mr Lee"));
    }

    #[test]
    fn a_cell_may_be_a_day() {
        let lines: Vec<CellLine> = [
            "Bring PE kit",
            "9:00-9:30 Maths",
            "9.30-10 English",
            "(group B)",
            "10:15 Break",
        ]
        .iter()
        .map(|text| line(text, 100))
        .collect();
        let found = entries(&lines, false);
        let names: Vec<&str> = found.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["Bring PE kit", "Maths", "English", "Break"]);
        assert_eq!(found[0].time, None);
        assert_eq!(found[2].notes.as_deref(), Some("group B"));
    }

    #[test]
    fn nothing_is_nothing() {
        assert_eq!(entries(&[], false), []);
        assert_eq!(entries(&[line("–", 100), line(" ", 100)], false), []);
    }
}
