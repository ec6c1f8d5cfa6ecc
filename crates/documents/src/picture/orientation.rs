//! Which way up a picture is.

use serde::{Deserialize, Serialize};

use super::raster::{CHANNELS, Raster};
use super::tiff::Directories;

/// The tag of Exif and TIFF.
const TAG: u16 = 0x112;

/// How a stored picture is to be turned to be seen as it was taken. The numbers are Exif's (CIPA DC-008, 4.6.5.1.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Orientation {
    /// As stored.
    #[default]
    Upright = 1,
    /// Left and right exchanged.
    Mirrored = 2,
    /// Upside down.
    Turned180 = 3,
    /// Top and bottom exchanged.
    Flipped = 4,
    /// Rows become columns.
    Transposed = 5,
    /// To be turned clockwise by a quarter.
    Turned90 = 6,
    /// Rows become columns, from the other corner.
    Transversed = 7,
    /// To be turned anticlockwise by a quarter.
    Turned270 = 8,
}

impl TryFrom<u8> for Orientation {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        Self::of_number(number.into()).ok_or("an orientation is 1 to 8")
    }
}

impl From<Orientation> for u8 {
    fn from(orientation: Orientation) -> Self {
        orientation as Self
    }
}

impl Orientation {
    /// Exif's number; `None` if there is none of this number.
    pub fn of_number(number: u64) -> Option<Self> {
        Some(match number {
            1 => Self::Upright,
            2 => Self::Mirrored,
            3 => Self::Turned180,
            4 => Self::Flipped,
            5 => Self::Transposed,
            6 => Self::Turned90,
            7 => Self::Transversed,
            8 => Self::Turned270,
            _ => return None,
        })
    }

    /// What an Exif block says: a TIFF file without pixels, with or without `Exif\0\0` in front. Upright, where it says
    /// nothing that can be read.
    pub(super) fn of_exif(exif: &[u8]) -> Self {
        let tiff = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
        Directories::open(tiff)
            .and_then(|directories| directories.first())
            .and_then(|directory| directory.number(TAG))
            .and_then(Self::of_number)
            .unwrap_or_default()
    }

    /// Whether width and height change places.
    pub fn swaps_sides(self) -> bool {
        self as u8 >= Self::Transposed as u8
    }

    /// The picture as it is to be seen. Quarter turns need a second picture's memory.
    pub(crate) fn apply(self, raster: Raster) -> Raster {
        let (width, height) = (raster.width(), raster.height());
        let mut rgb = raster.into_rgb();
        if self == Self::Upright {
            return Raster::from_checked(width, height, rgb);
        }
        let row_bytes = width as usize * CHANNELS;
        match self {
            Self::Mirrored => rgb.chunks_exact_mut(row_bytes).for_each(reverse_pixels),
            Self::Turned180 => reverse_pixels(&mut rgb),
            Self::Flipped => {
                reverse_pixels(&mut rgb);
                rgb.chunks_exact_mut(row_bytes).for_each(reverse_pixels);
            }
            _ => {
                // Transposed first; what is left is a mirroring of the result.
                let mut turned = transposed(&rgb, width as usize, height as usize);
                drop(rgb);
                let row_bytes = height as usize * CHANNELS;
                match self {
                    Self::Turned90 => turned.chunks_exact_mut(row_bytes).for_each(reverse_pixels),
                    Self::Transversed => reverse_pixels(&mut turned),
                    Self::Turned270 => {
                        reverse_pixels(&mut turned);
                        turned.chunks_exact_mut(row_bytes).for_each(reverse_pixels);
                    }
                    _ => {}
                }
                return Raster::from_checked(height, width, turned);
            }
        }
        Raster::from_checked(width, height, rgb)
    }
}

fn reverse_pixels(rgb: &mut [u8]) {
    rgb.as_chunks_mut::<CHANNELS>().0.reverse();
}

/// Rows become columns.
fn transposed(rgb: &[u8], width: usize, height: usize) -> Vec<u8> {
    /// Pixels of a square that fits the nearest cache: rows that are far apart are not touched pixel by pixel.
    const SQUARE: usize = 32;
    let mut turned = vec![0; rgb.len()];
    let (source, _) = rgb.as_chunks::<CHANNELS>();
    let (target, _) = turned.as_chunks_mut::<CHANNELS>();
    for top in (0..height).step_by(SQUARE) {
        for left in (0..width).step_by(SQUARE) {
            for y in top..(top + SQUARE).min(height) {
                for x in left..(left + SQUARE).min(width) {
                    if let (Some(to), Some(from)) =
                        (target.get_mut(x * height + y), source.get(y * width + x))
                    {
                        *to = *from;
                    }
                }
            }
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where each pixel of `0 1 / 2 3 / 4 5` goes.
    #[test]
    fn all_eight() {
        let gray = [0, 1, 2, 3, 4, 5];
        for (number, width, expected) in [
            (1, 2, [0, 1, 2, 3, 4, 5]),
            (2, 2, [1, 0, 3, 2, 5, 4]),
            (3, 2, [5, 4, 3, 2, 1, 0]),
            (4, 2, [4, 5, 2, 3, 0, 1]),
            (5, 3, [0, 2, 4, 1, 3, 5]),
            (6, 3, [4, 2, 0, 5, 3, 1]),
            (7, 3, [5, 3, 1, 4, 2, 0]),
            (8, 3, [1, 3, 5, 0, 2, 4]),
        ] {
            let orientation = Orientation::of_number(number).unwrap();
            let turned = orientation.apply(Raster::of_gray(2, 3, &gray).unwrap());
            let expected = Raster::of_gray(width, 6 / width, &expected).unwrap();
            assert_eq!(turned, expected, "{number}");
            assert_eq!(orientation.swaps_sides(), width == 3);
        }
        assert_eq!(Orientation::of_number(0), None);
        assert_eq!(Orientation::of_number(9), None);
    }

    #[test]
    fn exif_of_either_order() {
        let little = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        assert_eq!(Orientation::of_exif(little), Orientation::Turned90);
        let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0\0\0\0\0";
        assert_eq!(Orientation::of_exif(big), Orientation::Turned180);
        assert_eq!(Orientation::of_exif(b"Exif\0\0"), Orientation::Upright);
    }
}
