//! A walk that follows the symlinks that stay below a directory.
//!
//! The kernel follows none: each component is opened from the one before it, and for a symlink its text is
//! walked instead. `..` leads back to the directory that the walk came through, whatever lies around that one
//! by then, and an absolute text leads to the top where it names the directory itself. So no change made
//! meanwhile leads out.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{FileType, readlinkat};
use rustix::io::retry_on_intr;

use super::{PLACE, entry, open, refused};

/// Symlinks that one path goes through, as many as Linux allows.
const LINKS_MAX: u32 = 40;

/// Why a path leads to nothing below the directory.
#[derive(Debug)]
pub(crate) enum Missed {
    /// A symlink leads out.
    Outside,
    /// Its symlinks lead to one another.
    Endless,
    /// The system says so.
    Failed(io::Error),
}

impl From<io::Error> for Missed {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Missed> for io::Error {
    fn from(missed: Missed) -> Self {
        match missed {
            Missed::Outside | Missed::Endless => io::ErrorKind::NotFound.into(),
            Missed::Failed(error) => error,
        }
    }
}

/// Where a walk ended.
pub(super) enum End {
    /// A directory.
    Directory(OwnedFd),
    /// An entry of a directory that was neither a directory nor a symlink when the walk came to it.
    Entry(OwnedFd, PathBuf),
}

/// Walks from `top`, which symlinks may name by any of these absolute paths.
pub(super) fn walk(top: OwnedFd, names: &[PathBuf], path: &Path) -> Result<End, Missed> {
    let mut through = vec![top];
    let mut rest: VecDeque<OsString> = path.components().filter_map(step).collect();
    let mut links = 0;
    while let Some(name) = rest.pop_front() {
        let place = through.last().ok_or(Missed::Outside)?;
        if name == ".." {
            through.pop();
            if through.is_empty() {
                return Err(Missed::Outside);
            }
            continue;
        }
        match FileType::from_raw_mode(entry(place, Path::new(&name))?.st_mode) {
            FileType::Directory => {
                let opened = open(place, Path::new(&name), PLACE)?;
                through.push(opened);
            }
            FileType::Symlink => {
                links += 1;
                if links > LINKS_MAX {
                    return Err(Missed::Endless);
                }
                let text = retry_on_intr(|| readlinkat(place, &name, Vec::new())).map_err(refused)?;
                let text = Path::new(OsStr::from_bytes(text.as_bytes()));
                let text = match text.is_absolute() {
                    false => text,
                    true => {
                        through.truncate(1);
                        names.iter().find_map(|name| text.strip_prefix(name).ok()).ok_or(Missed::Outside)?
                    }
                };
                text.components().rev().filter_map(step).for_each(|step| rest.push_front(step));
            }
            _ if rest.is_empty() => {
                let place = through.pop().ok_or(Missed::Outside)?;
                return Ok(End::Entry(place, name.into()));
            }
            _ => return Err(io::Error::from(io::ErrorKind::NotFound).into()),
        }
    }
    through.pop().map(End::Directory).ok_or(Missed::Outside)
}

/// A component's name; none of those that lead nowhere else.
fn step(component: Component<'_>) -> Option<OsString> {
    match component {
        Component::Normal(_) | Component::ParentDir => Some(component.as_os_str().to_owned()),
        Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
    }
}
