//! Tables that are drawn on a page.

use super::*;
use crate::timetable::model::Sureness;

#[test]
fn case_6_gaps_between_headings_stay_gaps() {
    let found = extract(
        &drawn(
            &[0, 1000, 2000, 3000],
            &[0, 1000, 2000],
            &[
                (0, 0, 1, 1, ""),
                (0, 1, 1, 1, "10-10.15am"),
                (0, 2, 1, 1, "10.20-10.35am"),
                (1, 0, 1, 1, "Monday"),
                (1, 1, 1, 1, "Maths"),
                (1, 2, 1, 1, ""),
            ],
        ),
        &[],
    );
    assert_eq!(shown(&found), ["monday 10:00-10:15 Maths"]);
}

#[test]
fn cases_7_and_8_edges_inside_a_slot() {
    let cells = [
        (0, 0, 1, 1, ""),
        (0, 1, 1, 1, "09:00-09:30"),
        (0, 2, 1, 3, "09:30-10:00"),
        (1, 0, 1, 1, "Friday"),
        (1, 1, 1, 2, "Celebration|Assembly"),
        (1, 3, 1, 2, "PE"),
        (2, 0, 1, 1, "Monday"),
        (2, 1, 1, 1, "RWI"),
        (2, 2, 1, 3, "Art"),
    ];
    let table = |edge| drawn(&[0, 1000, 2000, edge, 2700, 3000], &[0, 1000, 2000, 3000], &cells);
    let found = extract(&table(2500), &[]);
    assert_eq!(
        shown(&found),
        [
            "friday 09:00-09:45 Celebration Assembly",
            "friday 09:45-10:00 PE",
            "monday 09:00-09:30 RWI",
            "monday 09:30-10:00 Art"
        ]
    );
    let confidence = |name: &str| {
        let mut blocks = found.tables[0].blocks.iter();
        blocks.find(|block| block.event_name == name).unwrap().confidence
    };
    assert!(confidence("Celebration Assembly") <= Sureness::hundredths(80));
    assert_eq!(confidence("RWI"), Sureness::hundredths(95));
    let found = extract(&table(2060), &[]);
    assert!(shown(&found).contains(&"friday 09:00-09:30 Celebration Assembly".to_owned()));
}

#[test]
fn case_9_a_cell_knows_its_own_time() {
    let found = extract(
        &drawn(
            &[0, 1000, 2000],
            &[0, 1000, 2000, 3000],
            &[
                (0, 0, 1, 1, "Time"),
                (0, 1, 1, 1, "Tuesday"),
                (1, 0, 1, 1, "10:35-11:00"),
                (1, 1, 1, 1, "10:35-10:50 Maths Con"),
                (2, 0, 1, 1, "11:00-12:00"),
                (2, 1, 1, 1, "Art"),
            ],
        ),
        &[],
    );
    assert_eq!(
        shown(&found),
        ["tuesday 10:35-10:50 Maths Con", "tuesday 11:00-12:00 Art"]
    );
    assert!(found.tables[0].blocks[0].has_own_time);
    assert_eq!(found.tables[0].blocks[0].confidence, Sureness::FULL);
}

#[test]
fn cases_11_and_22_a_heading_of_several_days() {
    let found = extract(
        &drawn(
            &[0, 2000, 4000],
            &[0, 1000, 2000],
            &[
                (0, 0, 1, 1, "Monday, Tuesday,|Thursday"),
                (0, 1, 1, 1, "Fri–Sun"),
                (1, 0, 1, 1, "PE 14:00-15:00"),
                (1, 1, 1, 1, "10am-11 Club"),
            ],
        ),
        &[],
    );
    assert_eq!(
        shown(&found),
        [
            "friday 10:00-11:00 Club",
            "monday 14:00-15:00 PE",
            "saturday 10:00-11:00 Club",
            "sunday 10:00-11:00 Club",
            "thursday 14:00-15:00 PE",
            "tuesday 14:00-15:00 PE"
        ]
    );
}

#[test]
fn case_12_letters_below_one_another_on_all_days() {
    let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"];
    let mut cells = vec![
        (0, 0, 1, 1, ""),
        (0, 1, 1, 1, "11:00-12:00"),
        (0, 2, 1, 1, "12:00-13:15"),
        (1, 2, 5, 1, "L|U|N|C|H"),
    ];
    for (row, day) in (1..).zip(days) {
        cells.push((row, 0, 1, 1, day));
        cells.push((row, 1, 1, 1, "Maths"));
    }
    let found = extract(
        &drawn(
            &[0, 1000, 2000, 3000],
            &[0, 500, 1000, 1500, 2000, 2500, 3000],
            &cells,
        ),
        &[],
    );
    let lunch: Vec<String> = shown(&found)
        .into_iter()
        .filter(|block| block.ends_with("LUNCH"))
        .collect();
    assert_eq!(lunch.len(), 5);
    assert_eq!(lunch[0], "friday 12:00-13:15 LUNCH");
    assert!(found.has_vertical_text && found.has_merged_cells);
}

#[test]
fn letters_in_a_cell_for_each_day_are_one_word() {
    let mut cells = vec![(0, 0, 1, 1, ""), (0, 1, 1, 1, "12-1"), (0, 2, 1, 1, "1-2")];
    for (row, (day, letter)) in (1..).zip([
        ("Mon", "L"),
        ("Tue", "U"),
        ("Wed", "N"),
        ("Thu", "C"),
        ("Fri", "H"),
    ]) {
        cells.push((row, 0, 1, 1, day));
        cells.push((row, 1, 1, 1, letter));
        cells.push((row, 2, 1, 1, "Art"));
    }
    let found = extract(
        &drawn(
            &[0, 1000, 2000, 3000],
            &[0, 500, 1000, 1500, 2000, 2500, 3000],
            &cells,
        ),
        &[],
    );
    let lunch = shown(&found)
        .into_iter()
        .filter(|block| block.ends_with("12:00-13:00 LUNCH"));
    assert_eq!(lunch.count(), 5);
}

#[test]
fn equal_neighbours_are_two_blocks() {
    let found = extract(
        &drawn(
            &[0, 1000, 2000],
            &[0, 1000, 2000, 3000],
            &[
                (0, 0, 1, 1, ""),
                (0, 1, 1, 1, "Monday"),
                (1, 0, 1, 1, "9-10"),
                (1, 1, 1, 1, "Art"),
                (2, 0, 1, 1, "10-11"),
                (2, 1, 1, 1, "Art"),
            ],
        ),
        &[],
    );
    assert_eq!(
        shown(&found),
        ["monday 09:00-10:00 Art", "monday 10:00-11:00 Art"]
    );
}

#[test]
fn tables_without_rulings() {
    let mut content = drawn(
        &[0, 1500, 3500, 5500, 7500],
        &[500, 1000, 2000, 3000],
        &[
            (0, 1, 1, 1, "Monday"),
            (0, 2, 1, 1, "Tuesday"),
            (0, 3, 1, 1, "Wednesday"),
            (1, 0, 1, 1, "9-10"),
            (1, 1, 1, 1, "Art"),
            (1, 2, 1, 1, "Guided|reading"),
            (2, 0, 1, 1, "10-11"),
            (2, 1, 1, 1, "PE"),
            (2, 3, 1, 1, "IT"),
        ],
    );
    content.rulings.clear();
    let found = extract(&content, &[]);
    assert!(found.is_guessed);
    assert_eq!(
        shown(&found),
        [
            "monday 09:00-10:00 Art",
            "monday 10:00-11:00 PE",
            "tuesday 09:00-10:00 Guided reading",
            "wednesday 10:00-11:00 IT"
        ]
    );
    assert_eq!(found.tables[0].blocks[0].confidence, Sureness::hundredths(80));
}
