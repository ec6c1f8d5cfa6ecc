use proptest::prelude::*;

use super::*;
use crate::timetable::model::{Day, EventType, FoundBlock, FoundTable, Minute, Sureness};
use crate::timetable::settings::FillGaps;
use crate::timetable::testing::{codes, found, metadata, page};

fn one(pages: Vec<FoundPage>) -> (Timetable, Vec<Warning>) {
    let mut validated = validated(pages, &Settings::default());
    assert_eq!(validated.timetables.len(), 1);
    (validated.timetables.remove(0), validated.warnings)
}

#[test]
fn blocks_are_ordered_and_numbered() {
    let mut untimed = found(Day::Monday, "09:00", "10:00", "Zoo");
    (untimed.start, untimed.end) = (None, None);
    let mut second = untimed.clone();
    second.event_name = "Art".to_owned();
    let blocks = vec![
        untimed,
        second,
        found(Day::Tuesday, "09:00", "15:00", "B"),
        found(Day::Monday, "12:00", "15:00", "C"),
        found(Day::Monday, "09:00", "12:00", "D"),
    ];
    let (table, warnings) = one(vec![page(1, blocks)]);
    let names: Vec<_> = table
        .blocks
        .iter()
        .map(|block| (block.id.as_str(), block.event_name.as_str()))
        .collect();
    assert_eq!(
        names,
        [
            ("b1", "D"),
            ("b2", "C"),
            ("b3", "Zoo"),
            ("b4", "Art"),
            ("b5", "B")
        ]
    );
    assert_eq!(codes(&warnings), ["NO_TIME"]);
    assert_eq!(table.blocks[2].duration_minutes, None);
}

#[test]
fn what_is_no_block_is_rejected_with_its_reason() {
    let mut half = found(Day::Monday, "09:00", "10:00", "Half");
    half.end = None;
    let blocks = vec![
        found(Day::Monday, "10:00", "10:00", "Nothing"),
        found(Day::Monday, "11:00", "10:00", "Back"),
        half,
        found(Day::Monday, "09:00", "15:00", " "),
        found(Day::Monday, "09:00", "15:00", "Good"),
    ];
    let validated = validated(vec![page(3, blocks)], &Settings::default());
    let rejected: Vec<_> = validated
        .rejected
        .iter()
        .map(|one| (one.page, one.event_name.as_str(), one.reason.as_str()))
        .collect();
    assert_eq!(
        rejected,
        [
            (3, "Nothing", "It does not end after it starts."),
            (3, "Back", "It does not end after it starts."),
            (3, "Half", "It starts but does not end."),
            (3, " ", "It has no name."),
        ]
    );
    assert_eq!(validated.timetables[0].blocks.len(), 1);
}

#[test]
fn the_same_block_on_two_pages_is_one_and_keeps_what_both_say() {
    let mut first = found(Day::Monday, "09:00", "15:00", "Trip");
    first.room = Some("A1".to_owned());
    first.notes = Some("Bring boots".to_owned());
    first.confidence = Sureness::hundredths(70);
    let mut second = found(Day::Monday, "09:00", "15:00", "Trip");
    second.room = Some("B2".to_owned());
    second.notes = Some("Lunch".to_owned());
    second.color = Some("#FF0000".to_owned());
    let (table, _) = one(vec![page(1, vec![first.clone()]), page(2, vec![second, first])]);
    assert_eq!(table.blocks.len(), 1);
    let block = &table.blocks[0];
    assert_eq!((block.page, block.room.as_deref()), (Some(1), Some("A1")));
    assert_eq!(block.notes.as_deref(), Some("Bring boots; also B2; Lunch"));
    assert_eq!(block.color.as_deref(), Some("#FF0000"));
    assert_eq!(block.confidence, Sureness::FULL);
}

#[test]
fn twice_on_one_page_stays_twice() {
    let block = found(Day::Monday, "09:00", "15:00", "Trip");
    let (table, warnings) = one(vec![page(1, vec![block.clone(), block])]);
    assert_eq!(table.blocks.len(), 2);
    assert_eq!(codes(&warnings), ["OVERLAP"]);
}

#[test]
fn a_page_without_a_class_goes_on_with_the_one_before() {
    let day = |day, class: Option<&str>, week: Option<&str>, number| {
        let mut page = page(number, vec![found(day, "09:00", "15:00", "X")]);
        page.tables[0].metadata = metadata(class, week);
        page
    };
    let pages = vec![
        day(Day::Monday, Some("2EJ"), None, 1),
        day(Day::Tuesday, None, None, 2),
        day(Day::Monday, Some("3AB"), None, 3),
        day(Day::Tuesday, None, None, 4),
        day(Day::Wednesday, Some(" 2ej"), None, 5),
        day(Day::Monday, Some("2EJ"), Some("2"), 6),
    ];
    let tables = validated(pages, &Settings::default()).timetables;
    let found: Vec<_> = tables
        .iter()
        .map(|table| (table.label().unwrap(), table.blocks.len()))
        .collect();
    let expected = [("2EJ", 3), ("3AB", 2), ("2EJ, Week 2", 1)];
    assert_eq!(found, expected.map(|(label, count)| (label.to_owned(), count)));
    let ids: Vec<_> = tables
        .iter()
        .flat_map(|table| &table.blocks)
        .map(|block| block.id.as_str())
        .collect();
    assert_eq!(ids, ["b1", "b2", "b3", "b4", "b5", "b6"]);
}

#[test]
fn settings_name_teacher_and_class() {
    let mut page = page(1, vec![found(Day::Monday, "09:00", "15:00", "X")]);
    page.tables[0].metadata = metadata(Some("2EJ"), Some("2"));
    let settings = Settings {
        class_name: Some("Owls".to_owned()),
        teacher_name: Some("Ms Green".to_owned()),
        ..Settings::default()
    };
    let said = &validated(vec![page], &settings).timetables[0].metadata;
    assert_eq!(said.class_name.as_deref(), Some("Owls"));
    assert_eq!(said.teacher_name.as_deref(), Some("Ms Green"));
    assert_eq!(said.week.as_deref(), Some("2"));
}

#[test]
fn warnings_of_several_timetables_say_which() {
    let mut first = page(1, vec![found(Day::Monday, "10:00", "15:00", "X")]);
    first.tables[0].metadata = metadata(Some("2EJ"), None);
    let mut second = page(2, vec![found(Day::Monday, "09:00", "15:00", "X")]);
    second.tables[0].metadata = metadata(Some("3AB"), None);
    second.warnings = vec![Warning::new("UNKNOWN_DAY", None, "`Mo`"); 2];
    let validated = validated(vec![first, second], &Settings::default());
    let said: Vec<_> = validated
        .warnings
        .iter()
        .map(|warning| warning.message.as_str())
        .collect();
    assert_eq!(
        said,
        ["`Mo`", "2EJ: Monday starts only at 10:00. Is something missing?"]
    );
}

#[test]
fn times_outside_of_the_bounds_are_said_once_a_day() {
    let blocks = vec![
        found(Day::Monday, "04:30", "05:00", "Milking"),
        found(Day::Monday, "05:00", "23:00", "Work"),
        found(Day::Monday, "23:00", "23:30", "Stars"),
    ];
    let (_, warnings) = one(vec![page(1, blocks)]);
    assert_eq!(codes(&warnings), ["TIME_OUTSIDE_SETTING"]);
    assert_eq!(
        warnings[0].message,
        "Monday: Milking (04:30–05:00) and 1 other are outside of 05:00–23:00."
    );
}

#[test]
fn short_or_late_days_and_long_gaps_are_said() {
    let blocks = vec![
        found(Day::Monday, "09:00", "10:00", "A"),
        found(Day::Monday, "10:06", "15:00", "B"),
        found(Day::Tuesday, "09:01", "14:59", "C"),
        found(Day::Wednesday, "09:00", "15:00", "D"),
        // Covered by D.
        found(Day::Wednesday, "09:30", "10:00", "E"),
        found(Day::Wednesday, "15:05", "15:30", "F"),
    ];
    let (_, warnings) = one(vec![page(1, blocks)]);
    let said: Vec<_> = warnings.iter().map(|one| (one.code.as_str(), one.day)).collect();
    assert_eq!(
        said,
        [
            ("COVERAGE", Some(Day::Tuesday)),
            ("OVERLAP", Some(Day::Wednesday)),
            ("GAP", Some(Day::Monday)),
        ]
    );
    assert_eq!(warnings[2].message, "Monday has nothing from 10:00 to 10:06.");
    assert_eq!(
        warnings[0].message,
        "Tuesday starts only at 09:01 and ends already at 14:59. Is something missing?"
    );
}

#[test]
fn many_overlaps_are_not_all_named() {
    let blocks = (0..2_000)
        .map(|number| found(Day::Monday, "09:00", "15:00", &format!("X{number}")))
        .collect();
    let (table, warnings) = one(vec![page(1, blocks)]);
    assert_eq!((table.blocks.len(), warnings.len()), (2_000, 51));
    assert_eq!(warnings[50].day, None);
}

#[test]
fn confidence_has_bands() {
    let with = |all: &[u16]| {
        let blocks = all.iter().zip(9..).map(|(confidence, hour)| {
            let mut block = found(
                Day::Monday,
                &format!("{hour:02}:00"),
                &format!("{:02}:00", hour + 1),
                "X",
            );
            block.confidence = Sureness::hundredths(*confidence);
            block
        });
        one(vec![page(1, blocks.collect())])
    };
    let (table, warnings) = with(&[95, 95, 95, 95, 60, 95]);
    assert_eq!(
        (table.confidence.to_string().as_str(), table.needs_review),
        ("0.89", false)
    );
    assert!(!codes(&warnings).contains(&"LOW_CONFIDENCE"));
    // One of five is 20 %, two of six are more.
    assert!(!with(&[95, 95, 95, 95, 84, 85]).0.needs_review);
    let (table, warnings) = with(&[95, 95, 95, 84, 84, 85]);
    assert!(table.needs_review);
    let last = warnings.last().unwrap();
    assert_eq!(
        last.message,
        "2 blocks are uncertain; please check the ones marked."
    );
    let (table, warnings) = with(&[95, 95, 95, 95, 95, 59]);
    assert!(table.needs_review);
    let last = warnings.last().unwrap();
    assert_eq!(last.message, "1 block is uncertain; please check the one marked.");
}

#[test]
fn what_recurs_has_its_days() {
    let mut blocks: Vec<_> = Day::WEEK
        .map(|day| found(day, "12:00", "13:00", "Lunch"))
        .to_vec();
    blocks.push(found(Day::Monday, "09:00", "10:00", "Maths"));
    blocks.push(found(Day::Tuesday, "09:00", "10:00", "Maths"));
    blocks.push(found(Day::Wednesday, "09:00", "10:00", "Maths games"));
    blocks[3].event_name = "LUNCH".to_owned();
    let (table, _) = one(vec![page(1, blocks)]);
    assert_eq!(table.recurring_blocks.len(), 1);
    let lunch = &table.recurring_blocks[0];
    assert_eq!((lunch.id.as_str(), lunch.applies_daily), ("r1", true));
    assert_eq!(
        (lunch.days.as_slice(), lunch.block_ids.len()),
        (&Day::WEEK[..], 7)
    );
    let marked = table
        .blocks
        .iter()
        .filter(|block| block.recurring_id.as_deref() == Some("r1"));
    assert_eq!(marked.count(), 7);
}

fn blocks() -> impl Strategy<Value = Vec<FoundBlock>> {
    let day = proptest::sample::select(
        Day::WEEK
            .iter()
            .copied()
            .chain([Day::Unspecified])
            .collect::<Vec<_>>(),
    );
    // Few enough for the same block to come twice.
    let time = proptest::option::weighted(0.9, (0_i64..24).prop_map(|hour| Minute::new(hour * 60).unwrap()));
    let name = proptest::sample::select(&["Maths", "maths", "Art", "Lunch", " "]);
    let block =
        (day, time.clone(), time, name, 0_u16..=100).prop_map(|(day, start, end, name, sure)| FoundBlock {
            start,
            end,
            event_type: EventType::Class,
            confidence: Sureness::hundredths(sure),
            ..found(day, "09:00", "10:00", name)
        });
    proptest::collection::vec(block, 0..30)
}

/// Names each block in its notes, by which it is known in what becomes of it.
fn number(pages: &mut [FoundPage]) {
    let tables = pages.iter_mut().flat_map(|page| &mut page.tables);
    for (number, block) in tables.flat_map(|table| &mut table.blocks).enumerate() {
        block.notes = Some(format!("note {number}"));
    }
}

proptest! {
    #[test]
    fn every_block_is_kept_or_rejected(
        pages in proptest::collection::vec((blocks(), proptest::option::of("[ab]")), 1..4),
        fill in proptest::sample::select(&[FillGaps::None, FillGaps::Label, FillGaps::Extend]),
    ) {
        let settings = Settings { fill_gaps: fill, ..Settings::default() };
        let mut pages: Vec<FoundPage> = (1..).zip(pages).map(|(number, (blocks, class))| FoundPage {
            tables: vec![FoundTable { metadata: metadata(class.as_deref(), None), blocks }],
            ..page(number, Vec::new())
        }).collect();
        number(&mut pages);
        let validated = validated(pages.clone(), &settings);
        let kept: Vec<&Block> = validated.timetables.iter().flat_map(|table| &table.blocks).collect();
        let rejected = validated.rejected.len();
        let found: Vec<&FoundBlock> = pages.iter().flat_map(|page| &page.tables).flat_map(|table| &table.blocks).collect();
        // What was merged is the same block, and says what both said.
        let written = kept.iter().filter(|block| !block.inferred).count();
        prop_assert!(written + rejected <= found.len());
        for block in &found {
            let end_kept = |end: Option<Minute>| fill != FillGaps::None || end == block.end;
            let kept: Vec<&&Block> = kept
                .iter()
                .filter(|one| one.notes.as_ref().is_some_and(|notes| notes.split("; ").any(|part| Some(part) == block.notes.as_deref())))
                .collect();
            for one in &kept {
                prop_assert_eq!((one.day, one.start, &one.event_name), (block.day, block.start, &block.event_name));
                prop_assert!(end_kept(one.end) && one.end >= block.end, "{:?}", one);
            }
            let rejected = validated.rejected.iter().filter(|one| one.notes == block.notes);
            let rejected: Vec<_> = rejected.map(|one| (one.day, one.start, one.end, &one.event_name)).collect();
            let is_whole = rejected.iter().all(|one| *one == (block.day, block.start, block.end, &block.event_name));
            prop_assert!(is_whole && kept.len() + rejected.len() == 1, "{:?}", block);
        }
        if pages.len() == 1 {
            prop_assert_eq!(written + rejected, found.len());
        }
        // Numbers are unique, times are valid and nothing that recurs points nowhere.
        let mut ids: Vec<&str> = kept.iter().map(|block| block.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), kept.len());
        for block in &kept {
            prop_assert_eq!(block.start.is_some(), block.end.is_some());
            prop_assert!(block.times().is_none_or(|(start, end)| start < end));
        }
        for recurring in validated.timetables.iter().flat_map(|table| &table.recurring_blocks) {
            prop_assert!(recurring.days.len() >= 3);
            prop_assert!(recurring.block_ids.iter().all(|id| ids.binary_search(&id.as_str()).is_ok()));
        }
    }
}
