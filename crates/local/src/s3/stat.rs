//! What is known of an object without reading it.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Size, time and version of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) size: u64,
    pub(crate) modified: SystemTime,
    /// Without quotes.
    pub(crate) etag: String,
}

impl Default for Stat {
    fn default() -> Self {
        Self { size: 0, modified: UNIX_EPOCH, etag: String::new() }
    }
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

impl From<&Metadata> for Identity {
    fn from(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified_seconds: metadata.mtime(),
            modified_nanoseconds: metadata.mtime_nsec(),
        }
    }
}

impl Identity {
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Hexadecimal digits and hyphens, so that no client takes it for an MD5.
    fn etag(&self) -> String {
        let Self { device, inode, size, modified_seconds, modified_nanoseconds } = self;
        format!("{device:x}-{inode:x}-{size:x}-{modified_seconds:x}-{modified_nanoseconds:x}")
    }

    fn modified(&self) -> SystemTime {
        let whole = Duration::from_secs(self.modified_seconds.unsigned_abs());
        let part = Duration::from_nanos(self.modified_nanoseconds.unsigned_abs());
        if self.modified_seconds < 0 { UNIX_EPOCH - whole + part } else { UNIX_EPOCH + whole + part }
    }
}

impl From<&Identity> for Stat {
    fn from(identity: &Identity) -> Self {
        Self { size: identity.size, modified: identity.modified(), etag: identity.etag() }
    }
}
