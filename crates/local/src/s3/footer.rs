//! The end of an object's file: what the index needs to know of it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use serde::{Deserialize, Serialize};

use super::modified::Modified;
use super::stat::Stat;

/// The last bytes of every complete file, behind the footer's length.
const MAGIC: [u8; 8] = *b"wordfall";
const TAIL_BYTES: u64 = 16;
/// A key, a content type and numbers, with room for JSON's escapes.
const FOOTER_BYTES_MAX: u64 = 64 * 1024;

/// The footer behind an object's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Footer {
    pub(crate) key: String,
    pub(crate) stat: Stat,
    pub(crate) content_type: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    key: String,
    size: u64,
    modified_ms: u64,
    etag: String,
    content_type: Option<String>,
}

impl Footer {
    pub(crate) fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec(&Written {
            key: self.key.clone(),
            size: self.stat.size,
            modified_ms: self.stat.modified.milliseconds(),
            etag: self.stat.etag.clone(),
            content_type: self.content_type.clone(),
        })?;
        let footer_bytes = bytes.len() as u64;
        if footer_bytes > FOOTER_BYTES_MAX {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the object's headers are too long to keep",
            ));
        }
        bytes.extend_from_slice(&footer_bytes.to_le_bytes());
        bytes.extend_from_slice(&MAGIC);
        Ok(bytes)
    }

    /// The footer of a complete file; `None` where the file is not one.
    pub(crate) fn read(file: &File) -> io::Result<Option<Self>> {
        let file_bytes = file.metadata()?.len();
        let Some(tail_start) = file_bytes.checked_sub(TAIL_BYTES) else { return Ok(None) };
        let mut tail = [0; 8 + MAGIC.len()];
        file.read_exact_at(&mut tail, tail_start)?;
        let (length, magic) = tail.split_first_chunk::<8>().expect("the tail is 16 bytes");
        let footer_bytes = u64::from_le_bytes(*length);
        if magic != MAGIC || footer_bytes > FOOTER_BYTES_MAX.min(tail_start) {
            return Ok(None);
        }
        let mut bytes = vec![0; usize::try_from(footer_bytes).expect("at most 64 KiB")];
        let footer_start = tail_start - footer_bytes;
        file.read_exact_at(&mut bytes, footer_start)?;
        let written = serde_json::from_slice::<Written>(&bytes).ok();
        Ok(written.filter(|written| written.size == footer_start).map(Self::from))
    }
}

impl From<Written> for Footer {
    fn from(written: Written) -> Self {
        let modified = Modified::of_milliseconds(written.modified_ms);
        let stat = Stat { size: written.size, modified, etag: written.etag };
        Self { key: written.key, stat, content_type: written.content_type }
    }
}
