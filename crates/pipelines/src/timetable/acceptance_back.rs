//! The acceptance cases of the pipeline's description that begin with found blocks.

use docmill_core::edition::Editor;
use serde_json::{Value, json};

use super::edit::edited;
use super::exports::{Variant, fullcalendar, ics};
use super::model::{Day, FoundBlock, Sureness, Warning};
use super::result::{Block, Document};
use super::settings::{FillGaps, Settings};
use super::testing::{codes, document, found, metadata, page};

fn with(blocks: Vec<FoundBlock>, settings: &Settings) -> Document {
    document(vec![page(1, blocks)], settings)
}

fn blocks(document: &Document) -> &[Block] {
    &document.timetables[0].blocks
}

fn shown(document: &Document) -> Vec<(String, String)> {
    let time = |block: &Block| {
        let (start, end) = block.times().unwrap();
        format!("{start}-{end}")
    };
    blocks(document)
        .iter()
        .map(|block| (time(block), block.event_name.clone()))
        .collect()
}

fn of<'a>(document: &'a Document, code: &str) -> Vec<&'a Warning> {
    document
        .warnings
        .iter()
        .filter(|warning| warning.code == code)
        .collect()
}

/// RWI from Monday to Thursday, Celebration Assembly on Friday.
fn mornings() -> Document {
    let mut all: Vec<FoundBlock> = Day::WEEK[..4]
        .iter()
        .map(|day| found(*day, "09:00", "09:30", "RWI"))
        .collect();
    all.push(found(Day::Friday, "09:00", "09:30", "Celebration Assembly"));
    with(all, &Settings::default())
}

fn filled(fill_gaps: FillGaps, second: &str) -> Document {
    let settings = Settings {
        fill_gaps,
        ..Settings::default()
    };
    let all = vec![
        found(Day::Monday, "09:00", "10:00", "A"),
        found(Day::Monday, second, "11:00", "B"),
    ];
    with(all, &settings)
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected
        .iter()
        .map(|(time, name)| ((*time).to_owned(), (*name).to_owned()))
        .collect()
}

#[test]
fn case_5_an_inferred_end_needs_no_review_alone() {
    let mut all = vec![
        found(Day::Monday, "08:35", "08:50", "A"),
        found(Day::Monday, "08:50", "09:00", "B"),
        found(Day::Monday, "09:00", "14:45", "C"),
        found(Day::Monday, "14:45", "15:00", "D"),
        found(Day::Tuesday, "08:35", "15:00", "E"),
    ];
    all[3].confidence = Sureness::hundredths(60);
    let document = with(all, &Settings::default());
    assert_eq!(blocks(&document)[3].confidence.to_string(), "0.60");
    // One of five is medium, none is low.
    assert!(!document.timetables[0].needs_review);
    assert_eq!(document.timetables[0].confidence.to_string(), "0.92");
    assert!(document.warnings.is_empty(), "{:?}", document.warnings);
}

#[test]
fn case_6_gaps_between_slots_stay() {
    let all = vec![
        found(Day::Monday, "10:00", "10:15", "Maths"),
        found(Day::Monday, "10:20", "10:35", "Art"),
    ];
    let document = with(all, &Settings::default());
    assert_eq!(
        shown(&document),
        pairs(&[("10:00-10:15", "Maths"), ("10:20-10:35", "Art")])
    );
    assert!(of(&document, "GAP").is_empty());
}

#[test]
fn case_7_confidence_is_kept() {
    let mut assembly = found(Day::Friday, "09:00", "09:45", "Celebration Assembly");
    assembly.confidence = Sureness::hundredths(80);
    let document = with(vec![assembly], &Settings::default());
    assert_eq!(blocks(&document)[0].confidence.to_string(), "0.80");
    assert_eq!(blocks(&document)[0].duration_minutes, Some(45));
}

#[test]
fn case_10() {
    let document = mornings();
    let recurring = &document.timetables[0].recurring_blocks;
    assert_eq!(recurring.len(), 1);
    assert_eq!(recurring[0].event_name, "RWI");
    assert_eq!(
        (recurring[0].days.as_slice(), recurring[0].applies_daily),
        (&Day::WEEK[..4], false)
    );
    assert_eq!(recurring[0].block_ids, ["b1", "b2", "b3", "b4"]);
    let rwi = blocks(&document).iter().filter(|block| block.event_name == "RWI");
    assert_eq!(
        rwi.filter(|block| block.recurring_id.as_deref() == Some("r1"))
            .count(),
        4
    );
}

#[test]
fn case_12_lunch_on_every_day() {
    let all = Day::WEEK[..5]
        .iter()
        .map(|day| found(*day, "12:00", "13:15", "LUNCH"));
    let document = with(all.collect(), &Settings::default());
    assert!(document.timetables[0].recurring_blocks[0].applies_daily);
}

#[test]
fn case_13() {
    let none = filled(FillGaps::None, "10:04");
    assert_eq!(shown(&none), pairs(&[("09:00-10:00", "A"), ("10:04-11:00", "B")]));
    assert!(of(&none, "GAP").is_empty());
    for how in [FillGaps::Extend, FillGaps::Label] {
        let document = filled(how, "10:04");
        assert_eq!(
            shown(&document),
            pairs(&[("09:00-10:04", "A"), ("10:04-11:00", "B")])
        );
        assert_eq!(blocks(&document)[0].duration_minutes, Some(64));
    }
}

#[test]
fn case_14() {
    let document = filled(FillGaps::Label, "10:20");
    assert_eq!(
        shown(&document),
        pairs(&[
            ("09:00-10:00", "A"),
            ("10:00-10:20", "Free Period"),
            ("10:20-11:00", "B")
        ])
    );
    let free = &blocks(&document)[1];
    assert_eq!((free.inferred, free.confidence), (true, Sureness::NONE));
    assert!(of(&document, "GAP").is_empty() && !document.timetables[0].needs_review);
    let short = filled(FillGaps::Label, "10:09");
    assert_eq!(blocks(&short)[1].event_name, "Transition");
    // Longer gaps are not for stretching.
    let extended = filled(FillGaps::Extend, "10:20");
    assert_eq!(
        shown(&extended),
        pairs(&[("09:00-10:00", "A"), ("10:20-11:00", "B")])
    );
    assert_eq!(of(&extended, "GAP").len(), 1);
}

#[test]
fn case_15() {
    let document = with(
        vec![found(Day::Saturday, "09:00", "15:00", "Fair")],
        &Settings::default(),
    );
    assert_eq!(blocks(&document).len(), 1);
    assert_eq!(codes(&document.warnings), ["DAY_OUTSIDE_SETTING"]);
    assert_eq!(document.warnings[0].day, Some(Day::Saturday));
}

#[test]
fn case_16() {
    let all = vec![
        found(Day::Tuesday, "09:00", "10:00", "Maths"),
        found(Day::Tuesday, "09:30", "10:30", "Art"),
    ];
    let document = with(all, &Settings::default());
    assert_eq!(
        shown(&document),
        pairs(&[("09:00-10:00", "Maths"), ("09:30-10:30", "Art")])
    );
    let overlaps = of(&document, "OVERLAP");
    assert_eq!(overlaps.len(), 1);
    assert_eq!(
        overlaps[0].message,
        "Tuesday: Maths (09:00–10:00) and Art (09:30–10:30) are at the same time."
    );
}

fn calendar(name: &str) -> String {
    let settings = Settings::parse(&json!({
        "timezone": "Europe/London", "term_start": "2025-09-01", "term_end": "2025-12-19",
    }))
    .unwrap();
    let document = with(vec![found(Day::Monday, "09:30", "10:00", name)], &settings);
    String::from_utf8(ics(&document).unwrap()).unwrap()
}

#[test]
fn case_17() {
    let text = calendar("Maths");
    for line in [
        "DTSTART;TZID=Europe/London:20250901T093000",
        "DTEND;TZID=Europe/London:20250901T100000",
        "RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20251219T235959Z",
    ] {
        assert!(
            text.contains(&format!("\r\n{line}\r\n")),
            "{line} is not in {text}"
        );
    }
}

#[test]
fn case_19() {
    let text = calendar("Music, Year 2; choir");
    assert!(
        text.contains("\r\nSUMMARY:Music\\, Year 2\\; choir\r\n"),
        "{text}"
    );
}

#[test]
fn case_20() {
    let mut first = page(1, vec![found(Day::Monday, "09:00", "15:00", "Trip")]);
    first.tables[0].metadata = metadata(Some("2EJ"), None);
    let mut second = page(2, vec![found(Day::Monday, "09:00", "15:00", "Trip")]);
    second.tables[0].metadata = metadata(Some("3AB"), None);
    let document = document(vec![first, second], &Settings::default());
    let classes: Vec<_> = document
        .timetables
        .iter()
        .map(|table| table.metadata.class_name.as_deref())
        .collect();
    assert_eq!(classes, [Some("2EJ"), Some("3AB")]);
    assert!(document.timetables.iter().all(|table| table.blocks.len() == 1));
}

#[test]
fn case_21() {
    let bytes = fullcalendar(&mornings(), Variant::Recurring).unwrap();
    let events: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(events.as_array().unwrap().len(), 2);
    assert_eq!(events[0]["title"], "RWI");
    assert_eq!(events[0]["daysOfWeek"], json!([1, 2, 3, 4]));
    assert_eq!(events[0]["startTime"], "09:00:00");
    assert_eq!(events[0]["endTime"], "09:30:00");
    assert_eq!(events[0]["extendedProps"]["isRecurring"], true);
    assert_eq!(events[1]["daysOfWeek"], json!([5]));
    assert_eq!(events[1]["extendedProps"]["isRecurring"], false);
}

#[test]
fn the_document_has_the_fields_of_its_description() {
    let mut maths = found(Day::Monday, "09:30", "10:00", "Maths");
    maths.confidence = Sureness::hundredths(95);
    maths.area = Some(docmill_documents::tables::Area::of_corners(
        (1200, 2000),
        (2400, 2600),
    ));
    let settings = Settings::parse(&json!({"class_name": "2EJ", "holidays": ["2025-10-20"]})).unwrap();
    let document = with(vec![maths], &settings);
    let json = serde_json::to_value(&document).unwrap();
    assert_eq!(json["schema"], "timetable/1");
    assert_eq!(json["engine"], "rules");
    assert_eq!(
        json["complexity"],
        json!({"level": "simple", "score": "0.00", "reasons": []})
    );
    assert_eq!(
        json["timetables"][0]["blocks"][0],
        json!({
            "id": "b1", "day": "monday", "start": "09:30", "end": "10:00", "duration_minutes": 30,
            "event_name": "Maths", "event_type": "class", "room": null, "notes": null, "color": null,
            "recurring_id": null, "inferred": false, "confidence": "0.95", "page": 1, "box": [1200, 2000, 2400, 2600],
        })
    );
    assert_eq!(
        json["calendar"],
        json!({
            "timezone": "UTC", "week_start": "2025-09-01", "term_start": null, "term_end": null,
            "holidays": [{"from": "2025-10-20", "to": "2025-10-20"}],
            "days": ["monday", "tuesday", "wednesday", "thursday", "friday"], "day_bounds": ["05:00", "23:00"],
        })
    );
    assert_eq!(json["edition"], json!({"number": 0, "author": null, "at": null}));
    assert_eq!(json["created_at"], "2025-08-20T10:15:30.000Z");
    assert_eq!(serde_json::from_value::<Document>(json).unwrap(), document);
}

#[test]
fn another_form_of_document_is_not_read() {
    let mut json = serde_json::to_value(mornings()).unwrap();
    json["schema"] = json!("timetable/2");
    assert!(serde_json::from_value::<Document>(json).is_err());
}

#[test]
fn exports_show_the_newest_edition() {
    let before = mornings();
    let mut body = json!({"timetables": before.timetables});
    for block in body["timetables"][0]["blocks"].as_array_mut().unwrap() {
        block["event_name"] = json!("Reading");
    }
    let by = Editor {
        author: "u-1".to_owned(),
        at: before.created_at,
        number: 1,
    };
    let after = edited(before, &body, &by).unwrap();
    let text = String::from_utf8(ics(&after).unwrap()).unwrap();
    assert_eq!(text.matches("SUMMARY:Reading").count(), 5);
    assert!(!text.contains("RWI") && text.contains("SEQUENCE:1"));
}
