//! Answers of the Runtime API, refusals included.

use http::{HeaderValue, Response, StatusCode, header};
use s3s::Body;

use super::{Work, since_1970_ms};

/// A request of a process that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("Invalid request ID")]
    InvalidRequestId,
    #[error("State transition is not allowed: {0}")]
    InvalidState(&'static str),
    #[error("Exceeded maximum allowed payload size ({0} bytes).")]
    TooLarge(usize),
    #[error("Lambda-Runtime-Function-Response-Mode must be streaming, or be left out")]
    InvalidResponseMode,
    #[error("the request's body broke off")]
    Broken,
    #[error("the environment is at its end")]
    Ended,
    #[error("only the function's own process is answered, under the address in AWS_LAMBDA_RUNTIME_API")]
    NotTheProcess,
    #[error("there is no such request; the Runtime API's are below /2018-06-01/runtime/")]
    NoSuchRoute,
    #[error("this request takes another method")]
    WrongMethod,
}

impl ApiError {
    fn status(&self) -> StatusCode {
        match self {
            Self::InvalidState(_) | Self::NotTheProcess => StatusCode::FORBIDDEN,
            Self::InvalidRequestId | Self::InvalidResponseMode | Self::Broken => StatusCode::BAD_REQUEST,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Ended => StatusCode::GONE,
            Self::NoSuchRoute => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
        }
    }

    fn error_type(&self) -> &'static str {
        match self {
            Self::InvalidRequestId => "InvalidRequestID",
            Self::InvalidState(_) => "InvalidStateTransition",
            Self::TooLarge(_) => "RequestEntityTooLarge",
            Self::InvalidResponseMode => "InvalidFunctionResponseMode",
            Self::Broken => "InvalidRequestContent",
            Self::Ended => "EnvironmentEnded",
            Self::NotTheProcess => "NotTheProcess",
            Self::NoSuchRoute => "NotFound",
            Self::WrongMethod => "MethodNotAllowed",
        }
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let body = serde_json::json!({ "errorType": self.error_type(), "errorMessage": self.to_string() });
        let mut response = json(body.to_string().into());
        *response.status_mut() = self.status();
        if self == Self::NotTheProcess {
            // Its connection would take one of the process's slots.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// An invocation for the process that asked.
pub(super) fn work(work: &Work) -> Response<Body> {
    let mut response = json(Body::from(work.payload.clone()));
    let headers = response.headers_mut();
    let mut tell = |name: &'static str, value: &str| {
        let value = HeaderValue::from_str(value).expect("ids, numbers and names are visible ASCII");
        headers.insert(name, value);
    };
    tell("lambda-runtime-aws-request-id", &work.request_id);
    tell("lambda-runtime-deadline-ms", &since_1970_ms(work.deadline).to_string());
    tell("lambda-runtime-invoked-function-arn", &work.function_arn);
    tell("lambda-runtime-trace-id", &trace_id());
    response
}

/// The answer to a request that was accepted.
pub(super) fn accepted() -> Response<Body> {
    let mut response = json(r#"{"status":"OK"}"#.to_owned().into());
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}

fn json(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// An X-Ray trace that nobody samples.
fn trace_id() -> String {
    let seconds = since_1970_ms(std::time::SystemTime::now()) / 1000;
    let root = u128::from_ne_bytes(crate::random_bytes()) >> 32;
    let parent = u64::from_ne_bytes(crate::random_bytes());
    format!("Root=1-{seconds:08x}-{root:024x};Parent={parent:016x};Sampled=0")
}
