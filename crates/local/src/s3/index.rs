//! The keys of a mounted directory, found by one walk over it.
//!
//! Regular files only; symlinks are followed neither to files nor to directories.
//! What cannot be an object becomes a warning, never an error for the rest.

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::io;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::time::Instant;

use rustix::fs::{AtFlags, Dir, FileType, statat};
use rustix::io::Errno;
use wire::bucket::KEY_BYTES_MAX;
use wire::printable;

use super::beneath::Root;
use super::stat::Identity;

/// Warnings that an index keeps; further ones are only numbered.
const WARNINGS_MAX: usize = 1000;

/// A directory's files by key, as they were at one time.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) files: BTreeMap<String, Identity>,
    pub(crate) begun: Instant,
    pub(crate) built: Instant,
    /// A file whose time no date can say, where there is one.
    pub(crate) undated: Option<String>,
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
    /// Walks the directory.
    ///
    /// # Errors
    ///
    /// Only where the root itself cannot be read.
    pub(crate) fn build(root: &Root) -> io::Result<Self> {
        let begun = Instant::now();
        let (files, warnings) = (BTreeMap::new(), Vec::new());
        let mut index = Self { files, begun, built: begun, undated: None, warnings, warnings_dropped: 0 };
        let mut directories = Vec::new();
        index.read_directory(root, "", &mut directories)?;
        while let Some(prefix) = directories.pop() {
            match index.read_directory(root, &prefix, &mut directories) {
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
        let mut texts: Vec<_> =
            concerned.map(|warning| format!("{}: {}", printable(&warning.place), warning.reason)).collect();
        if self.warnings_dropped > 0 {
            texts.push(format!("{} more names in this bucket cannot be listed", self.warnings_dropped));
        }
        texts
    }

    /// Takes in one directory, whose keys begin with `prefix`; directories in it are left on the stack.
    fn read_directory(&mut self, root: &Root, prefix: &str, directories: &mut Vec<String>) -> io::Result<()> {
        let mut directory = Dir::new(root.directory(Path::new(prefix))?)?;
        while let Some(entry) = directory.read() {
            let entry = entry?;
            if [c".", c".."].contains(&entry.file_name()) {
                continue;
            }
            let found = match entry.file_type() {
                FileType::Directory => Ok(Found::Directory),
                FileType::RegularFile | FileType::Unknown => look(directory.fd()?, entry.file_name()),
                _ => continue,
            };
            match (key(prefix, entry.file_name()), found) {
                (_, Ok(Found::Other) | Err(Errno::NOENT)) => {}
                (Ok(key), Ok(Found::Directory)) => directories.push(key + "/"),
                (Ok(key), Ok(Found::File(identity))) => self.add_file(key, identity),
                (Err((place, reason)), Ok(_)) => self.warn(&place, reason),
                (Ok(place) | Err((place, _)), Err(error)) => self.warn_unreadable(&place, &error.into()),
            }
        }
        Ok(())
    }

    fn add_file(&mut self, key: String, identity: Identity) {
        if self.undated.is_none() && !identity.has_date() {
            self.undated = Some(key.clone());
        }
        self.files.insert(key, identity);
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

/// An entry of a directory, by its kind.
enum Found {
    Directory,
    File(Identity),
    Other,
}

/// Looks at an entry where it lies, whatever has become of the path that led there.
fn look(directory: BorrowedFd<'_>, name: &CStr) -> Result<Found, Errno> {
    let stat = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => Found::Directory,
        FileType::RegularFile => Found::File(Identity::from(&stat)),
        _ => Found::Other,
    })
}

/// The key of a name in the directory that `prefix` stands for, or the place and why it has none.
fn key(prefix: &str, name: &CStr) -> Result<String, (String, String)> {
    let key = match name.to_str() {
        Ok(name) => format!("{prefix}{name}"),
        Err(_) => {
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
