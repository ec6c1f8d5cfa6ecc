//! What a timetable says of itself (T10).

use super::super::model::Metadata;
use super::words::folded;

/// Words before a colon, and what follows them.
const LABELS: [(&str, Field); 15] = [
    ("teacher", Field::Teacher),
    ("teacher name", Field::Teacher),
    ("professeur", Field::Teacher),
    ("enseignant", Field::Teacher),
    ("enseignante", Field::Teacher),
    ("class", Field::Class),
    ("class name", Field::Class),
    ("classe", Field::Class),
    ("term", Field::Term),
    ("trimestre", Field::Term),
    ("week", Field::Week),
    ("semaine", Field::Week),
    ("school", Field::School),
    ("ecole", Field::School),
    ("college", Field::School),
];
/// Words of a school's name.
const OF_SCHOOLS: [&str; 5] = ["school", "academy", "college", "ecole", "lycee"];
const SEASONS: [&str; 3] = ["autumn", "spring", "summer"];
/// Characters of a value that are kept.
const MAX_CHARS: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Teacher,
    Class,
    Term,
    Week,
    School,
}

/// What lines say, the first that says something of a thing counting.
pub(super) fn metadata_of<'a>(lines: impl IntoIterator<Item = &'a str>) -> Metadata {
    let mut found = Metadata::default();
    let mut school: Option<&str> = None;
    for line in lines {
        let labels = labels(line);
        for (field, value) in values(line, &labels) {
            set(slot(&mut found, field), without_term_and_week(value, field));
        }
        if let Some(term) = term_of(line) {
            set(&mut found.term, &term);
        }
        if let Some(week) = week_of(line) {
            set(&mut found.week, &week);
        }
        let before = labels.first().and_then(|(from, ..)| line.get(..*from));
        let before = before.unwrap_or(line).trim();
        let names_one = before
            .split_whitespace()
            .any(|word| OF_SCHOOLS.contains(&folded(word).as_str()));
        let longer = school.is_none_or(|school| before.chars().count() > school.chars().count());
        if names_one && longer {
            school = Some(before);
        }
    }
    if let Some(school) = school {
        set(&mut found.school_name, school);
    }
    found
}

/// This, and from `other` what this does not say.
pub(in super::super) fn completed(mut this: Metadata, other: &Metadata) -> Metadata {
    for (own, others) in [
        (&mut this.teacher_name, &other.teacher_name),
        (&mut this.class_name, &other.class_name),
        (&mut this.term, &other.term),
        (&mut this.week, &other.week),
        (&mut this.school_name, &other.school_name),
    ] {
        if own.is_none() {
            own.clone_from(others);
        }
    }
    this
}

fn slot(metadata: &mut Metadata, field: Field) -> &mut Option<String> {
    match field {
        Field::Teacher => &mut metadata.teacher_name,
        Field::Class => &mut metadata.class_name,
        Field::Term => &mut metadata.term,
        Field::Week => &mut metadata.week,
        Field::School => &mut metadata.school_name,
    }
}

fn set(slot: &mut Option<String>, value: &str) {
    let value: String = value
        .trim_matches(|c: char| {
            c.is_whitespace() || matches!(c, ',' | ';' | '|' | '-' | '–' | '—' | '•' | '·')
        })
        .chars()
        .take(MAX_CHARS)
        .collect();
    if slot.is_none() && !value.is_empty() {
        *slot = Some(value);
    }
}

/// The labels of a line: where each begins, where its value does, and what it is.
fn labels(line: &str) -> Vec<(usize, usize, Field)> {
    let mut labels: Vec<(usize, usize, Field)> = Vec::new();
    for (colon, _) in line.match_indices(':') {
        let Some(before) = line.get(..colon) else { continue };
        // Two words at most: the longer label first.
        let starts = before
            .trim_end()
            .rmatch_indices(char::is_whitespace)
            .map(|(at, space)| at + space.len());
        let candidates: Vec<usize> = starts.take(2).chain([0]).collect();
        let found = candidates.iter().rev().find_map(|start| {
            let label = before.get(*start..)?;
            let words: Vec<String> = label.split_whitespace().map(folded).collect();
            let words = words.join(" ");
            let (_, field) = LABELS.iter().find(|(name, _)| *name == words)?;
            Some((*start, colon + 1, *field))
        });
        labels.extend(found);
    }
    labels
}

/// `Teacher: Ms Lee  Class: 2EJ`, value by value: each ends where the next label begins.
fn values<'a>(line: &'a str, labels: &[(usize, usize, Field)]) -> Vec<(Field, &'a str)> {
    let ends = labels.iter().skip(1).map(|label| label.0).chain([line.len()]);
    labels
        .iter()
        .zip(ends)
        .filter_map(|((_, from, field), to)| Some((*field, line.get(*from..to)?)))
        .collect()
}

/// A value up to a term or a week that follows it in the line.
fn without_term_and_week(value: &str, field: Field) -> &str {
    if matches!(field, Field::Term | Field::Week) {
        return value;
    }
    let term = term_place(value).map(|(from, _)| from);
    let week = week_place(value).map(|(from, ..)| from);
    let end = term.into_iter().chain(week).min().unwrap_or(value.len());
    value.get(..end).unwrap_or(value)
}

/// `Spring 2`, `Autumn 1 2025`.
fn term_of(line: &str) -> Option<String> {
    term_place(line).map(|(_, term)| term)
}

/// Where a term begins, and what it is.
fn term_place(line: &str) -> Option<(usize, String)> {
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut at = 0;
    for (index, word) in words.iter().enumerate() {
        let from = at + line.get(at..)?.find(word)?;
        at = from + word.len();
        let number = words
            .get(index + 1)
            .map(|number| bare(number))
            .unwrap_or_default();
        if !SEASONS.contains(&folded(word).as_str()) || !matches!(number.as_str(), "1" | "2") {
            continue;
        }
        let year = words.get(index + 2).map(|year| bare(year));
        let year = year.filter(|year| {
            year.len() == 4 && year.starts_with("20") && year.bytes().all(|byte| byte.is_ascii_digit())
        });
        let season = bare(word);
        return Some(match year {
            Some(year) => (from, format!("{season} {number} {year}")),
            None => (from, format!("{season} {number}")),
        });
    }
    None
}

/// The number or the letter of `Week 2`, `Week: B`, `Wk 1`, `Semaine A`.
pub(super) fn week_of(line: &str) -> Option<String> {
    let (_, _, week) = week_place(line)?;
    Some(week)
}

/// A text without its week.
pub(super) fn without_week(text: &str) -> String {
    match week_place(text) {
        Some((from, to, _)) => {
            let around = [text.get(..from), text.get(to..)];
            around.into_iter().flatten().collect::<Vec<_>>().join(" ")
        }
        None => text.to_owned(),
    }
}

fn week_place(line: &str) -> Option<(usize, usize, String)> {
    let words = line
        .match_indices(|c: char| c.is_alphanumeric())
        .filter(|(at, _)| {
            let before = line.get(..*at).and_then(|before| before.chars().next_back());
            !before.is_some_and(char::is_alphanumeric)
        });
    for (from, _) in words {
        let rest = line.get(from..)?;
        let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        if !matches!(folded(word).as_str(), "week" | "wk" | "semaine") {
            continue;
        }
        let value = behind.trim_start_matches([' ', '\u{a0}', ':', '.']);
        let start = line.len() - value.len();
        let end = value.find(|c: char| !c.is_alphanumeric()).unwrap_or(value.len());
        let value = value.get(..end)?;
        let is_number = !value.is_empty() && value.len() <= 2 && value.bytes().all(|b| b.is_ascii_digit());
        let is_letter = value.len() == 1 && value.bytes().all(|b| b.is_ascii_uppercase());
        if is_number || is_letter {
            return Some((from, start + end, value.to_owned()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn labels_and_their_values() {
        let found = metadata_of([
            "Oakfield Primary School",
            "Teacher: Mrs Jones   Class: 2EJ, Spring 2 2026 Week: 3",
        ]);
        let expected = Metadata {
            teacher_name: some("Mrs Jones"),
            class_name: some("2EJ"),
            term: some("Spring 2 2026"),
            week: some("3"),
            school_name: some("Oakfield Primary School"),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_school_may_share_its_line() {
        let found = metadata_of(["Penhallow School Teacher: Ms J. Trevena Spring 1, Week: 7"]);
        assert_eq!(found.school_name, some("Penhallow School"));
        assert_eq!(found.teacher_name, some("Ms J. Trevena"));
        assert_eq!((found.term, found.week), (some("Spring 1"), some("7")));
    }

    #[test]
    fn what_is_said_first_counts_and_the_longest_school() {
        let found = metadata_of([
            "Class: 1A",
            "Class: 1B",
            "School",
            "Collège Jean Moulin",
            "Professeur : M. Petit",
        ]);
        assert_eq!(found.class_name, some("1A"));
        assert_eq!(found.school_name, some("Collège Jean Moulin"));
        assert_eq!(found.teacher_name, some("M. Petit"));
    }

    #[test]
    fn weeks_and_terms() {
        assert_eq!(week_of("Week B"), some("B"));
        assert_eq!(week_of("Timetable (Wk 12)"), some("12"));
        assert_eq!(week_of("weekly plan"), None);
        assert_eq!(week_of("Week beginning 3 March"), None);
        assert_eq!(without_week("Monday (Week A)"), "Monday ( )");
        assert_eq!(term_of("Timetable Autumn 1"), some("Autumn 1"));
        assert_eq!(term_of("Summer holidays 2"), None);
    }

    #[test]
    fn nothing_is_said() {
        assert_eq!(
            metadata_of(["", "9:00 Maths", ":", "Maths: fractions"]),
            Metadata::default()
        );
    }
}
