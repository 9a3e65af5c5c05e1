//! Opening files below a directory, and none outside of it.
//!
//! A path goes in, a descriptor comes out. No symlink is followed, also where a directory turns into one while the path
//! is walked: the kernel sees to that where it has `openat2`, elsewhere each component is opened by itself. Where
//! symlinks are to be followed, `links` walks those that stay below the directory. A file is judged by its descriptor,
//! never by its path a second time.

mod links;

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, fstat, openat, statat};
use rustix::io::{Errno, retry_on_intr};

use super::stat::{Identity, Node};
use crate::Links;
use links::End;
pub(crate) use links::Missed;

/// A directory that others are opened from. On Linux that takes no right to list it.
#[cfg(target_os = "linux")]
const PLACE: OFlags = ENTRIES.union(OFlags::PATH);
#[cfg(not(target_os = "linux"))]
const PLACE: OFlags = ENTRIES;
/// A directory whose entries are read.
const ENTRIES: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// A file that is read. A FIFO may have replaced it, whose opening would wait for a writer without
/// `O_NONBLOCK`.
const CONTENT: OFlags = OFlags::RDONLY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// A directory that no path leads out of.
///
/// Its own path may go through symlinks, which are resolved once. Each use opens it again, so that a directory that
/// replaces it is the bucket from then on.
#[derive(Clone, Debug)]
pub(crate) struct Root {
    /// Its path without symlinks, and as it was named.
    paths: [PathBuf; 2],
    descend: Descend,
    links: Links,
}

/// The target of a symlink.
#[derive(Debug)]
pub(crate) enum Reached {
    /// A regular file.
    File(Identity),
    /// A directory.
    Directory(Node),
    /// Neither; the name of its kind.
    Special(&'static str),
}

/// Opens the directory that a path leads to from another.
type Descend = fn(&OwnedFd, &Path) -> io::Result<OwnedFd>;

impl Root {
    /// The directory at `path`.
    ///
    /// # Errors
    ///
    /// Where it is not there, is no directory or cannot be read.
    pub(crate) fn new(path: &Path, links: Links) -> io::Result<Self> {
        Self::descended(path, at_once, links)
    }

    fn descended(path: &Path, descend: Descend, links: Links) -> io::Result<Self> {
        let paths = [path.canonicalize()?, std::path::absolute(path)?];
        let root = Self { paths, descend, links };
        root.directory(Path::new(""))?;
        Ok(root)
    }

    /// Treatment of symlinks.
    pub(crate) fn links(&self) -> Links {
        self.links
    }

    /// Opens a directory to read its entries; the empty path is the root's own.
    pub(crate) fn directory(&self, path: &Path) -> io::Result<OwnedFd> {
        let place = match self.links {
            Links::Refused => self.place(path)?,
            Links::Followed => match self.walk(path)? {
                End::Directory(place) => place,
                End::Entry(..) => return Err(io::ErrorKind::NotFound.into()),
            },
        };
        open(&place, Path::new("."), ENTRIES)
    }

    /// The identity of the regular file at `path`.
    pub(crate) fn stat(&self, path: &Path) -> io::Result<Identity> {
        let (place, name) = self.located(path)?;
        regular(&entry(&place, &name)?)
    }

    /// Opens the regular file at `path` for reading.
    pub(crate) fn open(&self, path: &Path) -> io::Result<(File, Identity)> {
        let (place, name) = self.located(path)?;
        // Opening a device may already do something.
        regular(&entry(&place, &name)?)?;
        let file = open(&place, &name, CONTENT)?;
        let identity = regular(&fstat(&file)?)?;
        Ok((file.into(), identity))
    }

    /// The target of a path whose symlinks are followed.
    pub(crate) fn reach(&self, path: &Path) -> Result<Reached, Missed> {
        let (place, name) = match self.walk(path)? {
            End::Directory(place) => {
                let stat = fstat(&place).map_err(io::Error::from)?;
                return Ok(Reached::Directory(Node::from(&stat)));
            }
            End::Entry(place, name) => (place, name),
        };
        let stat = entry(&place, &name)?;
        Ok(match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Reached::File(Identity::from(&stat)),
            kind => Reached::Special(special(kind)),
        })
    }

    /// The directory that holds what a path leads to, and its name there.
    fn located(&self, path: &Path) -> io::Result<(OwnedFd, PathBuf)> {
        match self.links {
            Links::Refused => {
                let (parent, name) = parted(path)?;
                Ok((self.place(parent)?, name.to_owned()))
            }
            Links::Followed => match self.walk(path)? {
                End::Entry(place, name) => Ok((place, name)),
                End::Directory(_) => Err(io::ErrorKind::NotFound.into()),
            },
        }
    }

    fn walk(&self, path: &Path) -> Result<End, Missed> {
        match leads_down(path) {
            true => links::walk(self.root()?, &self.paths, path),
            false => Err(io::Error::from(io::ErrorKind::NotFound).into()),
        }
    }

    fn place(&self, path: &Path) -> io::Result<OwnedFd> {
        let root = self.root()?;
        match path.as_os_str().is_empty() {
            true => Ok(root),
            false if leads_down(path) => (self.descend)(&root, path),
            false => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// No component of the root's own path has become a symlink either.
    #[cfg(target_os = "linux")]
    fn root(&self) -> io::Result<OwnedFd> {
        let top = retry_on_intr(|| openat(CWD, "/", PLACE, Mode::empty()))?;
        match self.paths[0].strip_prefix("/") {
            Ok(path) if !path.as_os_str().is_empty() => (self.descend)(&top, path),
            _ => Ok(top),
        }
    }

    /// Its ancestors need not be readable, so that only the last component is known to be no symlink.
    #[cfg(not(target_os = "linux"))]
    fn root(&self) -> io::Result<OwnedFd> {
        Ok(retry_on_intr(|| openat(CWD, &self.paths[0], PLACE, Mode::empty()))?)
    }
}

/// Whether a path goes neither up nor back to the top.
fn leads_down(path: &Path) -> bool {
    path.components().all(|component| matches!(component, Component::Normal(_)))
}

/// By the kernel in one call, where it can.
#[cfg(target_os = "linux")]
fn at_once(place: &OwnedFd, path: &Path) -> io::Result<OwnedFd> {
    use rustix::fs::{ResolveFlags, openat2};

    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    match retry_on_intr(|| openat2(place, path, PLACE, Mode::empty(), resolve)) {
        // An old kernel, a sandbox that knows no such call, or a walk that the kernel could not vouch for.
        Err(Errno::NOSYS | Errno::PERM | Errno::INVAL | Errno::AGAIN) => by_components(place, path),
        opened => opened.map_err(refused),
    }
}

#[cfg(not(target_os = "linux"))]
fn at_once(place: &OwnedFd, path: &Path) -> io::Result<OwnedFd> {
    by_components(place, path)
}

/// Each component by itself.
fn by_components(place: &OwnedFd, path: &Path) -> io::Result<OwnedFd> {
    let mut components = path.components().map(|component| Path::new(component.as_os_str()));
    let first = components.next().ok_or(io::ErrorKind::NotFound)?;
    components.try_fold(open(place, first, PLACE)?, |place, name| open(&place, name, PLACE))
}

/// Opens one entry of a directory, which may be a symlink by now and is none then.
fn open(place: &OwnedFd, name: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    retry_on_intr(|| openat(place, name, flags, Mode::empty())).map_err(refused)
}

fn entry(place: &OwnedFd, name: &Path) -> io::Result<Stat> {
    statat(place, name, AtFlags::SYMLINK_NOFOLLOW).map_err(refused)
}

/// A path's directory and the name in it.
fn parted(path: &Path) -> io::Result<(&Path, &Path)> {
    match (path.parent(), path.components().next_back()) {
        (Some(parent), Some(Component::Normal(name))) => Ok((parent, Path::new(name))),
        _ => Err(io::ErrorKind::NotFound.into()),
    }
}

/// The name of what is neither a file nor a directory.
pub(crate) fn special(kind: FileType) -> &'static str {
    match kind {
        FileType::Fifo => "a FIFO",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        _ => "a special file",
    }
}

fn regular(stat: &Stat) -> io::Result<Identity> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Ok(Identity::from(stat)),
        _ => Err(io::ErrorKind::NotFound.into()),
    }
}

/// The error of a system call; a path that leads elsewhere, or to no file, leads to nothing.
fn refused(error: Errno) -> io::Error {
    const ELSEWHERE: [Errno; 8] = [
        Errno::LOOP,
        Errno::MLINK,
        Errno::NOTDIR,
        Errno::XDEV,
        Errno::NXIO,
        Errno::NODEV,
        Errno::NAMETOOLONG,
        Errno::INVAL,
    ];
    if ELSEWHERE.contains(&error) { io::ErrorKind::NotFound.into() } else { error.into() }
}

#[cfg(test)]
mod tests;
