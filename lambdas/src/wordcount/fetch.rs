//! An object's bytes in order, through broken connections.
//!
//! A body cut midway is asked for again from its offset, under the same ETag, so that what was decoded of it
//! stays good and no count mixes two versions.

use std::time::Duration;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use bytes::Bytes;
use tokio::time::{Instant, sleep};
use wire::row::{Object, Reason, is_other_etag};
use wire::wordcount::Throttled;

use super::checksum::Checksum;
use super::get::{Asked, Form, Store, Trust};
use super::pressure::{REFUSALS_MAX, pause};
use super::refusal::{FetchError, Unfit};
use crate::cause::causes;

/// Times that an object's body is resumed where it broke off or fell silent.
pub(super) const RESUMES_MAX: u32 = 3;
/// How long the next bytes of a body are waited for.
const SILENCE_MAX: Duration = Duration::from_secs(10);
const SILENT: &str = "S3 fell silent within a download";

/// GETs that one object may take in one invocation, whatever each is for; the run's budget reserves them.
pub(super) const GETS_MAX: u32 = 8;

/// The GETs that an object has used, over all its downloads.
#[derive(Debug, Default)]
pub(super) struct Tries {
    gets: u32,
    refusals: u32,
    resumes: u32,
}

impl Tries {
    /// Whether another GET may be sent.
    pub(super) fn are_left(&self) -> bool {
        self.gets < GETS_MAX
    }

    fn trust(&self) -> Trust {
        if self.refusals + self.resumes == 0 { Trust::Full } else { Trust::Spent }
    }
}

/// The version of an object that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// The listed one.
    Listed,
    /// The one that the store has by now.
    Latest,
}

/// A download in progress.
pub(super) struct Fetch<'a> {
    store: &'a Store<'a>,
    object: &'a Object,
    version: Version,
    form: Form,
    tries: &'a mut Tries,
    etag: Option<String>,
    listed_bytes: Option<u64>,
    body: Option<ByteStream>,
    offset: u64,
    length: Option<u64>,
    head: Head,
    checksum: Option<Checksum>,
}

/// The object as the first answer described it.
#[derive(Debug, Default)]
struct Head {
    modified: Option<DateTime>,
    encoding: Option<String>,
    length: Option<u64>,
}

impl<'a> Fetch<'a> {
    pub(super) fn new(
        store: &'a Store<'a>,
        object: &'a Object,
        version: Version,
        form: Form,
        tries: &'a mut Tries,
    ) -> Self {
        let (etag, listed_bytes) = match version {
            Version::Listed => (object.etag.clone(), object.size),
            Version::Latest => (None, None),
        };
        Self {
            store,
            object,
            version,
            form,
            tries,
            etag,
            listed_bytes,
            body: None,
            offset: 0,
            length: listed_bytes,
            head: Head::default(),
            checksum: None,
        }
    }

    /// Bytes handed out so far.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The ETag of the version that is read, as far as it is known, and when that was modified.
    pub(super) fn into_version(self) -> (Option<String>, Option<DateTime>) {
        (self.etag, self.head.modified)
    }

    /// The next bytes; `None` at the object's end, once all of them fit what is known of it.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, FetchError> {
        let store = self.store;
        loop {
            let trust = self.tries.trust();
            let body = match &mut self.body {
                Some(body) => body,
                None => self.open().await?,
            };
            match store.waited(SILENCE_MAX, trust, body.next()).await {
                Some(Some(Ok(chunk))) => {
                    self.offset += chunk.len() as u64;
                    if let Some(checksum) = &mut self.checksum {
                        checksum.update(&chunk);
                    }
                    return Ok(Some(chunk));
                }
                Some(None) if self.length.is_none_or(|length| self.offset >= length) => {
                    return self.check_whole().map(|()| None);
                }
                Some(Some(Err(error))) => {
                    let why = causes(&error);
                    self.broken(|message| FetchError::failed(Reason::Unreachable, message), &why)?;
                }
                Some(None) => {
                    self.broken(
                        |message| FetchError::failed(Reason::Unreachable, message),
                        "it ended early",
                    )?;
                }
                None if store.is_late() => return Err(FetchError::throttled(SILENT)),
                None => self.broken(FetchError::throttled, SILENT)?,
            }
        }
    }

    /// Sends GETs until one is answered, as often as an object may be refused.
    async fn open(&mut self) -> Result<&mut ByteStream, FetchError> {
        loop {
            self.tries.gets += 1;
            let asked = Asked {
                key: &self.object.key,
                etag: self.etag.as_deref(),
                offset: self.offset,
                form: self.form,
                refusals: self.tries.refusals,
                trust: self.tries.trust(),
            };
            match self.store.get(asked).await {
                Ok(output) => {
                    self.store.pressure.relieve();
                    let body = self.accept(output)?;
                    return Ok(self.body.insert(body));
                }
                Err(FetchError::Throttled(throttled)) => self.pause(throttled).await?,
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits before the object is asked for again. A wait that the store asks for is not spent here, where time is paid
    /// for.
    async fn pause(&mut self, throttled: Throttled) -> Result<(), FetchError> {
        self.tries.refusals += 1;
        let wait = pause(self.tries.refusals, self.object.n);
        let in_time = Instant::now() + wait < self.store.cutoff;
        let may_ask = in_time && self.tries.are_left() && self.tries.refusals <= REFUSALS_MAX;
        if !may_ask || throttled.retry_after_ms.is_some() {
            return Err(FetchError::Throttled(throttled));
        }
        sleep(wait).await;
        Ok(())
    }

    /// The body of an answer that is of the right version, begins where it should, and has the right length.
    fn accept(&mut self, output: GetObjectOutput) -> Result<ByteStream, FetchError> {
        if self.offset > 0 && !continues_at(output.content_range(), self.offset) {
            if let (None, Some(length)) = (self.head.length, self.listed_bytes) {
                return Err(self.other_length(self.offset, length));
            }
            let message = format!("S3 did not take the download up at byte {}", self.offset);
            return Err(FetchError::failed(Reason::Unreachable, message));
        }
        if matches!((&self.etag, output.e_tag()), (Some(asked), Some(sent)) if is_other_etag(asked, sent)) {
            return Err(FetchError::Changed);
        }
        if self.offset == 0 {
            let length = output.content_length().and_then(|length| u64::try_from(length).ok());
            let (modified, encoding) = (output.last_modified, output.content_encoding.clone());
            self.head = Head { modified, encoding, length };
            self.length = length.or(self.listed_bytes);
            if self.version == Version::Latest && self.length.is_none() {
                let message = "it changed since it was listed, and the store sends it without a length";
                return Err(FetchError::Unfit(Unfit::Length(message.to_owned())));
            }
            self.checksum = Checksum::promised(&output);
            if let (Some(length), Some(listed)) = (length, self.listed_bytes)
                && length != listed
            {
                return Err(self.other_length(length, listed));
            }
        }
        if self.etag.is_none() {
            self.etag = output.e_tag;
        }
        Ok(output.body)
    }

    /// Checks that what came to its end is the object.
    fn check_whole(&mut self) -> Result<(), FetchError> {
        if let Some(length) = self.length
            && self.offset != length
        {
            return Err(self.other_length(self.offset, length));
        }
        if self.checksum.take().is_some_and(|checksum| !checksum.fits()) {
            return Err(FetchError::Unfit(Unfit::Checksum));
        }
        Ok(())
    }

    fn other_length(&self, came: u64, listed: u64) -> FetchError {
        let mut message = format!("{came} bytes came, {listed} were listed");
        match (&self.head.encoding, self.head.length) {
            (Some(encoding), _) => {
                message.push_str(&format!("; the store sends it with Content-Encoding {encoding}"));
            }
            (None, None) => {
                message.push_str(
                    "; the store sends it without a length, as what it decodes on its way (Content-Encoding)",
                );
            }
            (None, Some(_)) => (),
        }
        FetchError::Unfit(Unfit::Length(message))
    }

    fn broken(&mut self, error: impl FnOnce(String) -> FetchError, why: &str) -> Result<(), FetchError> {
        self.body = None;
        self.tries.resumes += 1;
        let has_more = self.length.is_none_or(|length| self.offset < length);
        // Without an ETag the rest may be another version's.
        let is_same = self.offset == 0 || self.etag.is_some();
        if self.tries.resumes <= RESUMES_MAX && self.tries.are_left() && has_more && is_same {
            return Ok(());
        }
        Err(error(format!("the download broke off at byte {} in the end: {why}", self.offset)))
    }
}

fn continues_at(content_range: Option<&str>, offset: u64) -> bool {
    content_range.is_some_and(|range| range.starts_with(&format!("bytes {offset}-")))
}
