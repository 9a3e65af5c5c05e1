//! Errors as HTTP responses.

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
        let mut response = (status, Json(ErrorBody { error: self.0.clone() })).into_response();
        // Whether its sentence may be shown is decided by the guard, which knows the request's right.
        response.extensions_mut().insert(self.0);
        response
    }
}
