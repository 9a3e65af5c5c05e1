//! A run: what was asked for and how far it is.

use serde::{Deserialize, Serialize};

use crate::bucket::BucketName;
use crate::rule::{Grain, Rule};

/// What is done with each object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Analysis {
    /// Count words and lines.
    #[default]
    Wordcount,
}

/// Where a run stops dispatching, whatever is left. `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_usd: Option<f64>,
    /// Objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_objects: Option<u64>,
    /// Bytes as stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<u64>,
    /// Seconds from the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_seconds: Option<u64>,
}

/// What a run was asked to do; it never changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSpec {
    /// What is done with each object.
    #[serde(default)]
    pub analysis: Analysis,
    /// The bucket.
    pub bucket: BucketName,
    /// Keys begin with this.
    pub prefix: String,
    /// What a word is.
    pub rule: Rule,
    /// What viewers are sent.
    pub grain: Grain,
    /// Only keys that end with this are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suffix: Option<String>,
    /// Where it stops.
    #[serde(flatten)]
    pub limits: Limits,
    /// Seconds without a viewer after which it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_unwatched: Option<u64>,
    /// Everything is counted, also what has not changed since an earlier run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recount: bool,
    /// The run whose failed objects this one tries again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Accepted; nothing dispatched.
    Starting,
    /// Objects are being listed, dispatched or awaited.
    Running,
    /// Its server is gone; it goes on when it is resumed.
    Interrupted,
    /// Every listed object has its final state.
    Finished,
    /// Cancelled by a person or a closed connection.
    Cancelled,
    /// Ended by one of its limits.
    Budget,
    /// Ended because too much of it failed.
    TooManyFailures,
    /// The run itself failed; what was counted stands.
    Failed,
    /// The ledger does not add up: a defect, told loudly.
    Inconsistent,
}

impl RunState {
    /// The state's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Interrupted => "interrupted",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
            Self::Budget => "budget",
            Self::TooManyFailures => "too_many_failures",
            Self::Failed => "failed",
            Self::Inconsistent => "inconsistent",
        }
    }

    /// Nothing more will happen to the run.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Starting | Self::Running | Self::Interrupted)
    }
}
