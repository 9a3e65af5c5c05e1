//! A function and its code, as the emulator of Lambda runs it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use tokio::time::Instant;

use crate::LogTail;

/// Code of this process that runs for an invocation; dropped at its deadline. A panic is a function error.
///
/// Work that never awaits cannot be dropped: it belongs on `spawn_blocking`.
pub type Handler =
    Arc<dyn Fn(Invocation) -> BoxFuture<'static, Result<Response, HandlerError>> + Send + Sync>;

/// A function that can be invoked.
#[derive(Clone)]
pub struct Function {
    /// The name it is invoked by, without alias.
    pub name: String,
    /// Its code.
    pub code: Code,
    /// The memory that it is billed for. A process that holds more is killed, where its memory can be
    /// measured: on Linux. A handler may hold what it wants.
    pub memory_mb: u32,
    /// How long an invocation may take.
    pub timeout: Duration,
    /// Invocations at a time; only the account's limit holds where absent.
    pub concurrency: Option<u32>,
}

/// The code that runs for an invocation.
#[derive(Clone)]
pub enum Code {
    /// A handler of this process.
    Handler(Handler),
    /// Processes that speak to the Runtime API, one for each invocation at a time.
    Process(Process),
}

/// How a function's processes are started. Its arguments and its variables may hold secrets, and its `Debug` shows
/// neither.
#[derive(Clone, PartialEq, Eq)]
pub struct Process {
    /// The program: a path, or a name that `PATH` finds.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Where it starts, `LAMBDA_TASK_ROOT` to it.
    pub directory: PathBuf,
    /// Variables in its environment beside those that Lambda sets; from this process's own environment it
    /// gets only where programs are, and the language.
    pub variables: BTreeMap<String, OsString>,
}

/// One call of a function.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Its id, in the log and in the journal.
    pub request_id: String,
    /// The function's name.
    pub function_name: String,
    /// JSON; `{}` where the caller sent nothing.
    pub payload: Bytes,
    /// When it is dropped.
    pub deadline: Instant,
    /// The function's memory.
    pub memory_mb: u32,
    /// Where its log lines go.
    pub log: LogTail,
    /// Whether the caller takes the answer as a stream.
    pub streaming: bool,
}

/// A handler's answer.
pub enum Response {
    /// All at once.
    Buffered(Bytes),
    /// In pieces, passed on as they are produced to a caller that takes a stream, else gathered.
    Streamed(BoxStream<'static, Result<Bytes, HandlerError>>),
}

/// A handler's failure, as its caller sees it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error_type}: {message}")]
pub struct HandlerError {
    /// `errorType` of the answer.
    pub error_type: String,
    /// `errorMessage` of the answer.
    pub message: String,
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handler(_) => f.write_str("Handler(..)"),
            Self::Process(process) => fmt::Debug::fmt(process, f),
        }
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process")
            .field("program", &self.program)
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function")
            .field("name", &self.name)
            .field("code", &self.code)
            .field("memory_mb", &self.memory_mb)
            .field("timeout", &self.timeout)
            .field("concurrency", &self.concurrency)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Buffered(bytes) => f.debug_tuple("Buffered").field(&bytes.len()).finish(),
            Self::Streamed(_) => f.write_str("Streamed(..)"),
        }
    }
}
