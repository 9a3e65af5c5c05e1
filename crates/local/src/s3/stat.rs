//! Size, time and version of an object, without reading it.

use rustix::fs::Stat as FileStat;

use super::modified::Modified;

/// Size, time and version of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) size: u64,
    pub(crate) modified: Modified,
    /// Without quotes.
    pub(crate) etag: String,
}

impl From<&Stat> for Stat {
    fn from(stat: &Stat) -> Self {
        stat.clone()
    }
}

/// Which file, and which state of it: two equal identities are the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    modified_seconds: i64,
    modified_nanoseconds: i64,
}

/// A file or a directory, whatever its name and its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    device: u64,
    inode: u64,
}

impl From<&FileStat> for Node {
    #[expect(clippy::unnecessary_cast, reason = "the fields have other types on other systems")]
    fn from(stat: &FileStat) -> Self {
        Self { device: stat.st_dev as u64, inode: stat.st_ino as u64 }
    }
}

impl From<&FileStat> for Identity {
    #[expect(clippy::unnecessary_cast, reason = "the fields have other types on other systems")]
    fn from(stat: &FileStat) -> Self {
        Self {
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            size: u64::try_from(stat.st_size).unwrap_or_default(),
            modified_seconds: stat.st_mtime as i64,
            modified_nanoseconds: stat.st_mtime_nsec as i64,
        }
    }
}

impl Identity {
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Whether this is the file of `before` with more bytes in it.
    pub(crate) fn has_grown_since(&self, before: &Self) -> bool {
        (self.device, self.inode) == (before.device, before.inode) && self.size > before.size
    }

    /// Whether the file's time is one that a date can say.
    pub(crate) fn has_date(&self) -> bool {
        Modified::can_say(self.modified_seconds)
    }

    /// Hexadecimal digits and hyphens, so that no client takes it for an MD5.
    fn etag(&self) -> String {
        let Self { device, inode, size, modified_seconds, modified_nanoseconds } = self;
        format!("{device:x}-{inode:x}-{size:x}-{modified_seconds:x}-{modified_nanoseconds:x}")
    }

    fn modified(&self) -> Modified {
        Modified::at(self.modified_seconds, u32::try_from(self.modified_nanoseconds).unwrap_or_default())
    }
}

impl From<&Identity> for Stat {
    fn from(identity: &Identity) -> Self {
        Self { size: identity.size, modified: identity.modified(), etag: identity.etag() }
    }
}
