//! A novel with sentences that are too long, and what a language model makes of them.

/// The names make each sentence of a page another one.
const NAMES: [&str; 10] = [
    "Anatole",
    "Bernadette",
    "Clotilde",
    "Dominique",
    "Ernestine",
    "Ferdinand",
    "Gertrude",
    "Hippolyte",
    "Isabelle",
    "Jeannot",
];

/// So many pages, on each ten sentences that are too long among many that are not.
pub(crate) fn book(pages: usize) -> String {
    let mut text = String::new();
    for page in 1..=pages {
        for (n, name) in NAMES.iter().enumerate() {
            let other = NAMES[(n + page) % NAMES.len()];
            text.push_str(&format!(
                "{name} marchait lentement dans la grande forêt et {other} regardait la vieille maison numéro {page}.\n\n"
            ));
        }
        // A page has 3,000 characters, and what is left of its paragraph.
        while text.chars().count() < page * 3_002 {
            text.push_str("Il dormait bien dans la maison du village.\n\n");
        }
    }
    text
}

/// Whether a sentence of it is one of those.
pub(crate) fn is_too_long(sentence: &str) -> bool {
    sentence.contains(" et ")
}

/// A right answer: the sentence cut at its `et`, with fewer words.
pub(crate) fn rewritten(text: &str) -> Vec<String> {
    let (left, right) = text.split_once(" et ").unwrap();
    let right = right.split(" numéro").next().unwrap();
    [left, right]
        .map(|part| format!("{}.", part.replace(" grande", "").replace(" vieille", "")))
        .to_vec()
}
