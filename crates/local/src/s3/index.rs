//! The keys of a mounted directory, found by one walk over it.
//!
//! Regular files only; symlinks are followed neither to files nor to directories.
//! What cannot be an object becomes a warning, never an error for the rest.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::DirEntry;
use std::io;
use std::path::Path;
use std::time::Instant;

use wire::bucket::KEY_BYTES_MAX;

use super::stat::Identity;

/// Warnings that an index keeps; further ones are only numbered.
const WARNINGS_MAX: usize = 1000;

/// A directory's files by key, as they were at one time.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) files: BTreeMap<String, Identity>,
    pub(crate) begun: Instant,
    pub(crate) built: Instant,
    warnings: Vec<Warning>,
    warnings_dropped: usize,
}

/// A place in the directory that gave no objects.
#[derive(Debug)]
struct Warning {
    /// Relative to the root, shown lossily.
    place: String,
    reason: String,
}

impl Index {
    /// Walks the directory at `root`.
    ///
    /// # Errors
    ///
    /// Only where the root itself cannot be read.
    pub(crate) fn build(root: &Path) -> io::Result<Self> {
        let begun = Instant::now();
        let (files, warnings) = (BTreeMap::new(), Vec::new());
        let mut index = Self { files, begun, built: begun, warnings, warnings_dropped: 0 };
        let mut directories = Vec::new();
        index.read_directory(root, "", &mut directories)?;
        while let Some(prefix) = directories.pop() {
            match index.read_directory(&root.join(&prefix), &prefix, &mut directories) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    index.warn_unreadable(&prefix, &error);
                }
                Ok(()) | Err(_) => {}
            }
        }
        index.built = Instant::now();
        Ok(index)
    }

    /// Sentences about what lies below `prefix` and is not listed.
    pub(crate) fn warnings(&self, prefix: &str) -> Vec<String> {
        let concerns =
            |place: &str| place.starts_with(prefix) || (place.ends_with('/') && prefix.starts_with(place));
        let concerned = self.warnings.iter().filter(|warning| concerns(&warning.place));
        let mut texts: Vec<_> = concerned
            .map(|warning| format!("{}: {}", warning.place.escape_debug(), warning.reason))
            .collect();
        if self.warnings_dropped > 0 {
            texts.push(format!("{} more names in this bucket cannot be listed", self.warnings_dropped));
        }
        texts
    }

    /// Takes in one directory, whose keys begin with `prefix`; directories in it are left on the stack.
    fn read_directory(&mut self, path: &Path, prefix: &str, directories: &mut Vec<String>) -> io::Result<()> {
        for entry in path.read_dir()? {
            let entry = entry?;
            let kind = match entry.file_type() {
                Ok(kind) => kind,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => {
                    self.warn_unreadable(prefix, &error);
                    continue;
                }
            };
            match key(prefix, entry.file_name()) {
                _ if !kind.is_dir() && !kind.is_file() => {}
                Ok(key) if kind.is_dir() => directories.push(key + "/"),
                Ok(key) => self.add_file(key, &entry),
                Err((place, reason)) => self.warn(&place, reason),
            }
        }
        Ok(())
    }

    fn add_file(&mut self, key: String, entry: &DirEntry) {
        match entry.metadata() {
            Ok(metadata) => {
                self.files.insert(key, Identity::from(&metadata));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => self.warn_unreadable(&key, &error),
        }
    }

    fn warn_unreadable(&mut self, place: &str, error: &io::Error) {
        self.warn(place, format!("cannot be read: {error}"));
    }

    fn warn(&mut self, place: &str, reason: String) {
        if self.warnings.len() < WARNINGS_MAX {
            self.warnings.push(Warning { place: place.to_owned(), reason });
        } else {
            self.warnings_dropped += 1;
        }
    }
}

/// The key of a name in the directory that `prefix` stands for, or the place and why it has none.
fn key(prefix: &str, name: OsString) -> Result<String, (String, String)> {
    let key = match name.into_string() {
        Ok(name) => format!("{prefix}{name}"),
        Err(name) => {
            let place = format!("{prefix}{}", name.to_string_lossy());
            return Err((place, "the name is not UTF-8 and cannot be a key".to_owned()));
        }
    };
    if key.len() > KEY_BYTES_MAX {
        let reason = format!("the key would have {} bytes, {KEY_BYTES_MAX} are allowed", key.len());
        return Err((key, reason));
    }
    Ok(key)
}
