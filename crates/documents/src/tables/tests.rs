use proptest::prelude::*;

use super::*;
use crate::picture::Raster;

fn word(text: &str, x0: i32, y0: i32, x1: i32, y1: i32) -> TableWord {
    TableWord {
        text: text.to_owned(),
        area: Area { x0, y0, x1, y1 },
        confidence: 1.0,
        rotation: 0,
    }
}

fn across(at: i32, from: i32, to: i32) -> TableRuling {
    TableRuling {
        is_horizontal: true,
        at,
        from,
        to,
    }
}

fn down(at: i32, from: i32, to: i32) -> TableRuling {
    TableRuling {
        is_horizontal: false,
        at,
        from,
        to,
    }
}

/// Rows, columns and the covered rectangles of a table.
type Shape = Vec<(usize, usize, usize, usize)>;

fn shape(grid: &Grid) -> Shape {
    let mut shape: Shape = grid
        .cells
        .iter()
        .map(|cell| (cell.row, cell.column, cell.row_span, cell.column_span))
        .collect();
    shape.sort_unstable();
    shape
}

fn texts(cell: &Cell) -> Vec<&str> {
    cell.lines.iter().map(|line| line.text.as_str()).collect()
}

#[test]
fn a_missing_side_merges_two_cells() {
    let rulings = [
        across(1_000, 1_000, 4_000),
        across(2_000, 990, 4_010),
        across(3_000, 1_000, 4_000),
        down(1_000, 1_000, 3_000),
        // Only in the upper row, and not quite to its end.
        down(2_000, 1_000, 1_850),
        down(3_005, 1_000, 2_000),
        down(2_995, 2_000, 3_000),
        down(4_000, 1_000, 3_000),
    ];
    let words = [
        word("Maths", 2_600, 2_300, 2_900, 2_400),
        word("Year", 1_200, 2_300, 1_500, 2_400),
        word("2", 1_520, 2_305, 1_560, 2_400),
        word("Hall", 1_200, 2_600, 1_500, 2_680),
        word("title", 1_200, 500, 1_500, 600),
    ];
    let tables = tables_of(&words, &rulings);
    let [grid] = tables.grids.as_slice() else {
        panic!("{tables:?}");
    };
    assert_eq!(grid.columns, [1_000, 2_000, 3_000, 4_000]);
    assert_eq!(grid.rows, [1_000, 2_000, 3_000]);
    assert_eq!(
        shape(grid),
        [
            (0, 0, 1, 1),
            (0, 1, 1, 1),
            (0, 2, 1, 1),
            (1, 0, 1, 2),
            (1, 2, 1, 1)
        ]
    );
    let merged = grid.cell(1, 1).unwrap();
    assert_eq!(texts(merged), ["Year 2 Maths", "Hall"]);
    assert_eq!(merged.lines[1].height, 80);
    assert_eq!(merged.lines[0].words, [1, 2, 0]);
    assert_eq!(tables.outside, [4]);
    assert_eq!(grid.confidence, DRAWN);
}

#[test]
fn a_side_of_less_than_four_fifths_is_none() {
    for (to, cells) in [(1_790, 1), (1_810, 2)] {
        let rulings = [
            across(1_000, 1_000, 3_000),
            across(2_000, 1_000, 3_000),
            across(3_000, 1_000, 3_000),
            down(1_000, 1_000, 3_000),
            down(2_000, 1_000, to),
            down(3_000, 1_000, 3_000),
        ];
        let tables = tables_of(&[], &rulings);
        let first_row = tables.grids[0].cells.iter().filter(|cell| cell.row == 0);
        assert_eq!(first_row.count(), cells);
    }
}

#[test]
fn what_is_no_rectangle_is_cut_from_its_top() {
    // Three of four cells are one: the sides between them are missing.
    let rulings = [
        across(1_000, 1_000, 3_000),
        across(2_000, 2_000, 3_000),
        across(3_000, 1_000, 3_000),
        down(1_000, 1_000, 3_000),
        down(2_000, 2_000, 3_000),
        down(3_000, 1_000, 3_000),
    ];
    let tables = tables_of(&[], &rulings);
    assert_eq!(
        shape(&tables.grids[0]),
        [(0, 0, 1, 2), (1, 0, 1, 1), (1, 1, 1, 1)]
    );
}

#[test]
fn tables_of_one_page_are_separate_and_boxes_are_none() {
    let table = |top: i32| {
        [
            across(top, 1_000, 3_000),
            across(top + 500, 1_000, 3_000),
            across(top + 1_000, 1_000, 3_000),
            down(1_000, top, top + 1_000),
            down(3_000, top, top + 1_000),
        ]
    };
    let frame = [
        across(8_000, 1_000, 3_000),
        across(9_000, 1_000, 3_000),
        down(1_000, 8_000, 9_000),
        down(3_000, 8_000, 9_000),
    ];
    let rulings = [&table(5_000)[..], &table(1_000), &frame].concat();
    let tops: Vec<i32> = tables_of(&[], &rulings)
        .grids
        .iter()
        .map(|grid| grid.rows[0])
        .collect();
    assert_eq!(tops, [1_000, 5_000]);
}

#[test]
fn open_sides_are_where_lines_end() {
    let rulings = [
        across(1_000, 500, 5_000),
        across(2_000, 500, 5_000),
        across(3_000, 500, 5_000),
        down(2_000, 1_000, 3_000),
    ];
    let tables = tables_of(&[], &rulings);
    assert_eq!(tables.grids[0].columns, [500, 2_000, 5_000]);
    assert_eq!(tables.grids[0].cells.len(), 4);
}

#[test]
fn turned_words_are_read_in_their_direction() {
    let rulings = [
        across(1_000, 1_000, 3_000),
        across(3_000, 1_000, 3_000),
        down(1_000, 1_000, 3_000),
        down(2_000, 1_000, 3_000),
        down(3_000, 1_000, 3_000),
    ];
    let mut words = [
        word("up", 1_400, 2_200, 1_500, 2_500),
        word("read", 1_405, 1_500, 1_500, 2_000),
        word("then", 1_600, 1_500, 1_700, 2_500),
        word("down", 2_400, 1_500, 2_500, 2_000),
    ];
    for (word, rotation) in words.iter_mut().zip([270, 270, 270, 90]) {
        word.rotation = rotation;
    }
    let tables = tables_of(&words, &rulings);
    assert_eq!(texts(tables.grids[0].cell(0, 0).unwrap()), ["up read", "then"]);
    assert_eq!(texts(tables.grids[0].cell(0, 1).unwrap()), ["down"]);
}

#[test]
fn centres_make_boundaries_half_way() {
    let area = Area::of_corners((0, 0), (10_000, 2_000));
    let words = [
        word("a", 2_900, 100, 3_000, 200),
        word("b", 3_100, 1_500, 3_300, 1_600),
    ];
    let grid = grid_of_centres(&words, &[4_000, 2_000], &[500, 1_500], area).unwrap();
    assert_eq!(grid.columns, [0, 3_000, 10_000]);
    assert_eq!(grid.rows, [0, 1_000, 2_000]);
    assert_eq!(texts(grid.cell(0, 0).unwrap()), ["a"]);
    assert_eq!(texts(grid.cell(1, 1).unwrap()), ["b"]);
    assert_eq!(grid.confidence, GUESSED);
    assert_eq!(grid_of_centres(&words, &[], &[500], area), None);
}

#[test]
fn words_below_one_another_make_columns() {
    let mut words = vec![word("Invoice 4711 of the first of March", 1_000, 500, 6_000, 600)];
    for (row, (name, count, price)) in [
        ("Article", "Count", "Price"),
        ("Screws of steel", "12", "3.50"),
        ("Nails", "100", "12.00"),
        ("Glue", "1", "8.90"),
    ]
    .into_iter()
    .enumerate()
    {
        let top = 2_000 + row as i32 * 200;
        let mut x = 1_000;
        for part in name.split(' ') {
            words.push(word(part, x, top, x + part.len() as i32 * 80, top + 100));
            x += part.len() as i32 * 80 + 40;
        }
        words.push(word(
            count,
            4_600 - count.len() as i32 * 80,
            top,
            4_600,
            top + 100,
        ));
        words.push(word(
            price,
            7_000 - price.len() as i32 * 80,
            top,
            7_000,
            top + 100,
        ));
    }
    let grids = grids_by_alignment(&words);
    let [grid] = grids.as_slice() else {
        panic!("{grids:?}");
    };
    assert_eq!((grid.columns.len(), grid.rows.len()), (4, 5));
    assert_eq!(texts(grid.cell(1, 0).unwrap()), ["Screws of steel"]);
    assert_eq!(texts(grid.cell(3, 2).unwrap()), ["8.90"]);
    assert!(grids_by_alignment(&words[..1]).is_empty());
}

/// A picture to draw on: white, as wide as a small scan.
struct Sheet {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

impl Sheet {
    fn new(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            rgb: vec![255; (width * height * 3) as usize],
        }
    }

    /// Fills a rectangle; the page is tilted by so many pixels down for each to the right.
    fn fill(&mut self, (x0, y0, x1, y1): (u32, u32, u32, u32), colour: [u8; 3], tilt: f32) {
        for y in y0..y1 {
            for x in x0..x1 {
                let (dx, dy) = (
                    x as f32 - self.width as f32 / 2.0,
                    y as f32 - self.height as f32 / 2.0,
                );
                let to = (
                    (x as f32 - dy * tilt).round() as u32,
                    (y as f32 + dx * tilt).round() as u32,
                );
                if to.0 < self.width && to.1 < self.height {
                    let at = (to.1 * self.width + to.0) as usize * 3;
                    self.rgb[at..at + 3].copy_from_slice(&colour);
                }
            }
        }
    }

    fn raster(self) -> Raster {
        Raster::of_rgb(self.width, self.height, self.rgb).unwrap()
    }
}

/// Draws lines, given in pixels, of a table's sides.
fn drawn(columns: &[u32], rows: &[u32], thick: u32, gray: u8, tilt: f32) -> Sheet {
    let mut sheet = Sheet::new(800, 1_000);
    let (x0, x1) = (columns[0], columns[columns.len() - 1] + thick);
    let (y0, y1) = (rows[0], rows[rows.len() - 1] + thick);
    for y in rows {
        sheet.fill((x0, *y, x1, y + thick), [gray; 3], tilt);
    }
    for x in columns {
        sheet.fill((*x, y0, x + thick, y1), [gray; 3], tilt);
    }
    sheet
}

#[test]
fn drawn_lines_are_found_whatever_their_width_and_gray() {
    for (thick, gray, tilt) in [
        (1, 0, 0.0),
        (2, 170, 0.0),
        (6, 90, 0.0),
        (2, 0, 0.0087),
        (3, 120, -0.0087),
    ] {
        let sheet = drawn(&[100, 300, 420, 700], &[80, 200, 500, 900], thick, gray, tilt);
        let seen = rulings_of(&sheet.raster());
        assert!(
            (seen.tilt - tilt).abs() < 0.002,
            "{thick} {gray} {tilt}: {}",
            seen.tilt
        );
        let tables = tables_of(&[], &seen.rulings);
        let [grid] = tables.grids.as_slice() else {
            panic!("{thick} {gray} {tilt}: {seen:?}");
        };
        assert_eq!(grid.cells.len(), 9, "{thick} {gray} {tilt}: {grid:?}");
        for (edge, expected) in grid.columns.iter().zip([100, 300, 420, 700]) {
            let expected = (expected as f32 + thick as f32 / 2.0) * 12.5;
            assert!(
                (*edge as f32 - expected).abs() <= 35.0,
                "{edge} {expected} {tilt}"
            );
        }
    }
}

#[test]
fn fills_that_differ_have_an_edge_and_a_colour() {
    let mut sheet = Sheet::new(800, 1_000);
    let colours = [[250, 200, 200], [200, 250, 200], [200, 200, 250], [230, 230, 120]];
    for (index, colour) in (0..).zip(colours) {
        let (x, y) = (100 + index % 2 * 300, 100 + index / 2 * 200);
        sheet.fill((x, y, x + 300, y + 200), colour, 0.0);
    }
    let raster = sheet.raster();
    let mut tables = tables_of(&[], &rulings_of(&raster).rulings);
    assert_eq!(tables.grids.len(), 1);
    assert_eq!(
        shape(&tables.grids[0]),
        [(0, 0, 1, 1), (0, 1, 1, 1), (1, 0, 1, 1), (1, 1, 1, 1)]
    );
    add_fills(&mut tables, &raster);
    let fills: Vec<_> = tables.grids[0]
        .cells
        .iter()
        .filter_map(|cell| cell.fill)
        .collect();
    assert_eq!(fills, colours);
}

#[test]
fn letters_are_no_rulings() {
    let mut sheet = Sheet::new(1_240, 1_754);
    // Lines of stems with feet, as letters have them.
    for line in 0..40 {
        for letter in 0..90 {
            let (x, y) = (60 + letter * 12, 80 + line * 36);
            sheet.fill((x, y, x + 3, y + 22), [0; 3], 0.0);
            sheet.fill((x, y + 20, x + 8, y + 22), [0; 3], 0.0);
        }
    }
    assert_eq!(rulings_of(&sheet.raster()).rulings, []);
}

#[test]
fn a_tilted_page_is_levelled_with_its_words() {
    let tilt = 0.008;
    let seen = rulings_of(&drawn(&[100, 400, 700], &[100, 500, 900], 2, 0, tilt).raster());
    // At the right edge of the page, 2.4 pixels lower for 300 to the right of its middle.
    let mut words = [word("x", 8_750, 5_000, 8_750, 5_000)];
    seen.level(&mut words);
    assert!((words[0].area.y0 - 4_976).abs() <= 6, "{:?}", words[0].area);
}

/// A grid of some rows and columns with cells merged at random.
fn merged_grid() -> impl Strategy<Value = (Vec<u32>, Vec<u32>, Shape)> {
    let steps = || proptest::collection::vec(30_u32..70, 2..6);
    (
        steps(),
        steps(),
        proptest::collection::vec(any::<[u8; 4]>(), 0..6),
    )
        .prop_map(|(across, down, merges)| {
            let edges = |steps: &[u32]| {
                let mut edges = vec![20];
                for step in steps {
                    edges.push(edges[edges.len() - 1] + step);
                }
                edges
            };
            let (columns, rows) = (across.len(), down.len());
            let mut shape: Shape = Vec::new();
            let mut is_taken = vec![false; columns * rows];
            let mut add = |row: usize, column: usize, down: usize, across: usize, shape: &mut Shape| {
                let places = || {
                    (row..row + down)
                        .flat_map(|row| (column..column + across).map(move |column| (row, column)))
                };
                if places().any(|(row, column)| is_taken[row * columns + column]) {
                    return;
                }
                places().for_each(|(row, column)| is_taken[row * columns + column] = true);
                shape.push((row, column, down, across));
            };
            for [row, column, down, across] in merges {
                let (row, column) = (usize::from(row) % rows, usize::from(column) % columns);
                let down = 1 + usize::from(down) % (rows - row);
                let across = 1 + usize::from(across) % (columns - column);
                // A merged whole row or column would take the edge away that it ends at.
                if down < rows && across < columns && down * across > 1 {
                    add(row, column, down, across, &mut shape);
                }
            }
            for row in 0..rows {
                for column in 0..columns {
                    add(row, column, 1, 1, &mut shape);
                }
            }
            shape.sort_unstable();
            (edges(&across), edges(&down), shape)
        })
}

/// Whether each inner edge of rows and columns is the side of some cell: otherwise nothing shows that it is there.
fn is_visible(columns: &[u32], rows: &[u32], shape: &Shape) -> bool {
    (0..columns.len() - 1).all(|column| shape.iter().any(|cell| cell.1 == column))
        && (0..rows.len() - 1).all(|row| shape.iter().any(|cell| cell.0 == row))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_grid_with_merged_cells_is_found_again((columns, rows, shape_) in merged_grid(), shake in any::<u64>()) {
        prop_assume!(is_visible(&columns, &rows, &shape_));
        let mut rulings = Vec::new();
        let mut sheet = Sheet::new(400, 400);
        for (index, (row, column, height, width)) in shape_.iter().enumerate() {
            let (x0, x1) = (columns[*column], columns[column + width]);
            let (y0, y1) = (rows[*row], rows[row + height]);
            let shift = (shake >> (index % 60) & 3) as i32;
            let unit = |pixel: u32| (pixel as f32 * 25.0) as i32;
            for y in [y0, y1] {
                rulings.push(across(unit(y) + shift, unit(x0) - shift, unit(x1) + shift));
                sheet.fill((x0, y, x1 + 2, y + 2), [60; 3], 0.0);
            }
            for x in [x0, x1] {
                rulings.push(down(unit(x) - shift, unit(y0), unit(y1) + shift));
                sheet.fill((x, y0, x + 2, y1 + 2), [60; 3], 0.0);
            }
        }
        let found = tables_of(&[], &rulings);
        prop_assert_eq!(found.grids.len(), 1);
        prop_assert_eq!(&shape(&found.grids[0]), &shape_);
        let seen = tables_of(&[], &rulings_of(&sheet.raster()).rulings);
        prop_assert_eq!(seen.grids.len(), 1);
        prop_assert_eq!(&shape(&seen.grids[0]), &shape_);
    }

    #[test]
    fn any_rulings_and_words_give_cells_that_do_not_overlap(
        lines in proptest::collection::vec((any::<bool>(), 0_i32..10_001, 0_i32..10_001, 0_i32..10_001), 0..80),
        places in proptest::collection::vec((0_i32..10_001, 0_i32..10_001, 0_i32..400, any::<u16>()), 0..60),
    ) {
        let rulings: Vec<TableRuling> = lines
            .iter()
            .map(|(is_horizontal, at, a, b)| TableRuling {
                is_horizontal: *is_horizontal,
                at: *at / 500 * 500,
                from: *a.min(b),
                to: *a.max(b),
            })
            .collect();
        let words: Vec<TableWord> = places
            .iter()
            .map(|(x, y, length, rotation)| TableWord {
                rotation: *rotation,
                ..word("w", *x, *y, (x + length).min(UNITS), (y + 80).min(UNITS))
            })
            .collect();
        let tables = tables_of(&words, &rulings);
        let mut seen = tables.outside.clone();
        for grid in &tables.grids {
            prop_assert!(grid.columns.is_sorted() && grid.rows.is_sorted());
            let mut places: Vec<(usize, usize)> = Vec::new();
            for cell in &grid.cells {
                prop_assert!(cell.row + cell.row_span < grid.rows.len());
                prop_assert!(cell.column + cell.column_span < grid.columns.len());
                for row in cell.row..cell.row + cell.row_span {
                    places.extend((cell.column..cell.column + cell.column_span).map(|column| (row, column)));
                }
                for line in &cell.lines {
                    prop_assert!(line.words.iter().all(|index| cell.area.contains(words[*index].area.centre())));
                    seen.extend(&line.words);
                }
            }
            let count = places.len();
            places.sort_unstable();
            places.dedup();
            prop_assert_eq!(places.len(), count);
        }
        seen.sort_unstable();
        prop_assert_eq!(seen, (0..words.len()).collect::<Vec<_>>());
        for grid in grids_by_alignment(&words) {
            prop_assert!(grid.columns.is_sorted() && grid.rows.is_sorted());
        }
    }
}
