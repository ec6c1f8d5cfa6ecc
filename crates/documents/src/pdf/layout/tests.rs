//! Small pages made of words, and properties of any page.

use proptest::prelude::*;

use super::super::pieces::Place;
use super::*;

/// Width of a letter in em.
const LETTER_EM: f64 = 0.5;

/// A page under construction.
#[derive(Default)]
struct Sheet {
    pieces: Vec<Piece>,
}

impl Sheet {
    /// Writes words at a place, a third of an em between them.
    fn text(&mut self, x: f64, y: f64, size: f64, text: &str) -> &mut Self {
        let mut x = x;
        for word in text.split(' ') {
            let width = word.chars().count() as f64 * LETTER_EM * size;
            self.piece(x, y, size, width, word);
            x += width + size / 3.0;
        }
        self
    }

    fn piece(&mut self, x: f64, y: f64, size: f64, width: f64, text: &str) {
        let place = Place {
            frame: Frame::along(1.0, 0.0),
            x0: x,
            x1: x + width,
            y,
            size,
        };
        let order = u32::try_from(self.pieces.len()).unwrap();
        self.pieces.push(Piece::new(text, place, false, order));
    }

    /// Ten-point lines, twelve points apart, beginning at `(x, y)`; each has its indent in front.
    fn lines(&mut self, x: f64, y: f64, lines: &[(f64, &str)]) -> &mut Self {
        for (index, (indent, text)) in lines.iter().enumerate() {
            self.text(x + indent, y + index as f64 * 12.0, 10.0, text);
        }
        self
    }

    fn laid_out(&self) -> Layout {
        lay_out(self.pieces.clone())
    }

    fn read(&self) -> Vec<String> {
        self.laid_out().lines.into_iter().map(|line| line.text).collect()
    }
}

const FULL: &str = "une ligne pleine de la colonne entière";

#[test]
fn words_of_a_row_in_any_order() {
    let mut sheet = Sheet::default();
    sheet
        .text(100.0, 50.0, 10.0, "le monde")
        .text(50.0, 50.0, 10.0, "Bonjour");
    assert_eq!(sheet.read(), ["Bonjour le monde"]);
}

#[test]
fn columns_are_read_one_after_the_other() {
    let mut sheet = Sheet::default();
    for (x, words) in [(50.0, ["a", "b", "c"]), (300.0, ["d", "e", "f"])] {
        for (index, word) in words.iter().enumerate() {
            let text = format!("{word} {FULL}");
            sheet.text(x, 100.0 + index as f64 * 12.0, 10.0, &text);
        }
    }
    let firsts: String = sheet
        .read()
        .iter()
        .filter_map(|line| line.chars().next())
        .collect();
    assert_eq!(firsts, "abcdef");
}

#[test]
fn table_rows_stay_together() {
    let mut sheet = Sheet::default();
    for row in 0..4 {
        let y = 100.0 + f64::from(row) * 12.0;
        sheet.text(50.0, y, 10.0, &format!("article{row}"));
        sheet.text(200.0, y, 10.0, &format!("{row},00"));
        sheet.text(300.0, y, 10.0, "TTC");
    }
    assert_eq!(sheet.read()[2], "article2 2,00 TTC");
}

#[test]
fn a_heading_above_columns_comes_first() {
    let mut sheet = Sheet::default();
    sheet.text(120.0, 60.0, 14.0, "Un titre qui passe sur les deux colonnes");
    sheet.lines(50.0, 100.0, &[(0.0, FULL); 5]);
    sheet.lines(300.0, 100.0, &[(0.0, FULL); 5]);
    let read = sheet.read();
    assert!(read[0].starts_with("Un titre"));
    assert_eq!(read.len(), 11);
}

#[test]
fn gaps_are_told_from_the_usual_drop() {
    let mut sheet = Sheet::default();
    sheet.lines(50.0, 100.0, &[(0.0, FULL); 5]);
    sheet.lines(50.0, 178.0, &[(0.0, FULL); 4]);
    let gaps: Vec<_> = sheet
        .laid_out()
        .lines
        .iter()
        .map(|line| line.gap_before)
        .collect();
    assert_eq!(
        gaps,
        [false, false, false, false, false, true, false, false, false]
    );
}

#[test]
fn first_line_indents_are_seen() {
    let mut sheet = Sheet::default();
    sheet.lines(
        50.0,
        100.0,
        &[
            (15.0, FULL),
            (0.0, FULL),
            (0.0, "fin."),
            (15.0, FULL),
            (0.0, FULL),
        ],
    );
    let indents: Vec<_> = sheet
        .laid_out()
        .lines
        .iter()
        .map(|line| line.indent_centi_em)
        .collect();
    assert_eq!(indents, [150, 0, 0, 150, 0]);
}

#[test]
fn notes_in_the_margin_are_no_edge() {
    let mut sheet = Sheet::default();
    sheet.lines(
        100.0,
        100.0,
        &[(15.0, FULL), (0.0, FULL), (0.0, FULL), (0.0, FULL), (0.0, FULL)],
    );
    sheet.lines(
        100.0,
        160.0,
        &[(15.0, FULL), (0.0, FULL), (0.0, FULL), (0.0, FULL), (0.0, FULL)],
    );
    sheet
        .text(30.0, 124.0, 10.0, "note")
        .text(30.0, 136.0, 10.0, "ici");
    let indents: Vec<_> = sheet
        .laid_out()
        .lines
        .iter()
        .map(|line| line.indent_centi_em)
        .collect();
    assert_eq!(indents, [150, 0, 0, 0, 0, 150, 0, 0, 0, 0]);
}

#[test]
fn an_indented_block_has_one_indent() {
    let mut sheet = Sheet::default();
    sheet.lines(50.0, 100.0, &[(0.0, FULL); 3]);
    sheet.lines(
        50.0,
        136.0,
        &[(20.0, FULL), (20.0, FULL), (20.0, FULL), (20.0, "fin.")],
    );
    sheet.lines(50.0, 184.0, &[(0.0, FULL); 3]);
    let indents: Vec<_> = sheet
        .laid_out()
        .lines
        .iter()
        .map(|line| line.indent_centi_em)
        .collect();
    assert_eq!(indents, [0, 0, 0, 200, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn list_items_hang_from_their_labels() {
    let mut sheet = Sheet::default();
    let item = "• une entrée qui ne tient pas sur une ligne";
    let label_width = LETTER_EM * 10.0 + 10.0 / 3.0;
    sheet.lines(
        50.0,
        100.0,
        &[
            (0.0, item),
            (label_width, FULL),
            (0.0, item),
            (label_width, "suite"),
        ],
    );
    let indents: Vec<_> = sheet
        .laid_out()
        .lines
        .iter()
        .map(|line| line.indent_centi_em)
        .collect();
    assert_eq!(indents, [0, 0, 0, 0]);
}

#[test]
fn reach_tells_where_a_paragraph_ends() {
    let mut sheet = Sheet::default();
    sheet.lines(
        50.0,
        100.0,
        &[(0.0, FULL), (0.0, FULL), (0.0, "fin."), (0.0, FULL)],
    );
    let reach: Vec<_> = sheet
        .laid_out()
        .lines
        .iter()
        .map(|line| line.reach_percent)
        .collect();
    assert!(reach[2] < 15 && [0, 1, 3].iter().all(|&index| reach[index] == 100));
}

#[test]
fn a_drop_cap_joins_the_first_line() {
    let mut sheet = Sheet::default();
    sheet.piece(50.0, 124.0, 36.0, 24.0, "L");
    sheet.lines(
        76.0,
        100.0,
        &[
            (0.0, "’hiver fut long"),
            (0.0, "et la neige"),
            (0.0, "tint jusqu’en mai"),
        ],
    );
    sheet.lines(50.0, 136.0, &[(0.0, FULL), (0.0, FULL)]);
    let laid = sheet.laid_out();
    assert_eq!(laid.lines[0].text, "L’hiver fut long");
    assert_eq!(laid.lines[1].text, "et la neige");
    assert!(
        laid.lines
            .iter()
            .all(|line| line.indent_centi_em == 0 && !line.gap_before)
    );
}

#[test]
fn soft_hyphens_only_at_the_end_of_a_line() {
    let mut sheet = Sheet::default();
    sheet.text(50.0, 100.0, 10.0, "un ex\u{ad}emple hy\u{ad}phé\u{ad}");
    assert_eq!(sheet.read(), ["un exemple hyphé\u{ad}"]);
}

#[test]
fn footnote_marks_stay_in_their_line() {
    let mut sheet = Sheet::default();
    sheet.text(50.0, 100.0, 10.0, "mot");
    sheet.piece(65.2, 96.5, 6.0, 3.0, "1");
    sheet.text(72.0, 100.0, 10.0, "suite");
    assert_eq!(sheet.read(), ["mot1 suite"]);
}

#[test]
fn spaced_letters_make_a_word() {
    let mut sheet = Sheet::default();
    for (index, letter) in "CHAPITRE".chars().enumerate() {
        sheet.piece(50.0 + index as f64 * 9.0, 100.0, 10.0, 6.0, &letter.to_string());
    }
    for (index, letter) in "UN".chars().enumerate() {
        sheet.piece(130.0 + index as f64 * 9.0, 100.0, 10.0, 6.0, &letter.to_string());
    }
    assert_eq!(sheet.read(), ["CHAPITRE UN"]);
}

#[test]
fn kerning_does_not_cut_spaced_letters() {
    let mut sheet = Sheet::default();
    let mut x = 50.0;
    for (letter, gap) in [
        ("T", 0.9),
        ("R", 1.25),
        ("A", 0.9),
        ("V", 0.9),
        ("E", 0.9),
        ("R", 0.9),
        ("S", 4.0),
        ("A", 0.9),
    ] {
        sheet.piece(x, 100.0, 10.0, 6.0, letter);
        x += 6.0 + gap;
    }
    assert_eq!(sheet.read(), ["TRAVERS A"]);
}

#[test]
fn text_on_its_side_is_a_line_of_its_own() {
    let mut sheet = Sheet::default();
    sheet.text(50.0, 100.0, 10.0, "de haut en bas");
    let upwards = Frame::along(0.0, -1.0);
    for piece in &mut sheet.pieces {
        piece.place.frame = upwards;
    }
    sheet.text(50.0, 100.0, 10.0, "tout droit et plus long");
    let laid = sheet.laid_out();
    assert_eq!(laid.lines[1].text, "de haut en bas");
    assert!(laid.lines[1].gap_before);
    let turned = laid.words.iter().find(|word| word.text == "haut").unwrap();
    assert_eq!((turned.angle, turned.line), (270, 1));
    assert!(turned.rect.height() > turned.rect.width());
}

#[test]
fn too_many_rows_are_read_across_and_reported() {
    let mut sheet = Sheet::default();
    for row in 0..=super::super::columns::MAX_ROWS {
        sheet.text(50.0, row as f64 * 12.0, 10.0, "a");
    }
    let laid = sheet.laid_out();
    assert!(laid.capped);
    assert_eq!(laid.lines.len(), sheet.pieces.len());
}

/// Pieces anywhere, none of which lies on another: those would be taken for fake bold.
fn any_pieces() -> impl Strategy<Value = Vec<Piece>> {
    let piece = (
        "[a-zé•.0-9]{1,4}",
        0..60_u32,
        0..400_u32,
        4.0..30.0_f64,
        any::<bool>(),
        0..6_u8,
    );
    proptest::collection::vec(piece, 0..120).prop_map(|list| {
        list.into_iter()
            .enumerate()
            .map(|(index, (text, x, y, size, space, direction))| {
                let frame = match direction {
                    0 => Frame::along(0.0, 1.0),
                    1 => Frame::along(1.0, 1.0),
                    _ => Frame::along(1.0, 0.0),
                };
                // No two begin at the same place, nor within what counts as drawn again.
                let x0 = f64::from(x) * 10.0 + index as f64 * 700.0 * f64::from(index as u32 % 3 / 2);
                let width = text.chars().count() as f64 * LETTER_EM * size;
                let place = Place {
                    frame,
                    x0,
                    x1: x0 + width,
                    y: f64::from(y) * 2.0,
                    size,
                };
                let order = u32::try_from(index).unwrap_or(u32::MAX);
                Piece::new(format!("{text}{index}"), place, space, order)
            })
            .collect()
    })
}

fn sorted_chars<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<char> {
    let mut chars: Vec<char> = texts.flat_map(str::chars).filter(|c| *c != ' ').collect();
    chars.sort_unstable();
    chars
}

proptest! {
    #[test]
    fn nothing_is_lost_or_doubled(pieces in any_pieces()) {
        let before = sorted_chars(pieces.iter().map(|piece| piece.text.as_str()));
        let laid = lay_out(pieces);
        prop_assert_eq!(&before, &sorted_chars(laid.lines.iter().map(|line| line.text.as_str())));
        prop_assert_eq!(&before, &sorted_chars(laid.words.iter().map(|word| word.text.as_str())));
        prop_assert!(laid.lines.iter().all(|line| !line.text.is_empty() && line.reach_percent <= 100));
    }

    #[test]
    fn words_are_the_lines(pieces in any_pieces()) {
        let laid = lay_out(pieces);
        for (index, line) in laid.lines.iter().enumerate() {
            let words: Vec<&str> = laid
                .words
                .iter()
                .filter(|word| word.line as usize == index)
                .map(|word| word.text.as_str())
                .collect();
            prop_assert_eq!(&line.text, &words.join(" "));
        }
    }

    #[test]
    fn the_same_page_is_read_the_same_way(pieces in any_pieces()) {
        let (first, second) = (lay_out(pieces.clone()), lay_out(pieces));
        prop_assert_eq!(first.lines, second.lines);
        prop_assert_eq!(first.words, second.words);
    }
}
