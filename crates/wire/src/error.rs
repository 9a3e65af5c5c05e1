//! Errors as every interface reports them: a code for programs, a sentence for people.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A kind of error, as the HTTP contract names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the contract's own and say it")]
pub enum ErrorCode {
    InvalidBucketName,
    InvalidRule,
    InvalidGrain,
    InvalidLimit,
    InvalidRequest,
    Unauthorized,
    AccessDenied,
    ForbiddenOrigin,
    BucketNotAllowed,
    NoSuchBucket,
    RunNotFound,
    ObjectNotFound,
    IdempotencyConflict,
    RunNotInterrupted,
    RunNotOver,
    TooManyRuns,
    TooManyAttempts,
    TooManyConnections,
    TooManyViewers,
    Busy,
    FunctionsMissing,
    FunctionsOutdated,
    CredentialsMissing,
    RegionMissing,
    StoreUnavailable,
    Unanswered,
    Internal,
}

impl ErrorCode {
    /// The HTTP status that goes with the code.
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidBucketName
            | Self::InvalidRule
            | Self::InvalidGrain
            | Self::InvalidLimit
            | Self::InvalidRequest => 400,
            Self::Unauthorized => 401,
            Self::AccessDenied | Self::ForbiddenOrigin | Self::BucketNotAllowed => 403,
            Self::NoSuchBucket | Self::RunNotFound | Self::ObjectNotFound => 404,
            Self::IdempotencyConflict | Self::RunNotInterrupted | Self::RunNotOver => 409,
            Self::TooManyRuns | Self::TooManyAttempts => 429,
            Self::Internal => 500,
            Self::Unanswered => 502,
            Self::FunctionsMissing
            | Self::FunctionsOutdated
            | Self::CredentialsMissing
            | Self::RegionMissing
            | Self::StoreUnavailable
            | Self::TooManyConnections
            | Self::TooManyViewers
            | Self::Busy => 503,
        }
    }
}

/// A failed request: its code, and what would have been right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    /// For programs.
    pub code: ErrorCode,
    /// For people: lower case, no full stop.
    pub message: String,
}

impl ApiError {
    /// An error of this code with this sentence.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}

/// The JSON body of a failed request: `{"error": {"code", "message"}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// The error.
    pub error: ApiError,
}
