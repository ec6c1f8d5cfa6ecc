//! Words that are written letter by letter (T1).

use docmill_documents::tables::{Area, CellLine};

/// Letters from which they are a word.
pub(super) const FEWEST: usize = 3;
/// How far letters below one another may stray, for their height.
const STRAY: i32 = 1;

/// Lines with their letters put together: `B R E A K` in a line, and letters that stand below one another. Whether any
/// stood below one another.
pub(super) fn repaired(lines: &[CellLine]) -> (Vec<CellLine>, bool) {
    let mut out: Vec<CellLine> = Vec::with_capacity(lines.len());
    let mut has_stack = false;
    let mut rest = lines;
    while let Some((first, others)) = rest.split_first() {
        let count = 1 + others
            .iter()
            .take_while(|line| is_letter(&first.text) && is_letter(&line.text) && is_below(first, line))
            .count();
        if count >= FEWEST {
            let (letters, behind) = rest.split_at(count);
            out.push(stacked(letters));
            has_stack = true;
            rest = behind;
        } else {
            let text = joined(&first.text);
            out.push(CellLine {
                text,
                ..first.clone()
            });
            rest = others;
        }
    }
    (out, has_stack)
}

/// Whether a text is one letter.
pub(super) fn is_letter(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none()
}

fn is_below(first: &CellLine, line: &CellLine) -> bool {
    let (x, _) = first.area.centre();
    let (at, _) = line.area.centre();
    first.rotation == line.rotation && (x - at).abs() <= STRAY * first.height.max(line.height).max(1)
}

/// Letters as one line.
pub(super) fn stacked(letters: &[CellLine]) -> CellLine {
    let area = letters
        .iter()
        .map(|line| line.area)
        .reduce(|a: Area, b| a.around(&b))
        .unwrap_or_default();
    CellLine {
        text: letters.iter().map(|line| line.text.as_str()).collect(),
        area,
        height: letters.iter().map(|line| line.height).max().unwrap_or(0),
        rotation: 0,
        confidence: confidence_of(letters),
        words: letters.iter().flat_map(|line| line.words.clone()).collect(),
    }
}

/// How sure lines are on average; 0 where there are none.
pub(super) fn confidence_of(lines: &[CellLine]) -> f32 {
    lines.iter().map(|line| line.confidence).sum::<f32>() / lines.len().max(1) as f32
}

/// Single letters with spaces between them made words.
pub(super) fn joined(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let mut out: Vec<String> = Vec::with_capacity(words.len());
    for run in words.chunk_by(|a, b| is_letter(a) && is_letter(b)) {
        if run.len() >= FEWEST {
            out.push(run.concat());
        } else {
            out.extend(run.iter().map(|word| (*word).to_owned()));
        }
    }
    out.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, x: i32, y: i32) -> CellLine {
        CellLine {
            text: text.to_owned(),
            area: Area {
                x0: x,
                y0: y,
                x1: x + 50,
                y1: y + 100,
            },
            height: 100,
            confidence: 1.0,
            ..CellLine::default()
        }
    }

    fn texts(lines: &[CellLine]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn spaced_letters_are_a_word() {
        for (text, word) in [
            ("B R E A K", "BREAK"),
            ("L U N C H 12.15", "LUNCH 12.15"),
            ("Year 5 A", "Year 5 A"),
            ("A B", "A B"),
            ("P E", "P E"),
            ("1 2 3", "1 2 3"),
        ] {
            assert_eq!(joined(text), word);
        }
    }

    #[test]
    fn stacked_letters_are_a_word() {
        let lines: Vec<CellLine> = "LUNCH"
            .chars()
            .enumerate()
            .map(|(at, letter)| line(&letter.to_string(), 500, at as i32 * 200))
            .collect();
        let (out, has_stack) = repaired(&lines);
        assert_eq!((texts(&out), has_stack), (vec!["LUNCH"], true));
        assert_eq!((out[0].area.y0, out[0].area.y1), (0, 900));
    }

    #[test]
    fn letters_beside_one_another_are_none() {
        let lines = [line("A", 0, 0), line("B", 500, 200), line("C", 0, 400)];
        let (out, has_stack) = repaired(&lines);
        assert_eq!((texts(&out), has_stack), (vec!["A", "B", "C"], false));
        let (out, _) = repaired(&[line("Maths", 0, 0), line("A", 0, 200), line("B", 0, 400)]);
        assert_eq!(texts(&out), ["Maths", "A", "B"]);
    }
}
