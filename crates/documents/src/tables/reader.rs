//! Finding the rulings of pictures, for a process that may die over it.

use std::io::{Result, Write};

use serde::{Deserialize, Serialize};

use super::model::Area;
use super::{SeenRulings, Tables, add_fills, rulings_of, tables_of};
use crate::arguments::invalid;
use crate::picture::{Leveling, Rows};

/// What a picture shows of its tables, beside their words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SeenTables {
    /// The rulings of the picture as it was turned.
    pub seen: SeenRulings,
    /// The cells that have a colour.
    pub fills: Vec<(Area, [u8; 3])>,
}

/// Writes [`SeenTables`] of [`Rows`] as one JSON text. The argument is a [`Leveling`] in JSON: how the picture is turned
/// before anything is looked for.
///
/// # Errors
/// An argument or a picture that is none ([`ErrorKind::InvalidInput`](std::io::ErrorKind)); whatever `output` answers.
pub fn find_tables(arguments: &[String], document: Vec<u8>, output: &mut dyn Write) -> Result<()> {
    let [leveling] = arguments else {
        return Err(invalid("expected: how the picture is turned"));
    };
    let leveling: Leveling = serde_json::from_str(leveling).map_err(|_| invalid("expected: a leveling"))?;
    let raster = Rows::parse(document)
        .and_then(Rows::into_raster)
        .map_err(|_| invalid("expected: rows of a picture"))?;
    let level = leveling.apply(raster);
    let seen = rulings_of(&level);
    let mut tables: Tables = tables_of(&[], &seen.rulings);
    // The cells are where they would be on a page that had been level; so little turned, their colours are there too.
    add_fills(&mut tables, &level);
    let cells = tables.grids.iter().flat_map(|grid| &grid.cells);
    let found = SeenTables {
        fills: cells.filter_map(|cell| Some((cell.area, cell.fill?))).collect(),
        seen,
    };
    serde_json::to_writer(&mut *output, &found)?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;
    use crate::picture::Raster;

    #[test]
    fn a_box_with_a_colour_is_found() {
        let mut rgb = vec![255; 400 * 300 * 3];
        for y in 50..250_usize {
            for x in 50..350_usize {
                let is_line = [50, 200, 349].contains(&x) || [50, 150, 249].contains(&y);
                let colour = match (is_line, x < 200 && y < 150) {
                    (true, _) => [0, 0, 0],
                    (_, true) => [200, 220, 255],
                    _ => [255, 255, 255],
                };
                rgb[(y * 400 + x) * 3..][..3].copy_from_slice(&colour);
            }
        }
        let mut packed = Vec::new();
        Rows::write(&Raster::of_rgb(400, 300, rgb).unwrap(), &mut packed).unwrap();
        let leveling = serde_json::to_string(&Leveling::of_text(400, 300, 0.0)).unwrap();
        let mut output = Vec::new();
        find_tables(&[leveling], packed, &mut output).unwrap();
        let seen: SeenTables = serde_json::from_slice(&output).unwrap();
        assert_eq!(tables_of(&[], &seen.seen.rulings).grids[0].cells.len(), 4);
        assert_eq!(seen.fills.len(), 1);
        assert_eq!(seen.fills[0].1, [200, 220, 255]);
        assert!((seen.seen.aspect() - 4.0 / 3.0).abs() < 0.01);
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let leveling = serde_json::to_string(&Leveling::default()).unwrap();
        for (arguments, document) in [
            (vec![], b"".to_vec()),
            (vec!["3".to_owned()], b"".to_vec()),
            (
                vec![leveling],
                b"{\"width\":9,\"height\":9,\"channels\":1}\n".to_vec(),
            ),
        ] {
            let error = find_tables(&arguments, document, &mut Vec::new()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
    }
}
