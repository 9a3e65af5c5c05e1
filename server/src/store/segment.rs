//! `runs/{id}/ledger/{number}.ndjson`: a run's ledger, in segments that are created and never replaced.
//!
//! The segments of a run are numbered from 0. The server that creates the next one decides what it is, so
//! that their order is one order whichever servers write: a server that takes a run over begins by creating
//! an empty segment, and the one that had it before fails to create its own from then on. A segment's first
//! line is its [`Head`], the others are rows.

use serde::{Deserialize, Serialize};
use wire::event::{End, Log};
use wire::invocation::Invocations;
use wire::row::Row;

use super::{Guard, Store, StoreError};
use crate::price::{Money, Reserve, Usage};
use crate::run::RunId;

/// The line before a segment's rows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Head {
    /// Its owner's epoch: every server that takes the run over has a higher one.
    pub epoch: u64,
    /// The number of its first row.
    pub first: u64,
    /// Its rows.
    pub rows: u64,
    /// The smallest and the largest key among them.
    pub keys: Option<(String, String)>,
    /// The run's state then; viewers' events may be ahead of the rows that are stored.
    pub now: End,
    /// The run's usage, at least for all rows so far.
    pub usage: Usage,
    /// The most that might still be used by invocations without a bill.
    pub reserved: Reserve,
    /// The sum that its owner may use of the run's `max_usd` before it stores another segment.
    #[serde(default)]
    pub authorised: Option<Money>,
    /// The version of the counting by which all rows so far were counted; 0 where they were not by one.
    #[serde(default)]
    pub counting: u32,
    /// Ticks that viewers were shown.
    pub ticks: u64,
    /// Log lines since the segment before.
    pub logs: Vec<Log>,
    /// Invocations that changed since the segment before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invocations: Option<Invocations>,
}

/// A segment with its rows.
#[derive(Clone, Debug)]
pub struct Segment {
    /// The line before them.
    pub head: Head,
    /// The rows.
    pub rows: Vec<Row>,
}

/// Which rows a segment holds: an index of the segments finds rows by number and by key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// The number of its first row.
    pub first: u64,
    /// Its rows.
    pub rows: u64,
    /// The smallest and the largest key among them.
    pub keys: Option<(String, String)>,
}

impl From<&Head> for Extent {
    fn from(head: &Head) -> Self {
        Self { first: head.first, rows: head.rows, keys: head.keys.clone() }
    }
}

impl Store {
    /// Creates the segment of this number. Where the store may have created it already, writing the same
    /// bytes again changes nothing.
    ///
    /// # Errors
    /// A conflict where another server has created it; else where the bucket can't be written.
    pub async fn create_segment(&self, id: &RunId, number: u64, segment: &Segment) -> Result<(), StoreError> {
        let mut body = serde_json::to_vec(&segment.head).expect("a head has string keys only");
        body.push(b'\n');
        for row in &segment.rows {
            serde_json::to_writer(&mut body, row).expect("a row has string keys only");
            body.push(b'\n');
        }
        self.put(&segment_key(id, number), body, Guard::Absent).await.map(drop)
    }

    /// Reads the segment of this number.
    ///
    /// # Errors
    /// Where there is none yet, or it can't be read.
    pub async fn segment(&self, id: &RunId, number: u64) -> Result<Segment, StoreError> {
        let key = segment_key(id, number);
        let (body, _) = self.get(&key).await?;
        let damaged = |source| StoreError::Damaged { key: key.clone(), source };
        let mut lines = body.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        let head = serde_json::from_slice(lines.next().unwrap_or_default()).map_err(damaged)?;
        let rows = lines.map(serde_json::from_slice).collect::<Result<_, _>>().map_err(damaged)?;
        Ok(Segment { head, rows })
    }

    /// Whether there is a segment of a higher number than this.
    ///
    /// # Errors
    /// Where the bucket can't be listed.
    pub async fn has_segments_after(&self, id: &RunId, number: u64) -> Result<bool, StoreError> {
        let after = Some(segment_key(id, number));
        Ok(!self.keys(&format!("runs/{id}/ledger/"), after).await?.is_empty())
    }
}

pub(super) fn segment_key(id: &RunId, number: u64) -> String {
    format!("runs/{id}/ledger/{number:08}.ndjson")
}

/// The smallest and the largest key of some rows.
pub fn keys(rows: &[Row]) -> Option<(String, String)> {
    let keys = || rows.iter().map(|row| &row.key);
    Some((keys().min()?.clone(), keys().max()?.clone()))
}
