//! Runs as objects of a results bucket: `runs/{id}/run.json` and immutable segments of its ledger.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{DisplayErrorContext, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::primitives::ByteStream;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use wire::event::{End, Log};
use wire::row::Row;
use wire::run::RunSpec;

use crate::run::RunId;

/// Rows of one segment; only a ledger's last may have fewer.
pub const SEGMENT_ROWS: u64 = 1_000;
/// Log lines that `run.json` keeps.
pub const LOGS_STORED: usize = 1_000;

/// A results bucket.
#[derive(Clone, Debug)]
pub struct Store {
    s3: Client,
    bucket: String,
}

/// What `run.json` says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// The run's id.
    pub id: RunId,
    /// What it was asked to do.
    pub spec: RunSpec,
    /// When it began.
    pub started_at: Timestamp,
    /// Its cost is what AWS would have asked.
    pub simulated: bool,
    /// State, totals and cost at the time of writing.
    pub end: End,
    /// Rows of the ledger.
    pub rows: u64,
    /// The log's last lines.
    pub logs: Vec<Log>,
    /// Ticks that its viewers were shown.
    pub checkpoints: u64,
}

/// The results bucket did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such object.
    #[error("it is not stored")]
    NotFound,
    /// The bucket refused or could not be reached.
    #[error("the results bucket {bucket} can't be used: {why}")]
    Unavailable {
        /// The bucket.
        bucket: String,
        /// What S3 says.
        why: String,
    },
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
    pub fn new(s3: Client, bucket: String) -> Self {
        Self { s3, bucket }
    }

    /// Writes a run's record.
    ///
    /// # Errors
    /// Where the bucket can't be written.
    pub async fn put_record(&self, record: &Record) -> Result<(), StoreError> {
        let body = serde_json::to_vec(record).expect("a record has string keys only");
        self.put(&record_key(&record.id), body).await
    }

    /// Reads a run's record.
    ///
    /// # Errors
    /// Where there is none, or it can't be read.
    pub async fn record(&self, id: &RunId) -> Result<Record, StoreError> {
        let key = record_key(id);
        let body = self.get(&key).await?;
        serde_json::from_slice(&body).map_err(|source| StoreError::Damaged { key, source })
    }

    /// Writes the ledger's segment that begins with row `first`.
    ///
    /// # Errors
    /// Where the bucket can't be written.
    pub async fn put_segment(&self, id: &RunId, first: u64, rows: &[Row]) -> Result<(), StoreError> {
        let mut body = Vec::new();
        for row in rows {
            serde_json::to_writer(&mut body, row).expect("a row has string keys only");
            body.push(b'\n');
        }
        self.put(&segment_key(id, first), body).await
    }

    /// Reads at most `limit` rows from number `first` on, no further than the end of its segment.
    ///
    /// # Errors
    /// Where the segment is missing or can't be read.
    pub async fn rows(&self, id: &RunId, first: u64, limit: u64) -> Result<Vec<Row>, StoreError> {
        let begins = first - first % SEGMENT_ROWS;
        let key = segment_key(id, begins);
        let body = self.get(&key).await?;
        let skipped = usize::try_from(first - begins).expect("a segment is small");
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let lines = body.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        let rows = lines.skip(skipped).take(limit).map(serde_json::from_slice);
        rows.collect::<Result<_, _>>().map_err(|source| StoreError::Damaged { key, source })
    }

    /// Ids of at most `limit` runs that are older than `before`, newest first.
    ///
    /// # Errors
    /// Where the bucket can't be listed.
    pub async fn ids(&self, before: Option<&RunId>, limit: u16) -> Result<Vec<RunId>, StoreError> {
        let list = self.s3.list_objects_v2().bucket(&self.bucket).prefix("runs/").delimiter("/");
        let list = list.set_start_after(before.map(|id| format!("runs/{id}/~"))).max_keys(i32::from(limit));
        let output = list.send().await.map_err(|error| self.unavailable(&error))?;
        let id =
            |prefix: &str| RunId::try_from(prefix.strip_prefix("runs/")?.strip_suffix('/')?.to_owned()).ok();
        let prefixes = output.common_prefixes().iter();
        Ok(prefixes.filter_map(|prefix| id(prefix.prefix()?)).collect())
    }

    async fn put(&self, key: &str, body: Vec<u8>) -> Result<(), StoreError> {
        let put = self.s3.put_object().bucket(&self.bucket).key(key).body(ByteStream::from(body));
        put.send().await.map_err(|error| self.unavailable(&error))?;
        Ok(())
    }

    async fn get(&self, key: &str) -> Result<Vec<u8>, StoreError> {
        let output = match self.s3.get_object().bucket(&self.bucket).key(key).send().await {
            Ok(output) => output,
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => {
                return Err(StoreError::NotFound);
            }
            Err(error) => return Err(self.unavailable(&error)),
        };
        let body = output.body.collect().await.map_err(|error| StoreError::Unavailable {
            bucket: self.bucket.clone(),
            why: error.to_string(),
        })?;
        Ok(body.to_vec())
    }

    fn unavailable<E: std::error::Error + 'static>(&self, error: &SdkError<E>) -> StoreError {
        StoreError::Unavailable { bucket: self.bucket.clone(), why: DisplayErrorContext(error).to_string() }
    }
}

fn record_key(id: &RunId) -> String {
    format!("runs/{id}/run.json")
}

fn segment_key(id: &RunId, first: u64) -> String {
    format!("runs/{id}/ledger/{first:012}.ndjson")
}
