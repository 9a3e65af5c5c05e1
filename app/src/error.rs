//! Errors of the server functions: the wire's, in the shape that the HTTP contract gives them.

use std::fmt;

use serde::{Deserialize, Serialize};
use server_fn::codec::JsonEncoding;
use server_fn::error::{FromServerFnError, ServerFnErrorErr};
use wire::error::{ApiError, ErrorCode};

/// A failed server function; as JSON `{"error": {"code", "message"}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageError {
    /// The error.
    pub error: ApiError,
}

impl PageError {
    /// Nothing has this address.
    pub fn is_not_found(&self) -> bool {
        self.error.code.status() == 404
    }

    /// The request may or may not have been carried out.
    pub fn is_unanswered(&self) -> bool {
        self.error.code == ErrorCode::Unanswered
    }

    /// The error as a sentence for the page.
    pub fn into_sentence(self) -> String {
        crate::format::sentence(&self.error.message)
    }
}

impl From<ApiError> for PageError {
    fn from(error: ApiError) -> Self {
        Self { error }
    }
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for PageError {}

impl FromServerFnError for PageError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let error = translate(error);
        #[cfg(feature = "ssr")]
        set_status(error.code.status());
        Self { error }
    }
}

fn translate(error: ServerFnErrorErr) -> ApiError {
    match error {
        ServerFnErrorErr::Request(_) => {
            ApiError::new(ErrorCode::Unanswered, "the server does not answer: try again in a moment")
        }
        ServerFnErrorErr::Args(why) | ServerFnErrorErr::MissingArg(why) => {
            ApiError::new(ErrorCode::InvalidRequest, format!("the request cannot be read: {why}"))
        }
        // In a browser this is an answer that is not ours, such as a proxy's page.
        ServerFnErrorErr::Deserialization(_) if cfg!(feature = "hydrate") => {
            ApiError::new(ErrorCode::Unanswered, "the answer is not the server's: try again in a moment")
        }
        ServerFnErrorErr::Deserialization(_) => {
            ApiError::new(ErrorCode::InvalidRequest, "the request or its answer cannot be read")
        }
        other => ApiError::new(ErrorCode::Internal, other.to_string()),
    }
}

/// Sets the status of the response at hand, where there is one.
#[cfg(feature = "ssr")]
pub(crate) fn set_status(status: u16) {
    use leptos::prelude::use_context;

    let options = use_context::<leptos_axum::ResponseOptions>();
    if let (Some(options), Ok(status)) = (options, axum::http::StatusCode::from_u16(status)) {
        options.set_status(status);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_travels_as_the_contract_has_it() {
        let error =
            PageError::from(ApiError::new(ErrorCode::NoSuchBucket, "no bucket \"x\": use \"sample\""));
        let body = String::from_utf8(error.ser().to_vec()).unwrap();
        assert_eq!(
            body,
            r#"{"error":{"code":"no_such_bucket","message":"no bucket \"x\": use \"sample\""}}"#
        );
        assert_eq!(PageError::de(body.into()), error);
    }

    #[test]
    fn an_error_reads_as_a_sentence() {
        let error = PageError::from(ApiError::new(ErrorCode::InvalidRule, "unknown rule"));
        assert_eq!(error.into_sentence(), "Unknown rule.");
    }
}
