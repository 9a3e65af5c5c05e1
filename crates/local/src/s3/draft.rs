//! An object that is being put: a file under a temporary name, removed unless it is finished.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::private;

/// A file that is not an object yet.
#[derive(Debug)]
pub(crate) struct Draft {
    number: u64,
    path: PathBuf,
    file: File,
    size: u64,
    renamed: bool,
}

impl Draft {
    pub(crate) fn create(number: u64, path: PathBuf) -> io::Result<Self> {
        let file = private::create_file(&path)?;
        Ok(Self { number, path, file, size: 0, renamed: false })
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Bytes written so far.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.size += bytes.len() as u64;
        self.file.write_all(bytes)
    }

    /// Writes the last bytes and waits until all of them are on the disk.
    pub(crate) fn finish(&mut self, footer: &[u8]) -> io::Result<()> {
        self.file.write_all(footer)?;
        self.file.sync_all()
    }

    pub(crate) fn rename(mut self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.renamed
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::warn!(path = %self.path.display(), %error, "a draft could not be removed");
        }
    }
}
