//! One GET of an object, sent once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::interceptors::{
    BeforeDeserializationInterceptorContextMut, BeforeTransmitInterceptorContextMut,
};
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{
    ConfigBag, Intercept, ResponseChecksumValidation, RuntimeComponents, SharedInterceptor,
    StalledStreamProtectionConfig,
};
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use aws_sdk_s3::types::RequestPayer;
use tokio::time::{Instant, timeout};

use super::pressure::Pressure;
use super::refusal::FetchError;

/// How long the head of an answer is waited for at first; three times as long after each refusal.
const HEAD_MAX: Duration = Duration::from_secs(5);
/// From this long on silence is the store's, where the function's own time ends it.
const SILENCE_MIN: Duration = Duration::from_secs(2);

/// Where the objects of one invocation are read from.
pub(super) struct Store<'a> {
    pub(super) client: &'a Client,
    pub(super) bucket: &'a str,
    /// Each GET says that its requester pays for it.
    pub(super) requester_pays: bool,
    /// GETs sent.
    pub(super) gets: &'a AtomicU64,
    pub(super) pressure: &'a Pressure,
    /// When the invocation stops waiting.
    pub(super) cutoff: Instant,
}

/// The request of one GET.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) key: &'a str,
    /// Only this version.
    pub(super) etag: Option<&'a str>,
    /// The first byte.
    pub(super) offset: u64,
    pub(super) form: Form,
    /// Refusals of the same object before.
    pub(super) refusals: u32,
    pub(super) trust: Trust,
}

/// The meaning of silence where the invocation ends too soon to wait it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// Nothing: the store has answered all that the object took so far.
    Full,
    /// More of what the object has met before.
    Spent,
}

/// The form in which a store that transcodes is asked for an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As it is sent to a client that says nothing. A proxy in front of a store may compress for those who take gzip, so
    /// that this is asked for first.
    Plain,
    /// As it is sent to a client that takes gzip: a store that decodes what it holds as gzip for all others sends the
    /// stored bytes then.
    Gzip,
}

/// A client for GETs that are counted one by one: nothing is sent twice, and nothing but this module's callers judges
/// silence and checksums.
pub(super) fn client(s3: &Client) -> Client {
    let verifies =
        s3.config().response_checksum_validation() != Some(&ResponseChecksumValidation::WhenRequired);
    let mut config = s3
        .config()
        .to_builder()
        .retry_config(RetryConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    if verifies {
        config.push_interceptor(SharedInterceptor::new(WantsChecksums));
    }
    config.push_interceptor(SharedInterceptor::new(ReadsWhatIsNeeded));
    Client::from_conf(config.build())
}

impl Store<'_> {
    /// Sends a GET and waits for the head of its answer.
    pub(super) async fn get(&self, asked: Asked<'_>) -> Result<GetObjectOutput, FetchError> {
        self.gets.fetch_add(1, Ordering::Relaxed);
        let mut get = self.client.get_object().bucket(self.bucket).key(asked.key);
        get = get.set_if_match(asked.etag.map(quoted));
        if self.requester_pays {
            get = get.request_payer(RequestPayer::Requester);
        }
        if asked.offset > 0 {
            get = get.range(format!("bytes={}-", asked.offset));
        }
        let answered = async {
            match asked.form {
                Form::Plain => get.send().await,
                Form::Gzip => get.customize().interceptor(AcceptsGzip).send().await,
            }
        };
        let patience = HEAD_MAX * 3_u32.saturating_pow(asked.refusals);
        match self.waited(patience, asked.trust, answered).await {
            Some(answered) => answered.map_err(|error| FetchError::from_sdk(&error)),
            None => Err(FetchError::throttled("S3 did not answer a GET in time")),
        }
    }

    /// The outcome of `coming` within this time; `None` where the store was silent. The invocation's end ends
    /// the wait too, and counts as silence unless less than [`SILENCE_MIN`] was left to a store in
    /// [`Trust::Full`].
    pub(super) async fn waited<T>(
        &self,
        patience: Duration,
        trust: Trust,
        coming: impl Future<Output = T>,
    ) -> Option<T> {
        let left = self.cutoff.saturating_duration_since(Instant::now());
        if left < SILENCE_MIN && trust == Trust::Full {
            return Some(coming.await);
        }
        timeout(patience.min(left), coming).await.ok()
    }

    /// The invocation has no time left.
    pub(super) fn is_late(&self) -> bool {
        Instant::now() >= self.cutoff
    }
}

/// An ETag in quotes, which some stores leave out of their listings and want in `If-Match`.
fn quoted(etag: &str) -> String {
    if etag.ends_with('"') || etag == "*" { etag.to_owned() } else { format!("\"{etag}\"") }
}

/// Asks S3 for the checksum that it has, without having the SDK check it.
#[derive(Debug)]
struct WantsChecksums;

impl Intercept for WantsChecksums {
    fn name(&self) -> &'static str {
        "WantsChecksums"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        context.request_mut().headers_mut().insert("x-amz-checksum-mode", "ENABLED");
        Ok(())
    }
}

/// Headers of an answer that the SDK reads and nothing here needs.
const UNNEEDED: [&str; 6] = [
    "x-amz-delete-marker",
    "x-amz-missing-meta",
    "x-amz-mp-parts-count",
    "x-amz-object-lock-retain-until-date",
    "x-amz-server-side-encryption-bucket-key-enabled",
    "x-amz-tagging-count",
];

/// Takes headers out of an answer that would make it unreadable: a date that a store writes in its own way says nothing
/// of an object's bytes.
#[derive(Debug)]
struct ReadsWhatIsNeeded;

impl Intercept for ReadsWhatIsNeeded {
    fn name(&self) -> &'static str {
        "ReadsWhatIsNeeded"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        const MODIFIED: &str = "last-modified";
        let headers = context.response_mut().headers_mut();
        for name in UNNEEDED {
            headers.remove(name);
        }
        let is_date = |text: &str| DateTime::from_str(text, DateTimeFormat::HttpDate).is_ok();
        if headers.get(MODIFIED).is_some_and(|text| !is_date(text)) {
            headers.remove(MODIFIED);
        }
        Ok(())
    }
}

/// Takes gzip. The header is not signed, since proxies change it on its way.
#[derive(Debug)]
struct AcceptsGzip;

impl Intercept for AcceptsGzip {
    fn name(&self) -> &'static str {
        "AcceptsGzip"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        context.request_mut().headers_mut().insert("accept-encoding", "gzip");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(etag: &str, expected: &str) {
        assert_eq!(quoted(etag), expected);
    }

    #[test]
    fn an_etag_is_sent_in_quotes() {
        check("\"d41d8\"", "\"d41d8\"");
        check("d41d8-7", "\"d41d8-7\"");
        check("W/\"d41d8\"", "W/\"d41d8\"");
    }
}
