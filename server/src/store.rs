//! Runs as objects of a results bucket, through the S3 API and by nothing else.
//!
//! `runs/{id}/run.json` says what a run is and what came of it, `runs/{id}/ledger/{number}.ndjson` are the
//! immutable segments of its ledger, `leases/{id}.json` exists while it is not over and names the server that
//! has it. Objects that two servers could both write are written conditionally: the bucket decides.

mod erase;
mod invocations;
mod latest;
mod lease;
mod record;
mod segment;
mod sorted;
mod starts;

use std::future::Future;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::primitives::ByteStream;
use axum::body::Bytes;
use lambdas::cause::cause;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::metrics::{Metrics, Operation, Storing};
pub use latest::{BASES_MAX, Portion, Scope};
pub use lease::{Held, LEASE, Lease, RENEWAL};
pub use record::{IdPage, Record};
pub use segment::{Extent, Head, Segment, keys as segment_keys};
pub use sorted::Sorted;
pub use starts::{Body, Start, start_name};

/// Rows of one segment at most.
pub const SEGMENT_ROWS: u64 = 1_000;
/// Log lines that `run.json` keeps.
pub const LOGS_STORED: usize = 1_000;

/// How long one request may take: a connection that fell silent must not cost a lease.
const ATTEMPT_MAX: Duration = Duration::from_secs(3);

/// A results bucket.
#[derive(Clone, Debug)]
pub struct Store {
    s3: Client,
    bucket: String,
    storing: Storing,
}

/// The version of an object that was written or read: its ETag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(String);

/// The state that an object must have for a write to happen.
#[derive(Clone, Copy, Debug)]
enum Guard<'a> {
    /// Whatever it is.
    Any,
    /// Not there.
    Absent,
    /// Of this version.
    Is(&'a Version),
}

/// The results bucket did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such object.
    #[error("it is not stored")]
    NotFound,
    /// The object is not, or no longer, what the write was meant for: another server was first.
    #[error("another server has written {0} meanwhile")]
    Conflict(String),
    /// The bucket refused or could not be reached.
    #[error("the results bucket {bucket} can't be used: {why}")]
    Unavailable {
        /// The bucket.
        bucket: String,
        /// S3's error.
        why: String,
    },
    /// An error that another part of the server reports.
    #[error("{0}")]
    Elsewhere(String),
    /// Its segments don't follow on one another, or name a key twice.
    #[error("the stored rows of the run {0} are not whole: deleting it was broken off, or it is damaged")]
    Broken(String),
    /// Its rows lie so that they can't be read by key in bounded memory.
    #[error("the rows of the run {0} are too scattered to be read in the order of their keys")]
    Scattered(String),
    /// An object is not what was written.
    #[error("{key} in the results bucket can't be read: {source}")]
    Damaged {
        /// The object.
        key: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

impl Store {
    /// The store in this bucket.
    pub fn new(s3: &Client, bucket: String) -> Self {
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_MAX).build();
        let config = s3.config().to_builder().timeout_config(timeouts).build();
        Self { s3: Client::from_conf(config), bucket, storing: Storing::default() }
    }

    /// The same, counted among what a process counts.
    #[must_use]
    pub fn watched_by(mut self, metrics: &Metrics) -> Self {
        self.storing = metrics.storing.clone();
        self
    }

    /// The metrics of the store.
    pub fn storing(&self) -> &Storing {
        &self.storing
    }

    /// Tries what everything here relies on: that the bucket can be written, and that of two writes on the
    /// condition that there is nothing, the second is refused.
    ///
    /// # Errors
    /// Where either is not so.
    pub async fn check(&self, server: &str) -> Result<(), StoreError> {
        let key = format!("checks/{server}");
        self.put(&key, b"first".to_vec(), Guard::Absent).await?;
        let second = self.put(&key, b"second".to_vec(), Guard::Absent).await;
        self.delete(&key).await?;
        match second {
            Err(StoreError::Conflict(_)) => Ok(()),
            Err(error) => Err(error),
            Ok(_) => Err(StoreError::Unavailable {
                bucket: self.bucket.clone(),
                why: "it ignores If-None-Match, so that two servers could write one run: use a store that keeps \
                      conditional writes"
                    .to_owned(),
            }),
        }
    }

    /// Tries whether the bucket can be read at all.
    ///
    /// # Errors
    /// Where it can't.
    pub async fn check_readable(&self) -> Result<(), StoreError> {
        let list = self.s3.list_objects_v2().bucket(&self.bucket).prefix("leases/").max_keys(1);
        let listed = async { list.send().await.map_err(|error| self.refused("leases/", &error)) };
        self.measured(Operation::List, listed).await.map(drop)
    }

    async fn put(&self, key: &str, body: Vec<u8>, guard: Guard<'_>) -> Result<Version, StoreError> {
        let body = Bytes::from(body);
        let put = self.s3.put_object().bucket(&self.bucket).key(key).body(ByteStream::from(body.clone()));
        let put = match guard {
            Guard::Any => put,
            Guard::Absent => put.if_none_match("*"),
            Guard::Is(version) => put.if_match(&version.0),
        };
        let sent = async { put.send().await.map_err(|error| self.refused(key, &error)) };
        match self.measured(Operation::Write, sent).await {
            Ok(output) => Ok(Version(output.e_tag().unwrap_or_default().to_owned())),
            // The bucket may have done so already and its answer been lost: then these bytes are there.
            Err(StoreError::Conflict(key)) => match self.get(&key).await? {
                (there, version) if there == body => Ok(version),
                _ => Err(StoreError::Conflict(key)),
            },
            Err(error) => Err(error),
        }
    }

    async fn put_json(
        &self,
        key: &str,
        value: &impl Serialize,
        guard: Guard<'_>,
    ) -> Result<Version, StoreError> {
        let body = serde_json::to_vec(value).expect("what is stored has string keys only");
        self.put(key, body, guard).await
    }

    async fn get(&self, key: &str) -> Result<(Vec<u8>, Version), StoreError> {
        let read = async {
            let output = match self.s3.get_object().bucket(&self.bucket).key(key).send().await {
                Ok(output) => output,
                Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => {
                    return Err(StoreError::NotFound);
                }
                Err(error) => return Err(self.refused(key, &error)),
            };
            let version = Version(output.e_tag().unwrap_or_default().to_owned());
            let body = output.body.collect().await.map_err(|error| StoreError::Unavailable {
                bucket: self.bucket.clone(),
                why: error.to_string(),
            })?;
            Ok((body.to_vec(), version))
        };
        self.measured(Operation::Read, read).await
    }

    async fn get_json<T: DeserializeOwned>(&self, key: &str) -> Result<(T, Version), StoreError> {
        let (body, version) = self.get(key).await?;
        let value = serde_json::from_slice(&body);
        value
            .map(|value| (value, version))
            .map_err(|source| StoreError::Damaged { key: key.to_owned(), source })
    }

    async fn exists(&self, key: &str) -> Result<bool, StoreError> {
        match self.get(key).await {
            Ok(_) => Ok(true),
            Err(StoreError::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Deletes an object; one that is not there counts as deleted.
    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        let delete = self.s3.delete_object().bucket(&self.bucket).key(key);
        let deleted = async { delete.send().await.map(drop).map_err(|error| self.refused(key, &error)) };
        self.measured(Operation::Delete, deleted).await
    }

    /// One page of keys below a prefix, after `after`, at most 1,000, in order.
    async fn keys(&self, prefix: &str, after: Option<String>) -> Result<Vec<String>, StoreError> {
        let list = self.s3.list_objects_v2().bucket(&self.bucket).prefix(prefix);
        let list = list.set_start_after(after);
        let listed = async { list.send().await.map_err(|error| self.refused(prefix, &error)) };
        let listed = self.measured(Operation::List, listed).await?;
        Ok(listed.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect())
    }

    /// Asks for something, and counts it.
    async fn measured<T>(
        &self,
        operation: Operation,
        request: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let begun = Instant::now();
        let answered = request.await;
        self.storing.note_request(operation, begun.elapsed());
        if matches!(answered, Err(StoreError::Unavailable { .. })) {
            self.storing.note_error(operation);
        }
        answered
    }

    fn refused<E>(&self, key: &str, error: &SdkError<E>) -> StoreError
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        match (status, error.code()) {
            // A server that replaces what is no longer there was not first. A write beside another (409) may
            // be tried again.
            (Some(412), _) | (_, Some("PreconditionFailed" | "NoSuchKey")) => {
                StoreError::Conflict(key.to_owned())
            }
            _ => StoreError::Unavailable { bucket: self.bucket.clone(), why: cause(error) },
        }
    }
}
