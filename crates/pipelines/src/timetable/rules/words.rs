//! Words as they are compared.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A word without case, accents and marks around it.
pub(in super::super) fn folded(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric())
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether one letter more, less or other makes one word the other.
pub(in super::super) fn distance_is_at_most_one(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    if long.len() - short.len() > 1 {
        return false;
    }
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let behind = |word: &[char], from: usize| word.get(from..).unwrap_or_default().to_vec();
    if short.len() == long.len() {
        behind(short, same + 1) == behind(long, same + 1)
    } else {
        behind(short, same) == behind(long, same + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded() {
        assert_eq!(folded(" «Été», "), "ete");
        assert_eq!(folded("Œuvre"), "œuvre");
        assert_eq!(folded("--"), "");
    }

    #[test]
    fn one_letter_apart() {
        for (a, b) in [
            ("monday", "monday"),
            ("monday", "mouday"),
            ("monday", "monda"),
            ("", "a"),
        ] {
            assert!(
                distance_is_at_most_one(a, b) && distance_is_at_most_one(b, a),
                "{a} {b}"
            );
        }
        for (a, b) in [
            ("monday", "mnoday"),
            ("monday", "mon"),
            ("", "ab"),
            ("abc", "bcd"),
        ] {
            assert!(!distance_is_at_most_one(a, b), "{a} {b}");
        }
    }
}
