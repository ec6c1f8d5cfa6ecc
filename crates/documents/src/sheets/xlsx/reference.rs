//! References to cells: `B3`, `A1:C2`.

use crate::sheets::limits::{LAST_COLUMN, LAST_ROW};
use crate::sheets::sheet::Merge;

/// The row, from 1, and the column, from 0, of a cell; none if Excel has no such cell.
pub(super) fn cell(reference: &str) -> Option<(u32, u32)> {
    let digits = reference.find(|c: char| c.is_ascii_digit())?;
    let (letters, number) = reference.split_at_checked(digits)?;
    if letters.is_empty() || letters.len() > 3 {
        return None;
    }
    let mut column = 0;
    for letter in letters.bytes() {
        if !letter.is_ascii_alphabetic() {
            return None;
        }
        column = column * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1;
    }
    let row: u32 = number.parse().ok()?;
    ((1..=LAST_ROW).contains(&row) && column <= LAST_COLUMN).then_some((row, column - 1))
}

/// A range of cells; its corners in any order.
pub(super) fn range(reference: &str) -> Option<Merge> {
    let (from, to) = reference.split_once(':').unwrap_or((reference, reference));
    let (from, to) = (cell(from)?, cell(to)?);
    let (row, column) = (from.0.min(to.0), from.1.min(to.1));
    Some(Merge {
        row,
        column,
        rows: from.0.max(to.0) - row + 1,
        columns: from.1.max(to.1) - column + 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_excel_only() {
        assert_eq!(cell("A1"), Some((1, 0)));
        assert_eq!(cell("aB12"), Some((12, 27)));
        assert_eq!(cell("XFD1048576"), Some((LAST_ROW, LAST_COLUMN - 1)));
        for wrong in [
            "", "A", "1", "A0", "XFE1", "A1048577", "AAAA1", "A1B", "É1", "A-1", "$A$1",
        ] {
            assert_eq!(cell(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn ranges_in_any_order() {
        let expected = Merge {
            row: 1,
            column: 0,
            rows: 2,
            columns: 3,
        };
        assert_eq!(range("A1:C2"), Some(expected));
        assert_eq!(range("C2:A1"), Some(expected));
        assert_eq!(range("B2").map(|range| (range.rows, range.columns)), Some((1, 1)));
        assert_eq!(range("A1:"), None);
    }
}
