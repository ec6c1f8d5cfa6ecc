//! Labels of days (T3).

use super::super::model::Day;
use super::words::{distance_is_at_most_one, folded};

/// Names and their abbreviations, folded. French abbreviations are those of dictionaries.
const NAMES: [(&str, Day); 44] = [
    ("monday", Day::Monday),
    ("mon", Day::Monday),
    ("m", Day::Monday),
    ("lundi", Day::Monday),
    ("lun", Day::Monday),
    ("tuesday", Day::Tuesday),
    ("tue", Day::Tuesday),
    ("tues", Day::Tuesday),
    ("tu", Day::Tuesday),
    ("mardi", Day::Tuesday),
    ("mar", Day::Tuesday),
    ("wednesday", Day::Wednesday),
    ("wed", Day::Wednesday),
    ("weds", Day::Wednesday),
    ("w", Day::Wednesday),
    ("mercredi", Day::Wednesday),
    ("mer", Day::Wednesday),
    ("thursday", Day::Thursday),
    ("thu", Day::Thursday),
    ("thur", Day::Thursday),
    ("thurs", Day::Thursday),
    ("th", Day::Thursday),
    ("jeudi", Day::Thursday),
    ("jeu", Day::Thursday),
    ("friday", Day::Friday),
    ("fri", Day::Friday),
    ("f", Day::Friday),
    ("vendredi", Day::Friday),
    ("ven", Day::Friday),
    ("saturday", Day::Saturday),
    ("sat", Day::Saturday),
    ("samedi", Day::Saturday),
    ("sam", Day::Saturday),
    ("sunday", Day::Sunday),
    ("sun", Day::Sunday),
    ("dimanche", Day::Sunday),
    ("dim", Day::Sunday),
    ("mondays", Day::Monday),
    ("tuesdays", Day::Tuesday),
    ("wednesdays", Day::Wednesday),
    ("thursdays", Day::Thursday),
    ("fridays", Day::Friday),
    ("saturdays", Day::Saturday),
    ("sundays", Day::Sunday),
];

/// Letters from which a name may have one that was read wrongly.
const MISREAD_LETTERS: usize = 6;

/// Words between two days that make them a range.
const RANGES: [&str; 4] = ["to", "au", "a", "until"];
/// Words between two days that mean nothing.
const JOINS: [&str; 3] = ["and", "et", "every"];
/// Words that may stand in a label beside its days: the rest of a date, in English and French.
const OF_DATES: [&str; 36] = [
    "jan",
    "january",
    "feb",
    "february",
    "march",
    "apr",
    "april",
    "may",
    "june",
    "jun",
    "july",
    "jul",
    "aug",
    "august",
    "sep",
    "sept",
    "september",
    "oct",
    "october",
    "nov",
    "november",
    "dec",
    "december",
    "janvier",
    "fevrier",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "aout",
    "septembre",
    "octobre",
    "novembre",
    "decembre",
    "the",
];

/// The day that a word names.
pub(super) fn day_of(word: &str) -> Option<Day> {
    let word = folded(word);
    if let Some((_, day)) = NAMES.iter().find(|(name, _)| *name == word) {
        return Some(*day);
    }
    let long = |name: &str| name.chars().count() >= MISREAD_LETTERS;
    NAMES
        .iter()
        .find(|(name, _)| long(name) && distance_is_at_most_one(name, &word))
        .map(|(_, day)| *day)
}

/// The days that a label names, in the week's order, each once: `Mon–Wed` is three. `None` for a text that says anything
/// else besides, but for a date.
pub(super) fn days_of(label: &str) -> Option<Vec<Day>> {
    let mut days: Vec<Day> = Vec::new();
    let mut is_range = false;
    for token in tokens(label) {
        match token {
            Token::Range => is_range = !days.is_empty(),
            Token::Word(word) => {
                let Some(day) = day_of(word) else {
                    let word = folded(word);
                    if is_of_date(&word) && !days.is_empty() {
                        continue;
                    }
                    if RANGES.contains(&word.as_str()) {
                        is_range = !days.is_empty();
                        continue;
                    }
                    if JOINS.contains(&word.as_str()) {
                        continue;
                    }
                    return None;
                };
                match days.last().filter(|_| is_range) {
                    Some(from) => days.extend(days_between(*from, day)),
                    None => days.push(day),
                }
                is_range = false;
            }
        }
    }
    days.sort_unstable();
    days.dedup();
    (!days.is_empty()).then_some(days)
}

/// The days behind `from` up to `to`; over the week's end, where that is earlier.
fn days_between(from: Day, to: Day) -> Vec<Day> {
    let mut days = Vec::new();
    let start = Day::WEEK.iter().position(|day| *day == from).unwrap_or(0);
    for day in Day::WEEK.iter().cycle().skip(start + 1).take(Day::WEEK.len() - 1) {
        days.push(*day);
        if *day == to {
            return days;
        }
    }
    vec![to]
}

fn is_of_date(word: &str) -> bool {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let is_ordinal = matches!(
        word.get(digits.len()..),
        Some("" | "st" | "nd" | "rd" | "th" | "er")
    );
    (!digits.is_empty()
        && digits.len() <= 4
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && is_ordinal)
        || OF_DATES.contains(&word)
}

enum Token<'a> {
    Word(&'a str),
    Range,
}

/// Words, and the dashes between them.
fn tokens(label: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = label;
    std::iter::from_fn(move || {
        loop {
            let first = rest.chars().next()?;
            if first.is_alphanumeric() {
                let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
                let (word, behind) = rest.split_at(end);
                rest = behind;
                return Some(Token::Word(word));
            }
            rest = rest.get(first.len_utf8()..)?;
            if matches!(first, '-' | '–' | '—' | '‐' | '−' | '→') {
                return Some(Token::Range);
            }
        }
    })
}

/// Single letters in a row of headings, where they can only be the days of a week: `M T W T F`.
pub(super) fn days_of_letters(labels: &[&str]) -> Option<Vec<Day>> {
    const LETTERS: [(&str, Day); 7] = [
        ("m", Day::Monday),
        ("t", Day::Tuesday),
        ("w", Day::Wednesday),
        ("t", Day::Thursday),
        ("f", Day::Friday),
        ("s", Day::Saturday),
        ("s", Day::Sunday),
    ];
    let fits = labels.len() >= 5 && labels.len() <= LETTERS.len();
    let same = labels
        .iter()
        .zip(LETTERS)
        .all(|(label, (letter, _))| folded(label) == letter);
    (fits && same).then(|| LETTERS.iter().take(labels.len()).map(|(_, day)| *day).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Day::{Friday, Monday, Sunday, Thursday, Tuesday, Wednesday};

    #[test]
    fn names_in_two_languages() {
        for (label, day) in [
            ("Monday", Monday),
            ("TUES", Tuesday),
            ("Weds.", Wednesday),
            ("Thurs", Thursday),
            ("Th", Thursday),
            ("lundi", Monday),
            ("Vendredi", Friday),
            ("Wednesdav", Wednesday),
            ("Tucsday", Tuesday),
            ("mondays", Monday),
            ("Friday:", Friday),
            ("Monday 27/10", Monday),
            ("Monday 3rd November", Monday),
            ("F", Friday),
        ] {
            assert_eq!(days_of(label), Some(vec![day]), "{label}");
        }
    }

    #[test]
    fn a_label_may_name_several_days() {
        for (label, days) in [
            ("Monday, Tuesday, Thursday", vec![Monday, Tuesday, Thursday]),
            ("Mon/Wed", vec![Monday, Wednesday]),
            ("Mon–Wed", vec![Monday, Tuesday, Wednesday]),
            ("Mon & Fri", vec![Monday, Friday]),
            ("lundi au mercredi", vec![Monday, Tuesday, Wednesday]),
            ("Mondays and Fridays", vec![Monday, Friday]),
            ("Sun-Tue", vec![Monday, Tuesday, Sunday]),
            ("Mon–Mon", vec![Monday]),
        ] {
            assert_eq!(days_of(label), Some(days), "{label}");
        }
    }

    #[test]
    fn other_words_are_no_days() {
        for label in [
            "",
            "Maths",
            "Monday Maths",
            "Mar 3 Club",
            "Marie",
            "Sunny",
            "–",
            "12",
            "Money",
        ] {
            assert_eq!(days_of(label), None, "{label}");
        }
    }

    #[test]
    fn letters_are_days_in_their_row_only() {
        let week = days_of_letters(&["M", "T", "W", "T", "F"]).unwrap();
        assert_eq!(week, [Monday, Tuesday, Wednesday, Thursday, Friday]);
        assert_eq!(days_of_letters(&["M", "T"]), None);
        assert_eq!(days_of_letters(&["L", "M", "M", "J", "V"]), None);
    }
}
