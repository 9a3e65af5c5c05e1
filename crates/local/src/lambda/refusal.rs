//! Lambda's refusals before a function runs, in its words.

use http::{HeaderValue, Response, StatusCode, header};
use s3s::Body;

/// Seconds after which a throttled caller may come back.
const RETRY_AFTER_SECONDS: u64 = 1;

/// A request that is not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("Missing Authentication Token")]
    MissingSignature,
    #[error("Authorization header is malformed: {0}")]
    IncompleteSignature(&'static str),
    #[error("The security token included in the request is invalid.")]
    UnknownAccessKey,
    #[error(
        "The request signature we calculated does not match the signature you provided. \
         Check your AWS Secret Access Key and signing method."
    )]
    WrongSignature,
    #[error("Signature expired: the request's date differs by more than 15 minutes from the server's")]
    StaleSignature,
    #[error("Function not found: {0}")]
    NoSuchFunction(String),
    #[error("Unknown operation")]
    NoSuchOperation,
    #[error("Request must be smaller than {0} bytes for the InvokeFunction operation")]
    PayloadTooLarge(usize),
    #[error("Could not parse request body into json: {0}")]
    PayloadNotJson(String),
    #[error("1 validation error detected: value '{value}' at '{field}' failed to satisfy its constraint")]
    InvalidParameter { field: &'static str, value: String },
    #[error("The request body could not be read: {0}")]
    BodyUnreadable(String),
    #[error("Rate Exceeded.")]
    TooManyRequests(Throttle),
}

/// Which limit is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Throttle {
    Function,
    Account,
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::MissingSignature
            | Self::IncompleteSignature(_)
            | Self::UnknownAccessKey
            | Self::WrongSignature
            | Self::StaleSignature => StatusCode::FORBIDDEN,
            Self::NoSuchFunction(_) | Self::NoSuchOperation => StatusCode::NOT_FOUND,
            Self::PayloadTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::PayloadNotJson(_) | Self::InvalidParameter { .. } | Self::BodyUnreadable(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::TooManyRequests(_) => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::MissingSignature => "MissingAuthenticationTokenException",
            Self::IncompleteSignature(_) => "IncompleteSignatureException",
            Self::UnknownAccessKey => "UnrecognizedClientException",
            Self::WrongSignature | Self::StaleSignature => "InvalidSignatureException",
            Self::NoSuchFunction(_) => "ResourceNotFoundException",
            Self::NoSuchOperation => "UnknownOperationException",
            Self::PayloadTooLarge(_) => "RequestEntityTooLargeException",
            Self::PayloadNotJson(_) | Self::BodyUnreadable(_) => "InvalidRequestContentException",
            Self::InvalidParameter { .. } => "InvalidParameterValueException",
            Self::TooManyRequests(_) => "TooManyRequestsException",
        }
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let mut body = serde_json::json!({ "Type": "User", "message": self.to_string() });
        if let Self::TooManyRequests(throttle) = self {
            body["Reason"] = throttle.reason().into();
        }
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert("x-amzn-errortype", HeaderValue::from_static(self.code()));
        if matches!(self, Self::TooManyRequests(_)) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        response
    }
}

impl Throttle {
    fn reason(self) -> &'static str {
        match self {
            Self::Function => "ReservedFunctionConcurrentInvocationLimitExceeded",
            Self::Account => "ConcurrentInvocationLimitExceeded",
        }
    }
}
