//! The acceptance cases of the pipeline's description, from lines to output sentences.

use docmill_documents::text::pages;
use docmill_documents::{Line, Page};

use super::chunks::{ChunkInput, Source, process, read};
use super::flags::Flag;
use super::settings::{OnOverlong, Settings};
use super::split::{Method, Piece};

/// What one chunk over the whole text gives.
fn sources(text: &str, settings: &Settings) -> Vec<Source> {
    let pages = pages(text);
    let paragraphs = read(&pages, settings);
    process(&ChunkInput {
        settings: settings.clone(),
        llm: false,
        owned: (1, u32::MAX),
        paragraphs,
        scanned: None,
        missing: None,
    })
}

fn pieces(text: &str) -> Vec<Piece> {
    pieces_with(text, &Settings::default())
}

fn pieces_with(text: &str, settings: &Settings) -> Vec<Piece> {
    sources(text, settings)
        .into_iter()
        .flat_map(|source| source.pieces)
        .collect()
}

fn texts(pieces: &[Piece]) -> Vec<(&str, u32)> {
    pieces
        .iter()
        .map(|piece| (piece.text.as_str(), piece.words))
        .collect()
}

fn flags(piece: &Piece) -> Vec<Flag> {
    piece.flags.iter().collect()
}

fn assert_pieces(text: &str, expected: &[(&str, u32)]) {
    assert_eq!(texts(&pieces(text)), expected, "{text}");
}

#[test]
fn case_1() {
    assert_pieces(
        "Paul lisait son journal et Marie préparait le café du matin.",
        &[
            ("Paul lisait son journal.", 4),
            ("Marie préparait le café du matin.", 6),
        ],
    );
}

#[test]
fn case_2() {
    let found = pieces("La mer était calme.");
    assert_eq!(texts(&found), [("La mer était calme.", 4)]);
    assert_eq!((found[0].method, flags(&found[0])), (Method::Unchanged, vec![]));
}

#[test]
fn case_3() {
    let found = pieces("Il entra dans la cuisine et s'assit près du feu.");
    assert_eq!(
        texts(&found),
        [("Il entra dans la cuisine.", 5), ("Il s'assit près du feu.", 5)]
    );
    assert_eq!(flags(&found[1]), [Flag::PronounCopied]);
    assert_eq!(found[1].method, Method::Rules);
}

#[test]
fn case_4() {
    assert_pieces(
        "Je pris mon manteau et ouvris la porte du salon.",
        &[("Je pris mon manteau.", 4), ("J'ouvris la porte du salon.", 5)],
    );
}

#[test]
fn case_5() {
    assert_pieces(
        "Il voulait partir ; sa mère refusait de le laisser sortir.",
        &[
            ("Il voulait partir.", 3),
            ("Sa mère refusait de le laisser sortir.", 7),
        ],
    );
}

#[test]
fn case_6() {
    assert_pieces(
        "Le vent soufflait, mais la maison tenait bon malgré la tempête.",
        &[
            ("Le vent soufflait.", 3),
            ("Mais la maison tenait bon malgré la tempête.", 8),
        ],
    );
}

#[test]
fn case_7() {
    assert_pieces(
        "Elle ouvrit la porte, puis elle regarda le jardin, mais il était vide.",
        &[
            ("Elle ouvrit la porte.", 4),
            ("Puis elle regarda le jardin.", 5),
            ("Mais il était vide.", 4),
        ],
    );
}

const CASE_8: &str = "La pluie tombait sur les toits gris de la vieille ville endormie depuis des heures.";

#[test]
fn case_8() {
    let found = pieces(CASE_8);
    assert_eq!(
        texts(&found),
        [
            ("La pluie tombait.", 3),
            ("Sur les toits gris.", 4),
            ("De la vieille ville endormie depuis des heures.", 8)
        ]
    );
    assert_eq!(flags(&found[0]), []);
    assert_eq!(flags(&found[1]), [Flag::Fragment]);
    assert_eq!(flags(&found[2]), [Flag::Fragment]);
}

#[test]
fn case_9() {
    let settings = Settings {
        on_overlong: OnOverlong::Keep,
        ..Settings::default()
    };
    let found = pieces_with(CASE_8, &settings);
    assert_eq!(texts(&found), [(CASE_8, 15)]);
    assert_eq!(flags(&found[0]), [Flag::OverLimit]);
}

#[test]
fn case_10() {
    let found = pieces("Où est-il ?");
    assert_eq!(texts(&found), [("Où est-il ?", 2)]);
    assert_eq!(found[0].method, Method::Unchanged);
}

#[test]
fn cases_11_to_13() {
    assert_pieces(
        "Que se passe-\nt-il dehors ?",
        &[("Que se passe-t-il dehors ?", 4)],
    );
    assert_pieces("Voulez-\nvous du thé ?", &[("Voulez-vous du thé ?", 3)]);
    assert_pieces(
        "Le bateau parti\u{ad}\nra demain.",
        &[("Le bateau partira demain.", 4)],
    );
}

#[test]
fn case_14() {
    assert_pieces(
        "M. Dupont arriva. Il était en retard.",
        &[("M. Dupont arriva.", 3), ("Il était en retard.", 4)],
    );
}

#[test]
fn case_15() {
    let found = pieces("« Quoi ? » dit-il en riant.");
    assert_eq!(texts(&found), [("« Quoi ? » dit-il en riant.", 4)]);
    assert_eq!(flags(&found[0]), [Flag::Dialogue]);
}

#[test]
fn case_16() {
    let line = Line {
        text: "Plus jamais ça.".to_owned(),
        gap_before: true,
        ..Line::default()
    };
    let pages = [1, 50, 51].map(|number| Page {
        number,
        lines: vec![line.clone()],
    });
    let settings = Settings::default();
    let paragraphs = read(&pages, &settings);
    let rows: Vec<Vec<Source>> = [(1, 50), (51, 60)]
        .into_iter()
        .map(|owned| {
            process(&ChunkInput {
                settings: settings.clone(),
                llm: false,
                owned,
                paragraphs: paragraphs.clone(),
                scanned: None,
                missing: None,
            })
        })
        .collect();
    assert_eq!(rows.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
    for piece in rows.iter().flatten().flat_map(|source| &source.pieces) {
        assert_eq!(
            (piece.text.as_str(), flags(piece)),
            ("Plus jamais ça.", vec![Flag::Fragment])
        );
    }
}

#[test]
fn a_repeated_subject_stands_behind_its_conjunction() {
    assert_pieces(
        "Il entra sans bruit, puis s'assit près du feu.",
        &[("Il entra sans bruit.", 4), ("Puis il s'assit près du feu.", 6)],
    );
    assert_pieces(
        "Je fermai la porte à clef, puis habillai mon frère.",
        &[
            ("Je fermai la porte à clef.", 6),
            ("Puis j'habillai mon frère.", 4),
        ],
    );
    assert_pieces(
        "Je me levai sans un mot et hurlai son nom.",
        &[("Je me levai sans un mot.", 6), ("Je hurlai son nom.", 4)],
    );
}

#[test]
fn articles_are_told_from_object_pronouns() {
    assert_pieces(
        "Il prit le livre rouge et le posa sur la table.",
        &[("Il prit le livre rouge.", 5), ("Il le posa sur la table.", 6)],
    );
    assert_pieces(
        "Elle ferma les volets verts et la nuit tombait déjà.",
        &[("Elle ferma les volets verts.", 5), ("La nuit tombait déjà.", 4)],
    );
    let found = pieces("Nous vîmes les ponts de pierre et les maisons du vieux port.");
    assert!(
        found
            .iter()
            .all(|piece| !piece.flags.contains(Flag::PronounCopied)),
        "{found:?}"
    );
    let found = pieces("Il vit la grande maison blanche et le toit de tuiles rouges.");
    assert!(
        found
            .iter()
            .all(|piece| !piece.flags.contains(Flag::PronounCopied)),
        "{found:?}"
    );
}

#[test]
fn numbers_are_not_cut() {
    assert_pieces(
        "Il avait été pilote du port pendant trente et un ans.",
        &[
            ("Il avait été pilote du port.", 6),
            ("Pendant trente et un ans.", 5),
        ],
    );
}

#[test]
fn no_piece_breaks_off() {
    assert_pieces(
        "Elle aimait la chambre qui regardait le large et où elle dormait.",
        &[
            ("Elle aimait la chambre qui regardait le large.", 8),
            ("Et où elle dormait.", 4),
        ],
    );
}

#[test]
fn dialogue_goes_out_whole_where_it_is_ignored() {
    let settings = Settings {
        ignore_dialogue: true,
        ..Settings::default()
    };
    let text = "— Je prends mon manteau et tu ouvres la porte du salon, dit-il. Va !";
    let found = pieces_with(text, &settings);
    assert_eq!(found.len(), 2);
    assert_eq!(flags(&found[0]), [Flag::OverLimit, Flag::Dialogue]);
    assert_eq!(found[0].method, Method::Unchanged);
    assert_eq!(flags(&found[1]), [Flag::Dialogue]);
}

#[test]
fn formatting_is_stripped_on_request_only() {
    let text = "— « Viens », dit-elle. — “Non.”";
    let kept = pieces(text);
    assert_eq!(texts(&kept), [("— « Viens », dit-elle.", 2), ("— “Non.”", 1)]);
    let settings = Settings {
        preserve_formatting: false,
        ..Settings::default()
    };
    let stripped = sources(text, &settings);
    assert_eq!(stripped[0].original, "— « Viens », dit-elle.");
    assert_eq!(texts(&stripped[0].pieces), [("Viens, dit-elle.", 2)]);
    assert_eq!(texts(&stripped[1].pieces), [("Non.", 1)]);
}

#[test]
fn headings_are_rows_on_request_only() {
    let text = "CHAPITRE PREMIER\n\nIl dort.\n\nIV\n";
    assert_pieces(text, &[("Il dort.", 2)]);
    let settings = Settings {
        include_headings: true,
        ..Settings::default()
    };
    let found = pieces_with(text, &settings);
    assert_eq!(
        texts(&found),
        [("CHAPITRE PREMIER", 2), ("Il dort.", 2), ("IV", 1)]
    );
    assert!(found.iter().all(|piece| flags(piece).is_empty()));
}

#[test]
fn short_pieces_are_given_back() {
    let settings = Settings {
        min_sentence_length: 4,
        ..Settings::default()
    };
    let found = pieces_with(
        "La porte était ouverte, mais il dort, et Paul lisait son vieux journal.",
        &settings,
    );
    assert_eq!(
        texts(&found),
        [
            ("La porte était ouverte, mais il dort.", 7),
            ("Paul lisait son vieux journal.", 5)
        ]
    );
    let settings = Settings {
        sentence_length_limit: 4,
        min_sentence_length: 4,
        ..Settings::default()
    };
    let found = pieces_with("La porte était ouverte, mais il dort.", &settings);
    assert_eq!(
        texts(&found),
        [("La porte était ouverte.", 4), ("Mais il dort.", 3)]
    );
    assert_eq!(flags(&found[1]), [Flag::Short]);
}

#[test]
fn one_word_of_speech_is_no_fragment() {
    assert_eq!(flags(&pieces("— Oui.")[0]), [Flag::Dialogue]);
    assert_eq!(flags(&pieces("Silence.")[0]), [Flag::Fragment]);
}

#[test]
fn the_page_of_a_sentence_is_where_it_begins() {
    let line = |text: &str| Line {
        text: text.to_owned(),
        reach_percent: 100,
        ..Line::default()
    };
    let pages = [
        Page {
            number: 1,
            lines: vec![line("Il dort. Elle")],
        },
        Page {
            number: 2,
            lines: vec![line("lit. Paul rit.")],
        },
    ];
    let settings = Settings::default();
    let paragraphs = read(&pages, &settings);
    let input = ChunkInput {
        settings,
        llm: false,
        owned: (1, 2),
        paragraphs,
        scanned: None,
        missing: None,
    };
    let found: Vec<_> = process(&input)
        .into_iter()
        .map(|source| (source.original, source.page))
        .collect();
    assert_eq!(
        found,
        [
            ("Il dort.".to_owned(), 1),
            ("Elle lit.".to_owned(), 1),
            ("Paul rit.".to_owned(), 2)
        ]
    );
}
