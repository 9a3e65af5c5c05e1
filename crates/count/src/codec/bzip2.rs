//! Bzip2: streams, one after the other, and what may stand behind the last.
//!
//! The library takes input that stops and goes on at any byte, and checks what has a checksum, which is everything
//! but a stream's level. What follows a stream is judged as `bzip2 -dc` judges it: a further stream, or something to
//! warn of. A stream holds 3.6 MB at most, by its format.

use std::fmt;

use ::bzip2::{Decompress, Error, Status};

use crate::error::CountError;

/// What a stream begins with, then comes its level.
const MAGIC: &[u8] = b"BZh";

/// What stands behind the level: the magic of a block, or that of the end of a stream without any.
const BLOCK_MAGIC: [u8; 6] = [0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
const END_MAGIC: [u8; 6] = [0x17, 0x72, 0x45, 0x38, 0x50, 0x90];

/// Whether these bytes begin a bzip2 object. The magic alone is three letters, as a text may have them.
pub(super) fn begins(bytes: &[u8]) -> bool {
    let Some([b'1'..=b'9', behind @ ..]) = bytes.strip_prefix(MAGIC) else { return false };
    behind.starts_with(&BLOCK_MAGIC) || behind.starts_with(&END_MAGIC)
}

/// Decodes a bzip2 object, pushed in pieces of any size.
pub(crate) struct Bzip2 {
    stage: Stage,
    streams_ended: u64,
}

enum Stage {
    Stream(Decompress),
    /// Directly behind a stream, or before the first.
    Between,
    /// Anything else behind the last stream.
    Garbage {
        bytes: u64,
    },
}

impl Bzip2 {
    pub(super) fn push(
        &mut self,
        mut stored: &[u8],
        decoded: &mut [u8],
        emit: &mut dyn FnMut(&[u8]),
    ) -> Result<(), CountError> {
        while !stored.is_empty() {
            stored = match &mut self.stage {
                Stage::Stream(_) => self.decompress(stored, decoded, emit)?,
                Stage::Between => {
                    self.stage = Stage::Stream(Decompress::new(false));
                    stored
                }
                Stage::Garbage { bytes } => {
                    *bytes += stored.len() as u64;
                    &[]
                }
            };
        }
        Ok(())
    }

    /// The object has no more bytes. Returns what its reader should know.
    pub(super) fn finish(self) -> Result<Option<String>, CountError> {
        match self.stage {
            Stage::Stream(_) => Err(CountError::Truncated("bzip2: ends in a stream".to_owned())),
            Stage::Between => Ok(None),
            Stage::Garbage { bytes } => {
                Ok(Some(format!("{bytes} bytes behind the last bzip2 stream: trailing garbage ignored")))
            }
        }
    }

    /// Decodes as much as is there, and returns what lies behind the stream.
    fn decompress<'a>(
        &mut self,
        mut stored: &'a [u8],
        decoded: &mut [u8],
        emit: &mut dyn FnMut(&[u8]),
    ) -> Result<&'a [u8], CountError> {
        let Stage::Stream(stream) = &mut self.stage else { return Ok(stored) };
        loop {
            let (read_before, decoded_before) = (stream.total_in(), stream.total_out());
            let status = match stream.decompress(stored, decoded) {
                Err(Error::DataMagic) if self.streams_ended > 0 => {
                    self.stage = Stage::Garbage { bytes: read_before + stored.len() as u64 };
                    return Ok(&[]);
                }
                status => status.map_err(|_| corrupt("invalid data or checksum mismatch"))?,
            };
            let read_bytes = (stream.total_in() - read_before) as usize;
            let decoded_bytes = (stream.total_out() - decoded_before) as usize;
            emit(&decoded[..decoded_bytes]);
            stored = &stored[read_bytes..];
            match status {
                Status::StreamEnd => {
                    self.stage = Stage::Between;
                    self.streams_ended += 1;
                    return Ok(stored);
                }
                Status::MemNeeded => {
                    return Err(CountError::TooLarge("bzip2 block that finds no memory".to_owned()));
                }
                _ if stored.is_empty() && decoded_bytes < decoded.len() => return Ok(stored),
                _ if read_bytes == 0 && decoded_bytes == 0 => return Err(corrupt("invalid data")),
                Status::Ok | Status::FlushOk | Status::RunOk | Status::FinishOk => {}
            }
        }
    }
}

impl Default for Bzip2 {
    fn default() -> Self {
        Self { stage: Stage::Between, streams_ended: 0 }
    }
}

impl fmt::Debug for Bzip2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bzip2").field("streams_ended", &self.streams_ended).finish_non_exhaustive()
    }
}

fn corrupt(what: &str) -> CountError {
    CountError::Corrupt(format!("bzip2: {what}"))
}

#[cfg(test)]
mod tests {
    use super::begins;

    #[track_caller]
    fn check(bytes: &[u8], expected: bool) {
        assert_eq!(begins(bytes), expected, "{bytes:?}");
    }

    #[test]
    fn a_text_of_the_same_letters_is_not_bzip2() {
        check(b"BZh91AY&SY", true);
        check(b"BZh1\x17rE8P\x90", true);
        check(b"BZh01AY&SY", false);
        check(b"BZh91AY&S", false);
        check(b"BZh9 is a level", false);
        check(b"BZh", false);
    }
}
