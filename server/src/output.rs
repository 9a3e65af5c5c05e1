//! Standard output and standard error, whose readers may leave at any time.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use wire::error::{ApiError, ErrorCode};

/// Exit code where nobody reads standard output any more: what a shell says of a program that SIGPIPE ended.
pub(crate) const UNREAD: u8 = 141;

/// Writes a line to standard error. Where nobody reads it, the program goes on without it.
pub fn remark(line: impl Display) {
    // A remark is worth no failure, and there is nowhere else to report it.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Writes a line to standard output; where it can't be written, a remark says so and the program goes on.
pub(crate) fn announce(line: impl Display) {
    let mut out = io::stdout().lock();
    if let Err(error) = writeln!(out, "{line}").and_then(|()| out.flush()) {
        remark(format!("wordfall: {}", unwritable(&error)));
    }
}

/// The end of a program whose standard output can't be written: quiet where its reader left.
///
/// # Errors
/// A sentence for any other reason.
pub(crate) fn end(error: &io::Error) -> Result<ExitCode, ApiError> {
    match error.kind() {
        ErrorKind::BrokenPipe => Ok(ExitCode::from(UNREAD)),
        _ => Err(ApiError::new(ErrorCode::Internal, unwritable(error))),
    }
}

/// The error as a sentence.
pub(crate) fn unwritable(error: &io::Error) -> String {
    format!("can't write to standard output: {error}")
}
