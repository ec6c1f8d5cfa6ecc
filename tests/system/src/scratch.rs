//! Files for commands and uploads.

use std::path::PathBuf;

use crate::unique;

/// A folder of its own, removed at the end.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    /// A folder with one file in it.
    pub fn with(name: &str, text: &str) -> Self {
        let folder = std::env::temp_dir().join(unique("docmill"));
        std::fs::create_dir_all(&folder).unwrap();
        let scratch = Self { folder };
        std::fs::write(scratch.path(name), text).unwrap();
        scratch
    }

    /// Where the file of that name is, or would be.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The same as an argument of a command.
    pub fn argument(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A folder that stays behind fails nobody.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
