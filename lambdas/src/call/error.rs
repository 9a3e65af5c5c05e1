//! Why an attempt gave no reply, by what helps.

use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use serde::Deserialize;
use wire::cascade::{ChildError, ChildErrorKind};
use wire::wordcount::{OLDEST, VERSION};

use super::report;
use crate::cause::cause;

/// Types of errors that a function's process did not live to report: it ended, did not come up in time, or
/// broke its answer off. A runtime's own error at its start has a type of its own.
const DIED: [&str; 3] = ["Runtime.ExitError", "Runtime.InitError", "Runtime.TruncatedResponse"];

/// A failed attempt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", child.message)]
pub struct CallError {
    /// The error as it travels.
    pub child: ChildError,
    /// Billed milliseconds, where the function ran and reported.
    pub billed_ms: Option<u64>,
    /// Milliseconds that starting its environment took, where it had to and reported.
    pub init_ms: Option<u64>,
}

/// The payload of a function error.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct FunctionError {
    error_type: String,
    error_message: String,
}

impl CallError {
    /// An error of this kind with this sentence, before anything ran.
    pub fn new(kind: ChildErrorKind, message: impl Into<String>) -> Self {
        let child = ChildError { kind, message: message.into(), retry_after_ms: None, open: Vec::new() };
        Self { child, billed_ms: None, init_ms: None }
    }

    pub(super) fn from_sdk<E>(error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let Some(response) = error.raw_response() else {
            return Self::new(ChildErrorKind::Unreachable, cause(error));
        };
        let kind = match response.status().as_u16() {
            // 409: a function that is not ready yet, or is being changed.
            409 | 429 => ChildErrorKind::Throttled,
            413 => ChildErrorKind::TooLarge,
            400..=499 => ChildErrorKind::Refused,
            _ => ChildErrorKind::Unreachable,
        };
        let mut call = Self::new(kind, cause(error));
        call.child.retry_after_ms = response.headers().get("retry-after").and_then(milliseconds);
        call
    }

    pub(super) fn from_function(payload: &[u8], tail: &str) -> Self {
        let told: FunctionError = serde_json::from_slice(payload).unwrap_or_default();
        let kind = match told.error_type.as_str() {
            "FunctionsOutdated" => ChildErrorKind::Outdated,
            "InvalidRequest" => ChildErrorKind::Refused,
            error_type if DIED.contains(&error_type) => ChildErrorKind::Died,
            _ => ChildErrorKind::Function,
        };
        let message = match told.error_message.as_str() {
            "" => format!("the function failed: {}", told.error_type),
            message => format!("the function failed: {message}"),
        };
        let mut call = Self::new(kind, message);
        call.child.open = report::open_objects(tail);
        call.billed_ms = report::billed_ms(tail);
        call.init_ms = report::init_ms(tail);
        call
    }

    pub(super) fn unreadable(error: &serde_json::Error, billed_ms: Option<u64>) -> Self {
        let message = format!("the function's answer can't be read: {error}");
        Self { billed_ms, ..Self::new(ChildErrorKind::Function, message) }
    }

    pub(super) fn check_version(found: u32, billed_ms: Option<u64>) -> Result<(), Self> {
        if (OLDEST..=VERSION).contains(&found) {
            return Ok(());
        }
        let message =
            format!("the function speaks protocol version {found}, this program {OLDEST} to {VERSION}");
        Err(Self { billed_ms, ..Self::new(ChildErrorKind::Outdated, message) })
    }
}

fn milliseconds(seconds: &str) -> Option<u64> {
    seconds.trim().parse::<u64>().ok()?.checked_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(error_type: &str, expected: ChildErrorKind) {
        let payload = serde_json::json!({ "errorType": error_type, "errorMessage": "no more" });
        let error = CallError::from_function(payload.to_string().as_bytes(), "");
        assert_eq!(error.child.kind, expected, "{error_type}");
    }

    #[test]
    fn a_process_that_ended_before_it_could_tell_is_not_the_functions_word() {
        check("Runtime.ExitError", ChildErrorKind::Died);
        check("Runtime.InitError", ChildErrorKind::Died);
        check("Runtime.TruncatedResponse", ChildErrorKind::Died);
        check("Runtime.InvalidEntrypoint", ChildErrorKind::Function);
        check("Runtime.OutOfMemory", ChildErrorKind::Function);
        check("No.Start", ChildErrorKind::Function);
        check("InvalidRequest", ChildErrorKind::Refused);
    }
}
