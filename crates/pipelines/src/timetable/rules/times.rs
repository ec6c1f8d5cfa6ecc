//! Times as they are written (T4).

use super::super::model::Minute;

/// Hours without a suffix that are in the afternoon: no school begins at six.
const AFTERNOON: std::ops::RangeInclusive<u16> = 1..=6;
/// Half a day.
const HALF_DAY: i64 = 12 * 60;
/// No label is moved behind this by half a day.
const LATEST: i64 = 23 * 60;

/// What stands behind a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Suffix {
    Am,
    Pm,
    Noon,
}

/// A time of day as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WrittenTime {
    hour: u16,
    minute: u16,
    suffix: Option<Suffix>,
    /// Of 24 hours: its hour has two digits and is 00 to 09, or is 13 or more.
    is_24h: bool,
    /// Its minutes are written, or a suffix: it can be nothing but a time.
    is_sure: bool,
}

/// A time, or a range of times, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WrittenSpan {
    pub(super) start: WrittenTime,
    pub(super) end: Option<WrittenTime>,
}

/// Where a span stands in its text, in bytes.
pub(super) type Place = std::ops::Range<usize>;

impl WrittenTime {
    /// The minute with a suffix, where it has none of its own.
    fn with(self, suffix: Option<Suffix>) -> Option<Minute> {
        let hour = match self.suffix.or(suffix) {
            Some(_) if self.hour > 12 || (self.is_24h && self.hour == 0) => self.hour,
            Some(Suffix::Am) => self.hour % 12,
            Some(Suffix::Pm | Suffix::Noon) => self.hour % 12 + 12,
            None if !self.is_24h && AFTERNOON.contains(&self.hour) => self.hour + 12,
            None => self.hour,
        };
        Minute::of(hour, self.minute)
    }

    /// Whether it is nothing but a number.
    pub(super) fn bare_hour(self) -> Option<u16> {
        (!self.is_sure && self.minute == 0).then_some(self.hour)
    }
}

impl WrittenSpan {
    /// Its minutes. A suffix behind the end counts for both, unless the start would be later than the end then.
    pub(super) fn minutes(self) -> Option<(Minute, Option<Minute>)> {
        let Some(end) = self.end else {
            return Some((self.start.with(None)?, None));
        };
        let shared = end
            .suffix
            .filter(|suffix| *suffix != Suffix::Noon && self.start.suffix.is_none());
        let mut start = self.start.with(shared)?;
        let mut to = end.with(None)?;
        if start > to && shared == Some(Suffix::Pm) {
            start = self.start.with(Some(Suffix::Am))?;
        }
        if to <= start
            && end.suffix.is_none()
            && let Some(later) = Minute::new(to.number() + HALF_DAY)
            && later > start
        {
            to = later;
        }
        Some((start, Some(to)))
    }

    /// Whether it can be nothing but a time.
    pub(super) fn is_certain(self) -> bool {
        self.start.is_sure || self.is_sure()
    }

    /// Whether it can be nothing but a range of times, wherever it stands.
    fn is_sure(self) -> bool {
        self.end.is_some_and(|end| self.start.is_sure || end.is_sure)
    }
}

/// The first range of times in a text, if it can be nothing else: `9-9.30am` is one, `1-2` may be anything.
pub(super) fn find_range(text: &str) -> Option<(WrittenSpan, Place)> {
    spans(text).find(|(span, _)| span.is_sure())
}

/// The time that a line begins with, alone or as a range, if it can be nothing else.
pub(super) fn leading(line: &str) -> Option<(WrittenSpan, Place)> {
    let (span, place) = spans(line).next()?;
    let is_first = line.get(..place.start)?.chars().all(|c| !c.is_alphanumeric());
    let is_sure = match span.end {
        None => span.start.is_sure,
        Some(_) => span.is_sure(),
    };
    (is_first && is_sure).then_some((span, place))
}

/// The range that a text is, if it is nothing else: `1-2` too.
pub(super) fn whole_range(text: &str) -> Option<WrittenSpan> {
    let (span, place) = spans(text).next()?;
    (span.end.is_some() && is_whole(text, &place)).then_some(span)
}

/// The time or the range that a label says: it may have other words (`Period 1 8.50–9.40`) if it is certainly a time, and
/// is one even without its minutes (`9`, `1-2`) if it says nothing else.
pub(super) fn of_label(label: &str) -> Option<WrittenSpan> {
    if let Some((span, _)) = find_range(label) {
        return Some(span);
    }
    let found: Vec<(WrittenSpan, Place)> = spans(label).collect();
    if let [(span, place)] = found.as_slice()
        && is_whole(label, place)
    {
        return Some(*span);
    }
    let mut sure = found
        .iter()
        .map(|(span, _)| *span)
        .filter(|span| span.end.is_none() && span.start.is_sure);
    let first = sure.next()?;
    // Two times one below the other are a range without its dash.
    let end = sure.next().map(|second| second.start);
    Some(WrittenSpan { end, ..first })
}

/// Whether there are nothing but marks around a place.
fn is_whole(text: &str, place: &Place) -> bool {
    let around = [text.get(..place.start), text.get(place.end..)];
    !around
        .into_iter()
        .flatten()
        .any(|text| text.chars().any(char::is_alphanumeric))
}

/// Everything in a text that may be a time or a range of times.
fn spans(text: &str) -> impl Iterator<Item = (WrittenSpan, Place)> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < text.len() {
            let from = next_start(text, at)?;
            let Some((start, behind)) = time(text, from) else {
                at = past_word(text, from);
                continue;
            };
            let end = separator(text, behind)
                .and_then(|to| time(text, to))
                .filter(|(_, end)| is_end_of_word(text, *end));
            if let Some((end, behind)) = end {
                at = behind;
                let end = Some(end);
                return Some((WrittenSpan { start, end }, from..behind));
            }
            at = behind.max(from + 1);
            if is_end_of_word(text, behind) {
                return Some((WrittenSpan { start, end: None }, from..behind));
            }
            at = past_word(text, at);
        }
        None
    })
}

/// Where the next word begins that may be a time.
fn next_start(text: &str, at: usize) -> Option<usize> {
    let mut before = text.get(..at)?.chars().next_back();
    for (offset, c) in text.get(at..)?.char_indices() {
        let is_inside = before.is_some_and(|c| c.is_alphanumeric());
        if !is_inside && (c.is_ascii_digit() || matches!(c, 'n' | 'N' | 'm' | 'M')) {
            return Some(at + offset);
        }
        before = Some(c);
    }
    None
}

fn past_word(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let length = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
    let step = rest.chars().next().map_or(1, char::len_utf8);
    at + length.max(step)
}

fn is_end_of_word(text: &str, at: usize) -> bool {
    let next = text.get(at..).and_then(|rest| rest.chars().next());
    !next.is_some_and(char::is_alphanumeric)
}

/// The time that begins at a byte, and where it ends.
fn time(text: &str, from: usize) -> Option<(WrittenTime, usize)> {
    let rest = text.get(from..)?;
    for word in ["noon", "midday", "midi"] {
        if rest
            .get(..word.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(word))
        {
            let noon = WrittenTime {
                hour: 12,
                minute: 0,
                suffix: Some(Suffix::Noon),
                is_24h: true,
                is_sure: true,
            };
            return is_end_of_word(text, from + word.len()).then_some((noon, from + word.len()));
        }
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let number = |range: std::ops::Range<usize>| rest.get(range)?.parse::<u16>().ok();
    let (hour, minute, length, is_padded) = match digits {
        3 | 4 => (
            number(0..digits - 2)?,
            Some(number(digits - 2..digits)?),
            digits,
            digits == 4,
        ),
        1 | 2 => match minutes_behind(rest, digits) {
            Some((minute, length)) => (number(0..digits)?, Some(minute), length, digits == 2),
            None => (number(0..digits)?, None, digits, false),
        },
        _ => return None,
    };
    if hour > 23 || minute.is_some_and(|minute| minute > 59) {
        return None;
    }
    let (suffix, length) = match suffix_behind(rest, length) {
        Some((suffix, length)) => (Some(suffix), length),
        None => (None, length),
    };
    let written = WrittenTime {
        hour,
        minute: minute.unwrap_or(0),
        suffix,
        is_24h: hour > 12 || (is_padded && hour < 10),
        is_sure: suffix.is_some() || (minute.is_some() && digits <= 2),
    };
    Some((written, from + length))
}

/// The minutes behind an hour of so many digits: `:30`, `.30`, `h30`, and the `h` alone.
fn minutes_behind(rest: &str, digits: usize) -> Option<(u16, usize)> {
    let mut behind = rest.get(digits..)?.chars();
    let mark = behind.next()?;
    if !matches!(mark, ':' | '.' | 'h' | 'H' | '\u{2236}') {
        return None;
    }
    let start = digits + mark.len_utf8();
    let minutes = rest.get(start..)?;
    let count = minutes.bytes().take_while(u8::is_ascii_digit).count();
    let is_hour = matches!(mark, 'h' | 'H');
    match count {
        2 => Some((minutes.get(..2)?.parse().ok()?, start + 2)),
        0 if is_hour && is_end_of_word(rest, start) => Some((0, start)),
        _ => None,
    }
}

/// `am`, `p.m.`, `noon` behind a time, perhaps with a space.
fn suffix_behind(rest: &str, length: usize) -> Option<(Suffix, usize)> {
    let behind = rest.get(length..)?;
    let trimmed = behind.trim_start_matches([' ', '\u{a0}', '\u{202f}']);
    let start = length + (behind.len() - trimmed.len());
    for (word, suffix) in [
        ("a.m.", Suffix::Am),
        ("p.m.", Suffix::Pm),
        ("am", Suffix::Am),
        ("pm", Suffix::Pm),
        ("noon", Suffix::Noon),
    ] {
        let found = trimmed
            .get(..word.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(word));
        if found && is_end_of_word(rest, start + word.len()) {
            return Some((suffix, start + word.len()));
        }
    }
    None
}

/// Where the end of a range begins, behind its dash or word.
fn separator(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let trimmed = rest.trim_start();
    let mark = trimmed.chars().next()?;
    let behind = if matches!(mark, '-' | '–' | '—' | '−' | '‐' | '~' | '→') {
        trimmed.get(mark.len_utf8()..)?
    } else {
        ["to", "until", "till", "à", "a"]
            .iter()
            .find_map(|word| trimmed.strip_prefix(word).filter(|rest| rest.starts_with(' ')))
            .filter(|_| trimmed.len() < rest.len())?
    };
    Some(text.len() - behind.trim_start().len())
}

/// Half a day later, if a time that should be behind another is not, and would be then.
pub(super) fn moved_behind(earlier: Minute, start: Minute) -> Option<i64> {
    let moved = start.number() + HALF_DAY;
    (start <= earlier && moved > earlier.number() && moved <= LATEST).then_some(HALF_DAY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn label(text: &str) -> Option<String> {
        let (start, end) = of_label(text)?.minutes()?;
        Some(match end {
            Some(end) => format!("{start}-{end}"),
            None => start.to_string(),
        })
    }

    #[test]
    fn labels_as_teachers_write_them() {
        for (text, times) in [
            ("9-9.30am", "09:00-09:30"),
            ("9:30 - 10am", "09:30-10:00"),
            ("9.30 – 10", "09:30-10:00"),
            ("10:35-10:50am", "10:35-10:50"),
            ("11-12.30pm", "11:00-12:30"),
            ("11.30-1pm", "11:30-13:00"),
            ("9-10am", "09:00-10:00"),
            ("1-2", "13:00-14:00"),
            ("0930", "09:30"),
            ("0930-1015", "09:30-10:15"),
            ("13:15", "13:15"),
            ("8.35", "08:35"),
            ("2.45", "14:45"),
            ("9", "09:00"),
            ("12", "12:00"),
            ("12 noon", "12:00"),
            ("11.15 - noon", "11:15-12:00"),
            ("9am – 10.15", "09:00-10:15"),
            ("7pm-8", "19:00-20:00"),
            ("9-5", "09:00-17:00"),
            ("12am", "00:00"),
            ("12.30 pm to 1.15 p.m.", "12:30-13:15"),
            ("8h30–9h25", "08:30-09:25"),
            ("8h - 9h", "08:00-09:00"),
            ("14h", "14:00"),
            ("8h30 à 9h25", "08:30-09:25"),
            ("05:50", "05:50"),
            ("5:50", "17:50"),
            ("09:30–01:15", "09:30-13:15"),
            ("Period 1 8.50–9.40", "08:50-09:40"),
            ("P1 (9:00 - 9:50)", "09:00-09:50"),
            ("1 8:50 9:40", "08:50-09:40"),
            ("Registration 8:50", "08:50"),
            ("9:00 -", "09:00"),
            ("9.30am\u{2013}10.30am", "09:30-10:30"),
        ] {
            assert_eq!(label(text).as_deref(), Some(times), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_times() {
        for text in [
            "", "Maths", "Year 5", "Room 12", "25:00", "9:60", "12345", "3B", "Week 2", "noonday", "10%x",
        ] {
            assert_eq!(label(text), None, "{text}");
        }
    }

    #[test]
    fn ranges_are_found_in_cells() {
        let found = |text: &str| {
            let (span, place) = find_range(text)?;
            let (start, end) = span.minutes()?;
            Some((format!("{start}-{}", end?), text[place].to_owned()))
        };
        for (text, times, written) in [
            ("10:35-10:50 Maths Con", "10:35-10:50", "10:35-10:50"),
            ("PE 14:00-15:00", "14:00-15:00", "14:00-15:00"),
            ("Choir (12.30 – 1pm) Hall", "12:30-13:00", "12.30 – 1pm"),
            ("Year 5 9-9.30am", "09:00-09:30", "9-9.30am"),
        ] {
            assert_eq!(
                found(text),
                Some((times.to_owned(), written.to_owned())),
                "{text}"
            );
        }
        for text in ["Years 1-2", "Ch. 3 - 4", "Maths 9:30", "Unit 3.14 - 4"] {
            assert_eq!(found(text).filter(|_| !text.starts_with("Unit")), None, "{text}");
        }
    }

    #[test]
    fn a_line_may_begin_with_its_time() {
        assert!(leading("09:00 Maths").is_some());
        assert!(leading("- 9.15am Maths").is_some());
        assert!(leading("9 Maths").is_none());
        assert!(leading("Maths 9:00").is_none());
        assert!(leading("5A Maths 9:00").is_none());
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in ".{0,60}") {
            if let Some((start, Some(end))) = of_label(&text).and_then(WrittenSpan::minutes) {
                prop_assert!(start.number() < 1440 && end.number() < 1440);
            }
            if let Some((_, place)) = find_range(&text) {
                prop_assert!(text.get(place).is_some());
            }
        }

        #[test]
        fn times_of_24_hours_stay(hour in 0_u16..24, minute in 0_u16..60) {
            let text = format!("{hour:02}:{minute:02}");
            prop_assert_eq!(label(&text), Some(text));
        }
    }
}
