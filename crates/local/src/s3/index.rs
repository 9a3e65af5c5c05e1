//! The keys of a mounted directory, found by one walk over it.
//!
//! Regular files only. Symlinks are followed where that is wanted and they stay within the directory.
//! An entry that gives no objects is recorded with the reason, and is never an error for the rest.

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::io;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::rc::Rc;
use std::time::Instant;

use rustix::fs::{AtFlags, Dir, FileType, fstat, statat};
use rustix::io::Errno;
use wire::bucket::KEY_BYTES_MAX;

use super::beneath::{Missed, Reached, Root, special};
use super::stat::{Identity, Node};
use super::unlisted::{Places, Reason};
use crate::Links;

/// Folders that one walk enters through symlinks: links to one another would make any number of paths.
const LINKED_FOLDERS_MAX: u32 = 100_000;

/// A directory's files by key, as they were at one time.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) files: BTreeMap<String, Identity>,
    pub(crate) begun: Instant,
    pub(crate) built: Instant,
    /// A file whose time no date can say, where there is one.
    pub(crate) undated: Option<String>,
    /// Entries that gave no objects.
    pub(crate) unlisted: Places,
}

/// A folder that is to be read.
struct Folder {
    /// Its keys begin with this.
    prefix: String,
    around: Option<Rc<Around>>,
    /// A symlink led to it, or to one around it.
    linked: bool,
}

/// A folder that the walk came through.
struct Around {
    node: Node,
    above: Option<Rc<Around>>,
}

impl Index {
    /// Walks the directory.
    ///
    /// # Errors
    ///
    /// Only where the root itself cannot be read.
    pub(crate) fn build(root: &Root) -> io::Result<Self> {
        let begun = Instant::now();
        let (files, unlisted) = (BTreeMap::new(), Places::default());
        let index = Self { files, begun, built: begun, undated: None, unlisted };
        let mut walk = Walk { root, index, folders: Vec::new(), linked_folders: 0 };
        walk.read_folder(&Folder { prefix: String::new(), around: None, linked: false })?;
        while let Some(folder) = walk.folders.pop() {
            match walk.read_folder(&folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    walk.leave_out(folder.prefix.trim_end_matches('/').to_owned(), unreadable(&error));
                }
                Ok(()) | Err(_) => {}
            }
        }
        Ok(Self { built: Instant::now(), ..walk.index })
    }

    fn add_file(&mut self, key: String, identity: Identity) {
        if self.undated.is_none() && !identity.has_date() {
            self.undated = Some(key.clone());
        }
        self.files.insert(key, identity);
    }
}

/// A walk under way.
struct Walk<'a> {
    root: &'a Root,
    index: Index,
    folders: Vec<Folder>,
    linked_folders: u32,
}

impl Walk<'_> {
    /// Takes in one folder; folders in it are left for later.
    fn read_folder(&mut self, folder: &Folder) -> io::Result<()> {
        let mut directory = Dir::new(self.root.directory(Path::new(&folder.prefix))?)?;
        let node = Node::from(&fstat(directory.fd()?)?);
        let around = Rc::new(Around { node, above: folder.around.clone() });
        while let Some(entry) = directory.read() {
            let entry = entry?;
            if [c".", c".."].contains(&entry.file_name()) {
                continue;
            }
            let found = match entry.file_type() {
                FileType::Directory => Ok(Found::Directory),
                FileType::RegularFile | FileType::Unknown => look(directory.fd()?, entry.file_name()),
                kind => Ok(Found::of(kind)),
            };
            match (key(&folder.prefix, entry.file_name()), found) {
                (_, Err(Errno::NOENT)) => {}
                (Ok(key), Ok(found)) => self.add(key, found, folder, &around),
                (Err((place, reason)), Ok(_)) => self.leave_out(place, reason),
                (Ok(place) | Err((place, _)), Err(error)) => {
                    self.leave_out(place, unreadable(&error.into()));
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, key: String, found: Found, folder: &Folder, around: &Rc<Around>) {
        match found {
            Found::File(identity) => self.index.add_file(key, identity),
            Found::Directory => self.enter(key, around, folder.linked),
            Found::Special(kind) => self.leave_out(key, kind.into()),
            Found::Link if self.root.links() == Links::Refused => self.leave_out(key, Reason::Link),
            Found::Link => self.follow(key, around),
        }
    }

    fn enter(&mut self, key: String, around: &Rc<Around>, linked: bool) {
        if linked && self.linked_folders == LINKED_FOLDERS_MAX {
            let reason = format!("{LINKED_FOLDERS_MAX} folders were entered through symlinks before it");
            return self.leave_out(key, Reason::Other(reason));
        }
        self.linked_folders += u32::from(linked);
        self.folders.push(Folder { prefix: key + "/", around: Some(Rc::clone(around)), linked });
    }

    fn follow(&mut self, key: String, around: &Rc<Around>) {
        let reason = match self.root.reach(Path::new(&key)) {
            Ok(Reached::File(identity)) => return self.index.add_file(key, identity),
            Ok(Reached::Directory(node)) if !around.contains(node) => return self.enter(key, around, true),
            Ok(Reached::Directory(_)) => "a symlink to a folder around it".into(),
            Ok(Reached::Special(kind)) => Reason::Other(format!("a symlink to {kind}")),
            Err(Missed::Outside) => "a symlink that leads out of the folder".into(),
            Err(Missed::Endless) => "a symlink without an end".into(),
            Err(Missed::Failed(error)) if error.kind() == io::ErrorKind::NotFound => {
                "a symlink that leads nowhere".into()
            }
            Err(Missed::Failed(error)) => unreadable(&error),
        };
        self.leave_out(key, reason);
    }

    fn leave_out(&mut self, place: String, reason: Reason) {
        self.index.unlisted.add(place, reason);
    }
}

impl Around {
    fn contains(&self, node: Node) -> bool {
        std::iter::successors(Some(self), |around| around.above.as_deref()).any(|around| around.node == node)
    }
}

impl From<&str> for Reason {
    fn from(text: &str) -> Self {
        Self::Other(text.to_owned())
    }
}

fn unreadable(error: &io::Error) -> Reason {
    Reason::Other(format!("cannot be read: {error}"))
}

/// An entry of a directory, by its kind.
#[derive(Clone, Copy)]
enum Found {
    Directory,
    File(Identity),
    Link,
    Special(&'static str),
}

impl Found {
    /// The entry of a kind that is not a file.
    fn of(kind: FileType) -> Self {
        match kind {
            FileType::Directory => Self::Directory,
            FileType::Symlink => Self::Link,
            other => Self::Special(special(other)),
        }
    }
}

/// Looks at an entry where it lies, whatever has become of the path that led there.
fn look(directory: BorrowedFd<'_>, name: &CStr) -> Result<Found, Errno> {
    let stat = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Found::File(Identity::from(&stat)),
        kind => Found::of(kind),
    })
}

/// The key of a name in the directory that `prefix` stands for, or its path and the reason why it has none.
fn key(prefix: &str, name: &CStr) -> Result<String, (String, Reason)> {
    let key = match name.to_str() {
        Ok(name) => format!("{prefix}{name}"),
        Err(_) => {
            let place = format!("{prefix}{}", name.to_string_lossy());
            return Err((place, "the name is not UTF-8 and cannot be a key".into()));
        }
    };
    if key.len() > KEY_BYTES_MAX {
        let reason = format!("the key would have {} bytes, {KEY_BYTES_MAX} are allowed", key.len());
        return Err((key, Reason::Other(reason)));
    }
    Ok(key)
}
