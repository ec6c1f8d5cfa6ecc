//! What kind of thing a name stands for (T9). Colours say nothing.

use super::super::model::EventType;
use super::words::folded;

/// Words and what they mean; of a name with several the first in this list counts, so that a lunch break is lunch.
const WORDS: [(&str, EventType); 21] = [
    ("lunch", EventType::Lunch),
    ("lunchtime", EventType::Lunch),
    ("dejeuner", EventType::Lunch),
    ("cantine", EventType::Lunch),
    ("break", EventType::Break),
    ("breaktime", EventType::Break),
    ("recess", EventType::Break),
    ("playtime", EventType::Break),
    ("recreation", EventType::Break),
    ("assembly", EventType::Assembly),
    ("assemblies", EventType::Assembly),
    ("assemblee", EventType::Assembly),
    ("registration", EventType::Administrative),
    ("register", EventType::Administrative),
    ("reg", EventType::Administrative),
    ("tutor", EventType::Administrative),
    ("tutorial", EventType::Administrative),
    ("form", EventType::Administrative),
    ("appel", EventType::Administrative),
    ("accueil", EventType::Administrative),
    ("tutorat", EventType::Administrative),
];

/// The kind of a block of this name.
pub(in super::super) fn kind_of(name: &str) -> EventType {
    let words: Vec<String> = name.split(|c: char| !c.is_alphanumeric()).map(folded).collect();
    WORDS
        .iter()
        .find(|(word, _)| words.iter().any(|other| other == word))
        .map_or(EventType::Class, |(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_decide() {
        for (name, kind) in [
            ("Maths", EventType::Class),
            ("BREAK", EventType::Break),
            ("Morning break", EventType::Break),
            ("Lunch break", EventType::Lunch),
            ("Breakfast club", EventType::Class),
            ("Celebration Assembly", EventType::Assembly),
            ("Registration/Form", EventType::Administrative),
            ("Forms of poetry", EventType::Class),
            ("Récréation", EventType::Break),
            ("Tutor time", EventType::Administrative),
        ] {
            assert_eq!(kind_of(name), kind, "{name}");
        }
    }
}
