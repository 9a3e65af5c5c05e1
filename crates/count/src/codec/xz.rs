//! Xz: streams, one after the other, and the zeros that may stand behind each.
//!
//! The library takes input that stops and goes on at any byte, and checks every stream against the integrity check
//! that it names. What stands behind the last stream has to be another, or zeros in fours, as for `xz -dc`.

use std::fmt;

use liblzma::stream::{Action, CONCATENATED, Error, Status, Stream, TELL_UNSUPPORTED_CHECK};

use super::allowance::Allowance;
use crate::error::CountError;

/// The magic of every stream.
pub(super) const MAGIC: [u8; 6] = *b"\xfd7zXZ\0";

/// Memory that decoding an object may take. A dictionary of 64 MiB, as `xz -9` makes it, takes 65 MiB.
pub(super) const MEMORY_BYTES_MAX: u64 = 128 << 20;

/// Stored bytes that the library is given at a time, and the charge for each: blocks that hold nothing take time too.
const PIECE_BYTES: usize = 64 * 1024;
const STORED_CHARGE: usize = 16;

/// Decodes an xz object, pushed in pieces of any size.
pub(crate) struct Xz {
    stream: Stream,
    is_unchecked: bool,
    /// The library filled what it could decode to, and may have more.
    is_full: bool,
}

impl Xz {
    pub(super) fn push(
        &mut self,
        stored: &mut &[u8],
        allowance: &Allowance,
        decoded: &mut [u8],
        emit: &mut dyn FnMut(&[u8]),
    ) -> Result<(), CountError> {
        while (!stored.is_empty() || self.is_full) && !allowance.is_spent() {
            let (read_before, decoded_before) = (self.stream.total_in(), self.stream.total_out());
            let piece = &stored[..stored.len().min(PIECE_BYTES)];
            let status = match self.stream.process(piece, decoded, Action::Run) {
                Err(Error::UnsupportedCheck) => {
                    self.is_unchecked = true;
                    Status::Ok
                }
                status => status.map_err(error)?,
            };
            let read_bytes = (self.stream.total_in() - read_before) as usize;
            let decoded_bytes = (self.stream.total_out() - decoded_before) as usize;
            emit(&decoded[..decoded_bytes]);
            allowance.spend(STORED_CHARGE * read_bytes);
            *stored = &stored[read_bytes..];
            self.is_full = decoded_bytes == decoded.len();
            match status {
                Status::Ok | Status::GetCheck => {}
                // It needs more input, and has had all that there is.
                Status::MemNeeded if stored.is_empty() => return Ok(()),
                Status::MemNeeded | Status::StreamEnd => return Err(corrupt("invalid data")),
            }
        }
        Ok(())
    }

    /// The object has no more bytes. Returns what its reader should know.
    pub(super) fn finish(mut self) -> Result<Option<String>, CountError> {
        // The library answers the first call without progress as if there could be more.
        for _ in 0..2 {
            match self.stream.process(&[], &mut [], Action::Finish) {
                Ok(Status::StreamEnd) => return Ok(self.warning()),
                // Without input, the number of zeros is all that can be wrong.
                Err(Error::Data) => return Err(truncated("ends in the zeros behind a stream")),
                status => status.map_err(error)?,
            };
        }
        Err(truncated("ends in a stream"))
    }

    fn warning(&self) -> Option<String> {
        let warning = "an integrity check of this xz object is of an unknown kind: not verified";
        self.is_unchecked.then(|| warning.to_owned())
    }
}

impl Default for Xz {
    fn default() -> Self {
        let flags = CONCATENATED | TELL_UNSUPPORTED_CHECK;
        let stream = Stream::new_stream_decoder(MEMORY_BYTES_MAX, flags);
        Self { stream: stream.expect("the flags are the library's own"), is_unchecked: false, is_full: false }
    }
}

impl fmt::Debug for Xz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Xz").field("is_unchecked", &self.is_unchecked).finish_non_exhaustive()
    }
}

fn error(error: Error) -> CountError {
    match error {
        Error::MemLimit => CountError::TooLarge(format!(
            "xz stream that takes over {} MiB to decode",
            MEMORY_BYTES_MAX >> 20
        )),
        Error::Mem => CountError::TooLarge("xz stream that finds no memory".to_owned()),
        Error::Options => {
            CountError::Unsupported("xz: filters or options that are not known here".to_owned())
        }
        Error::Data | Error::Format | Error::Program | Error::NoCheck | Error::UnsupportedCheck => {
            corrupt("invalid data or checksum mismatch")
        }
    }
}

fn corrupt(what: &str) -> CountError {
    CountError::Corrupt(format!("xz: {what}"))
}

fn truncated(what: &str) -> CountError {
    CountError::Truncated(format!("xz: {what}"))
}
