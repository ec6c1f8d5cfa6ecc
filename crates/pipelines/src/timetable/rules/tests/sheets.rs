//! Tables of files, and what is no timetable.

use super::*;

#[test]
fn a_line_for_each_block() {
    let found = extract(
        &sheet(&[
            "Day|Start|End|Event|Room|Notes",
            "Monday|9:00|9:30|Maths|R1|bring a ruler",
            "|9:30|10:30|Art||",
            "Tuesday|1:15|2:00|PE|Hall|",
        ]),
        &[],
    );
    assert_eq!(
        shown(&found),
        [
            "monday 09:00-09:30 Maths",
            "monday 09:30-10:30 Art",
            "tuesday 13:15-14:00 PE"
        ]
    );
    let maths = &found.tables[0].blocks[0];
    assert_eq!(
        (maths.room.as_deref(), maths.notes.as_deref()),
        (Some("R1"), Some("bring a ruler"))
    );
}

#[test]
fn times_of_departure() {
    let found = extract(
        &sheet(&[
            "Stop|Trip 1|Trip 2",
            "High Street|05:50|06:20",
            "Station|05:58|06:29",
        ]),
        &[],
    );
    assert_eq!(
        shown(&found),
        [
            "unspecified 05:50-05:58 High Street",
            "unspecified 05:58-06:06 Station",
            "unspecified 06:20-06:29 High Street",
            "unspecified 06:29-06:38 Station"
        ]
    );
    assert_eq!(found.tables[0].blocks[0].notes.as_deref(), Some("Trip 1"));
    assert_eq!(found.warnings[0].code, "UNKNOWN_DAY");
}

#[test]
fn activities_by_row_and_times_by_day() {
    let found = extract(
        &sheet(&["|Monday|Friday", "Swimming|9:00-10:00|1-2", "Choir||12.15-1pm"]),
        &[],
    );
    assert_eq!(
        shown(&found),
        [
            "friday 12:15-13:00 Choir",
            "friday 13:00-14:00 Swimming",
            "monday 09:00-10:00 Swimming"
        ]
    );
}

#[test]
fn two_weeks_side_by_side() {
    let found = extract(
        &sheet(&[
            "Time|Mon (Week A)|Tue (Week A)|Mon (Week B)|Tue (Week B)",
            "9-10|Art|PE|RE|IT",
        ]),
        &[],
    );
    let weeks: Vec<Option<&str>> = found
        .tables
        .iter()
        .map(|table| table.metadata.week.as_deref())
        .collect();
    assert_eq!(weeks, [Some("A"), Some("B")]);
    assert_eq!(found.tables[1].blocks.len(), 2);
}

#[test]
fn two_weeks_one_below_the_other() {
    let found = extract(
        &sheet(&[
            "Week 1||",
            "|Monday|Tuesday",
            "9-10|Art|PE",
            "Week 2||",
            "|Monday|Tuesday",
            "9-10|RE|IT",
        ]),
        &[],
    );
    let weeks: Vec<Option<&str>> = found
        .tables
        .iter()
        .map(|table| table.metadata.week.as_deref())
        .collect();
    assert_eq!(weeks, [Some("1"), Some("2")]);
    assert_eq!(shown(&found).len(), 4);
}

#[test]
fn numbered_periods() {
    let table = sheet(&["|1|2|3", "Mon|Art|PE|", "Tue|RE||IT"]);
    let found = extract(&table, &[]);
    assert!(!found.lacks_times);
    assert_eq!(shown(&found)[0], "monday ?-? Art");
    let at = |hour| crate::timetable::model::Minute::of(hour, 0).unwrap();
    let periods = [
        ("P1".to_owned(), at(9), at(10)),
        ("2".to_owned(), at(10), at(11)),
        ("Period 3".to_owned(), at(12), at(13)),
    ];
    assert_eq!(
        shown(&extract(&table, &periods)),
        [
            "monday 09:00-10:00 Art",
            "monday 10:00-11:00 PE",
            "tuesday 09:00-10:00 RE",
            "tuesday 12:00-13:00 IT"
        ]
    );
}

#[test]
fn days_without_times_lack_times() {
    let found = extract(&sheet(&["Monday|Tuesday", "Art|PE", "RE|IT"]), &[]);
    assert!(found.lacks_times);
}

#[test]
fn a_heading_that_is_no_day() {
    let found = extract(&sheet(&["|Monday|Flexday", "9-10|Art|PE"]), &[]);
    assert_eq!(
        shown(&found),
        ["monday 09:00-10:00 Art", "unspecified 09:00-10:00 PE"]
    );
    assert_eq!(found.warnings.len(), 1);
    assert!(found.warnings[0].message.contains("Flexday"));
}

#[test]
fn a_heading_of_a_row_may_happen_on_all_days() {
    let found = extract(&sheet(&["|Mon|Tue", "9-10|Art|PE", "10-10.15 Break||"]), &[]);
    assert_eq!(
        shown(&found),
        [
            "monday 09:00-10:00 Art",
            "monday 10:00-10:15 Break",
            "tuesday 09:00-10:00 PE",
            "tuesday 10:00-10:15 Break"
        ]
    );
}

#[test]
fn what_is_no_timetable_is_none() {
    for content in [
        Content::default(),
        sheet(&["Name|Points", "Ann|12", "Bob|9"]),
        sheet(&["Ingredient|Amount", "Flour|200 g"]),
    ] {
        assert_eq!(extract(&content, &[]).tables, []);
    }
}

#[test]
fn what_stands_around_says_whose_it_is() {
    let mut content = sheet(&[
        "Teacher: Ms Lee|Class: 2EJ|",
        "Week 3|Monday|Tuesday",
        "9-10|Art|PE",
    ]);
    content.around = vec![
        (-1, "Hill Primary School".to_owned()),
        (-1, "Spring 2 2026".to_owned()),
    ];
    let metadata = &extract(&content, &[]).tables[0].metadata;
    assert_eq!(metadata.teacher_name.as_deref(), Some("Ms Lee"));
    assert_eq!(metadata.class_name.as_deref(), Some("2EJ"));
    assert_eq!(metadata.week.as_deref(), Some("3"));
    assert_eq!(metadata.term.as_deref(), Some("Spring 2 2026"));
    assert_eq!(metadata.school_name.as_deref(), Some("Hill Primary School"));
}

#[test]
fn large_tables_are_read_in_time_that_grows_with_them() {
    // Nothing but times, whose names are looked for at the beginning of their rows; and days enough for years.
    let row = std::iter::once("Monday").chain(std::iter::repeat_n("9-10", 99));
    let row = row.collect::<Vec<_>>().join("|");
    let count = |found: &Extracted| found.tables.iter().map(|table| table.blocks.len()).sum::<usize>();
    assert_eq!(count(&extract(&sheet(&vec![row.as_str(); 400]), &[])), 990);
    let line = "Monday|9:00|10:00|Art";
    let found = extract(&sheet(&vec![line; 6_000 / 4]), &[]);
    assert_eq!(count(&found), 1_500);
    let rows: Vec<String> = std::iter::once("|Mon|Tue|Wed|Thu|Fri|Sat|Sun".to_owned())
        .chain((0..1_000).map(|row| format!("9-10|A{row}|B|C|D|E|F|G")))
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let found = extract(&sheet(&rows), &[]);
    assert_eq!(count(&found), 5_000);
    assert!(
        found
            .warnings
            .iter()
            .any(|warning| warning.code == "TOO_MANY_BLOCKS")
    );
}
