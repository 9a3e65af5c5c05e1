//! Errors as HTTP tells them.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use wire::error::{ApiError, ErrorBody};

/// A failed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(pub ApiError);

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.code.status()).expect("every code has a valid status");
        (status, Json(ErrorBody { error: self.0 })).into_response()
    }
}
