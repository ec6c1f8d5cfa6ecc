//! The result document `timetable/1`: what is stored, edited and exported.

use docmill_core::time::Time;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::model::{
    Day, EngineUsed, EventType, FoundBlock, ImageReport, Metadata, Minute, Sureness, Warning,
};
use super::settings::{Holiday, Settings};
use super::validate::{Complexity, Validated};

/// Name and version of the document's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Schema {
    #[serde(rename = "timetable/1")]
    Timetable1,
}

/// A block of a timetable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Block {
    /// No other block of the document has it.
    pub(super) id: String,
    pub(super) day: Day,
    /// `None`, as the end, where only a period's number is known.
    pub(super) start: Option<Minute>,
    /// Later than the start.
    pub(super) end: Option<Minute>,
    pub(super) duration_minutes: Option<i64>,
    pub(super) event_name: String,
    pub(super) event_type: EventType,
    pub(super) room: Option<String>,
    pub(super) notes: Option<String>,
    /// `#RRGGBB`.
    pub(super) color: Option<String>,
    pub(super) recurring_id: Option<String>,
    /// Nobody wrote it: it fills a gap.
    pub(super) inferred: bool,
    pub(super) confidence: Sureness,
    /// Counted from 1; `None` where no page has it.
    pub(super) page: Option<u32>,
    /// Left, top, right, bottom in ten-thousandths of the page.
    #[serde(rename = "box")]
    pub(super) area: Option<[i32; 4]>,
}

impl Block {
    /// Start and end, where both are known.
    pub(super) fn times(&self) -> Option<(Minute, Minute)> {
        self.start.zip(self.end)
    }

    /// The block as it stands on a page, without a number yet.
    pub(super) fn found(block: FoundBlock, page: u32) -> Self {
        let times = block.start.zip(block.end);
        Self {
            id: String::new(),
            day: block.day,
            start: block.start,
            end: block.end,
            duration_minutes: times.map(|(start, end)| start.until(end)),
            event_name: block.event_name,
            event_type: block.event_type,
            room: block.room,
            notes: block.notes,
            color: block.color,
            recurring_id: None,
            inferred: false,
            confidence: block.confidence,
            page: Some(page),
            area: block.area.map(|area| [area.x0, area.y0, area.x1, area.y1]),
        }
    }
}

/// An event of several days (V2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RecurringBlock {
    pub(super) id: String,
    pub(super) start: Minute,
    pub(super) end: Minute,
    pub(super) event_name: String,
    pub(super) event_type: EventType,
    /// In their order, each once.
    pub(super) days: Vec<Day>,
    /// It is on every day that is expected.
    pub(super) applies_daily: bool,
    pub(super) block_ids: Vec<String>,
}

/// A timetable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Timetable {
    pub(super) metadata: Metadata,
    /// By day, start, end and name; of a day, those without times last.
    pub(super) blocks: Vec<Block>,
    pub(super) recurring_blocks: Vec<RecurringBlock>,
    /// Mean over the blocks that somebody wrote.
    pub(super) confidence: Sureness,
    pub(super) needs_review: bool,
}

impl Timetable {
    /// What sets it apart from others: class and week, or else the teacher.
    pub(super) fn label(&self) -> Option<String> {
        let said = &self.metadata;
        let week = said.week.as_ref().map(|week| {
            if week.starts_with(|c: char| c.is_ascii_digit()) {
                format!("Week {week}")
            } else {
                week.clone()
            }
        });
        let label = match (said.class_name.as_ref().or(said.teacher_name.as_ref()), week) {
            (Some(whose), Some(week)) => format!("{whose}, {week}"),
            (Some(whose), None) => whose.clone(),
            (None, week) => week?,
        };
        Some(label)
    }
}

/// A block that is no valid one, as it was found (V1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rejected {
    pub(super) page: u32,
    pub(super) day: Day,
    pub(super) start: Option<Minute>,
    pub(super) end: Option<Minute>,
    pub(super) event_name: String,
    pub(super) event_type: EventType,
    pub(super) room: Option<String>,
    pub(super) notes: Option<String>,
    /// A sentence for the user.
    pub(super) reason: String,
}

/// What exports and edits need of the settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Calendar {
    pub(super) timezone: String,
    /// A Monday.
    pub(super) week_start: Date,
    pub(super) term_start: Option<Date>,
    pub(super) term_end: Option<Date>,
    pub(super) holidays: Vec<Holiday>,
    pub(super) days: Vec<Day>,
    pub(super) day_bounds: (Minute, Minute),
}

impl Calendar {
    /// As it is set; `week_start` where none is.
    pub(super) fn new(settings: &Settings, week_start: Date) -> Self {
        Self {
            timezone: settings.timezone.clone(),
            week_start: settings.week_start.unwrap_or(week_start),
            term_start: settings.term_start,
            term_end: settings.term_end,
            holidays: settings.holidays.clone(),
            days: settings.days.clone(),
            day_bounds: settings.day_bounds,
        }
    }

    /// First and last day of the term, where both are known.
    pub(super) fn term(&self) -> Option<(Date, Date)> {
        self.term_start.zip(self.term_end)
    }
}

/// Who made this version of the document: nobody, or a user's edit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Edition {
    /// 0 as it was read, raised by every edit.
    pub(super) number: u32,
    pub(super) author: Option<String>,
    pub(super) at: Option<Time>,
}

/// The result document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Document {
    schema: Schema,
    pub(super) job_id: String,
    /// When the job was.
    pub(super) created_at: Time,
    pub(super) engine: EngineUsed,
    pub(super) complexity: Complexity,
    pub(super) timetables: Vec<Timetable>,
    pub(super) image: Option<ImageReport>,
    pub(super) warnings: Vec<Warning>,
    pub(super) rejected: Vec<Rejected>,
    pub(super) calendar: Calendar,
    pub(super) edition: Edition,
}

impl Document {
    /// The document of a job, as it was read.
    pub(super) fn new(
        job_id: String,
        created_at: Time,
        calendar: Calendar,
        image: Option<ImageReport>,
        validated: Validated,
    ) -> Self {
        Self {
            schema: Schema::Timetable1,
            job_id,
            created_at,
            engine: validated.engine,
            complexity: validated.complexity,
            timetables: validated.timetables,
            image,
            warnings: validated.warnings,
            rejected: validated.rejected,
            calendar,
            edition: Edition::default(),
        }
    }
}
