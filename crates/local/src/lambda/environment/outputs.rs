//! The standard output and standard error of a process: the log of its invocation.

use std::io::{self, ErrorKind, PipeWriter};
use std::os::fd::OwnedFd;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;
use tokio::net::unix::pipe::Receiver;

use crate::LogTail;
use crate::lambda::log::TAIL_BYTES;

/// Bytes of a line; a longer one becomes several.
const LOG_LINE_BYTES_MAX: usize = 16 * 1024;
/// Bytes that are taken out of the pipe at once.
const READ_BYTES: usize = 16 * 1024;
const _: () = assert!(READ_BYTES > TAIL_BYTES, "what is read at once fills a log's tail");
/// Bytes that the end of an invocation waits for: more than a pipe holds, so that all that was written before it is
/// there, and a process that never stops writing does not hold it up.
const DRAINED_BYTES_MAX: usize = 1024 * 1024;

/// The reading end of a process' output; always read, so that no process waits for it.
#[derive(Debug)]
pub(crate) struct Outputs {
    pipe: Receiver,
    written: Mutex<Written>,
}

#[derive(Debug, Default)]
struct Written {
    lines: Lines,
    /// The log of the invocation that runs; lines between two invocations belong to none.
    log: Option<LogTail>,
}

impl Outputs {
    /// A pipe, and its end for a process. What is written goes to `log` at first.
    pub(crate) fn new(log: LogTail) -> io::Result<(Self, PipeWriter)> {
        let (reader, writer) = io::pipe()?;
        let pipe = Receiver::from_owned_fd(OwnedFd::from(reader))?;
        let written = Mutex::new(Written { lines: Lines::default(), log: Some(log) });
        Ok((Self { pipe, written }, writer))
    }

    /// From here on lines go to this log, or nowhere.
    pub(crate) fn log_to(&self, log: Option<LogTail>) {
        self.lock().log = log;
    }

    /// Reads for as long as anybody could write. It leaves its thread to other tasks between two pieces:
    /// reading a pipe of a process that writes all the time would never yield.
    pub(crate) async fn read(&self) -> io::Result<()> {
        let mut buffer = [0; READ_BYTES];
        loop {
            tokio::task::yield_now().await;
            self.pipe.readable().await?;
            let mut written = self.lock();
            match self.pipe.try_read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read_bytes) => written.push(&buffer[..read_bytes]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => (),
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes what was written so far, the last line included where it has no end. It asks the system itself, since the
    /// runtime may not have heard yet of what was written a moment ago.
    pub(crate) fn drain(&self) {
        let mut written = self.lock();
        let (mut buffer, mut drained_bytes) = ([0; READ_BYTES], 0);
        // Only what comes last can be in the log's tail.
        let mut last = Vec::with_capacity(2 * READ_BYTES);
        while drained_bytes < DRAINED_BYTES_MAX {
            match rustix::io::read(&self.pipe, &mut buffer) {
                Ok(0) => break,
                Ok(read_bytes) => {
                    drained_bytes += read_bytes;
                    last.extend_from_slice(&buffer[..read_bytes]);
                    if let Some(surplus) = last.len().checked_sub(READ_BYTES).filter(|&surplus| surplus > 0) {
                        last.drain(..surplus);
                        written.lines.begun.clear();
                    }
                }
                Err(Errno::INTR) => (),
                Err(_) => break,
            }
        }
        written.push(&last);
        let Written { lines, log } = &mut *written;
        lines.end(|line| tell(log.as_ref(), line));
    }

    fn lock(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Written {
    fn push(&mut self, bytes: &[u8]) {
        let Self { lines, log } = self;
        lines.push(bytes, |line| tell(log.as_ref(), line));
    }
}

fn tell(log: Option<&LogTail>, line: &[u8]) {
    let line = String::from_utf8_lossy(line);
    match log {
        Some(log) => log.line(&line),
        None => tracing::debug!(%line, "a function process wrote outside of an invocation"),
    }
}

/// Cuts what is written into lines of a bounded length.
#[derive(Debug, Default)]
struct Lines {
    begun: Vec<u8>,
}

impl Lines {
    fn push(&mut self, mut bytes: &[u8], mut line: impl FnMut(&[u8])) {
        while let Some(at) = bytes.iter().position(|&byte| byte == b'\n') {
            self.extend(&bytes[..at], &mut line);
            line(&std::mem::take(&mut self.begun));
            bytes = &bytes[at + 1..];
        }
        self.extend(bytes, &mut line);
    }

    fn extend(&mut self, mut bytes: &[u8], mut line: impl FnMut(&[u8])) {
        while self.begun.len() + bytes.len() > LOG_LINE_BYTES_MAX {
            let (fitting, rest) = bytes.split_at(LOG_LINE_BYTES_MAX - self.begun.len());
            self.begun.extend_from_slice(fitting);
            line(&std::mem::take(&mut self.begun));
            bytes = rest;
        }
        self.begun.extend_from_slice(bytes);
    }

    /// Ends the last line where it has no end of its own.
    fn end(&mut self, mut line: impl FnMut(&[u8])) {
        if !self.begun.is_empty() {
            line(&std::mem::take(&mut self.begun));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(chunks: &[&str], expected: &[&str]) {
        let (mut lines, mut found) = (Lines::default(), Vec::new());
        let mut note = |line: &[u8]| found.push(String::from_utf8_lossy(line).into_owned());
        chunks.iter().for_each(|chunk| lines.push(chunk.as_bytes(), &mut note));
        lines.end(&mut note);
        assert_eq!(found, expected);
    }

    #[test]
    fn output_is_cut_into_lines() {
        check(&["a\nb", "c\n", "\n", "d"], &["a", "bc", "", "d"]);
        check(&[], &[]);
        let long = "x".repeat(LOG_LINE_BYTES_MAX);
        check(&[&long, "y\nz\n"], &[&long, "y", "z"]);
        check(&[&long, "\n"], &[&long]);
    }
}
