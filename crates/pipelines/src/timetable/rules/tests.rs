//! Whole tables, from their words and rulings or from their cells (§6).

use docmill_documents::tables::{Area, Cell, CellLine, DRAWN, Grid, TableRuling, TableWord};

use super::*;
use crate::timetable::model::Sureness;

/// A drawn table: edges of columns and rows, and what stands in which cell (row, column, rows, columns, text). A `|` in a
/// text begins a line.
fn drawn(columns: &[i32], rows: &[i32], cells: &[(usize, usize, usize, usize, &str)]) -> Content {
    let mut content = Content {
        aspect: 1.0,
        ..Content::default()
    };
    for (row, column, row_span, column_span, text) in cells {
        let (x0, x1) = (columns[*column], columns[column + column_span]);
        let (y0, y1) = (rows[*row], rows[row + row_span]);
        for (at, from, to) in [(y0, x0, x1), (y1, x0, x1)] {
            content.rulings.push(TableRuling {
                is_horizontal: true,
                at,
                from,
                to,
            });
        }
        for (at, from, to) in [(x0, y0, y1), (x1, y0, y1)] {
            content.rulings.push(TableRuling {
                is_horizontal: false,
                at,
                from,
                to,
            });
        }
        for (line, text) in (0..).zip(text.split('|')) {
            let mut x = x0 + 20;
            for word in text.split_whitespace() {
                let width = 12 * word.chars().count() as i32;
                let y = y0 + 20 + line * 90;
                content.words.push(TableWord {
                    text: word.to_owned(),
                    area: Area {
                        x0: x,
                        y0: y,
                        x1: x + width,
                        y1: y + 70,
                    },
                    confidence: 1.0,
                    rotation: 0,
                });
                x += width + 10;
            }
        }
    }
    content
}

/// Blocks as `day start-end name`, in order.
fn shown(found: &Extracted) -> Vec<String> {
    let blocks = found.tables.iter().flat_map(|table| &table.blocks);
    let mut shown: Vec<String> = blocks
        .map(|block| {
            let time = |time: Option<crate::timetable::model::Minute>| {
                time.map_or_else(|| "?".to_owned(), |time| time.to_string())
            };
            format!(
                "{} {}-{} {}",
                block.day.as_str(),
                time(block.start),
                time(block.end),
                block.event_name
            )
        })
        .collect();
    shown.sort();
    shown
}

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

/// A table of a file: rows of cells, a `|` between them.
fn sheet(rows: &[&str]) -> Content {
    let cells: Vec<Vec<&str>> = rows.iter().map(|row| row.split('|').collect()).collect();
    let across = cells.iter().map(Vec::len).max().unwrap();
    let edge = |at: usize, of: usize| (at * 10_000 / of) as i32;
    let mut grid = Grid {
        columns: (0..=across).map(|at| edge(at, across)).collect(),
        rows: (0..=rows.len()).map(|at| edge(at, rows.len())).collect(),
        cells: Vec::new(),
        confidence: DRAWN,
    };
    for (row, texts) in cells.iter().enumerate() {
        for (column, text) in texts.iter().enumerate() {
            let area = Area {
                x0: grid.columns[column],
                y0: grid.rows[row],
                x1: grid.columns[column + 1],
                y1: grid.rows[row + 1],
            };
            let line = CellLine {
                text: text.trim().to_owned(),
                area,
                height: 100,
                confidence: 1.0,
                ..CellLine::default()
            };
            grid.cells.push(Cell {
                row,
                column,
                row_span: 1,
                column_span: 1,
                area,
                lines: if line.text.is_empty() {
                    Vec::new()
                } else {
                    vec![line]
                },
                fill: None,
            });
        }
    }
    Content {
        grids: vec![grid],
        aspect: 1.0,
        ..Content::default()
    }
}

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

mod any {
    use proptest::prelude::*;

    use super::*;

    fn words() -> impl Strategy<Value = Vec<TableWord>> {
        let text = prop_oneof![
            Just("Monday".to_owned()),
            Just("Tue".to_owned()),
            Just("9-10".to_owned()),
            Just("10.30".to_owned()),
            "[A-Za-z0-9:.–]{1,8}",
        ];
        let word = (
            text,
            0..10_000_i32,
            0..10_000_i32,
            0..900_i32,
            0..300_i32,
            0..4_u16,
        )
            .prop_map(|(text, x, y, width, height, quarters)| TableWord {
                text,
                area: Area {
                    x0: x,
                    y0: y,
                    x1: (x + width).min(10_000),
                    y1: (y + height).min(10_000),
                },
                confidence: 0.9,
                rotation: quarters * 90,
            });
        proptest::collection::vec(word, 0..60)
    }

    fn rulings() -> impl Strategy<Value = Vec<TableRuling>> {
        let ruling =
            (any::<bool>(), 0..20_i32, 0..20_i32, 0..20_i32).prop_map(|(is_horizontal, at, from, to)| {
                TableRuling {
                    is_horizontal,
                    at: at * 500,
                    from: from.min(to) * 500,
                    to: from.max(to) * 500,
                }
            });
        proptest::collection::vec(ruling, 0..60)
    }

    proptest! {
        #[test]
        fn any_page_is_read(words in words(), rulings in rulings(), is_seen in any::<bool>()) {
            let content = Content { words, rulings, is_seen, aspect: 0.7, ..Content::default() };
            let found = extract(&content, &[]);
            let again = extract(&content, &[]);
            prop_assert_eq!(&found, &again);
            for block in found.tables.iter().flat_map(|table| &table.blocks) {
                prop_assert!(!block.event_name.trim().is_empty());
            }
        }
    }
}
