//! The PDF reader over files written here.

#![allow(clippy::unwrap_used, reason = "tests")]

mod pdf_writer;

use docmill_documents::pdf::{
    OpenLimits, PageContent, PdfDocument, Refusal, RenderError, RenderLimits, TextKind, TextRecord, read_text,
};
use pdf_writer::{PageSource, pdf};

const LIMITS: OpenLimits = OpenLimits { max_pages: 100 };

fn page(source: PageSource) -> PageContent {
    let document = PdfDocument::open(pdf(&[source]), LIMITS).unwrap();
    document.reader().page(1).unwrap()
}

fn texts(page: &PageContent) -> Vec<&str> {
    page.lines.iter().map(|line| line.text.as_str()).collect()
}

/// Text of one line at a place, in Helvetica of 10 points.
fn line(x: u32, y: u32, text: &str) -> String {
    format!("BT /F1 10 Tf 1 0 0 1 {x} {y} Tm ({text}) Tj ET\n")
}

fn records(bytes: Vec<u8>, arguments: [&str; 3]) -> Vec<TextRecord> {
    let mut written = Vec::new();
    read_text(&arguments.map(str::to_owned), bytes, &mut written).unwrap();
    written
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

#[test]
fn accents_and_ligatures_of_a_standard_font() {
    // 0xE9 is é in WinAnsi, 0x9C is œ.
    let read = page(PageSource::new(line(
        72,
        700,
        "L\\222\\351t\\351, le c\\234ur l\\351ger",
    )));
    assert_eq!(texts(&read), ["L’été, le cœur léger"]);
    assert_eq!(read.kind, TextKind::Visible);
    assert_eq!(read.size, (595.0, 842.0));
}

#[test]
fn a_word_has_its_place() {
    let read = page(PageSource::new(line(72, 700, "mot suivant")));
    let [first, second] = read.words.as_slice() else {
        panic!("{:?}", read.words);
    };
    assert_eq!((first.text.as_str(), second.text.as_str()), ("mot", "suivant"));
    assert!((first.rect.x0 - 72.0).abs() < 0.01 && first.rect.x1 < second.rect.x0);
    // The baseline lies 142 points below the top.
    assert!(first.rect.y0 < 142.0 && 142.0 < first.rect.y1 && first.rect.y0 > 130.0);
    assert!((first.size - 10.0).abs() < 0.01);
}

#[test]
fn two_columns() {
    let mut content = String::new();
    for (x, column) in [(72, "gauche"), (320, "droite")] {
        for row in 0..8 {
            content += &line(
                x,
                700 - 12 * row,
                &format!("colonne de {column}, ligne {row}, et encore un mot"),
            );
        }
    }
    let read = page(PageSource::new(content));
    assert_eq!(read.lines.len(), 16);
    assert!(read.lines[7].text.contains("gauche, ligne 7"));
    assert!(read.lines[8].text.contains("droite, ligne 0"));
    assert!(!read.lines[8].gap_before);
    assert!(
        read.lines
            .iter()
            .all(|line| line.reach_percent == 100 && line.indent_centi_em == 0)
    );
}

#[test]
fn paragraphs_by_indent_and_by_gap() {
    let full = "une ligne de texte qui va jusqu\\222au bout de la colonne";
    let mut content = line(90, 700, "un alin\\351a, puis une ligne qui va jusqu\\222au bout");
    content += &line(72, 688, full);
    content += &line(72, 676, "et la fin.");
    content += &line(90, 664, "un deuxi\\350me alin\\351a");
    content += &line(72, 652, full);
    content += &line(72, 628, full);
    let read = page(PageSource::new(content));
    let indents: Vec<_> = read.lines.iter().map(|line| line.indent_centi_em).collect();
    assert_eq!(indents, [180, 0, 0, 180, 0, 0]);
    let gaps: Vec<_> = read.lines.iter().map(|line| line.gap_before).collect();
    assert_eq!(gaps, [false, false, false, false, false, true]);
    assert!(read.lines[2].reach_percent < 30);
}

#[test]
fn hyphens_at_a_line_end_are_kept() {
    let read = page(PageSource::new(
        line(72, 700, "Que se passe-") + &line(72, 688, "t-il dehors ?"),
    ));
    assert_eq!(texts(&read), ["Que se passe-", "t-il dehors ?"]);
}

#[test]
fn a_turned_page_is_read_as_shown() {
    for rotate in [0, 90, 180, 270] {
        let (matrix, x, y) = match rotate {
            0 => ("1 0 0 1", 72, 700),
            90 => ("0 1 -1 0", 142, 72),
            180 => ("-1 0 0 -1", 523, 142),
            _ => ("0 -1 1 0", 453, 770),
        };
        let content = format!("BT /F1 10 Tf {matrix} {x} {y} Tm (Bonjour le monde) Tj ET");
        let read = page(PageSource::new(content).rotated(rotate));
        assert_eq!(texts(&read), ["Bonjour le monde"], "{rotate}");
        let word = &read.words[0];
        assert_eq!(word.angle, 0, "{rotate}");
        assert!((word.rect.x0 - 72.0).abs() < 1.0, "{rotate}: {:?}", word.rect);
        let turned = rotate % 180 == 90;
        assert_eq!(read.size, if turned { (842.0, 595.0) } else { (595.0, 842.0) });
    }
}

#[test]
fn invisible_text_only_where_there_is_no_other() {
    let hidden = "BT /F1 10 Tf 3 Tr 1 0 0 1 72 700 Tm (lu par une machine) Tj ET\n";
    let read = page(PageSource::new(hidden));
    assert_eq!(
        (texts(&read), read.kind),
        (vec!["lu par une machine"], TextKind::Hidden)
    );
    let visible = line(72, 600, "ce que l\\222on voit");
    let read = page(PageSource::new(visible + hidden));
    assert_eq!(
        (texts(&read), read.kind),
        (vec!["ce que l’on voit"], TextKind::Visible)
    );
}

#[test]
fn text_is_not_doubled_by_bold() {
    let stroked = "BT /F1 10 Tf 2 Tr 1 0 0 1 72 700 Tm (Titre en gras) Tj ET\n";
    assert_eq!(texts(&page(PageSource::new(stroked))), ["Titre en gras"]);
    let moved = line(72, 700, "Titre en gras") + "BT /F1 10 Tf 1 0 0 1 72.3 700 Tm (Titre en gras) Tj ET\n";
    assert_eq!(texts(&page(PageSource::new(moved))), ["Titre en gras"]);
}

#[test]
fn rulings_and_pictures() {
    let content = "0.5 w 72 700 m 272 700 l S\n72 500 200 0.8 re f\n100 400 m 150 450 l S\n\
                   q 100 0 0 50 72 300 cm BI /W 2 /H 1 /CS /G /BPC 8 ID ab EI Q\n";
    let read = page(PageSource::new(content));
    let [stroked, filled] = read.rulings.as_slice() else {
        panic!("{:?}", read.rulings);
    };
    assert_eq!(
        (stroked.from, stroked.to, stroked.width),
        ((72.0, 142.0), (272.0, 142.0), 0.5)
    );
    assert!(filled.is_horizontal() && (filled.from.1 - 341.6).abs() < 0.01);
    let [picture] = read.pictures.as_slice() else {
        panic!("{:?}", read.pictures);
    };
    assert_eq!((picture.width_px, picture.height_px), (2, 1));
    assert!((picture.rect.x0 - 72.0).abs() < 0.01 && (picture.rect.width() - 100.0).abs() < 0.01);
    assert!((picture.rect.y0 - 492.0).abs() < 0.01 && (picture.rect.height() - 50.0).abs() < 0.01);
    assert_eq!(read.kind, TextKind::None);
}

#[test]
fn records_of_the_pages_asked_for() {
    let pages: Vec<PageSource> = (1..=4)
        .map(|n| PageSource::new(line(72, 700, &format!("page {n}"))))
        .collect();
    let found = records(pdf(&pages), ["2", "3", "10"]);
    assert_eq!(found.len(), 4);
    assert_eq!(found[0], TextRecord::Opened { pages: 4 });
    let TextRecord::Page(second) = &found[1] else {
        panic!("{found:?}");
    };
    assert_eq!(
        (second.page.number, second.page.lines[0].text.as_str()),
        (2, "page 2")
    );
    assert_eq!(found[3], TextRecord::Done);
    assert_eq!(records(pdf(&pages), ["1", "-", "10"]).len(), 6);
    assert_eq!(records(pdf(&pages), ["9", "12", "10"]).len(), 2);
}

#[test]
fn refusals() {
    let refused = |bytes: &[u8], pages| records(bytes.to_vec(), ["1", "-", pages]);
    let two = pdf(&[PageSource::new(""), PageSource::new("")]);
    assert_eq!(
        refused(&two, "1"),
        [TextRecord::Refused(Refusal::TooManyPages { pages: 2 })]
    );
    for damaged in [&b""[..], b"%PDF-1.7", b"not a PDF at all", &[0xff; 300]] {
        assert_eq!(refused(damaged, "10"), [TextRecord::Refused(Refusal::Damaged)]);
    }
}

#[test]
fn arguments_are_checked() {
    for arguments in [
        vec!["1", "2"],
        vec!["a", "-", "3"],
        vec!["1", "x", "3"],
        vec!["1", "-", "-1"],
    ] {
        let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
        let error = read_text(&arguments, Vec::new(), &mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    }
}

#[test]
fn a_reader_without_listener_ends() {
    struct Broken;
    impl std::io::Write for Broken {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let pages: Vec<PageSource> = (0..50).map(|_| PageSource::new(line(72, 700, "page"))).collect();
    let arguments = ["1", "-", "100"].map(str::to_owned);
    let error = read_text(&arguments, pdf(&pages), &mut Broken).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
}

#[test]
fn truncated_files_end_with_a_record() {
    let whole = pdf(&[
        PageSource::new(line(72, 700, "une page")),
        PageSource::new(line(72, 700, "deux")),
    ]);
    for end in (0..whole.len()).step_by(37) {
        let found = records(whole[..end].to_vec(), ["1", "-", "10"]);
        assert!(
            matches!(found.last(), Some(TextRecord::Done | TextRecord::Refused(_))),
            "{end}: {found:?}"
        );
    }
}

#[test]
fn loops_come_to_an_end() {
    let mut tree = pdf(&[PageSource::new(line(72, 700, "une page"))]);
    let text = String::from_utf8_lossy(&tree).replace("/Kids [4 0 R ", "/Kids [2 0 R 4 0 R ");
    tree = text.into_bytes();
    assert_eq!(records(tree, ["1", "-", "10"]).len(), 3);
    // A form that draws itself, and text under it.
    let content = format!("/X1 Do\n{}", line(72, 700, "apr\\350s la boucle"));
    let read = page(PageSource::new(content).with_forms(["/X1 Do /X1 Do".to_owned()]));
    assert_eq!(texts(&read), ["après la boucle"]);
}

#[test]
fn forms_that_multiply_come_to_an_end() {
    let depth = 30;
    let forms = (1..=depth).map(|form| {
        if form == depth {
            line(72, 600, &"tout ".repeat(400))
        } else {
            format!("/X{0} Do /X{0} Do", form + 1)
        }
    });
    let content = line(72, 700, "avant la bombe") + "/X1 Do\n";
    let read = page(PageSource::new(content).with_forms(forms));
    assert!(read.failed);
    assert_eq!(read.lines[0].text, "avant la bombe");
}

#[test]
fn pages_are_drawn_within_the_limits() {
    let content = line(72, 700, "Bonjour") + "0 0 595 421 re f\n";
    let document = PdfDocument::open(pdf(&[PageSource::new(content)]), LIMITS).unwrap();
    let limits = RenderLimits {
        dpi: 72.0,
        max_pixels: 10_000_000,
    };
    let bitmap = document.renderer().render(1, limits).unwrap();
    assert_eq!(
        (bitmap.width, bitmap.height, bitmap.milli_dpi),
        (595, 842, 72_000)
    );
    assert_eq!(bitmap.rgb.len(), 595 * 842 * 3);
    assert_eq!((bitmap.rgb.first(), bitmap.rgb.last()), (Some(&255), Some(&0)));
    let small = document
        .renderer()
        .render(
            1,
            RenderLimits {
                max_pixels: 10_000,
                ..limits
            },
        )
        .unwrap();
    assert!(small.width * small.height <= 10_000 && small.milli_dpi < 11_000);
    assert_eq!(
        document.renderer().render(2, limits),
        Err(RenderError::NoSuchPage(2))
    );
}
