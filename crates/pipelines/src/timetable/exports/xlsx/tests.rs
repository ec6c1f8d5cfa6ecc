use docmill_documents::sheets::{Limits, Sheet, xlsx};
use proptest::prelude::*;

use super::*;
use crate::timetable::model::{Day, FoundBlock, Minute};
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

fn untimed(day: Day, name: &str) -> FoundBlock {
    FoundBlock {
        start: None,
        end: None,
        ..found(day, "09:00", "10:00", name)
    }
}

/// A workbook as a reader sees it.
fn sheets(document: &Document) -> Vec<Sheet> {
    let bytes = super::xlsx(document).unwrap();
    xlsx::read(&bytes, &Limits::default()).unwrap()
}

fn rows(sheet: &Sheet) -> Vec<Vec<&str>> {
    let width = sheet.width();
    sheet
        .rows()
        .map(|row| (0..width).map(|column| row.text(column)).collect())
        .collect()
}

#[test]
fn days_go_down_and_slots_across() {
    let mut maths = found(Day::Monday, "09:00", "10:00", "=Maths");
    maths.room = Some("R1".to_owned());
    maths.notes = Some("Bring a ruler".to_owned());
    let blocks = vec![
        maths,
        found(Day::Monday, "09:30", "11:00", "Trip"),
        found(Day::Tuesday, "10:00", "11:00", "Art"),
        untimed(Day::Tuesday, "Chess"),
        untimed(Day::Unspecified, "Choir"),
    ];
    let sheets = sheets(&one(blocks));
    let [sheet] = &sheets[..] else {
        panic!("{} sheets", sheets.len())
    };
    assert_eq!(sheet.name(), "Timetable 1");
    assert_eq!(
        rows(sheet),
        [
            vec!["", "09:00–09:30", "09:30–10:00", "10:00–11:00", "No time"],
            vec!["Monday", "=Maths\nR1\nBring a ruler", "", "", ""],
            vec!["", "", "Trip", "", ""],
            vec!["Tuesday", "", "", "Art", "Chess"],
            vec!["Unspecified", "", "", "", "Choir"],
        ]
    );
    let merged: Vec<_> = sheet
        .merges()
        .iter()
        .map(|merge| (merge.column, merge.rows, merge.columns))
        .collect();
    assert_eq!(merged, [(1, 1, 2), (2, 1, 2)]);
}

#[test]
fn sheets_have_names_of_their_own() {
    let (long, longer) = ("x".repeat(60), "x".repeat(61));
    let names = ["2EJ", "2EJ (3)", "2ej*", "History", "[]", &long, &longer];
    let sheets = sheets(&classes(&names));
    let found: Vec<&str> = sheets.iter().map(Sheet::name).collect();
    let (long, numbered) = ("x".repeat(31), format!("{} (7)", "x".repeat(27)));
    let expected = [
        "2EJ",
        "2EJ (3)",
        "2ej (+3)",
        "Timetable 4",
        "Timetable 5",
        &long,
        &numbered,
    ];
    assert_eq!(found, expected);
}

#[test]
fn xlsx_is_the_same_every_time() {
    let long = "é".repeat(40_000);
    let mut coloured = found(Day::Monday, "09:00", "10:00", &long);
    coloured.color = Some("#000080".to_owned());
    let blocks = vec![
        coloured,
        found(Day::Monday, "09:30", "11:00", "=1+1"),
        found(Day::Tuesday, "10:00", "11:00", "Art"),
    ];
    let document = one(blocks);
    let first = super::xlsx(&document).unwrap();
    assert!(first.starts_with(b"PK"));
    assert_eq!(first, super::xlsx(&document).unwrap());
}

#[test]
fn workbooks_of_odd_documents_are_written_too() {
    let names = [
        "2EJ",
        "2ej*",
        "History",
        "[]",
        "2EJ (2)",
        &"x".repeat(60),
        &"x".repeat(61),
    ];
    assert!(super::xlsx(&classes(&names)).is_ok());
    let mut document = one(Vec::new());
    assert!(super::xlsx(&document).is_ok());
    document.timetables.clear();
    assert!(super::xlsx(&document).is_ok());
    // More than a sheet has columns, were each a column.
    let untimed = (0..17_000).map(|number| untimed(Day::Monday, &format!("X{number}")));
    assert!(super::xlsx(&one(untimed.collect())).is_ok());
    // Each over every slot of the others.
    let long = (0..600).map(|number| {
        let minute = |number: i64| Minute::new(number).unwrap().to_string();
        found(Day::Monday, &minute(number), &minute(1_439 - number), "X")
    });
    assert!(super::xlsx(&one(long.collect())).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_block_is_in_the_workbook(
        blocks in proptest::collection::vec((0_usize..7, proptest::option::of((0_i64..200, 1_i64..80))), 0..25),
    ) {
        let blocks = blocks.into_iter().enumerate().map(|(number, (day, times))| FoundBlock {
            start: times.and_then(|(start, _)| Minute::new(start * 5)),
            end: times.and_then(|(start, length)| Minute::new((start + length) * 5)),
            ..found(Day::WEEK[day], "09:00", "10:00", &format!("X{number}"))
        });
        let document = one(blocks.collect());
        let sheets = sheets(&document);
        let mut read: Vec<&str> = sheets.iter().flat_map(|sheet| rows(sheet).into_iter().flatten())
            .filter(|text| text.starts_with('X')).collect();
        let mut written: Vec<&str> = document.timetables.iter().flat_map(|table| &table.blocks)
            .map(|block| block.event_name.as_str()).collect();
        read.sort_unstable();
        written.sort_unstable();
        prop_assert_eq!(read, written);
    }
}
