//! Requests to invoke that go wrong: refused, lost, or with a function that fails.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{BoxStream, poll_fn};
use http::{HeaderValue, Response, StatusCode, header};
use s3s::Body;
use serde::Deserialize;
use tokio::sync::mpsc;

use super::kind::Kind;
use super::subject::Subject;
use super::{Fault, Faults, object, rows, stream};
use crate::HandlerError;
use crate::lambda::failure::Failure;
use crate::lambda::request::InvocationKind;

/// The most that a slow start takes.
const COLD_MAX: Duration = Duration::from_secs(5);
/// Pieces of a streamed answer that go out before its function fails, at most.
const PIECES_MAX: usize = 4;

/// Why Lambda answers 429.
const THROTTLES: [&str; 6] = [
    "ConcurrentInvocationLimitExceeded",
    "ReservedFunctionConcurrentInvocationLimitExceeded",
    "FunctionInvocationRateLimitExceeded",
    "ReservedFunctionInvocationRateLimitExceeded",
    "CallerRateLimitExceeded",
    "ConcurrentSnapshotCreateLimitExceeded",
];

/// Why it answers 409.
const CONFLICTS: [(&str, &str); 2] = [
    (
        "ResourceConflictException",
        "The operation cannot be performed at this time. The function is currently in the following state: Pending",
    ),
    ("SnapStartNotReadyException", "Lambda is initializing your function."),
];

/// Why it answers 5xx.
const ERRORS: [(u16, &str, &str); 4] = [
    (500, "ServiceException", "The service encountered an internal error."),
    (502, "EC2ThrottledException", "Lambda was throttled by Amazon EC2 during initialization."),
    (503, "ServiceUnavailableException", "Service is unavailable. Please try again."),
    (504, "GatewayTimeoutException", "Endpoint request timed out"),
];

/// Faults of a stream's frames.
const STREAMED: [Kind; 9] = [
    Kind::LambdaReset,
    Kind::StreamCut,
    Kind::StreamUnfinished,
    Kind::StreamSilent,
    Kind::ReplyCut,
    Kind::ReplyDuplicate,
    Kind::ReplyReorder,
    Kind::ReplyContradict,
    Kind::ReplyForeign,
];

/// The fault of one request to invoke.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Invoked {
    fault: Fault,
    /// Batches of its payload.
    batches: usize,
}

/// A fault of the function itself.
#[derive(Clone, Debug)]
pub(crate) enum Mishap {
    /// Its environment starts so much later.
    Cold(Duration),
    /// It begins to work so much later, after this part of the time that it has, in 256ths.
    Slow(u8),
    /// It fails: where there are pieces, after it ran and so many pieces of its answer went out; else instead.
    Fails { failure: Failure, pieces: Option<usize> },
}

/// The objects of a payload.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Payload {
    bucket: String,
    keys: Vec<String>,
    objects: Vec<Named>,
    batches: Vec<Batch>,
}

#[derive(Deserialize)]
struct Batch {
    objects: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    key: String,
}

impl Payload {
    fn keys(&self) -> Vec<&str> {
        let batches = self.batches.iter().flat_map(|batch| &batch.objects);
        let named = self.objects.iter().chain(batches).map(|object| object.key.as_str());
        self.keys.iter().map(String::as_str).chain(named).collect()
    }
}

impl Faults {
    /// The fault of this request. One that names no objects is no function's work: it can be refused or lost.
    pub(crate) fn invocation(&self, function: &str, payload: &[u8], kind: InvocationKind) -> Option<Invoked> {
        let payload: Payload = serde_json::from_slice(payload).unwrap_or_default();
        let keys = payload.keys();
        let kinds: &[Kind] = match kind {
            InvocationKind::RequestResponse if !keys.is_empty() => &Kind::OF_BUFFERED,
            InvocationKind::ResponseStream if !keys.is_empty() => &Kind::OF_STREAMED,
            _ => &Kind::OF_REQUEST,
        };
        let subject = Subject::of(&[&["invoke", function, &payload.bucket], &keys[..]].concat());
        let fault = self.decide(kinds, subject)?;
        Some(Invoked { fault, batches: payload.batches.len() })
    }
}

impl Invoked {
    /// The answer of a Lambda that does not run the function.
    pub(crate) fn refused(&self) -> Option<Response<Body>> {
        let detail = self.fault.further();
        let (status, code, message, reason) = match self.fault.kind {
            Kind::LambdaThrottle => {
                let reason = THROTTLES[self.fault.below(THROTTLES.len())];
                (429, "TooManyRequestsException", "Rate Exceeded.", Some(reason))
            }
            Kind::LambdaConflict => {
                let (code, message) = CONFLICTS[self.fault.below(CONFLICTS.len())];
                (409, code, message, None)
            }
            Kind::LambdaError => {
                let (status, code, message) = ERRORS[self.fault.below(ERRORS.len())];
                (status, code, message, None)
            }
            _ => return None,
        };
        let by = if status < 500 { "User" } else { "Service" };
        let mut body = serde_json::json!({ "Type": by, "message": message });
        if let Some(reason) = reason {
            body["Reason"] = reason.into();
        }
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = StatusCode::from_u16(status).expect("it is one of those above");
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert("x-amzn-errortype", HeaderValue::from_static(code));
        if reason.is_some() && detail.heads() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(1 + detail.further().below(2)));
        }
        Some(response)
    }

    /// The function's own fault.
    pub(crate) fn mishap(&self) -> Option<Mishap> {
        let detail = self.fault.further();
        let failure = match self.fault.kind {
            Kind::FunctionError => Failure::Error(HandlerError {
                error_type: "InjectedError".to_owned(),
                message: "the function failed, as the fault plan has it".to_owned(),
            }),
            Kind::FunctionCrash => Failure::Exited("Runtime exited with error: signal: aborted".to_owned()),
            Kind::FunctionTimeout => Failure::TimedOut,
            Kind::FunctionOom => Failure::OutOfMemory,
            Kind::FunctionCold => {
                let ms = 1 + detail.below(COLD_MAX.as_millis() as usize);
                return Some(Mishap::Cold(Duration::from_millis(ms as u64)));
            }
            Kind::FunctionSlow => return Some(Mishap::Slow(detail.below(256) as u8)),
            _ => return None,
        };
        let pieces = detail.heads().then(|| detail.further().below(PIECES_MAX));
        Some(Mishap::Fails { failure, pieces })
    }

    /// Whether its caller never gets an answer.
    pub(crate) fn is_silent(&self) -> bool {
        self.fault.kind == Kind::LambdaSilent
    }

    /// The payload of an answer in one piece.
    pub(crate) fn reply(&self, payload: &[u8]) -> Vec<u8> {
        rows::reply(payload, self.fault)
    }

    /// The answer in one piece, of which a part arrives before its connection breaks, where it does.
    pub(crate) fn response(&self, response: Response<Body>) -> Response<Body> {
        if self.fault.kind != Kind::LambdaReset {
            return response;
        }
        response.map(|body| {
            let whole = body.bytes().unwrap_or_default();
            object::broken_off(whole.slice(..self.fault.below(whole.len())))
        })
    }
}

/// The frames of a streamed answer, with what goes wrong with them.
pub(crate) fn of_stream(
    mut frames: mpsc::Receiver<Bytes>,
    invoked: Option<&Invoked>,
) -> BoxStream<'static, io::Result<Bytes>> {
    match invoked {
        Some(Invoked { fault, batches }) if STREAMED.contains(&fault.kind) => {
            stream::changed(frames, *fault, *batches).boxed()
        }
        _ => poll_fn(move |context| frames.poll_recv(context).map(|frame| frame.map(Ok))).boxed(),
    }
}
