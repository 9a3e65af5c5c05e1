//! The typed calls: a request of [`wire`] in, a reply or a classified error out.
//!
//! One call is one attempt. Clients passed in here must have the SDK's own retries disabled, since an Invoke
//! is not idempotent; [`client`] sees to it.

mod error;
mod lines;
mod report;
mod stream;

use std::time::Duration;

use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{InvocationType, LogType};
use aws_sdk_lambda::{Client, Config};
use serde::Serialize;
use wire::cascade::ChildErrorKind;
use wire::version::{Question, Subject, Versions};
use wire::wordcount;

pub use error::CallError;
pub use stream::{CascadeCall, CascadeEnd};

/// A Lambda client that tries once, and gives an attempt this long: longer than any function may run.
pub fn client(config: &Config, attempt_timeout: Duration) -> Client {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .operation_attempt_timeout(attempt_timeout)
        .build();
    let config = config.to_builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts).build();
    Client::from_conf(config)
}

/// An answer of `wordcount`.
#[derive(Debug)]
pub struct WordcountAnswer {
    /// Its reply.
    pub reply: wordcount::Reply,
    /// Billed milliseconds from its REPORT line; `None` where the line never came.
    pub billed_ms: Option<u64>,
    /// Milliseconds that starting its environment took, where it had to.
    pub init_ms: Option<u64>,
}

/// Invokes `wordcount` once and waits for its reply.
///
/// # Errors
/// A [`CallError`] where no reply came, by what helps against it.
pub async fn wordcount(
    client: &Client,
    function: &str,
    request: &wordcount::Request,
) -> Result<WordcountAnswer, CallError> {
    let output = client
        .invoke()
        .function_name(function)
        .invocation_type(InvocationType::RequestResponse)
        .log_type(LogType::Tail)
        .payload(Blob::new(encoded(request)))
        .send()
        .await
        .map_err(|error| CallError::from_sdk(&error))?;
    let tail = report::decode_tail(output.log_result());
    let billed_ms = report::billed_ms(&tail);
    let payload = output.payload().map(AsRef::as_ref).unwrap_or_default();
    if output.function_error().is_some() {
        return Err(CallError::from_function(payload, &tail));
    }
    let reply: wordcount::Reply =
        serde_json::from_slice(payload).map_err(|error| CallError::unreadable(&error, billed_ms))?;
    CallError::check_version(reply.v, billed_ms)?;
    Ok(WordcountAnswer { reply, billed_ms, init_ms: report::init_ms(&tail) })
}

/// Invokes `cascade` once; its frames follow from the call that is returned.
///
/// # Errors
/// A [`CallError`] where the invocation did not begin.
pub async fn cascade(
    client: &Client,
    function: &str,
    request: &wire::cascade::Request,
) -> Result<CascadeCall, CallError> {
    let output = client
        .invoke_with_response_stream()
        .function_name(function)
        .log_type(LogType::Tail)
        .payload(Blob::new(encoded(request)))
        .send()
        .await
        .map_err(|error| CallError::from_sdk(&error))?;
    Ok(CascadeCall::new(output.event_stream))
}

/// Asks whether a function could be invoked, without running it.
///
/// # Errors
/// A [`CallError`] where it could not.
pub async fn dry_run(client: &Client, function: &str) -> Result<(), CallError> {
    let invoke = client.invoke().function_name(function).invocation_type(InvocationType::DryRun);
    invoke.send().await.map_err(|error| CallError::from_sdk(&error))?;
    Ok(())
}

/// Asks a function for its versions; it counts nothing.
///
/// # Errors
/// A [`CallError`] where it did not answer; of the kind `Outdated` where it doesn't know the question.
pub async fn versions(client: &Client, function: &str) -> Result<Versions, CallError> {
    let question = Question { ask: Subject::Version };
    let invoke = client.invoke().function_name(function).log_type(LogType::Tail);
    let output = invoke.payload(Blob::new(encoded(&question))).send().await;
    let output = output.map_err(|error| CallError::from_sdk(&error))?;
    let tail = report::decode_tail(output.log_result());
    let payload = output.payload().map(AsRef::as_ref).unwrap_or_default();
    let failure = output.function_error().is_some().then(|| CallError::from_function(payload, &tail));
    match (failure, serde_json::from_slice(payload)) {
        (None, Ok(versions)) => Ok(versions),
        // After a failure on the way the function may be of any version.
        (Some(error), _) if error.child.kind != ChildErrorKind::Refused => Err(error),
        // A function that takes the question for a request is an older one, or none of ours.
        (Some(_), _) | (None, Err(_)) => {
            Err(CallError::new(ChildErrorKind::Outdated, "it doesn't tell which versions it speaks"))
        }
    }
}

/// A request's payload. Its length decides whether a batch fits.
pub fn encoded<T: Serialize>(request: &T) -> Vec<u8> {
    serde_json::to_vec(request).expect("payloads have string keys only")
}
