//! The directories of a TIFF file: tags and their values. Nothing is copied but the places of pages.

use super::super::error::PictureError;

/// Tags of a directory that are looked at. The standard has fewer than a hundred.
const MAX_ENTRIES: usize = 1_024;
/// What kind of a subfile a directory is: bit 0 a smaller copy of another one, bit 2 a mask for it.
const SUBFILE: u16 = 254;
const COPY_OR_MASK: u64 = 0b101;

/// A file's directories. TIFF has offsets of 4 bytes, BigTIFF of 8.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Directories<'a> {
    bytes: &'a [u8],
    is_big_endian: bool,
    is_big: bool,
    first: u64,
}

/// The tags of one page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Directory<'a> {
    file: Directories<'a>,
    /// Where its entries stand, 12 bytes each, in BigTIFF 20; all of them are in the file.
    start: usize,
    count: usize,
    next: u64,
}

impl<'a> Directories<'a> {
    /// `None` for what is no TIFF.
    pub(crate) fn open(bytes: &'a [u8]) -> Option<Self> {
        let is_big_endian = match bytes.first_chunk::<2>()? {
            b"II" => false,
            b"MM" => true,
            _ => return None,
        };
        let mut file = Self {
            bytes,
            is_big_endian,
            is_big: false,
            first: 0,
        };
        match file.unsigned(2, 2)? {
            42 => file.first = file.unsigned(4, 4)?,
            // The size of an offset is 8.
            43 if file.unsigned(4, 2)? == 8 => {
                file.is_big = true;
                file.first = file.unsigned(8, 8)?;
            }
            _ => return None,
        }
        Some(file)
    }

    /// The first page.
    pub(crate) fn first(&self) -> Option<Directory<'a>> {
        self.directory(self.first)
    }

    /// The directory at an offset.
    pub(crate) fn directory(&self, offset: u64) -> Option<Directory<'a>> {
        let (count_bytes, entry_bytes, offset_bytes) = if self.is_big { (8, 20, 8) } else { (2, 12, 4) };
        let at = usize::try_from(offset).ok()?;
        let count = usize::try_from(self.unsigned(at, count_bytes)?).ok()?;
        if count == 0 || count > MAX_ENTRIES {
            return None;
        }
        let start = at.checked_add(count_bytes)?;
        let end = start.checked_add(count * entry_bytes)?;
        self.bytes.get(start..end)?;
        Some(Directory {
            file: *self,
            start,
            count,
            // Some writers leave the last one out.
            next: self.unsigned(end, offset_bytes).unwrap_or(0),
        })
    }

    /// Where the directories of all pages stand. Small copies and masks are no pages, unless there is nothing else.
    ///
    /// # Errors
    /// [`PictureError::TooManyPages`], or [`PictureError::Corrupt`] where the chain is broken or a circle.
    pub(crate) fn pages(&self, max_pages: u32) -> Result<Vec<u64>, PictureError> {
        let damaged = PictureError::corrupt("its directory of pages is damaged");
        let mut seen = Vec::new();
        let mut pages = Vec::new();
        let mut offset = self.first;
        while offset != 0 {
            if seen.len() >= max_pages as usize {
                return Err(PictureError::TooManyPages { limit: max_pages });
            }
            if seen.contains(&offset) {
                return Err(damaged);
            }
            seen.push(offset);
            let directory = self.directory(offset).ok_or(damaged)?;
            if directory.number(SUBFILE).unwrap_or(0) & COPY_OR_MASK == 0 {
                pages.push(offset);
            }
            offset = directory.next;
        }
        match (seen.is_empty(), pages.is_empty()) {
            (true, _) => Err(damaged),
            (false, true) => Ok(seen),
            (false, false) => Ok(pages),
        }
    }

    /// A number of 1, 2, 4 or 8 bytes.
    fn unsigned(&self, at: usize, length: usize) -> Option<u64> {
        let bytes = self.bytes.get(at..at.checked_add(length)?)?;
        let append = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(if self.is_big_endian {
            bytes.iter().fold(0, append)
        } else {
            bytes.iter().rev().fold(0, append)
        })
    }
}

impl<'a> Directory<'a> {
    /// Whether numbers of several bytes begin with the highest one, in samples too.
    pub(crate) fn is_big_endian(&self) -> bool {
        self.file.is_big_endian
    }

    /// The first number of a tag.
    pub(crate) fn number(&self, tag: u16) -> Option<u64> {
        self.numbers(tag)?.next()
    }

    /// The whole numbers of a tag, those that the file has room for.
    pub(crate) fn numbers(&self, tag: u16) -> Option<impl ExactSizeIterator<Item = u64> + use<'a>> {
        let (kind, start, count) = self.value(tag)?;
        let length = match kind {
            // BYTE, SHORT, LONG, IFD, LONG8, IFD8.
            1 => 1,
            3 => 2,
            4 | 13 => 4,
            16 | 18 => 8,
            _ => return None,
        };
        let room = self.file.bytes.len().saturating_sub(start) / length;
        let file = self.file;
        let numbers = 0..count.min(room);
        Some(numbers.map(move |index| file.unsigned(start + index * length, length).unwrap_or(0)))
    }

    /// The bytes of a tag of bytes of any meaning.
    pub(crate) fn bytes(&self, tag: u16) -> Option<&'a [u8]> {
        let (kind, start, count) = self.value(tag)?;
        matches!(kind, 1 | 7).then_some(())?;
        self.file.bytes.get(start..start.checked_add(count)?)
    }

    /// Type of a tag's values, where they stand, and how many there are.
    fn value(&self, tag: u16) -> Option<(u64, usize, usize)> {
        let file = &self.file;
        let entry_bytes = if file.is_big { 20 } else { 12 };
        let at = (0..self.count)
            .map(|index| self.start + index * entry_bytes)
            .find(|at| file.unsigned(*at, 2) == Some(tag.into()))?;
        let kind = file.unsigned(at + 2, 2)?;
        let number_bytes = if file.is_big { 8 } else { 4 };
        let count = usize::try_from(file.unsigned(at + 4, number_bytes)?).ok()?;
        let length: usize = match kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16 | 17 | 18 => 8,
            _ => return None,
        };
        let value_at = at + 4 + number_bytes;
        let start = if count.checked_mul(length)? <= number_bytes {
            value_at
        } else {
            usize::try_from(file.unsigned(value_at, number_bytes)?).ok()?
        };
        Some((kind, start, count))
    }
}
