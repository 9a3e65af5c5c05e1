//! Events that a run sends to its viewers.

use serde::{Deserialize, Serialize};

use crate::row::{RowEvent, State};
use crate::run::RunState;

/// How far a run is. Cumulative; `objects_done <= objects_found`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Objects listed.
    pub objects_found: u64,
    /// Objects in any final state.
    pub objects_done: u64,
    /// Of those, in state `failed`.
    pub objects_failed: u64,
    /// Objects that have not changed since an earlier run counted them: their counts are taken from it.
    #[serde(default)]
    pub objects_unchanged: u64,
    /// No more objects will be found.
    pub listing_done: bool,
    /// Words of what was counted.
    pub words: u64,
    /// Lines of what was counted.
    pub lines: u64,
    /// Bytes as stored of what was counted.
    pub bytes_in: u64,
    /// Bytes decoded of what was counted.
    pub bytes_out: u64,
    /// Function invocations so far, of both tiers.
    pub invocations: u64,
    /// Billed milliseconds that were reported, of both tiers.
    pub billed_ms: u64,
    /// US dollars: what it costs, or would cost, on AWS.
    pub cost_usd: f64,
    /// The same in parts.
    #[serde(default)]
    pub cost: Cost,
    /// Milliseconds since the run began.
    pub elapsed_ms: u64,
    /// Never falls; 1 only at the end.
    pub fraction: f64,
    /// No server has the run: the one that had it is gone, and the run waits to be resumed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
    /// Throttled batches that are backing off.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub throttled: u64,
    /// Files of a mounted folder that no listing shows, and that are in no total.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub unlisted: u64,
    /// The run counts objects of an earlier run, and no others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rerun: bool,
}

fn is_nothing(number: &u64) -> bool {
    *number == 0
}

/// The parts of a run's cost, in US dollars. `cost_usd` is their sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// The time of the `wordcount` invocations that answered.
    pub wordcount_usd: f64,
    /// The time of the `cascade` invocations: the price of fanning out.
    pub cascade_usd: f64,
    /// The time of invocations of either tier that ended in an error.
    pub failed_usd: f64,
    /// A request for each invocation.
    pub requests_usd: f64,
    /// GETs and LISTs.
    pub s3_usd: f64,
    /// Invocations that ended without reporting their bill; the parts don't include it.
    pub unreported: u64,
    /// The most that those may have cost.
    pub unreported_usd: f64,
    /// The requester pays for the bucket's requests, and for what leaves its region, which no part includes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub requester_pays: bool,
    /// Servers that had the run and were killed: the last invocations of each may be missing.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub kills: u64,
}

impl Cost {
    /// The known cost: the sum of the parts.
    pub fn total_usd(&self) -> f64 {
        self.wordcount_usd + self.cascade_usd + self.failed_usd + self.requests_usd + self.s3_usd
    }
}

/// Ledger rows, in order of settling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objects {
    /// The number of the first row, in order of settling.
    pub first: u64,
    /// The rows.
    pub rows: Vec<RowEvent>,
}

/// The severity of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The ordinary course.
    Info,
    /// Something a person may want to look at.
    Warning,
    /// An object or the run failed.
    Error,
}

/// A line of a run's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// Its severity.
    pub level: Level,
    /// The line.
    pub text: String,
    /// The object that the line is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// Objects by final state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "one field for each state")]
pub struct StateCounts {
    pub counted: u64,
    pub partial: u64,
    pub failed: u64,
    pub skipped: u64,
    pub cancelled: u64,
}

impl StateCounts {
    /// Objects in any final state.
    pub fn total(&self) -> u64 {
        self.counted + self.partial + self.failed + self.skipped + self.cancelled
    }

    /// One more object in this state.
    pub fn add(&mut self, state: State) {
        match state {
            State::Counted => self.counted += 1,
            State::Partial => self.partial += 1,
            State::Failed => self.failed += 1,
            State::Skipped => self.skipped += 1,
            State::Cancelled => self.cancelled += 1,
        }
    }
}

/// The last event of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct End {
    /// The last progress.
    #[serde(flatten)]
    pub progress: Progress,
    /// The final state; while the run goes on (in `/runs/{id}.json`), the present one.
    pub state: RunState,
    /// Objects by final state.
    pub states: StateCounts,
    /// Why, where the run did not finish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
