//! How an object is stored, told by its first bytes, and how it is undone.

pub(crate) mod format;
mod gzip;

use gzip::Gzip;

use crate::error::CountError;

/// Bytes that tell how an object is stored: tar has its mark furthest in.
pub const SNIFFED_BYTES: usize = 264;

/// Bytes that are decoded before they are counted, in one buffer that is used over and over.
pub const DECODED_BYTES: usize = 128 * 1024;

/// Undoes how an object is stored.
#[derive(Debug)]
pub(crate) enum Decoder {
    Plain,
    Gzip(Box<Gzip>),
}

impl Decoder {
    /// The decoder for an object that begins with these bytes.
    pub(crate) fn new(sniffed: &[u8]) -> Self {
        if sniffed.starts_with(&gzip::MAGIC) { Self::Gzip(Box::default()) } else { Self::Plain }
    }

    pub(crate) fn is_plain(&self) -> bool {
        match self {
            Self::Plain => true,
            Self::Gzip(_) => false,
        }
    }

    /// Decodes the stored bytes that come next, and hands on what they hold, [`DECODED_BYTES`] at a time.
    pub(crate) fn push(&mut self, stored: &[u8], emit: &mut dyn FnMut(&[u8])) -> Result<(), CountError> {
        match self {
            Self::Plain => {
                emit(stored);
                Ok(())
            }
            Self::Gzip(gzip) => gzip.push(stored, emit),
        }
    }

    /// The object has no more bytes. Returns what its reader should know.
    pub(crate) fn finish(self) -> Result<Option<String>, CountError> {
        match self {
            Self::Plain => Ok(None),
            Self::Gzip(gzip) => gzip.finish(),
        }
    }
}
