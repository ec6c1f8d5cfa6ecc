//! Pictures on their way into the sandbox and out of it.

use bytes::Bytes;
use docmill_core::reader::PagePicture;
use docmill_documents::picture::{RasterError, RowsHeader};

/// A picture as a reader of rows takes it.
pub(crate) fn packed(picture: &PagePicture) -> Result<Bytes, RasterError> {
    Ok([&header(picture)?[..], &picture.rows].concat().into())
}

/// What stands in front of a picture's rows.
pub(crate) fn header(picture: &PagePicture) -> Result<Vec<u8>, RasterError> {
    let header = RowsHeader {
        width: picture.width,
        height: picture.height,
        channels: picture.channels,
    };
    header.line()
}

/// The picture that a reader wrote, of so many thousandths of a dot an inch.
pub(crate) fn unpacked(rows: &Bytes, milli_dpi: u32) -> Result<PagePicture, RasterError> {
    let (header, start) = RowsHeader::parse(rows)?;
    Ok(PagePicture {
        width: header.width,
        height: header.height,
        channels: header.channels,
        milli_dpi,
        rows: rows.slice(start..),
    })
}
