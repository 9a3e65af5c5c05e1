//! One object of a run in detail.

use serde::{Deserialize, Serialize};

use crate::cascade::ChildErrorKind;
use crate::event::Log;
use crate::invocation::{Invocation, Outcome};
use crate::row::Row;
use crate::tally::Tally;

/// The answer to `GET /runs/{id}/objects/{n}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectDetail {
    /// Its row; the fields stand beside the others in JSON.
    #[serde(flatten)]
    pub row: Row,
    /// The row's number, in order of settling.
    pub n: u64,
    /// The ranges of it that were counted, in order; none where nothing was.
    pub spans: Vec<Span>,
    /// The attempts at it, the first one first.
    pub attempts: Vec<Attempt>,
    /// Why there is no attempt, where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Log lines about it, as far as the log still has them.
    pub log: Vec<Log>,
}

/// A range of an object that one function counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Its first byte, as stored.
    pub start: u64,
    /// One past its last byte, as stored.
    pub end: u64,
    /// The range's counts.
    #[serde(flatten)]
    pub tally: Tally,
    /// The number of the invocation that counted it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invocation: Option<u64>,
}

/// An attempt at an object: an invocation that was asked for it, among others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The invocation's number in the run.
    pub invocation: u64,
    /// The number of the cascade that invoked it.
    pub cascade: Option<u64>,
    /// The number of its batch.
    pub batch: u32,
    /// Which attempt it is, from 1.
    pub attempt: u32,
    /// How it ended; `None` while it runs.
    pub outcome: Option<Outcome>,
    /// The error, where there was one.
    pub error: Option<ChildErrorKind>,
    /// Objects that it was asked for.
    pub objects: u32,
    /// Their bytes as stored.
    pub bytes: u64,
    /// Milliseconds from the run's start: when it began to wait.
    pub queued_ms: u32,
    /// The same: when it began.
    pub began_ms: u32,
    /// The same: when it was over.
    pub ended_ms: Option<u32>,
    /// Milliseconds from its start to its end.
    pub duration_ms: Option<u32>,
    /// Milliseconds that its environment took to start, where it was a cold start.
    pub init_ms: Option<u32>,
    /// Its billed milliseconds, where they were reported.
    pub billed_ms: Option<u32>,
}

impl From<Invocation> for Attempt {
    fn from(told: Invocation) -> Self {
        Self {
            invocation: told.number,
            cascade: told.cascade,
            batch: told.batch,
            attempt: told.attempt,
            outcome: told.outcome,
            error: told.error,
            objects: told.objects,
            bytes: told.bytes,
            queued_ms: told.queued_ms,
            began_ms: told.began_ms,
            ended_ms: told.ended_ms,
            duration_ms: told.ended_ms.map(|ended| ended.saturating_sub(told.began_ms)),
            init_ms: told.init_ms,
            billed_ms: told.billed_ms,
        }
    }
}
