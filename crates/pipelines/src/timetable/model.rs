//! What a timetable is made of.
//!
//! Everything here is what stands in the result as it is written here, and can be read back from it: edits and exports
//! start from the stored result.

use std::fmt;
use std::str::FromStr;

use docmill_documents::tables::Area;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A minute of a day, 00:00 to 23:59. `HH:MM` in JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Minute(u16);

impl Minute {
    const PER_DAY: u16 = 24 * 60;

    /// A minute by its number in the day, from 0.
    pub(super) fn new(number: i64) -> Option<Self> {
        let number = u16::try_from(number).ok()?;
        (number < Self::PER_DAY).then_some(Self(number))
    }

    /// A time of day.
    pub(super) fn of(hour: u16, minute: u16) -> Option<Self> {
        (hour < 24 && minute < 60).then(|| Self(hour * 60 + minute))
    }

    /// Its number in the day, from 0.
    pub(super) fn number(self) -> i64 {
        i64::from(self.0)
    }

    /// Minutes from this one to a later one; negative if that is earlier.
    pub(super) fn until(self, later: Self) -> i64 {
        later.number() - self.number()
    }

    pub(super) fn hour(self) -> u16 {
        self.0 / 60
    }

    pub(super) fn minute(self) -> u16 {
        self.0 % 60
    }
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour(), self.minute())
    }
}

/// Not `HH:MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a time must be HH:MM, from 00:00 to 23:59")]
pub(super) struct NoMinute;

impl FromStr for Minute {
    type Err = NoMinute;

    fn from_str(text: &str) -> Result<Self, NoMinute> {
        let two = |text: &str| -> Option<u16> {
            (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
        };
        let (hour, minute) = text.split_once(':').ok_or(NoMinute)?;
        two(hour)
            .zip(two(minute))
            .and_then(|(hour, minute)| Self::of(hour, minute))
            .ok_or(NoMinute)
    }
}

impl Serialize for Minute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Minute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

/// How sure something is, 0.00 to 1.00: hundredths as they are shown, ten-thousandths inside so that means of them are
/// rounded once. A decimal string in JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Sureness(u16);

impl Sureness {
    pub(super) const NONE: Self = Self(0);
    pub(super) const FULL: Self = Self(Self::UNITS);

    const UNITS: u16 = 10_000;

    /// So many hundredths.
    pub(super) const fn hundredths(hundredths: u16) -> Self {
        let units = hundredths * 100;
        Self(if units > Self::UNITS { Self::UNITS } else { units })
    }

    /// A share of 1; what is no number is 0.
    pub(super) fn of_share(share: f32) -> Self {
        Self((share.clamp(0.0, 1.0) * f32::from(Self::UNITS)).round() as u16)
    }

    /// The mean, rounded; `None` of nothing.
    pub(super) fn mean(of: impl IntoIterator<Item = Self>) -> Option<Self> {
        let (mut sum, mut count) = (0_u64, 0_u64);
        for one in of {
            sum += u64::from(one.0);
            count += 1;
        }
        let mean = (sum + count / 2).checked_div(count)?;
        u16::try_from(mean).ok().map(Self)
    }

    /// So many hundredths less, at least 0.
    #[must_use]
    pub(super) fn less(self, hundredths: u16) -> Self {
        Self(self.0.saturating_sub(hundredths.saturating_mul(100)))
    }

    /// As it is shown: hundredths, half rounded up.
    pub(super) fn shown(self) -> u16 {
        (self.0 + 50) / 100
    }
}

impl fmt::Display for Sureness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.shown() / 100, self.shown() % 100)
    }
}

impl FromStr for Sureness {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = "a confidence must be a decimal from 0.00 to 1.00";
        let (whole, part) = text.split_once('.').ok_or(refused)?;
        let digits = |text: &str, length: usize| -> Option<u16> {
            (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| text.parse().ok())?
        };
        match (digits(whole, 1), digits(part, 2)) {
            (Some(0), Some(part)) => Ok(Self::hundredths(part)),
            (Some(1), Some(0)) => Ok(Self::FULL),
            _ => Err(refused),
        }
    }
}

impl Serialize for Sureness {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sureness {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

/// A day of the week, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
    /// The timetable does not say.
    Unspecified,
}

impl Day {
    /// The days of a week.
    pub(super) const WEEK: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// Days after Monday; `None` where the day is not known.
    pub(super) fn index(self) -> Option<u8> {
        let at = Self::WEEK.iter().position(|day| *day == self)?;
        u8::try_from(at).ok()
    }

    /// The word in JSON.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Monday => "monday",
            Self::Tuesday => "tuesday",
            Self::Wednesday => "wednesday",
            Self::Thursday => "thursday",
            Self::Friday => "friday",
            Self::Saturday => "saturday",
            Self::Sunday => "sunday",
            Self::Unspecified => "unspecified",
        }
    }

    /// The word as a heading.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Monday => "Monday",
            Self::Tuesday => "Tuesday",
            Self::Wednesday => "Wednesday",
            Self::Thursday => "Thursday",
            Self::Friday => "Friday",
            Self::Saturday => "Saturday",
            Self::Sunday => "Sunday",
            Self::Unspecified => "Unspecified",
        }
    }
}

/// What kind of thing a block is (T9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum EventType {
    #[default]
    Class,
    Break,
    Lunch,
    Assembly,
    Administrative,
}

impl EventType {
    /// The word in JSON.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Class => "class",
            Self::Break => "break",
            Self::Lunch => "lunch",
            Self::Assembly => "assembly",
            Self::Administrative => "administrative",
        }
    }
}

/// What a timetable says of itself (T10).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Metadata {
    pub(super) teacher_name: Option<String>,
    pub(super) class_name: Option<String>,
    pub(super) term: Option<String>,
    pub(super) week: Option<String>,
    pub(super) school_name: Option<String>,
}

/// A block as it was found on a page, before anything is checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct FoundBlock {
    pub(super) day: Day,
    /// `None` where the timetable numbers its periods and nobody said when they are.
    pub(super) start: Option<Minute>,
    pub(super) end: Option<Minute>,
    /// Exactly as written, not empty.
    pub(super) event_name: String,
    pub(super) event_type: EventType,
    pub(super) room: Option<String>,
    pub(super) notes: Option<String>,
    /// `#RRGGBB`.
    pub(super) color: Option<String>,
    pub(super) confidence: Sureness,
    /// The time is written in the block itself.
    pub(super) has_own_time: bool,
    /// Where it stands on its page; `None` where it has no place.
    pub(super) area: Option<Area>,
}

/// What makes a page hard to read (V8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Signals {
    /// Its words are seen, not read from the file, and less than 0.70 sure.
    pub(super) low_confidence: bool,
    pub(super) handwriting: bool,
    /// Its cells are guessed, or its rows and columns are no plain grid.
    pub(super) layout: bool,
    pub(super) colour: bool,
    pub(super) merged_cells: bool,
    pub(super) vertical_text: bool,
    /// A picture of few pixels, or a PDF with fewer than 100 characters of text.
    pub(super) low_quality: bool,
}

/// Who found the blocks of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum EngineUsed {
    #[default]
    Rules,
    Llm,
}

/// What became of a picture (§2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ImageReport {
    /// Bytes of the file.
    pub(super) original_size: u64,
    /// Bytes of the smaller copy; as many as the original has, where that is used.
    pub(super) compressed_size: u64,
    /// How much smaller, in percent with one decimal.
    pub(super) compression_ratio: String,
}

/// Something the user should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Warning {
    /// Stable code: `GAP`, `OVERLAP`, …
    pub(super) code: String,
    /// The day it is about, if it is about one.
    pub(super) day: Option<Day>,
    /// A sentence for the user.
    pub(super) message: String,
}

impl Warning {
    pub(super) fn new(code: &str, day: Option<Day>, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            day,
            message: message.into(),
        }
    }
}

/// One timetable of a page. A page with several has several.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct FoundTable {
    pub(super) metadata: Metadata,
    pub(super) blocks: Vec<FoundBlock>,
}

/// What was found on a page: the output of a chunk.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct FoundPage {
    /// Counted from 1.
    pub(super) page: u32,
    pub(super) tables: Vec<FoundTable>,
    pub(super) warnings: Vec<Warning>,
    pub(super) signals: Signals,
    pub(super) engine: EngineUsed,
    pub(super) image: Option<ImageReport>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_padded_and_nothing_else_is_one() {
        assert_eq!(Minute::of(8, 35).unwrap().to_string(), "08:35");
        assert_eq!("23:59".parse(), Ok(Minute::of(23, 59).unwrap()));
        for text in ["8:35", "24:00", "08:60", "0835", "08:3", "+8:35", ""] {
            assert_eq!(text.parse::<Minute>(), Err(NoMinute), "{text}");
        }
    }

    #[test]
    fn sureness_is_two_decimals() {
        assert_eq!(Sureness::hundredths(95).to_string(), "0.95");
        assert_eq!(Sureness::FULL.to_string(), "1.00");
        assert_eq!("0.80".parse(), Ok(Sureness::hundredths(80)));
        assert!("1.01".parse::<Sureness>().is_err());
        assert!("0.8".parse::<Sureness>().is_err());
        let mean = Sureness::mean([Sureness::FULL, Sureness::hundredths(95), Sureness::hundredths(95)]);
        assert_eq!(mean.unwrap().to_string(), "0.97");
        assert_eq!(Sureness::mean([]), None);
        assert_eq!(Sureness::of_share(f32::NAN), Sureness::NONE);
    }
}
