//! A run's invocations, as its viewers see them.

use serde::{Deserialize, Serialize};

use crate::cascade::ChildErrorKind;

/// Which function was invoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// The one that fans out.
    Cascade,
    /// The one that counts.
    Wordcount,
}

impl Tier {
    /// The tier's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cascade => "cascade",
            Self::Wordcount => "wordcount",
        }
    }
}

/// How an invocation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It did what it was asked.
    Answered,
    /// It failed, or left something over, and that is retried.
    Retried,
    /// It was throttled; its batch is sent again later.
    Throttled,
    /// It failed, and nobody retries its work on its behalf.
    Failed,
    /// Nobody waited for its end.
    Lost,
}

impl Outcome {
    /// The outcome's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Retried => "retried",
            Self::Throttled => "throttled",
            Self::Failed => "failed",
            Self::Lost => "lost",
        }
    }
}

/// One invocation of either tier. Times are milliseconds since the run began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "InvocationEvent", into = "InvocationEvent")]
pub struct Invocation {
    /// Its number in the run, from 0, in order of beginning.
    pub number: u64,
    /// Which function.
    pub tier: Tier,
    /// How it ended; `None` while it runs.
    pub outcome: Option<Outcome>,
    /// The error, where there was one.
    pub error: Option<ChildErrorKind>,
    /// It ran, or may have: it is among the run's invocations, and billed. A throttled one did not run.
    pub ran: bool,
    /// The number of the invocation that invoked it; `None` for those of the server.
    pub cascade: Option<u64>,
    /// The number of its batch, from 0, that it shares with other attempts at the same objects; for a cascade how
    /// many batches it was given.
    pub batch: u32,
    /// Which attempt it is, from 1.
    pub attempt: u32,
    /// The number of the attempt before it, which had its objects too.
    pub previous: Option<u64>,
    /// Objects that it was asked for.
    pub objects: u32,
    /// Their bytes as stored.
    pub bytes: u64,
    /// The number of the first row that it settled, in order of settling.
    pub first_row: u64,
    /// Rows that it settled, one after the other.
    pub rows: u32,
    /// When its work was ready, and began to wait for a permit or to back off.
    pub queued_ms: u32,
    /// When it began.
    pub began_ms: u32,
    /// When its first answer came.
    pub first_ms: Option<u32>,
    /// When it was over.
    pub ended_ms: Option<u32>,
    /// How long its environment took to start, where it was a cold start.
    pub init_ms: Option<u32>,
    /// Its billed milliseconds, where they were reported.
    pub billed_ms: Option<u32>,
}

/// An invocation as the event stream carries it: an array, in the order of [`Invocation`]'s fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct InvocationEvent(
    u64,
    Tier,
    Option<Outcome>,
    Option<ChildErrorKind>,
    bool,
    Option<u64>,
    u32,
    u32,
    Option<u64>,
    u32,
    u64,
    u64,
    u32,
    u32,
    u32,
    Option<u32>,
    Option<u32>,
    Option<u32>,
    Option<u32>,
);

impl From<InvocationEvent> for Invocation {
    fn from(event: InvocationEvent) -> Self {
        let InvocationEvent(
            number,
            tier,
            outcome,
            error,
            ran,
            cascade,
            batch,
            attempt,
            previous,
            objects,
            bytes,
            first_row,
            rows,
            queued_ms,
            began_ms,
            first_ms,
            ended_ms,
            init_ms,
            billed_ms,
        ) = event;
        Self {
            number,
            tier,
            outcome,
            error,
            ran,
            cascade,
            batch,
            attempt,
            previous,
            objects,
            bytes,
            first_row,
            rows,
            queued_ms,
            began_ms,
            first_ms,
            ended_ms,
            init_ms,
            billed_ms,
        }
    }
}

impl From<Invocation> for InvocationEvent {
    fn from(told: Invocation) -> Self {
        Self(
            told.number,
            told.tier,
            told.outcome,
            told.error,
            told.ran,
            told.cascade,
            told.batch,
            told.attempt,
            told.previous,
            told.objects,
            told.bytes,
            told.first_row,
            told.rows,
            told.queued_ms,
            told.began_ms,
            told.first_ms,
            told.ended_ms,
            told.init_ms,
            told.billed_ms,
        )
    }
}

/// Sums over all of a run's invocations, those left out included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tallied {
    /// Those that run, ran or may have, of both tiers.
    pub invocations: u64,
    /// Those that started their environment, as far as is known.
    pub cold_starts: u64,
    /// Those whose work, or a part of it, is retried.
    pub retried: u64,
    /// Those that were throttled.
    pub throttled: u64,
    /// Those that failed for good.
    pub failed: u64,
    /// Those whose end nobody waited for.
    pub lost: u64,
    /// The most that were in flight at once, of both tiers, throttled ones included.
    pub at_once: u64,
}

/// The `invocations` event: the invocations that changed. One comes again with each of its changes; the last
/// time counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocations {
    /// How many of the first ones are dropped.
    pub left_out: u64,
    /// Sums over all of them.
    pub totals: Tallied,
    /// Those that changed.
    pub rows: Vec<Invocation>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invocation_is_an_array_in_the_order_of_its_fields() {
        let text = r#"[7,"wordcount","retried","function",true,6,3,2,5,8,900,40,1,10,20,null,90,15,70]"#;
        let told: Invocation = serde_json::from_str(text).unwrap();
        assert_eq!((told.number, told.cascade, told.previous), (7, Some(6), Some(5)));
        assert_eq!((told.outcome, told.error), (Some(Outcome::Retried), Some(ChildErrorKind::Function)));
        assert_eq!((told.batch, told.attempt, told.objects, told.bytes), (3, 2, 8, 900));
        assert_eq!((told.first_row, told.rows), (40, 1));
        assert_eq!((told.queued_ms, told.began_ms, told.first_ms, told.ended_ms), (10, 20, None, Some(90)));
        assert_eq!((told.init_ms, told.billed_ms), (Some(15), Some(70)));
        assert_eq!(serde_json::to_string(&told).unwrap(), text);
    }
}
