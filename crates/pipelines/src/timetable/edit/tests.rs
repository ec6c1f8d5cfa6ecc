use docmill_core::edition::Editor;
use docmill_core::time::Time;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::timetable::model::{FoundBlock, Warning};
use crate::timetable::settings::{FillGaps, Settings};
use crate::timetable::testing::{codes, document, found, metadata, page};

fn by() -> Editor {
    Editor {
        author: "u-1".to_owned(),
        at: Time::from_ms(1_760_000_000_000),
        number: 3,
    }
}

/// Lunch on three days and Maths on Monday, which are b2, b3, b4 and b1.
fn school() -> Document {
    let mut lunch = found(Day::Monday, "12:00", "15:00", "Lunch");
    lunch.confidence = Sureness::hundredths(95);
    lunch.area = Some(docmill_documents::tables::Area::of_corners((1, 2), (3, 4)));
    let on = |day| FoundBlock { day, ..lunch.clone() };
    let mut maths = found(Day::Monday, "09:00", "12:00", "Maths");
    maths.confidence = Sureness::hundredths(40);
    let mut page = page(
        2,
        vec![maths, on(Day::Monday), on(Day::Tuesday), on(Day::Wednesday)],
    );
    page.tables[0].metadata = metadata(Some("2EJ"), None);
    page.warnings = vec![
        Warning::new("AI_MISSED", None, "x"),
        Warning::new("UNKNOWN_DAY", None, "y"),
    ];
    document(vec![page], &Settings::default())
}

/// What a client sends that changes nothing.
fn unchanged(document: &Document) -> Value {
    let timetables = serde_json::to_value(&document.timetables).unwrap();
    json!({"timetables": timetables})
}

fn refused(body: &Value) -> Vec<(String, String)> {
    let errors = edited(school(), body, &by()).unwrap_err();
    errors
        .into_iter()
        .map(|error| (error.field, error.code))
        .collect()
}

/// With the first block changed.
fn first(change: Value) -> Value {
    let mut body = unchanged(&school());
    let block = body["timetables"][0]["blocks"][0].as_object_mut().unwrap();
    let Value::Object(change) = change else {
        panic!("not an object")
    };
    block.extend(change);
    body
}

fn assert_refused(body: &Value, field: &str, code: &str) {
    assert_eq!(refused(body), [(field.to_owned(), code.to_owned())], "{body}");
}

#[test]
fn nothing_changed_changes_nothing_but_the_edition() {
    let before = school();
    let after = edited(before.clone(), &unchanged(&before), &by()).unwrap();
    assert_eq!(after.timetables, before.timetables);
    assert_eq!(after.edition.number, 3);
    assert_eq!(after.edition.author.as_deref(), Some("u-1"));
    assert_eq!(after.rejected, before.rejected);
    // No block is on an unknown day.
    assert_eq!(codes(&before.warnings)[..2], ["AI_MISSED", "UNKNOWN_DAY"]);
    assert_eq!(codes(&after.warnings)[0], "AI_MISSED");
    assert_eq!(codes(&after.warnings)[1..], codes(&before.warnings)[2..]);
}

#[test]
fn changed_and_new_blocks_are_sure_and_the_rest_is_found_anew() {
    let body = json!({"timetables": [{"blocks": [
        {"id": "b1", "day": "monday", "start": "09:00", "end": "11:00", "event_name": "Maths", "color": "#ff00aa"},
        {"id": "b2", "day": "monday", "start": "12:00", "end": "15:00", "event_name": "Lunch"},
        {"id": "b3", "day": "tuesday", "start": "12:00", "end": "15:00", "event_name": "Lunch", "event_type": "lunch"},
        {"day": "saturday", "start": "09:00", "end": "15:00", "event_name": " Fair ", "notes": "a\nb", "room": null},
    ]}]});
    let document = edited(school(), &body, &by()).unwrap();
    let table = &document.timetables[0];
    assert_eq!(table.metadata.class_name.as_deref(), Some("2EJ"));
    assert_eq!(table.recurring_blocks, []);
    let shown: Vec<_> = table
        .blocks
        .iter()
        .map(|block| {
            (
                block.id.as_str(),
                block.confidence.to_string(),
                block.page,
                block.recurring_id.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("b1", "1.00".to_owned(), Some(2), None),
            ("b2", "0.95".to_owned(), Some(2), None),
            ("b3", "1.00".to_owned(), Some(2), None),
            ("b5", "1.00".to_owned(), None, None),
        ]
    );
    assert_eq!(table.blocks[1].area, Some([1, 2, 3, 4]));
    assert_eq!(table.blocks[0].color.as_deref(), Some("#FF00AA"));
    assert_eq!(
        (
            table.blocks[0].duration_minutes,
            table.blocks[3].event_name.as_str()
        ),
        (Some(120), "Fair")
    );
    assert!(!table.needs_review);
    let said = codes(&document.warnings);
    assert!(
        said.contains(&"GAP") && said.contains(&"DAY_OUTSIDE_SETTING") && !said.contains(&"LOW_CONFIDENCE")
    );
}

#[test]
fn what_is_left_out_stays_and_null_takes_away() {
    let body = first(json!({"notes": "Bring a ruler", "room": "R1"}));
    let noted = edited(school(), &body, &by()).unwrap();
    let mut body = json!({"timetables": [{"blocks": [
        {"id": "b1", "day": "monday", "start": "09:00", "end": "12:00", "event_name": "Maths", "room": null},
    ]}]});
    let block = edited(noted.clone(), &body, &by())
        .unwrap()
        .timetables
        .remove(0)
        .blocks
        .remove(0);
    assert_eq!(
        (block.notes.as_deref(), block.room),
        (Some("Bring a ruler"), None)
    );
    body["timetables"][0]["metadata"] = json!({"week": "2"});
    let said = edited(noted, &body, &by()).unwrap().timetables.remove(0).metadata;
    assert_eq!((said.class_name, said.week.as_deref()), (None, Some("2")));
}

#[test]
fn an_event_that_is_moved_stays_the_same_event() {
    let mut body = unchanged(&school());
    for block in body["timetables"][0]["blocks"].as_array_mut().unwrap() {
        if block["event_name"] == "Lunch" {
            block["start"] = json!("12:15");
        }
    }
    let document = edited(school(), &body, &by()).unwrap();
    let lunch = &document.timetables[0].recurring_blocks[0];
    assert_eq!(
        (lunch.id.as_str(), lunch.start.to_string()),
        ("r1", "12:15".to_owned())
    );
}

#[test]
fn blocks_that_filled_gaps_stay_what_they_are_until_they_are_changed() {
    let blocks = vec![
        found(Day::Monday, "09:00", "10:00", "A"),
        found(Day::Monday, "10:20", "15:00", "B"),
    ];
    let settings = Settings {
        fill_gaps: FillGaps::Label,
        ..Settings::default()
    };
    let before = document(vec![page(1, blocks)], &settings);
    let same = edited(before.clone(), &unchanged(&before), &by()).unwrap();
    assert!(same.timetables[0].blocks[1].inferred);
    let mut body = unchanged(&before);
    body["timetables"][0]["blocks"][1]["event_name"] = json!("Reading");
    let changed = edited(before, &body, &by()).unwrap();
    let block = &changed.timetables[0].blocks[1];
    assert_eq!((block.inferred, block.confidence), (false, Sureness::FULL));
}

#[test]
fn every_error_names_its_field() {
    let at = |name: &str| format!("timetables[0].blocks[0].{name}");
    for (change, field, code) in [
        (json!({"id": "b99"}), "id", "UNKNOWN_BLOCK"),
        (json!({"id": 1}), "id", "WRONG_TYPE"),
        (json!({"day": "Monday"}), "day", "OUT_OF_RANGE"),
        (json!({"day": null}), "day", "WRONG_TYPE"),
        (json!({"start": "9:00"}), "start", "OUT_OF_RANGE"),
        (json!({"start": 900}), "start", "WRONG_TYPE"),
        (json!({"start": null}), "end", "OUT_OF_RANGE"),
        (json!({"start": "12:00"}), "end", "OUT_OF_RANGE"),
        (json!({"end": "24:00"}), "end", "OUT_OF_RANGE"),
        (json!({"event_name": " "}), "event_name", "OUT_OF_RANGE"),
        (json!({"event_name": null}), "event_name", "WRONG_TYPE"),
        (
            json!({"event_name": "é".repeat(201)}),
            "event_name",
            "OUT_OF_RANGE",
        ),
        (json!({"event_name": "a\0b"}), "event_name", "OUT_OF_RANGE"),
        (json!({"event_type": "party"}), "event_type", "OUT_OF_RANGE"),
        (json!({"notes": "é".repeat(2_001)}), "notes", "OUT_OF_RANGE"),
        (json!({"room": 5}), "room", "WRONG_TYPE"),
        (json!({"color": "red"}), "color", "OUT_OF_RANGE"),
        (json!({"colour": "#112233"}), "colour", "UNKNOWN_FIELD"),
    ] {
        assert_refused(&first(change), &at(field), code);
    }
    assert!(edited(school(), &first(json!({"event_name": "é".repeat(200)})), &by()).is_ok());
    assert!(edited(school(), &first(json!({"start": null, "end": null})), &by()).is_ok());
}

#[test]
fn the_body_has_its_form_and_limits() {
    assert_refused(&json!([]), "body", "WRONG_TYPE");
    assert_refused(&json!({}), "timetables", "REQUIRED");
    assert_refused(&json!({"timetables": []}), "timetables", "OUT_OF_RANGE");
    assert_refused(
        &json!({"timetables": [{"blocks": []}], "x": 1}),
        "x",
        "UNKNOWN_FIELD",
    );
    let empty = json!({"blocks": []});
    assert!(edited(school(), &json!({"timetables": vec![empty.clone(); 50]}), &by()).is_ok());
    assert_refused(
        &json!({"timetables": vec![empty; 51]}),
        "timetables",
        "OUT_OF_RANGE",
    );
    assert_refused(&json!({"timetables": [{}]}), "timetables[0].blocks", "REQUIRED");
    let block = json!({"day": "monday", "start": "09:00", "end": "10:00", "event_name": "A"});
    let blocks = |count| json!({"timetables": [{"blocks": vec![block.clone(); count]}]});
    assert!(edited(school(), &blocks(1_000), &by()).is_ok());
    assert_refused(&blocks(1_001), "timetables[0].blocks", "OUT_OF_RANGE");
    let mut twice = unchanged(&school());
    twice["timetables"][0]["blocks"][1]["id"] = json!("b1");
    assert_refused(&twice, "timetables[0].blocks[1].id", "DUPLICATE");
    let metadata = json!({"timetables": [{"metadata": {"class": "x"}, "blocks": []}]});
    assert_refused(&metadata, "timetables[0].metadata.class", "UNKNOWN_FIELD");
    let many = json!({"timetables": [{"blocks": vec![json!({}); 1_000]}]});
    assert_eq!(refused(&many).len(), 100);
}

#[test]
fn all_errors_of_a_block_are_said_at_once() {
    let body = json!({"timetables": [{"blocks": [{"day": 1, "start": "x", "event_name": 2}]}]});
    let fields: Vec<_> = refused(&body).into_iter().map(|(field, _)| field).collect();
    let at = |name: &str| format!("timetables[0].blocks[0].{name}");
    assert_eq!(fields, [at("day"), at("start"), at("end"), at("event_name")]);
}

/// Something of a body's shape, with something wrong here and there.
fn body() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        Just(json!(7)),
        proptest::sample::select(&[
            "b1", "b2", "monday", "09:00", "10:00", "Maths", "#112233", "lunch"
        ])
        .prop_map(|text| json!(text)),
    ];
    let name = proptest::sample::select(&[
        "id",
        "day",
        "start",
        "end",
        "event_name",
        "event_type",
        "room",
        "notes",
        "color",
        "page",
    ]);
    let block = proptest::collection::btree_map(name, leaf, 0..9).prop_map(|fields| json!(fields));
    proptest::collection::vec(proptest::collection::vec(block, 0..4), 0..3)
        .prop_map(|tables| json!({"timetables": tables.into_iter().map(|blocks| json!({"blocks": blocks})).collect::<Vec<_>>()}))
}

proptest! {
    #[test]
    fn an_edit_is_taken_whole_or_refused(body in body()) {
        match edited(school(), &body, &by()) {
            Ok(document) => {
                let sent: usize = body["timetables"].as_array().unwrap().iter()
                    .map(|table| table["blocks"].as_array().unwrap().len()).sum();
                let kept: usize = document.timetables.iter().map(|table| table.blocks.len()).sum();
                prop_assert_eq!(kept, sent);
                let json = serde_json::to_vec(&document).unwrap();
                prop_assert_eq!(serde_json::from_slice::<Document>(&json).unwrap(), document);
            }
            Err(errors) => prop_assert!(!errors.is_empty()),
        }
    }
}
