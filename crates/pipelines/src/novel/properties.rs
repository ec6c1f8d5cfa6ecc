//! What holds for every text.

use std::path::Path;

use proptest::prelude::*;

use docmill_documents::pdf::{OpenLimits, PageText, PdfDocument, TextKind};
use docmill_documents::{Line, Page};

use super::chunks::{ChunkInput, Source, in_window, owned_pages, process, read, window};
use super::coverage::Coverage;
use super::flags::Flag;
use super::furniture;
use super::settings::{OnOverlong, Settings};
use super::split::{Kind, Piece, split};
use super::words::{count_words, fold, parts};
use crate::pdf::{Loss, PdfText};

/// Words that the rules look at, and some they do not.
const WORDS: &str = "\
    il elle je nous ils on vous tu j'entrai s'assit l'homme qu'il et mais puis car donc or alors le la \
    les un des du de d'eau mer port nuit regarda regardait ouvris prit posa furent dormaient était \
    est-il dit-elle Paul Marie dans sur avec pour qui que où quand comme ça cela bras amis hurlai \
    habitai 3 M. etc. — « » ! ? ; : … (oui)";

pub(super) fn sentence() -> impl Strategy<Value = String> {
    let word = (
        proptest::sample::select(WORDS.split_whitespace().collect::<Vec<_>>()),
        proptest::sample::select(&["", "", "", "", ",", ",", ";"]),
    );
    (
        proptest::collection::vec(word, 1..40),
        proptest::sample::select(&[".", " !", " ?", "…", "", " »"]),
    )
        .prop_map(|(words, end)| {
            let words: Vec<String> = words
                .into_iter()
                .map(|(word, mark)| format!("{word}{mark}"))
                .collect();
            words.join(" ") + end
        })
}

fn settings() -> impl Strategy<Value = Settings> {
    (3_u32..=50, 1_u32..=10, any::<[bool; 5]>()).prop_map(
        |(limit, least, [cut, dialogue, formatting, hyphens, headings])| Settings {
            sentence_length_limit: limit,
            min_sentence_length: least.min(limit),
            ignore_dialogue: dialogue,
            preserve_formatting: formatting,
            fix_hyphenation: hyphens,
            on_overlong: if cut { OnOverlong::Cut } else { OnOverlong::Keep },
            include_headings: headings,
            ..Settings::default()
        },
    )
}

fn words_of(text: &str) -> Vec<String> {
    text.split_whitespace()
        .map(fold)
        .flat_map(|token| parts(&token).map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// Reads the output against the input: every word in its place, but for `et` at a cut and the pronoun that a piece
/// says it repeats.
fn assert_nothing_lost(original: &str, pieces: &[Piece]) -> Result<(), TestCaseError> {
    let words = words_of(original);
    let mut input = words.iter().peekable();
    for piece in pieces {
        let mut may_repeat = piece.flags.contains(Flag::PronounCopied);
        for (place, word) in words_of(&piece.text).into_iter().enumerate() {
            if place == 0
                && pieces.len() > 1
                && input.peek().is_some_and(|next| *next == "et" && *next != &word)
            {
                input.next();
            }
            if input.next_if(|next| **next == word).is_none() {
                prop_assert!(
                    may_repeat && place < 2,
                    "`{word}` is new in {pieces:#?} of {original}"
                );
                may_repeat = false;
            }
        }
    }
    prop_assert_eq!(input.next(), None, "lost of {} in {:#?}", original, pieces);
    Ok(())
}

fn document() -> impl Strategy<Value = Vec<Page>> {
    let line = (
        sentence(),
        any::<bool>(),
        0_u32..200,
        40_u8..=100,
        proptest::sample::select(&["", "-", "\u{ad}", ""]),
    );
    let page = proptest::collection::vec(line, 0..4);
    proptest::collection::vec(page, 1..12).prop_map(|pages| {
        let line = |(text, gap, indent, reach, end): (String, bool, u32, u8, &str)| Line {
            text: text + end,
            gap_before: gap && indent > 120,
            indent_centi_em: indent / 2,
            reach_percent: reach,
        };
        (1..)
            .zip(pages)
            .map(|(number, lines)| Page {
                number,
                lines: lines.into_iter().map(line).collect(),
            })
            .collect()
    })
}

/// A PDF with a head and a number on its pages, some of them scans, lost, or read in part.
fn pdf() -> impl Strategy<Value = PdfText> {
    let trouble = proptest::sample::select(&[0_u8, 0, 0, 0, 0, 1, 2, 3]);
    (
        document(),
        proptest::collection::vec(trouble, 12),
        any::<[bool; 2]>(),
    )
        .prop_map(|(pages, troubles, [head, number])| {
            let mut text = PdfText {
                pages: u32::try_from(pages.len()).unwrap(),
                ..PdfText::default()
            };
            let line = |text: &str| Line {
                text: text.to_owned(),
                reach_percent: 30,
                ..Line::default()
            };
            for (mut page, trouble) in pages.into_iter().zip(troubles) {
                let n = page.number;
                if trouble == 1 {
                    text.lost.insert(n, Loss::NotReached);
                    continue;
                }
                if head {
                    page.lines.insert(0, line(&format!("LE PORT {n}")));
                }
                if number {
                    page.lines.push(line(&format!("— {n} —")));
                }
                if trouble == 2 {
                    page.lines.clear();
                }
                let read = PageText {
                    page,
                    kind: TextKind::Visible,
                    pictures: u32::from(trouble == 2),
                    failed: trouble == 3,
                    ..PageText::default()
                };
                text.read.insert(n, read);
            }
            text
        })
}

/// The words of the lines that are no furniture.
fn body(text: &PdfText) -> Vec<String> {
    let mut pages: Vec<Page> = text.read.values().map(|read| read.page.clone()).collect();
    furniture::strip(&mut pages);
    pages
        .iter()
        .flat_map(|page| &page.lines)
        .flat_map(|line| words_of(&super::characters::clean(&line.text)))
        .collect()
}

fn letters(words: impl IntoIterator<Item = String>) -> String {
    let words: String = words.into_iter().collect();
    words.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn run(pages: &[Page], settings: &Settings, size: u32) -> Vec<Source> {
    run_pages(pages, u32::try_from(pages.len()).unwrap(), settings, size)
}

fn run_pages(pages: &[Page], count: u32, settings: &Settings, size: u32) -> Vec<Source> {
    let paragraphs = read(pages, settings);
    owned_pages(count, size)
        .into_iter()
        .flat_map(|owned| {
            let paragraphs = in_window(&paragraphs, window(owned, count));
            let input = serde_json::to_vec(&ChunkInput {
                settings: settings.clone(),
                llm: false,
                owned,
                paragraphs,
                scanned: None,
                missing: None,
            })
            .unwrap();
            let output = serde_json::to_vec(&process(&serde_json::from_slice(&input).unwrap())).unwrap();
            serde_json::from_slice::<Vec<Source>>(&output).unwrap()
        })
        .collect()
}

/// R11 for a PDF: the words of its lines but for the furniture are those of the sentences, in order, in whatever chunks.
fn assert_every_word_comes_out(text: PdfText, settings: Settings, size: u32) -> Result<(), TestCaseError> {
    let settings = Settings {
        include_headings: true,
        ..settings
    };
    let wanted = body(&text);
    let count = text.pages;
    let (_, pages) = Coverage::of(text, false);
    let sources = run_pages(&pages, count, &settings, size);
    let out: Vec<String> = sources
        .iter()
        .flat_map(|source| words_of(&source.original))
        .collect();
    if settings.fix_hyphenation {
        prop_assert_eq!(letters(wanted), letters(out));
    } else {
        prop_assert_eq!(wanted, out);
    }
    for source in &sources {
        assert_nothing_lost(&source.original, &source.pieces)?;
    }
    prop_assert_eq!(&sources, &run_pages(&pages, count, &settings, u32::MAX));
    Ok(())
}

fn pdf_text(path: &Path) -> PdfText {
    let limits = OpenLimits { max_pages: 1_000 };
    let document = PdfDocument::open(std::fs::read(path).unwrap(), limits).unwrap();
    let mut reader = document.reader();
    PdfText {
        pages: document.page_count(),
        read: (1..=document.page_count())
            .map(|page| (page, reader.page(page).unwrap().into()))
            .collect(),
        ..PdfText::default()
    }
}

/// The bundled book, and those that `DOCMILL_BOOKS` names, separated by colons.
#[test]
fn every_word_of_a_book_comes_out() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/le-phare-de-kermor.pdf");
    let named = std::env::var_os("DOCMILL_BOOKS").unwrap_or_default();
    let named = std::env::split_paths(&named).filter(|path| !path.as_os_str().is_empty());
    for path in named.chain([sample]) {
        let text = pdf_text(&path);
        let words = body(&text).len();
        assert!(words > 0, "{}", path.display());
        for fix_hyphenation in [false, true] {
            let settings = Settings {
                fix_hyphenation,
                ..Settings::parse(&serde_json::json!({})).unwrap()
            };
            let held = assert_every_word_comes_out(text.clone(), settings, 30);
            assert!(
                held.is_ok(),
                "{}: {:.2000}",
                path.display(),
                held.unwrap_err().to_string()
            );
        }
        println!("{}: {} pages, {words} words", path.display(), text.pages);
    }
}

proptest! {
    #[test]
    fn no_sentence_is_too_long_and_no_word_is_lost(text in sentence(), settings in settings(), dialogue: bool) {
        let kind = Kind { dialogue, heading: false };
        let pieces = split(&text, kind, &settings);
        prop_assert!(!pieces.is_empty());
        let whole = settings.ignore_dialogue && dialogue;
        for piece in &pieces {
            prop_assert_eq!(piece.words, count_words(&piece.text));
            let over = piece.words > settings.sentence_length_limit;
            prop_assert_eq!(over, piece.flags.contains(Flag::OverLimit));
            prop_assert!(!over || whole || settings.on_overlong == OnOverlong::Keep, "{:#?}", pieces);
            if pieces.len() > 1 {
                let first = piece.text.chars().find(|c| c.is_alphanumeric());
                prop_assert!(first.is_some_and(|c| !c.is_lowercase()), "{}", piece.text);
                prop_assert!(piece.text.contains(['.', '!', '?', '…']), "{}", piece.text);
            }
        }
        assert_nothing_lost(&text, &pieces)?;
        prop_assert_eq!(&pieces, &split(&text, kind, &settings));
    }

    #[test]
    fn chunks_give_what_the_whole_gives(pages in document(), settings in settings(), size in 1_u32..5) {
        let whole = run(&pages, &settings, u32::MAX);
        prop_assert_eq!(run(&pages, &settings, size), whole);
    }

    #[test]
    fn every_word_of_a_document_comes_out(pages in document(), settings in settings()) {
        let settings = Settings { include_headings: true, fix_hyphenation: false, ..settings };
        let read: Vec<String> = read(&pages, &settings).iter().flat_map(|paragraph| words_of(&paragraph.text)).collect();
        let sources = run(&pages, &settings, 3);
        let out: Vec<String> = sources.iter().flat_map(|source| words_of(&source.original)).collect();
        prop_assert_eq!(read, out);
        for source in &sources {
            assert_nothing_lost(&source.original, &source.pieces)?;
        }
    }

    #[test]
    fn every_word_of_a_pdf_but_its_furniture_comes_out(text in pdf(), settings in settings(), size in 1_u32..5) {
        assert_every_word_comes_out(text, settings, size)?;
    }

    #[test]
    fn every_page_of_a_pdf_is_accounted_for(text in pdf(), size in 1_u32..5) {
        let (count, read) = (text.pages, text.read.clone());
        let (coverage, pages) = Coverage::of(text, false);
        let chunks = owned_pages(count, size);
        prop_assert_eq!(coverage.pages(), count);
        let with_words: Vec<u32> =
            pages.iter().filter(|page| furniture::has_words(page)).map(|page| page.number).collect();
        for (first, last) in chunks {
            let has_text = with_words.iter().any(|page| (first..=last).contains(page));
            let is_blank = (first..=last)
                .all(|page| read.get(&page).is_some_and(|read| read.pictures == 0 && !read.failed));
            prop_assert_eq!(coverage.failure((first, last)).is_none(), has_text || is_blank);
        }
    }

    #[test]
    fn no_text_is_too_strange(text in "\\PC{0,400}", settings in settings()) {
        let pages = docmill_documents::text::pages(&text);
        for piece in run(&pages, &settings, 1).iter().flat_map(|source| &source.pieces) {
            prop_assert!(!piece.text.contains('\n'));
        }
    }
}
