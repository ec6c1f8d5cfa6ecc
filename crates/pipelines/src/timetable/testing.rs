//! Small timetables for tests.

use docmill_core::time::Time;

use super::model::{Day, EventType, FoundBlock, FoundPage, FoundTable, Metadata, Sureness, Warning};
use super::result::{Calendar, Document};
use super::settings::Settings;
use super::validate::validated;

pub(super) fn found(day: Day, start: &str, end: &str, name: &str) -> FoundBlock {
    FoundBlock {
        day,
        start: Some(start.parse().unwrap()),
        end: Some(end.parse().unwrap()),
        event_name: name.to_owned(),
        event_type: EventType::Class,
        room: None,
        notes: None,
        color: None,
        confidence: Sureness::FULL,
        has_own_time: true,
        area: None,
    }
}

pub(super) fn page(number: u32, blocks: Vec<FoundBlock>) -> FoundPage {
    FoundPage {
        page: number,
        tables: vec![FoundTable {
            metadata: Metadata::default(),
            blocks,
        }],
        ..FoundPage::default()
    }
}

pub(super) fn metadata(class: Option<&str>, week: Option<&str>) -> Metadata {
    Metadata {
        class_name: class.map(str::to_owned),
        week: week.map(str::to_owned),
        ..Metadata::default()
    }
}

/// The document of some pages; its week is that of Monday, 1 September 2025.
pub(super) fn document(pages: Vec<FoundPage>, settings: &Settings) -> Document {
    let week_start = jiff::civil::date(2025, 9, 1);
    let created_at = "2025-08-20T10:15:30Z".parse::<jiff::Timestamp>().unwrap();
    Document::new(
        "0198c6f0-0000-7000-8000-000000000001".to_owned(),
        Time::from_ms(created_at.as_millisecond()),
        Calendar::new(settings, week_start),
        None,
        validated(pages, settings),
    )
}

pub(super) fn codes(warnings: &[Warning]) -> Vec<&str> {
    warnings.iter().map(|warning| warning.code.as_str()).collect()
}
