//! How the document travels: as a sealed file in memory, which is the child's standard input.
//!
//! A file and not a pipe: its size is known before anything is allocated, and nobody has to write while somebody
//! reads. In memory and not on disk: nothing stays behind when a process is killed, no folder has to be writable, and
//! no other document's size counts against it. It costs the document's size in memory once more.

use std::fs::File;
use std::io::{self, Seek, Write};

use rustix::buffer::spare_capacity;
use rustix::fs::{FileType, MemfdFlags, SealFlags, fcntl_add_seals, fstat, memfd_create};

/// A file of `bytes` that nobody can change, to be read from its beginning. Copies them: not for a runtime's thread.
pub(crate) fn seal(bytes: &[u8]) -> io::Result<File> {
    let memory = memfd_create("document", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    let mut file = File::from(memory);
    file.write_all(bytes)?;
    file.rewind()?;
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    fcntl_add_seals(&file, seals)?;
    Ok(file)
}

/// Reads the file on standard input into a buffer of its size, unless that is above `max_bytes`.
/// [`io::ErrorKind::OutOfMemory`] where there is no such buffer.
pub(crate) fn receive(max_bytes: u64) -> io::Result<Vec<u8>> {
    let stdin = io::stdin();
    let found = fstat(&stdin)?;
    if !FileType::from_raw_mode(found.st_mode).is_file() {
        return Err(io::Error::other("the document is not a file"));
    }
    let size = u64::try_from(found.st_size).unwrap_or(u64::MAX);
    if size > max_bytes {
        return Err(io::Error::other("the document is larger than may be read"));
    }
    let size = usize::try_from(size).map_err(io::Error::other)?;
    let mut document = Vec::new();
    document.try_reserve_exact(size)?;
    while document.len() < size {
        if rustix::io::read(&stdin, spare_capacity(&mut document))? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(document)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_sealed_document_reads_back_and_cannot_be_changed() {
        let bytes: Vec<u8> = (0..100_000u32).flat_map(u32::to_le_bytes).collect();
        let mut file = seal(&bytes).unwrap();
        let mut read = Vec::new();
        file.read_to_end(&mut read).unwrap();
        assert_eq!(read, bytes);
        file.rewind().unwrap();
        assert_eq!(
            file.write(b"x").unwrap_err().kind(),
            io::ErrorKind::PermissionDenied
        );
        assert!(file.set_len(0).is_err());
        assert!(file.set_len(1 << 20).is_err());
    }

    #[test]
    fn an_empty_document_is_a_document() {
        assert_eq!(seal(b"").unwrap().metadata().unwrap().len(), 0);
    }
}
