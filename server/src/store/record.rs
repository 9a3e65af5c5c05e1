//! `runs/{id}/run.json`: what a run is, and what came of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use wire::event::{End, Log};
use wire::run::RunSpec;

use super::{Extent, Guard, Store, StoreError, Version};
use crate::metrics::Operation;
use crate::run::RunId;

/// The content of `run.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// The run's id.
    pub id: RunId,
    /// Its spec.
    pub spec: RunSpec,
    /// When it began.
    pub started_at: Timestamp,
    /// Its cost is what AWS would have asked.
    pub simulated: bool,
    /// It lives no longer than the connection that it was started over.
    #[serde(default)]
    pub attached: bool,
    /// The span that asked for it, where the request named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// The run whose counts of unchanged objects it took.
    #[serde(default)]
    pub base: Option<RunId>,
    /// The name of its start in the store, where it was started under an idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// All keys up to this one were listed, where the store lists them in their order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed_to: Option<String>,
    /// State, totals and cost at the time of writing; those of a run that is not over may have grown.
    pub end: End,
    /// The log's last lines.
    pub logs: Vec<Log>,
    /// Ticks that its viewers were shown.
    pub ticks: u64,
    /// The segments of its ledger, once it is over.
    #[serde(default)]
    pub segments: Vec<Extent>,
}

/// Ids of one listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdPage {
    /// Newest first.
    pub ids: Vec<RunId>,
    /// Whether nothing is listed behind them.
    pub is_last: bool,
}

impl Record {
    /// Rows in its segments.
    pub fn rows(&self) -> u64 {
        self.segments.last().map_or(0, |extent| extent.first + extent.rows)
    }
}

impl Store {
    /// Writes the record of a run that is about to begin.
    ///
    /// # Errors
    /// Where it has one, or the bucket can't be written.
    pub async fn create_record(&self, record: &Record) -> Result<Version, StoreError> {
        self.put_json(&record_key(&record.id), record, Guard::Absent).await
    }

    /// Replaces a run's record of this version.
    ///
    /// # Errors
    /// Where another server has written it meanwhile, or the bucket can't be written.
    pub async fn replace_record(&self, record: &Record, version: &Version) -> Result<Version, StoreError> {
        self.put_json(&record_key(&record.id), record, Guard::Is(version)).await
    }

    /// Reads a run's record.
    ///
    /// # Errors
    /// Where there is none, or it can't be read.
    pub async fn record(&self, id: &RunId) -> Result<(Record, Version), StoreError> {
        self.get_json(&record_key(id)).await
    }

    /// Ids of at most `limit` runs that are older than `before`, newest first.
    ///
    /// # Errors
    /// Where the bucket can't be listed.
    pub async fn ids(&self, before: Option<&RunId>, limit: u16) -> Result<Vec<RunId>, StoreError> {
        Ok(self.ids_after(before.map(|id| format!("runs/{id}/~")), limit).await?.ids)
    }

    /// Ids of runs that began before that time, newest first, at most `limit`.
    ///
    /// # Errors
    /// Where the bucket can't be listed.
    pub async fn ids_begun_before(&self, time: Timestamp, limit: u16) -> Result<Vec<RunId>, StoreError> {
        Ok(self.ids_after(Some(format!("runs/{}~", RunId::time_part(time))), limit).await?.ids)
    }

    /// Ids of at most `limit` runs from this one on, whether there is such a run or not, newest first.
    ///
    /// # Errors
    /// Where the bucket can't be listed.
    pub async fn ids_from(&self, first: &RunId, limit: u16) -> Result<IdPage, StoreError> {
        self.ids_after(Some(format!("runs/{first}")), limit).await
    }

    async fn ids_after(&self, after: Option<String>, limit: u16) -> Result<IdPage, StoreError> {
        let list = self.s3.list_objects_v2().bucket(&self.bucket).prefix("runs/").delimiter("/");
        let list = list.set_start_after(after).max_keys(i32::from(limit));
        let listed = async { list.send().await.map_err(|error| self.refused("runs/", &error)) };
        let output = self.measured(Operation::List, listed).await?;
        let id =
            |prefix: &str| RunId::try_from(prefix.strip_prefix("runs/")?.strip_suffix('/')?.to_owned()).ok();
        let prefixes = output.common_prefixes().iter();
        let ids = prefixes.filter_map(|prefix| id(prefix.prefix()?)).collect();
        Ok(IdPage { ids, is_last: output.is_truncated() == Some(false) })
    }

    /// Records that a run was cancelled, for whichever server has it.
    ///
    /// # Errors
    /// Where the bucket can't be written.
    pub async fn note_cancel(&self, id: &RunId) -> Result<(), StoreError> {
        self.put(&cancel_key(id), Vec::new(), Guard::Any).await.map(drop)
    }

    /// Whether a run was cancelled.
    ///
    /// # Errors
    /// Where the bucket can't be read.
    pub async fn is_cancelled(&self, id: &RunId) -> Result<bool, StoreError> {
        self.exists(&cancel_key(id)).await
    }
}

pub(super) fn record_key(id: &RunId) -> String {
    format!("runs/{id}/run.json")
}

fn cancel_key(id: &RunId) -> String {
    format!("runs/{id}/cancel")
}
