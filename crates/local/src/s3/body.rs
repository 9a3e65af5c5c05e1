//! An object's bytes on their way out: read in chunks, one ahead of the caller, and checked at the end.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use rustix::buffer::spare_capacity;
use rustix::io::Errno;
use s3s::StdError;
use s3s::dto::StreamingBlob;
use s3s::stream::{ByteStream, RemainingLength};
use tokio::task::{JoinHandle, spawn_blocking};

use super::stat::Identity;

/// Bytes read from a file at a time; what is no longer than this is read whole when it is opened.
pub(crate) const CHUNK_BYTES: u64 = 256 * 1024;

/// Bytes at either end of a file that are read again if it has grown while it was sent.
const END_BYTES: u64 = 4 * 1024;

/// Where an object's bytes come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// They are here already.
    Memory(Bytes),
    /// They are read as they are asked for.
    File(OpenFile),
}

/// A file opened for one answer.
#[derive(Debug)]
pub(crate) struct OpenFile {
    pub(crate) file: File,
    /// The file's identity when it was opened, and still behind the last byte; a large file may grow.
    identity: Identity,
    /// The bytes at both ends of a large file, as they were then.
    ends: Option<[Bytes; 2]>,
}

impl OpenFile {
    pub(crate) fn new(file: File, identity: Identity) -> Self {
        Self { file, identity, ends: None }
    }

    /// Reads into memory that is not zeroed before, which the standard library has no call for.
    fn read(&self, range: Range<u64>) -> io::Result<Bytes> {
        let bytes = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
        let mut buffer = Vec::with_capacity(bytes);
        while buffer.len() < bytes {
            let at = range.start + buffer.len() as u64;
            match rustix::io::pread(&self.file, spare_capacity(&mut buffer), at) {
                Ok(0) => {
                    return Err(io::Error::new(
                        ErrorKind::StaleNetworkFileHandle,
                        "the file is shorter than it was",
                    ));
                }
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        buffer.truncate(bytes);
        Ok(buffer.into())
    }

    /// Reads the last bytes of what is sent. A log that was only appended to is what it was, as far as it is sent; a file
    /// that was rewritten, cut off or replaced is not.
    fn read_last(&self, range: Range<u64>) -> io::Result<Bytes> {
        let bytes = self.read(range)?;
        let identity = self.identity_now()?;
        let has_only_grown = || match &self.ends {
            Some(ends) if identity.has_grown_since(&self.identity) => {
                Ok::<_, io::Error>(self.read_ends()? == *ends)
            }
            Some(_) | None => Ok(false),
        };
        if identity == self.identity || has_only_grown()? { Ok(bytes) } else { Err(changed()) }
    }

    fn identity_now(&self) -> io::Result<Identity> {
        Ok(Identity::from(&rustix::fs::fstat(&self.file)?))
    }

    /// The ends of the file that was opened, without what it has grown by.
    fn read_ends(&self) -> io::Result<[Bytes; 2]> {
        let size = self.identity.size();
        Ok([self.read(0..END_BYTES.min(size))?, self.read(size.saturating_sub(END_BYTES)..size)?])
    }

    /// Keeps the file's ends; they are those of the file that was opened only if it is still the same behind them.
    fn keep_ends(mut self) -> io::Result<Self> {
        self.ends = Some(self.read_ends()?);
        if self.identity_now()? == self.identity { Ok(self) } else { Err(changed()) }
    }

    /// The file's first `size` bytes as a source; blocks.
    pub(crate) fn into_source(self, size: u64) -> io::Result<Source> {
        if size <= CHUNK_BYTES {
            Ok(Source::Memory(self.read_last(0..size)?))
        } else {
            Ok(Source::File(self.keep_ends()?))
        }
    }
}

fn changed() -> io::Error {
    io::Error::new(ErrorKind::StaleNetworkFileHandle, "the file changed while it was read")
}

/// The bytes of `range` as an answer's body.
pub(crate) fn body(source: Source, range: Range<u64>) -> Option<StreamingBlob> {
    match source {
        Source::Memory(bytes) => {
            let start = usize::try_from(range.start).ok()?;
            let end = usize::try_from(range.end).ok()?;
            Some(s3s::Body::from(bytes.slice(start..end)).into())
        }
        Source::File(file) => Some(StreamingBlob::new(Chunks::new(file, range))),
    }
}

/// A file's bytes as a stream. The next chunk is read while the caller is busy with the last.
struct Chunks {
    reading: Option<JoinHandle<(OpenFile, io::Result<Bytes>)>>,
    /// The range that no read was begun for.
    ahead: Range<u64>,
    /// Bytes that the caller has still to get.
    remaining: u64,
}

impl Chunks {
    fn new(file: OpenFile, range: Range<u64>) -> Self {
        let mut chunks = Self { reading: None, remaining: range.end - range.start, ahead: range };
        chunks.read_ahead(file);
        chunks
    }

    fn read_ahead(&mut self, file: OpenFile) {
        let start = self.ahead.start;
        let end = self.ahead.end.min(start + CHUNK_BYTES);
        if start == end {
            return;
        }
        let last = end == self.ahead.end;
        self.ahead.start = end;
        self.reading = Some(spawn_blocking(move || {
            let bytes = if last { file.read_last(start..end) } else { file.read(start..end) };
            (file, bytes)
        }));
    }
}

impl Stream for Chunks {
    type Item = Result<Bytes, StdError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(reading) = &mut self.reading else { return Poll::Ready(None) };
        let read = ready!(Pin::new(reading).poll(context));
        self.reading = None;
        let (file, bytes) = read?;
        let bytes = bytes?;
        self.remaining -= bytes.len() as u64;
        self.read_ahead(file);
        Poll::Ready(Some(Ok(bytes)))
    }
}

impl ByteStream for Chunks {
    fn remaining_length(&self) -> RemainingLength {
        usize::try_from(self.remaining)
            .map_or_else(|_| RemainingLength::unknown(), RemainingLength::new_exact)
    }
}
