//! Who reads what in the sandbox.

use docmill_core::sandbox::NamedReader;
use docmill_documents::{picture, sheets, tables};

/// Decodes pictures.
pub(super) const DECODER: &str = "picture-rows";
/// Makes smaller copies of picture files.
pub(super) const COMPRESSOR: &str = "picture-compress";
/// Makes smaller copies of pages that were drawn.
pub(super) const ROWS_COMPRESSOR: &str = "rows-compress";
/// Finds rulings and colours.
pub(super) const TABLES: &str = "picture-tables";
/// Reads sheets and tables of documents.
pub(super) const SHEETS: &str = "sheets";

/// All of them.
pub(crate) const READERS: [NamedReader; 5] = [
    NamedReader {
        name: DECODER,
        read: picture::decode_to_rows,
    },
    NamedReader {
        name: COMPRESSOR,
        read: picture::compress_picture,
    },
    NamedReader {
        name: ROWS_COMPRESSOR,
        read: picture::compress_rows,
    },
    NamedReader {
        name: TABLES,
        read: tables::find_tables,
    },
    NamedReader {
        name: SHEETS,
        read: sheets::read_sheets,
    },
];
