//! Decoded pictures on their way from one process to another.

use std::io::{Result, Write};

use serde::{Deserialize, Serialize};

use super::raster::{CHANNELS, Raster, RasterError, checked_pixels};

/// Bytes of the longest header: three numbers and their names.
const MAX_HEADER_BYTES: usize = 128;

/// The first line of [`Rows`], in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowsHeader {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Bytes of a pixel: 1 or 3.
    pub channels: u8,
}

impl RowsHeader {
    /// The line, with its end.
    ///
    /// # Errors
    /// [`RasterError`], for a size that no picture has.
    pub fn line(self) -> std::result::Result<Vec<u8>, RasterError> {
        checked_pixels(self.width, self.height)?;
        let mut line = serde_json::to_vec(&self).map_err(|_| RasterError::WrongLength)?;
        line.push(b'\n');
        Ok(line)
    }

    /// The header of packed rows, and where behind it the rows begin: there are exactly as many bytes as it asks for.
    ///
    /// # Errors
    /// [`RasterError`]: a header that is none counts as [`RasterError::WrongLength`].
    pub fn parse(packed: &[u8]) -> std::result::Result<(Self, usize), RasterError> {
        let head = packed.get(..MAX_HEADER_BYTES).unwrap_or(packed);
        let end = head
            .iter()
            .position(|byte| *byte == b'\n')
            .ok_or(RasterError::WrongLength)?;
        let line = packed.get(..end).unwrap_or_default();
        let header: Self = serde_json::from_slice(line).map_err(|_| RasterError::WrongLength)?;
        let pixels = checked_pixels(header.width, header.height)?;
        let channels = usize::from(header.channels);
        let start = end + 1;
        if !matches!(channels, 1 | CHANNELS) || packed.len() - start != pixels * channels {
            return Err(RasterError::WrongLength);
        }
        Ok((header, start))
    }
}

/// The rows of a picture without any compression, as they are handed on: one line of JSON,
/// `{"width":640,"height":480,"channels":1}`, then the rows from the top. With one channel a byte is a brightness, with
/// three they are red, green and blue.
///
/// One process decodes a picture that nobody trusts, another one reads what is on it: what the second one gets has
/// nothing left to be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    width: u32,
    height: u32,
    channels: usize,
    /// Header and rows in one piece, as they came.
    packed: Vec<u8>,
    /// Where the rows begin.
    start: usize,
}

impl Rows {
    /// Writes a picture in this form: with one channel where it has no colour.
    ///
    /// # Errors
    /// Whatever `output` answers.
    pub fn write(raster: &Raster, output: &mut dyn Write) -> Result<()> {
        let is_gray = raster.is_gray();
        let header = RowsHeader {
            width: raster.width(),
            height: raster.height(),
            channels: if is_gray { 1 } else { CHANNELS as u8 },
        };
        let mut line = serde_json::to_vec(&header)?;
        line.push(b'\n');
        output.write_all(&line)?;
        if is_gray {
            let row_bytes = raster.width() as usize * CHANNELS;
            let mut gray = Vec::with_capacity(raster.width() as usize);
            for row in raster.rgb().chunks_exact(row_bytes) {
                gray.clear();
                gray.extend(row.iter().step_by(CHANNELS));
                output.write_all(&gray)?;
            }
        } else {
            output.write_all(raster.rgb())?;
        }
        output.flush()
    }

    /// Reads what [`write`](Self::write) wrote. The bytes are kept, not copied.
    ///
    /// # Errors
    /// [`RasterError`]: a header that is none counts as [`RasterError::WrongLength`].
    pub fn parse(packed: Vec<u8>) -> std::result::Result<Self, RasterError> {
        let (header, start) = RowsHeader::parse(&packed)?;
        let channels = usize::from(header.channels);
        Ok(Self {
            width: header.width,
            height: header.height,
            channels,
            packed,
            start,
        })
    }

    /// Pixels across.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Pixels down.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Bytes of a pixel: 1 or 3.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// The pixels, row by row from the top.
    pub fn bytes(&self) -> &[u8] {
        self.packed.get(self.start..).unwrap_or_default()
    }

    /// The picture.
    ///
    /// # Errors
    /// [`RasterError`].
    pub fn into_raster(mut self) -> std::result::Result<Raster, RasterError> {
        if self.channels == 1 {
            return Raster::of_gray(self.width, self.height, self.bytes());
        }
        self.packed.drain(..self.start);
        Raster::of_rgb(self.width, self.height, self.packed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(raster: &Raster) -> Vec<u8> {
        let mut bytes = Vec::new();
        Rows::write(raster, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_gray_picture_takes_one_byte_a_pixel() {
        let raster = Raster::of_gray(3, 2, &[1, 2, 3, 4, 5, 6]).unwrap();
        let bytes = written(&raster);
        assert_eq!(
            bytes,
            b"{\"width\":3,\"height\":2,\"channels\":1}\n\x01\x02\x03\x04\x05\x06"
        );
        assert_eq!(Rows::parse(bytes).unwrap().into_raster().unwrap(), raster);
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        for (bytes, error) in [
            (&b""[..], RasterError::WrongLength),
            (b"\n", RasterError::WrongLength),
            (
                b"{\"width\":1,\"height\":1,\"channels\":2}\nab",
                RasterError::WrongLength,
            ),
            (
                b"{\"width\":1,\"height\":1,\"channels\":3}\nab",
                RasterError::WrongLength,
            ),
            (b"{\"width\":0,\"height\":1,\"channels\":3}\n", RasterError::Empty),
            (
                b"{\"width\":4294967295,\"height\":4294967295,\"channels\":3}\n",
                RasterError::TooLarge,
            ),
        ] {
            assert_eq!(Rows::parse(bytes.to_vec()), Err(error), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn pictures_arrive_as_they_were_sent(width in 1u32..8, height in 1u32..8, bytes in proptest::collection::vec(any::<u8>(), 192)) {
            let rgb = bytes.get(..(width * height) as usize * CHANNELS).unwrap().to_vec();
            let raster = Raster::of_rgb(width, height, rgb).unwrap();
            prop_assert_eq!(Rows::parse(written(&raster)).unwrap().into_raster().unwrap(), raster);
        }

        #[test]
        fn any_bytes_are_rows_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(Rows::parse(bytes));
        }
    }
}
