use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::cells::harmless;
use crate::timetable::model::{Day, FoundBlock};
use crate::timetable::result::Document;
use crate::timetable::settings::Settings;
use crate::timetable::testing::{document, found, metadata, page};

fn one(blocks: Vec<FoundBlock>) -> Document {
    document(vec![page(1, blocks)], &Settings::default())
}

/// One timetable a class.
fn classes(names: &[&str]) -> Document {
    let pages = (1..).zip(names).map(|(number, name)| {
        let mut page = page(number, vec![found(Day::Monday, "09:00", "15:00", "X")]);
        page.tables[0].metadata = metadata(Some(name), None);
        page
    });
    document(pages.collect(), &Settings::default())
}

fn csv_text(document: &Document) -> String {
    String::from_utf8(csv(document).unwrap()).unwrap()
}

fn events(document: &Document, variant: Variant) -> Value {
    serde_json::from_slice(&fullcalendar(document, variant).unwrap()).unwrap()
}

#[test]
fn csv_is_what_spreadsheets_like() {
    let mut maths = found(Day::Monday, "09:00", "10:00", "=Maths");
    maths.room = Some("@home".to_owned());
    maths.notes = Some("a, \"b\"".to_owned());
    let mut untimed = found(Day::Unspecified, "09:00", "10:00", "Art");
    (untimed.start, untimed.end) = (None, None);
    assert_eq!(
        csv_text(&one(vec![maths, untimed])),
        "\u{feff}Day,Start,End,Event,Type,Room,Notes,Recurring,Confidence\r\n\
         Monday,09:00,10:00,'=Maths,class,'@home,\"a, \"\"b\"\"\",No,1.00\r\n\
         Unspecified,,,Art,class,,,No,1.00\r\n"
    );
}

#[test]
fn csv_says_which_timetable_where_there_are_several() {
    let text = csv_text(&classes(&["2EJ", "=3AB"]));
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].ends_with(",Confidence,Timetable"));
    assert!(
        lines[1].ends_with(",1.00,2EJ") && lines[2].ends_with(",1.00,'=3AB"),
        "{text}"
    );
}

#[test]
fn explicit_events_are_in_the_week_and_not_on_holidays() {
    let mut untimed = found(Day::Friday, "09:00", "10:00", "Art");
    (untimed.start, untimed.end) = (None, None);
    let mut maths = found(Day::Tuesday, "09:00", "10:00", "Maths");
    maths.color = Some("#112233".to_owned());
    let blocks = vec![
        maths,
        found(Day::Wednesday, "09:00", "10:00", "Maths"),
        found(Day::Unspecified, "09:00", "10:00", "Maths"),
        untimed,
    ];
    let settings = Settings::parse(&json!({"holidays": ["2025-09-03"], "teacher_name": "Ms Green"})).unwrap();
    let document = document(vec![page(1, blocks)], &settings);
    assert_eq!(
        events(&document, Variant::Explicit),
        json!([{
            "id": "b1", "title": "Maths", "start": "2025-09-02T09:00:00", "end": "2025-09-02T10:00:00",
            "color": "#112233",
            "extendedProps": {"eventType": "class", "room": null, "notes": null, "teacherName": "Ms Green",
                "className": null, "isRecurring": false},
        }])
    );
}

#[test]
fn recurring_events_stay_in_the_term() {
    let settings = Settings::parse(&json!({"term_start": "2025-09-01", "term_end": "2025-12-19"})).unwrap();
    let blocks = vec![
        found(Day::Sunday, "09:00", "10:00", "Service"),
        found(Day::Saturday, "09:00", "10:00", "service"),
    ];
    let events = events(&document(vec![page(1, blocks)], &settings), Variant::Recurring);
    assert_eq!(events.as_array().unwrap().len(), 1);
    let event = &events[0];
    assert_eq!(event["daysOfWeek"], json!([6, 0]));
    // The end is the first day without it.
    assert_eq!(
        (&event["startRecur"], &event["endRecur"]),
        (&json!("2025-09-01"), &json!("2025-12-20"))
    );
    assert!(Variant::Recurring == "recurring".parse().unwrap() && "weekly".parse::<Variant>().is_err());
}

fn text() -> impl Strategy<Value = String> {
    "[-=+@\"',;\t a-zé\n\r]{0,12}x"
}

proptest! {
    #[test]
    fn csv_gives_back_what_went_in(texts in proptest::collection::vec((text(), proptest::option::of(text())), 1..8)) {
        let blocks = texts.iter().map(|(name, notes)| FoundBlock {
            notes: notes.clone(),
            ..found(Day::Monday, "09:00", "15:00", name)
        });
        let document = one(blocks.collect());
        let bytes = csv(&document).unwrap();
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap();
        let mut reader = ::csv::Reader::from_reader(bytes);
        let read: Vec<_> = reader.records().map(|record| record.unwrap()).collect();
        let blocks = &document.timetables[0].blocks;
        prop_assert_eq!(read.len(), blocks.len());
        for (record, block) in read.iter().zip(blocks) {
            prop_assert_eq!(record[3].to_owned(), harmless(&block.event_name).into_owned());
            prop_assert_eq!(record[6].to_owned(), harmless(block.notes.as_deref().unwrap_or_default()).into_owned());
            prop_assert!(!record[3].starts_with(['=', '+', '-', '@', '\t']));
        }
    }

    #[test]
    fn lines_of_calendars_are_short(name in "\\PC{1,200}", notes in "\\PC{0,300}", room in proptest::option::of("\\PC{0,80}")) {
        let block = FoundBlock {
            room,
            notes: Some(notes),
            ..found(Day::Monday, "09:00", "15:00", &format!("{name}x"))
        };
        let settings = Settings::parse(&json!({
            "timezone": "America/Argentina/ComodRivadavia", "term_start": "2025-09-01", "term_end": "2025-12-19",
        })).unwrap();
        let bytes = ics(&document(vec![page(1, vec![block])], &settings)).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        prop_assert!(text.ends_with("\r\n"));
        for line in text.split_terminator("\r\n") {
            prop_assert!(line.len() <= 75 && !line.is_empty() && !line.contains(['\r', '\n']), "{:?}", line);
        }
    }
}
