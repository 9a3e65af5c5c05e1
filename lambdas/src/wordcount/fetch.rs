//! An object's bytes in order, through broken connections.
//!
//! A body cut midway is asked for again from its offset, under the same ETag, so that what was decoded of it
//! stays good and no count mixes two versions.

use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use wire::row::{Object, Reason};

use super::FILE_DENIED;
use crate::cause::{cause, causes};

/// Times that a body is taken up again where it broke off.
pub(super) const RESUMES_MAX: u32 = 3;

/// What S3 says of a key that no second try makes usable; others of its `KMS.` codes pass, as throttling does.
const UNUSABLE_KEYS: [&str; 4] = [
    "KMS.DisabledException",
    "KMS.InvalidKeyUsageException",
    "KMS.KMSInvalidStateException",
    "KMS.NotFoundException",
];

/// Why an object's bytes could not be had.
pub(super) struct FetchError {
    pub(super) reason: Reason,
    pub(super) message: String,
}

/// A download in progress.
pub(super) struct Fetch<'a> {
    s3: &'a Client,
    bucket: &'a str,
    key: &'a str,
    etag: Option<String>,
    body: Option<ByteStream>,
    offset: u64,
    length: Option<u64>,
    resumes: u32,
    gets: &'a AtomicU64,
}

impl<'a> Fetch<'a> {
    pub(super) fn new(s3: &'a Client, bucket: &'a str, object: &'a Object, gets: &'a AtomicU64) -> Self {
        Self {
            s3,
            bucket,
            key: &object.key,
            etag: object.etag.clone(),
            body: None,
            offset: 0,
            length: object.size,
            resumes: 0,
            gets,
        }
    }

    /// Bytes handed out so far.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The next bytes; `None` at the object's end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, FetchError> {
        loop {
            let body = match &mut self.body {
                Some(body) => body,
                None => self.open().await?,
            };
            match body.next().await {
                Some(Ok(chunk)) => {
                    self.offset += chunk.len() as u64;
                    return Ok(Some(chunk));
                }
                None if self.length.is_none_or(|length| self.offset >= length) => return Ok(None),
                Some(Err(error)) if is_mismatch(&error) => return Err(corrupt()),
                Some(Err(error)) => self.broken(&causes(&error))?,
                None => self.broken("it ended early")?,
            }
        }
    }

    async fn open(&mut self) -> Result<&mut ByteStream, FetchError> {
        self.gets.fetch_add(1, Ordering::Relaxed);
        let mut get = self.s3.get_object().bucket(self.bucket).key(self.key).set_if_match(self.etag.clone());
        if self.offset > 0 {
            get = get.range(format!("bytes={}-", self.offset));
        }
        let output = get.send().await.map_err(|error| refused(&error))?;
        if self.offset > 0 && !continues_at(output.content_range(), self.offset) {
            let message = format!("S3 did not take the download up at byte {}", self.offset);
            return Err(FetchError { reason: Reason::Unreachable, message });
        }
        if self.is_other(output.e_tag()) {
            let since = if self.offset > 0 { "while it was read" } else { "since it was listed" };
            return Err(FetchError { reason: Reason::Changed, message: format!("it changed {since}") });
        }
        if self.offset == 0 {
            let told = output.content_length().and_then(|length| u64::try_from(length).ok());
            self.length = told.or(self.length);
        }
        if self.etag.is_none() {
            self.etag = output.e_tag().map(str::to_owned);
        }
        Ok(self.body.insert(output.body))
    }

    /// Whether this is another version's ETag: not every store heeds `If-Match`.
    fn is_other(&self, etag: Option<&str>) -> bool {
        let opaque = |etag: &str| etag.trim_start_matches("W/").trim_matches('"').to_owned();
        matches!((&self.etag, etag), (Some(asked), Some(told)) if opaque(asked) != opaque(told))
    }

    fn broken(&mut self, why: &str) -> Result<(), FetchError> {
        self.body = None;
        self.resumes += 1;
        let has_more = self.length.is_none_or(|length| self.offset < length);
        if self.resumes <= RESUMES_MAX && has_more {
            return Ok(());
        }
        let message = format!("the download broke off at byte {} in the end: {why}", self.offset);
        Err(FetchError { reason: Reason::Unreachable, message })
    }
}

/// The SDK hands all bytes out before it tells that their checksum was wrong.
fn is_mismatch(error: &(dyn Error + 'static)) -> bool {
    let told = |cause: &dyn Error| cause.to_string().contains("checksum mismatch");
    told(error) || error.source().is_some_and(is_mismatch)
}

fn corrupt() -> FetchError {
    let message = "corrupt download: its checksum is not the one that S3 has".to_owned();
    FetchError { reason: Reason::Corrupt, message }
}

fn continues_at(content_range: Option<&str>, offset: u64) -> bool {
    content_range.is_some_and(|range| range.starts_with(&format!("bytes {offset}-")))
}

fn refused(error: &SdkError<GetObjectError>) -> FetchError {
    let status = error.raw_response().map(|response| response.status().as_u16());
    let code = error.code().unwrap_or_default();
    let reason = reason_of(status, code);
    let message = match reason {
        Reason::Gone => "it is no longer there".to_owned(),
        Reason::Changed => "it changed since it was listed".to_owned(),
        Reason::Denied => denial(code, error.message().unwrap_or_default()),
        Reason::Archived => "it is archived; restore it first".to_owned(),
        _ => cause(error),
    };
    FetchError { reason, message }
}

fn reason_of(status: Option<u16>, code: &str) -> Reason {
    match (status, code) {
        (_, "InvalidObjectState") => Reason::Archived,
        (Some(404), _) => Reason::Gone,
        (Some(412), _) => Reason::Changed,
        // In another region, or encrypted with a key that can't be used: no second try helps.
        (Some(301 | 307 | 401 | 403), _) | (_, "AuthorizationHeaderMalformed") => Reason::Denied,
        (_, code) if UNUSABLE_KEYS.contains(&code) => Reason::Denied,
        _ => Reason::Unreachable,
    }
}

/// What helps against a refusal: S3 names the right that is missing in its message alone.
fn denial(code: &str, message: &str) -> String {
    match code {
        _ if message == FILE_DENIED => message.to_owned(),
        "PermanentRedirect" | "TemporaryRedirect" | "AuthorizationHeaderMalformed" => {
            "its bucket is in another region than the function; deploy the functions there".to_owned()
        }
        code if UNUSABLE_KEYS.contains(&code) => format!("the key that encrypts it can't be used ({code})"),
        _ if message.contains("kms:") => {
            "reading it is denied by its key; the function's role needs kms:Decrypt on the key".to_owned()
        }
        _ => "reading it is denied; the function's role needs s3:GetObject on it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: Option<u16>, code: &str, expected: Reason) {
        assert_eq!(reason_of(status, code), expected);
    }

    #[test]
    fn s3_refusals_become_reasons() {
        check(Some(404), "NoSuchKey", Reason::Gone);
        check(Some(412), "PreconditionFailed", Reason::Changed);
        check(Some(403), "AccessDenied", Reason::Denied);
        check(Some(403), "InvalidObjectState", Reason::Archived);
        check(Some(503), "SlowDown", Reason::Unreachable);
        check(None, "", Reason::Unreachable);
        check(Some(301), "PermanentRedirect", Reason::Denied);
        check(Some(400), "KMS.DisabledException", Reason::Denied);
        check(Some(400), "KMS.ThrottlingException", Reason::Unreachable);
        check(Some(400), "ExpiredToken", Reason::Unreachable);
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
