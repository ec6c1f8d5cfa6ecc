//! The settings of a job: names, ranges, defaults.

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use docmill_core::problem::FieldError;

use super::model::{Day, Minute};

mod dates;
mod schema;
mod values;

pub(super) use dates::{Holiday, holiday_dates, zone};
pub(super) use schema::schema;

pub(super) use crate::settings::Engine;
use crate::settings::{Refused, given, number, word};

/// Most characters of `teacher_name` and `class_name`.
const NAME_CHARS: usize = 100;
/// Most characters of a period's label.
const LABEL_CHARS: usize = 20;
/// Most entries of `period_times`.
const MAX_PERIODS: usize = 40;
/// Smallest and largest `max_image_dimension`, in pixels.
const DIMENSION_RANGE: (u32, u32) = (512, 4096);
/// Smallest and largest `image_quality`.
const QUALITY_RANGE: (u32, u32) = (50, 95);

/// What to do with the time between two blocks (V4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FillGaps {
    /// Nothing but a warning.
    #[default]
    None,
    /// Short gaps lengthen the earlier block, longer ones become a block that says so.
    Label,
    /// Short gaps lengthen the earlier block.
    Extend,
}

/// When a numbered period is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PeriodTime {
    /// As the timetable writes it: `1`, `P3`.
    pub(super) period: String,
    pub(super) start: Minute,
    pub(super) end: Minute,
}

/// The settings of a job, complete but for the week of exports. A snapshot of them is stored with the job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Settings {
    pub(super) engine: Engine,
    /// Takes the place of the teacher that the timetable names.
    pub(super) teacher_name: Option<String>,
    /// Takes the place of the class that the timetable names.
    pub(super) class_name: Option<String>,
    /// Days that are expected, in their order, each once.
    pub(super) days: Vec<Day>,
    /// Earliest start and latest end that are expected.
    pub(super) day_bounds: (Minute, Minute),
    pub(super) fill_gaps: FillGaps,
    /// Each label once, whatever its case.
    pub(super) period_times: Vec<PeriodTime>,
    /// A name that [`zone`] knows.
    pub(super) timezone: String,
    /// A Monday. `None`: the Monday after the job was created.
    pub(super) week_start: Option<Date>,
    pub(super) term_start: Option<Date>,
    /// Its last day; not before `term_start`.
    pub(super) term_end: Option<Date>,
    pub(super) holidays: Vec<Holiday>,
    /// Longer side of the compressed picture, in pixels.
    pub(super) max_image_dimension: u32,
    /// WebP quality of the compressed picture.
    pub(super) image_quality: u32,
}

impl Default for Settings {
    fn default() -> Self {
        let minute = |hour| Minute::of(hour, 0).unwrap_or_default();
        Self {
            engine: Engine::default(),
            teacher_name: None,
            class_name: None,
            days: vec![
                Day::Monday,
                Day::Tuesday,
                Day::Wednesday,
                Day::Thursday,
                Day::Friday,
            ],
            day_bounds: (minute(5), minute(23)),
            fill_gaps: FillGaps::default(),
            period_times: Vec::new(),
            timezone: "UTC".to_owned(),
            week_start: None,
            term_start: None,
            term_end: None,
            holidays: Vec::new(),
            max_image_dimension: 2048,
            image_quality: 85,
        }
    }
}

impl Settings {
    /// Reads what a user sent: an object, or `null` for the defaults.
    ///
    /// # Errors
    /// Every unknown name, wrong type, value out of range, and a term that ends before it starts or lasts too long.
    pub(super) fn parse(raw: &Value) -> Result<Self, Vec<FieldError>> {
        let mut settings = Self::default();
        let mut errors: Vec<FieldError> = given(raw)?
            .iter()
            .filter_map(|(name, value)| settings.set(name, value).err())
            .map(Refused::named)
            .collect();
        if errors.is_empty() {
            errors.extend(settings.term_refused().map(Refused::named));
        }
        if errors.is_empty() {
            Ok(settings)
        } else {
            Err(errors)
        }
    }

    fn set(&mut self, name: &str, value: &Value) -> Result<(), Refused> {
        match name {
            "engine" => self.engine = word(name, value, Engine::WORDS)?,
            "teacher_name" => self.teacher_name = values::text(name, value, NAME_CHARS)?,
            "class_name" => self.class_name = values::text(name, value, NAME_CHARS)?,
            "days" => self.days = values::days(name, value)?,
            "day_bounds" => self.day_bounds = values::bounds(name, value)?,
            "fill_gaps" => self.fill_gaps = word(name, value, "`none`, `label` or `extend`")?,
            "period_times" => self.period_times = values::periods(name, value)?,
            "timezone" => self.timezone = values::timezone(name, value)?,
            "week_start" => self.week_start = monday(name, value)?,
            "term_start" => self.term_start = values::date(name, value)?,
            "term_end" => self.term_end = values::date(name, value)?,
            "holidays" => self.holidays = dates::holidays(name, value)?,
            "max_image_dimension" => {
                self.max_image_dimension = number(name, value, DIMENSION_RANGE)?;
            }
            "image_quality" => self.image_quality = number(name, value, QUALITY_RANGE)?,
            _ => return Err(Refused::unknown(name)),
        }
        Ok(())
    }

    fn term_refused(&self) -> Option<Refused> {
        let (start, end) = self.term_start.zip(self.term_end)?;
        let detail = if end < start {
            "term_end must not be before term_start.".to_owned()
        } else if dates::days_between(start, end) >= dates::MAX_TERM_DAYS {
            format!("A term must not last longer than {} days.", dates::MAX_TERM_DAYS)
        } else {
            return None;
        };
        Some(Refused {
            field: "term_end".to_owned(),
            code: "OUT_OF_RANGE",
            detail,
        })
    }
}

fn monday(name: &str, value: &Value) -> Result<Option<Date>, Refused> {
    let date = values::date(name, value)?;
    if date.is_some_and(|date| date.weekday() != Weekday::Monday) {
        return Err(Refused::new(name, "OUT_OF_RANGE", "a Monday"));
    }
    Ok(date)
}

/// `engine: llm` where there is no language model.
pub(super) fn engine_unavailable() -> FieldError {
    FieldError::new(
        "settings.engine",
        "ENGINE_UNAVAILABLE",
        "No AI service is configured here. Use `rules`, or `auto` for the best engine there is.",
    )
}

#[cfg(test)]
mod tests;
