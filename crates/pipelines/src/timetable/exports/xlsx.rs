//! A workbook with a sheet a timetable: days down, time across.

mod grid;

use std::collections::BTreeSet;

use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use super::ExportError;
use crate::cells::{SHEET_NAME_CHARS, fitting, sheet_name};
use crate::timetable::result::{Block, Document, Timetable};
use grid::{Grid, Place};

/// Cells that are merged in all of a workbook. Each is written, and a document of many long blocks has millions; what
/// comes after stands in its first cell, with its time.
const MAX_MERGED_CELLS: usize = 100_000;
/// Width of a slot, in characters.
const SLOT_WIDTH: f64 = 16.0;
/// Height of a row with a block, in points: four lines.
const ROW_HEIGHT: f64 = 60.0;
/// Columns in front of the slots.
const LEFT: u16 = 1;
/// Rows above the days.
const TOP: u32 = 1;

/// A workbook. Its stamps are fixed.
///
/// # Errors
/// Whatever the workbook's writer refuses.
pub(in crate::timetable) fn xlsx(document: &Document) -> Result<Vec<u8>, ExportError> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(
        &DocProperties::new()
            .set_title("Timetable")
            .set_creation_datetime(&created),
    );
    let mut names = BTreeSet::new();
    let mut left_to_merge = MAX_MERGED_CELLS;
    for (number, table) in (1..).zip(&document.timetables) {
        let name = unused_name(table, number, &mut names);
        let sheet = workbook.add_worksheet();
        sheet.set_name(name)?;
        write(sheet, &Grid::of(&table.blocks), &mut left_to_merge)?;
    }
    if document.timetables.is_empty() {
        workbook.add_worksheet().set_name("Timetable")?;
    }
    Ok(workbook.save_to_buffer()?)
}

/// The timetable's label, or a number; no other sheet has it, whatever the case.
fn unused_name(table: &Timetable, number: u32, names: &mut BTreeSet<String>) -> String {
    let label = table.label().and_then(|label| sheet_name(&label));
    let label = label.unwrap_or_else(|| format!("Timetable {number}"));
    if names.insert(label.to_lowercase()) {
        return label;
    }
    // The number is another one for every sheet, but a label may look like one that was made so.
    let mut tail = format!(" ({number})");
    loop {
        let head = SHEET_NAME_CHARS.saturating_sub(tail.chars().count());
        let name: String = label.chars().take(head).chain(tail.chars()).collect();
        if names.insert(name.to_lowercase()) {
            return name;
        }
        tail.insert(2, '+');
    }
}

fn write(sheet: &mut Worksheet, grid: &Grid<'_>, left_to_merge: &mut usize) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold().set_align(FormatAlign::Top);
    let untimed = LEFT.saturating_add(grid.columns());
    for (column, (start, end)) in (LEFT..).zip(&grid.slots) {
        sheet.set_column_width(column, SLOT_WIDTH)?;
        sheet.write_string_with_format(0, column, format!("{start}–{end}"), &bold)?;
    }
    if grid.days.iter().any(|day| !day.untimed.is_empty()) {
        sheet.set_column_width(untimed, SLOT_WIDTH)?;
        sheet.write_string_with_format(0, untimed, "No time", &bold)?;
    }
    sheet.set_column_width(0, SLOT_WIDTH)?;
    sheet.set_freeze_panes(TOP, LEFT)?;
    let mut top = TOP;
    for day in &grid.days {
        let rows = day.rows();
        sheet.write_string_with_format(top, 0, day.day.title(), &bold)?;
        for row in top..top.saturating_add(rows) {
            sheet.set_row_height(row, ROW_HEIGHT)?;
        }
        for Place {
            block,
            row,
            first,
            last,
        } in &day.timed
        {
            let (row, first, last) = (top.saturating_add(*row), LEFT + first, LEFT + last);
            let cells = usize::from(last - first) + 1;
            let look = look(block);
            if cells > 1 && cells <= *left_to_merge {
                *left_to_merge -= cells;
                sheet.merge_range(row, first, row, last, &fitting(&text(block)), &look)?;
            } else {
                let text = match block.times() {
                    Some((start, end)) if cells > 1 => format!("{start}–{end} {}", text(block)),
                    _ => text(block),
                };
                sheet.write_string_with_format(row, first, fitting(&text), &look)?;
            }
        }
        for (row, block) in (top..).zip(&day.untimed) {
            sheet.write_string_with_format(row, untimed, fitting(&text(block)), &look(block))?;
        }
        top = top.saturating_add(rows);
    }
    Ok(())
}

/// Name, room and notes, a line each.
fn text(block: &Block) -> String {
    let lines = [Some(&block.event_name), block.room.as_ref(), block.notes.as_ref()];
    let lines: Vec<&str> = lines.into_iter().flatten().map(String::as_str).collect();
    lines.join("\n")
}

fn look(block: &Block) -> Format {
    let plain = Format::new()
        .set_text_wrap()
        .set_align(FormatAlign::Top)
        .set_border(FormatBorder::Thin);
    let color = block.color.as_deref().and_then(|color| color.strip_prefix('#'));
    match color.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
        Some(color) if color <= 0xff_ff_ff => {
            let text = if is_dark(color) {
                Color::White
            } else {
                Color::Black
            };
            plain.set_background_color(Color::RGB(color)).set_font_color(text)
        }
        _ => plain,
    }
}

/// Whether white text is read more easily on it: by the weights of ITU-R BT.601.
fn is_dark(color: u32) -> bool {
    let [_, red, green, blue] = color.to_be_bytes().map(u32::from);
    red * 299 + green * 587 + blue * 114 < 128_000
}

#[cfg(test)]
mod tests;
