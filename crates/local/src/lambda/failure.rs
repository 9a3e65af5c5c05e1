//! Why an invocation has no answer, in AWS's words.

use bytes::Bytes;

use super::environment::seat::Told;
use super::journal::Outcome;
use super::outlet::TooLarge;
use crate::{Function, HandlerError};

/// Why a function gave no answer.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// Its handler, or its start, failed.
    Error(HandlerError),
    /// Its process says so in its own words.
    Told(Told),
    /// It answered with more than its caller may get.
    TooLarge(usize),
    /// Its environment ended, in these words.
    Exited(String),
    /// Its process held more memory than the function has.
    OutOfMemory,
    /// It was still running at its deadline.
    TimedOut,
    /// The owner of the emulator ended it.
    Stopped,
}

/// A failure as its caller sees it.
#[derive(Clone, Debug)]
pub(crate) struct Failed {
    pub(crate) error: HandlerError,
    /// The payload for a buffered caller.
    pub(crate) payload: Bytes,
}

impl Failure {
    /// Whether the environment lives on and can have the next invocation.
    pub(crate) fn leaves_its_environment(&self) -> bool {
        match self {
            Self::Error(_) | Self::Told(_) | Self::TooLarge(_) => true,
            Self::Exited(_) | Self::OutOfMemory | Self::TimedOut | Self::Stopped => false,
        }
    }

    /// The line that it leaves in the log.
    pub(crate) fn line(&self, request_id: &str, function: &Function) -> Option<String> {
        match self {
            Self::Error(error) => Some(format!("[ERROR] {error}")),
            Self::Told(_) => None,
            Self::TooLarge(bytes_max) => Some(format!("[ERROR] {}", too_large(*bytes_max))),
            Self::Exited(how) => Some(format!("RequestId: {request_id} Error: {how}")),
            Self::OutOfMemory => Some(format!("RequestId: {request_id} Error: {KILLED}")),
            Self::TimedOut => Some(format!("{request_id} {}", timed_out(function))),
            Self::Stopped => Some(format!("RequestId: {request_id} Error: {STOPPED}")),
        }
    }

    /// The status in its REPORT line.
    pub(crate) fn status(&self) -> Option<&'static str> {
        match self {
            Self::Error(_) | Self::Told(_) | Self::TooLarge(_) => None,
            Self::Exited(_) => Some("error\tError Type: Runtime.ExitError"),
            Self::OutOfMemory => Some("error\tError Type: Runtime.OutOfMemory"),
            Self::TimedOut => Some("timeout"),
            Self::Stopped => Some("stopped"),
        }
    }

    /// The failure for its caller, and its outcome in the journal.
    pub(crate) fn told(self, request_id: &str, function: &Function) -> (Outcome, Failed) {
        let ended = |error_type: &str, how: &str| HandlerError {
            error_type: error_type.to_owned(),
            message: format!("RequestId: {request_id} Error: {how}"),
        };
        let error = match self {
            Self::Told(Told { error, payload }) => {
                return (Outcome::FunctionError(error.error_type.clone()), Failed { error, payload });
            }
            Self::TimedOut => {
                let error = ended("Sandbox.Timedout", &timed_out(function));
                return (Outcome::TimedOut, Failed::new(error));
            }
            Self::Stopped => return (Outcome::Stopped, Failed::new(ended("Sandbox.Stopped", STOPPED))),
            Self::Error(error) => error,
            Self::TooLarge(bytes_max) => too_large(bytes_max),
            Self::Exited(how) => ended("Runtime.ExitError", &how),
            Self::OutOfMemory => ended("Runtime.OutOfMemory", KILLED),
        };
        (Outcome::FunctionError(error.error_type.clone()), Failed::new(error))
    }
}

impl Failed {
    fn new(error: HandlerError) -> Self {
        let payload = serde_json::json!({ "errorType": error.error_type, "errorMessage": error.message });
        Self { error, payload: payload.to_string().into() }
    }
}

impl From<TooLarge> for Failure {
    fn from(TooLarge(bytes_max): TooLarge) -> Self {
        Self::TooLarge(bytes_max)
    }
}

/// How a process ends that holds too much memory.
const KILLED: &str = "Runtime exited with error: signal: killed";

/// How an invocation ends that nobody wants any more.
const STOPPED: &str = "the invocation was stopped";

fn timed_out(function: &Function) -> String {
    format!("Task timed out after {:.2} seconds", function.timeout.as_secs_f64())
}

fn too_large(bytes_max: usize) -> HandlerError {
    HandlerError {
        error_type: "Function.ResponseSizeTooLarge".to_owned(),
        message: format!("Response payload size exceeded maximum allowed payload size ({bytes_max} bytes)."),
    }
}
