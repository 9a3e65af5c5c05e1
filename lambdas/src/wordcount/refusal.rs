//! The meaning of S3's refusals for an object.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectError;
use wire::row::Reason;
use wire::wordcount::Throttled;

use super::FILE_DENIED;
use crate::cause::cause;

/// Codes by which S3 pushes back, whatever the status beside them.
const THROTTLING_CODES: [&str; 5] =
    ["InternalError", "KMS.ThrottlingException", "RequestTimeout", "ServiceUnavailable", "SlowDown"];

/// Codes of KMS keys that no retry makes usable; S3's other `KMS.` codes pass.
const UNUSABLE_KEYS: [&str; 4] = [
    "KMS.DisabledException",
    "KMS.InvalidKeyUsageException",
    "KMS.KMSInvalidStateException",
    "KMS.NotFoundException",
];

/// Why a fetch did not bring an object's bytes, by what helps.
#[derive(Debug)]
pub(super) enum FetchError {
    /// The store pushes back: fewer GETs, later.
    Throttled(Throttled),
    /// The store has another version than the one that was asked for: that one may be counted.
    Changed,
    /// The bytes are not the object's: a transfer went wrong, or the store sends another form of them.
    Unfit(Unfit),
    /// No further GET of this invocation helps.
    Failed {
        /// The object's reason.
        reason: Reason,
        /// The same in a sentence.
        message: String,
    },
}

/// How the bytes of a whole download contradict what is known of the object.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// By their checksum.
    Checksum,
    /// By their number, in a sentence.
    Length(String),
}

impl FetchError {
    /// An error that ends the object with this reason.
    pub(super) fn failed(reason: Reason, message: impl Into<String>) -> Self {
        Self::Failed { reason, message: message.into() }
    }

    /// An error of a store that is silent or cuts answers off.
    pub(super) fn throttled(message: impl Into<String>) -> Self {
        Self::Throttled(Throttled { message: message.into(), retry_after_ms: None })
    }

    /// The meaning of a GET's failure.
    pub(super) fn from_sdk(error: &SdkError<GetObjectError>) -> Self {
        let response = error.raw_response();
        let status = response.map(|response| response.status().as_u16());
        let code = error.code().unwrap_or_default();
        let is_sent = !matches!(error, SdkError::ConstructionFailure(_));
        match meaning(status, code, is_sent) {
            Meaning::Throttled => {
                let header = response.and_then(|response| response.headers().get("retry-after"));
                Self::Throttled(Throttled {
                    message: cause(error),
                    retry_after_ms: header.and_then(milliseconds),
                })
            }
            Meaning::Changed => Self::Changed,
            Meaning::Final(reason) => Self::failed(reason, sentence(reason, error)),
        }
    }
}

impl Unfit {
    /// The contradiction in a sentence.
    pub(super) fn into_message(self) -> String {
        match self {
            Self::Checksum => "corrupt download: its checksum is not the one that S3 has".to_owned(),
            Self::Length(message) => message,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Throttled,
    Changed,
    Final(Reason),
}

fn meaning(status: Option<u16>, code: &str, is_sent: bool) -> Meaning {
    match (status, code) {
        (_, code) if THROTTLING_CODES.contains(&code) => Meaning::Throttled,
        (_, "InvalidObjectState") => Meaning::Final(Reason::Archived),
        (_, code) if UNUSABLE_KEYS.contains(&code) => Meaning::Final(Reason::Denied),
        (Some(404), _) => Meaning::Final(Reason::Gone),
        // A range that is not there is one of a shorter object.
        (Some(412 | 416), _) => Meaning::Changed,
        // In another region, or encrypted with a KMS key that can't be used: no retry helps.
        (Some(301 | 307 | 401 | 403), _) | (_, "AuthorizationHeaderMalformed") => {
            Meaning::Final(Reason::Denied)
        }
        // 501 says that the store can't, which does not pass.
        (Some(501), _) => Meaning::Final(Reason::Unreachable),
        (Some(408 | 409 | 429 | 500..=599), _) => Meaning::Throttled,
        // No answer came: refused, reset, or too late.
        (None, _) if is_sent => Meaning::Throttled,
        _ => Meaning::Final(Reason::Unreachable),
    }
}

fn sentence(reason: Reason, error: &SdkError<GetObjectError>) -> String {
    match reason {
        Reason::Gone => "it is no longer there".to_owned(),
        Reason::Denied => denial(error.code().unwrap_or_default(), error.message().unwrap_or_default()),
        Reason::Archived => "it is archived; restore it first".to_owned(),
        _ => cause(error),
    }
}

/// The remedy for a refusal: only S3's message names the right that is missing.
fn denial(code: &str, message: &str) -> String {
    match code {
        _ if message == FILE_DENIED => message.to_owned(),
        "PermanentRedirect" | "TemporaryRedirect" | "AuthorizationHeaderMalformed" => {
            "its bucket is in another region than the function: deploy the functions there, or set AWS_REGION where \
             they run on this machine"
                .to_owned()
        }
        code if UNUSABLE_KEYS.contains(&code) => format!("the key that encrypts it can't be used ({code})"),
        _ if message.contains("kms:") => {
            "reading it is denied by its key; the function's role needs kms:Decrypt on the key".to_owned()
        }
        _ => "reading it is denied: the function's role needs s3:GetObject on it, or these credentials where functions run on \
             this machine; where its requesters pay, add --request-payer requester"
            .to_owned(),
    }
}

fn milliseconds(seconds: &str) -> Option<u64> {
    seconds.trim().parse::<u64>().ok()?.checked_mul(1000).filter(|ms| *ms > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: Option<u16>, code: &str, expected: Meaning) {
        assert_eq!(meaning(status, code, true), expected);
    }

    #[test]
    fn s3_refusals_become_reasons() {
        check(Some(404), "NoSuchKey", Meaning::Final(Reason::Gone));
        check(Some(412), "PreconditionFailed", Meaning::Changed);
        check(Some(416), "InvalidRange", Meaning::Changed);
        check(Some(403), "AccessDenied", Meaning::Final(Reason::Denied));
        check(Some(403), "InvalidObjectState", Meaning::Final(Reason::Archived));
        check(Some(301), "PermanentRedirect", Meaning::Final(Reason::Denied));
        check(Some(400), "KMS.DisabledException", Meaning::Final(Reason::Denied));
        check(Some(400), "ExpiredToken", Meaning::Final(Reason::Unreachable));
        check(Some(501), "NotImplemented", Meaning::Final(Reason::Unreachable));
        assert_eq!(meaning(None, "", false), Meaning::Final(Reason::Unreachable));
    }

    #[test]
    fn a_store_that_pushes_back_is_no_reason() {
        for (status, code) in [
            (Some(503), "SlowDown"),
            (Some(429), "TooManyRequests"),
            (Some(500), "InternalError"),
            (Some(502), ""),
            (Some(504), ""),
            (Some(408), ""),
            (Some(409), "OperationAborted"),
            (Some(400), "RequestTimeout"),
            (Some(400), "KMS.ThrottlingException"),
            (None, ""),
        ] {
            check(status, code, Meaning::Throttled);
        }
    }

    #[test]
    fn a_wait_is_asked_for_in_seconds() {
        assert_eq!((milliseconds(" 3 "), milliseconds("0"), milliseconds("soon")), (Some(3_000), None, None));
    }

    #[test]
    fn a_denial_names_what_is_missing() {
        let told =
            "User: arn:aws:sts::1:assumed-role/r is not authorized to perform: kms:Decrypt on resource: k";
        assert!(denial("AccessDenied", told).contains("kms:Decrypt"));
        assert!(denial("AccessDenied", "Access Denied").contains("s3:GetObject"));
        assert!(denial("KMS.DisabledException", "k is disabled").contains("KMS.DisabledException"));
        assert!(denial("PermanentRedirect", "").contains("region"));
        assert_eq!(denial("AccessDenied", FILE_DENIED), FILE_DENIED);
    }
}
