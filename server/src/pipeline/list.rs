//! **List**: the keys below a prefix, page by page, each of them once.
//!
//! In comes a bucket and a prefix, out comes a stream of pages. An answer is input from outside: it is checked, asked
//! for again where it does not hold, and never taken in part. The stage keeps one page and never the bucket; when
//! nobody takes pages, no further one is asked for.

mod answer;
mod document;
mod error;
mod order;
pub mod patience;

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Error;
use aws_sdk_s3::types::EncodingType;
use futures_util::Stream;
use lambdas::cause::{cause, causes};
use tokio::time::{Instant, sleep};
use wire::row::Row;

use self::answer::{Answer, BadAnswer, Entry, Names};
use self::document::Document;
pub use self::error::ListError;
use self::order::Order;
use self::patience::Patience;
use super::backoff::jitter;

/// How long one LIST may take.
const ANSWER_MAX: Duration = Duration::from_secs(30);
/// Times that a single page is asked for, where somebody waits for it.
pub const PAGE_TRIES: u32 = 3;
/// Keys of one page at most, as S3 has it.
pub(super) const PAGE_KEYS: i32 = 1_000;

/// An object as listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Its key, decoded.
    pub key: String,
    /// Its ETag, quotes included.
    pub etag: Option<String>,
    /// Bytes as stored; `None` where the store does not say.
    pub size: Option<u64>,
    /// Last modification, RFC 3339.
    pub modified: Option<String>,
    /// The row that an earlier run counted of it, where it has not changed since.
    pub known: Option<Box<Row>>,
}

/// One page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Objects, in the order of their keys.
    pub objects: Vec<Listed>,
    /// Prefixes up to the delimiter, where one was given.
    pub prefixes: Vec<String>,
    /// Keys that were asked for by name and are not there.
    pub gone: Vec<String>,
    /// LIST requests that it took.
    pub lists: u64,
    /// The token of the page after this one; of a page that did not come, what it was asked for by.
    pub next: Option<String>,
    /// Why it did not come, where it did not: it is asked for again.
    pub failed: Option<ListError>,
    /// Sentences for the log.
    pub remarks: Vec<String>,
    /// A key came before a smaller one, on this page or on an earlier one.
    pub unordered: bool,
    /// Its objects are those of an earlier run, whatever a filter says of them.
    pub chosen: bool,
    /// All keys up to this one were listed by then, where the store lists them in their order.
    pub listed_to: Option<String>,
}

/// Where a page begins.
#[derive(Clone, Copy, Debug)]
enum PageStart<'a> {
    First,
    /// Where the page before it said that this one does.
    Token(&'a str),
    /// At the first key behind this one.
    Behind(&'a str),
}

/// A listing to be made.
#[derive(Clone, Debug)]
pub struct List {
    /// The client.
    pub s3: Client,
    /// The bucket.
    pub bucket: String,
    /// Keys begin with this.
    pub prefix: String,
}

impl List {
    /// All pages, from the first. A LIST that failed is a page of nothing, so that each is paid for; the page is asked
    /// for again when the next one is taken.
    pub fn pages(self) -> impl Stream<Item = Result<Page, ListError>> + Send {
        self.pages_after(None)
    }

    /// The same, from the first key behind this one.
    pub fn pages_after(self, after: Option<String>) -> impl Stream<Item = Result<Page, ListError>> + Send {
        async_stream::try_stream! {
            let (mut order, mut patience, mut names) =
                (Order::after(after.clone()), Patience::default(), Names::default());
            let mut token: Option<String> = None;
            loop {
                let asked = Instant::now();
                let from = match &token {
                    Some(token) => PageStart::Token(token),
                    None => after.as_deref().map_or(PageStart::First, PageStart::Behind),
                };
                let answer = self.ask(from, None, PAGE_KEYS).await;
                match answer.and_then(|answer| names.agree(answer).map_err(|why| self.broken(&why))) {
                    Ok(answer) => {
                        patience.restore();
                        let page = self.admitted(answer, token.as_deref(), &mut order)?;
                        token.clone_from(&page.next);
                        yield page;
                        if token.is_none() {
                            break;
                        }
                    }
                    Err(error) => {
                        let wait = patience.wait(&error, asked.elapsed(), jitter()).ok_or_else(|| error.clone())?;
                        let remarks = patience.remark(&error).into_iter().collect();
                        let next = Some(token.clone().unwrap_or_default());
                        yield Page { lists: 1, next, failed: Some(error), remarks, ..Page::default() };
                        sleep(wait).await;
                    }
                }
            }
        }
    }

    /// One page of at most `keys_max` keys, cut at `delimiter` where one is given, for somebody who waits for it.
    ///
    /// # Errors
    /// A [`ListError`] where the bucket can't be listed.
    pub async fn page(
        &self,
        token: Option<String>,
        delimiter: Option<&str>,
        keys_max: i32,
    ) -> Result<Page, ListError> {
        let from = token.as_deref().map_or(PageStart::First, PageStart::Token);
        self.page_from(from, delimiter, keys_max).await
    }

    /// One page of keys behind this one, for somebody who waits for it.
    pub(super) async fn page_after(&self, after: Option<String>) -> Result<Page, ListError> {
        let from = after.as_deref().map_or(PageStart::First, PageStart::Behind);
        self.page_from(from, None, PAGE_KEYS).await
    }

    async fn page_from(
        &self,
        from: PageStart<'_>,
        delimiter: Option<&str>,
        keys_max: i32,
    ) -> Result<Page, ListError> {
        let mut patience = Patience::default();
        loop {
            let asked = Instant::now();
            let error = match self.ask(from, delimiter, keys_max).await {
                Ok(answer) => {
                    let lists = u64::from(patience.failures()) + 1;
                    return Ok(Page { lists, ..Page::from(answer) });
                }
                Err(error) => error,
            };
            match patience.wait(&error, asked.elapsed(), jitter()) {
                Some(wait) if patience.failures() < PAGE_TRIES => sleep(wait).await,
                _ => return Err(error),
            }
        }
    }

    async fn ask(
        &self,
        from: PageStart<'_>,
        delimiter: Option<&str>,
        keys_max: i32,
    ) -> Result<Answer, ListError> {
        let document = Document::default();
        let (token, after) = match from {
            PageStart::First => (None, None),
            PageStart::Token(token) => (Some(token), None),
            PageStart::Behind(key) => (None, Some(key)),
        };
        let once = TimeoutConfig::builder().operation_attempt_timeout(ANSWER_MAX).build();
        let config =
            aws_sdk_s3::config::Builder::new().retry_config(RetryConfig::disabled()).timeout_config(once);
        let answered = self
            .s3
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(&self.prefix)
            .encoding_type(EncodingType::Url)
            .set_delimiter(delimiter.map(str::to_owned))
            .set_continuation_token(token.map(str::to_owned))
            .set_start_after(after.map(str::to_owned))
            .max_keys(keys_max)
            .customize()
            .config_override(config)
            .interceptor(document.clone())
            .send()
            .await;
        // Where the SDK can't read an answer that came whole, this stage may.
        match &answered {
            Err(SdkError::ServiceError(error)) if error.raw().status().is_success() => (),
            Err(SdkError::ResponseError(error)) if error.raw().status().is_success() => (),
            Err(error) => return Err(self.refused(error)),
            Ok(_) => (),
        }
        Answer::read(&document.take(), &self.prefix).map_err(|why| {
            if let Err(error) = &answered {
                tracing::debug!(error = %causes(error), "the SDK does not read a LIST answer");
            }
            self.broken(&why)
        })
    }

    fn admitted(&self, answer: Answer, token: Option<&str>, order: &mut Order) -> Result<Page, ListError> {
        let mut page = Page::from(answer);
        let doubled = order.doubled();
        order
            .admit(&mut page.objects, token, page.next.as_deref())
            .map_err(|endless| self.unavailable(endless.to_string()))?;
        page.unordered = !order.is_ascending();
        page.listed_to = order.last().map(str::to_owned);
        if doubled == 0 && order.doubled() > 0 {
            page.remarks.push("the store lists keys more than once: each is counted once".to_owned());
        }
        Ok(page)
    }

    fn refused(&self, error: &SdkError<ListObjectsV2Error>) -> ListError {
        let bucket = self.bucket.clone();
        let response = error.raw_response();
        let header = |name| response.and_then(|response| response.headers().get(name));
        let region = header("x-amz-bucket-region").map(str::to_owned);
        let retry_after = header("retry-after").and_then(|seconds| seconds.trim().parse().ok());
        let code = error.code().unwrap_or_default();
        match (response.map(|response| response.status().as_u16()), code) {
            (None, _) => ListError::Unreachable { bucket, why: cause(error) },
            // The text of a 502 or 504 is a proxy's or a gateway's, which has no answer of the store.
            (Some(status @ (502 | 504)), "") => {
                let why = format!("a gateway or a proxy on the way to it answers {status}");
                ListError::Unreachable { bucket, why }
            }
            (Some(408 | 429 | 500..), _) | (_, "InternalError" | "RequestTimeout" | "SlowDown") => {
                let retry_after = retry_after.map(Duration::from_secs);
                ListError::Refused { bucket, why: cause(error), retry_after }
            }
            (_, "NoSuchBucket") | (Some(404), _) => ListError::NoSuchBucket(bucket),
            (Some(301 | 307), _)
            | (_, "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException") => {
                ListError::OtherRegion { bucket, region }
            }
            (Some(401 | 403), _) | (_, "ExpiredToken" | "InvalidToken") => {
                ListError::AccessDenied { bucket, code: code.to_owned() }
            }
            _ => self.unavailable(cause(error)),
        }
    }

    fn broken(&self, why: &BadAnswer) -> ListError {
        ListError::Broken { bucket: self.bucket.clone(), why: why.to_string() }
    }

    fn unavailable(&self, why: String) -> ListError {
        ListError::Unavailable { bucket: self.bucket.clone(), why }
    }
}

impl From<Answer> for Page {
    fn from(answer: Answer) -> Self {
        let Answer { entries, prefixes, next, .. } = answer;
        let objects = entries.into_iter().map(Listed::from).collect();
        Self { objects, prefixes, lists: 1, next, ..Self::default() }
    }
}

impl From<Entry> for Listed {
    fn from(entry: Entry) -> Self {
        let Entry { key, etag, size, modified } = entry;
        Self { key, etag, size, modified, known: None }
    }
}
