//! The payloads of the `cascade` function.

use serde::{Deserialize, Serialize};

use crate::row::{Object, ObjectRow};
use crate::rule::{Grain, Rule};
use crate::tally::Tally;
use crate::wordcount;

/// Objects for one `wordcount` invocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// The attempt's id, as the server issued it; unique over all attempts.
    pub id: String,
    /// Objects to count.
    pub objects: Vec<Object>,
    /// Milliseconds that its child may take; the request's `max_ms` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_ms: Option<u64>,
}

/// Batches to fan out. Either `keys` or `batches` names the objects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Protocol version; absent means 1.
    #[serde(default = "wordcount::version")]
    pub v: u32,
    /// The bucket that holds the objects.
    pub bucket: String,
    /// The minimal form: keys, numbered from 0 in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// With `keys`: how many each `wordcount` gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_size: Option<usize>,
    /// The full form, as the server sends it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub batches: Vec<Batch>,
    /// A row for every object, or only for what was not counted.
    #[serde(default)]
    pub grain: Grain,
    /// The word rule.
    #[serde(default)]
    pub rule: Rule,
    /// This call's attempt id, as the server issued it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<String>,
    /// Milliseconds a child may take before it answers what it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_ms: Option<u64>,
    /// Milliseconds after which the cascade waits for no child any more; its own deadline where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<u64>,
    /// The `wordcount` function to invoke; the cascade's own setting where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wordcount_function: Option<String>,
    /// The requester pays for GETs, and each GET says so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub requester_pays: bool,
    /// The span that is this invocation, as a W3C `traceparent`, for the function's log; ignored if invalid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

/// One line of the streamed answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Frame {
    /// A child answered.
    Reply {
        /// The batch's id.
        batch: String,
        /// The child's counts.
        reply: wordcount::Reply,
        /// The child's billed milliseconds, from its REPORT line; `None` where that never came.
        billed_ms: Option<u64>,
        /// How long it took.
        #[serde(flatten)]
        timing: Timing,
    },
    /// A child gave no reply.
    Error {
        /// The batch's id.
        batch: String,
        /// Why.
        error: ChildError,
        /// The child's billed milliseconds, where it ran and reported.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        billed_ms: Option<u64>,
        /// How long it took.
        #[serde(flatten)]
        timing: Timing,
    },
    /// Nothing finished for a while; the cascade is alive.
    Beat {
        /// Children still running.
        beat: u64,
    },
}

/// How long an invocation took, in milliseconds, as far as is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// From its Invoke to its answer, as its caller saw them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    /// Its environment's start, from its REPORT line; absent where it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init_ms: Option<u64>,
}

/// Why a `wordcount` invocation gave no reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildError {
    /// The kind of error, which decides what the server does next.
    pub kind: ChildErrorKind,
    /// The error in a sentence.
    pub message: String,
    /// Milliseconds that the service asked to be left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// The numbers of the objects that were open when the function died, as its log tail names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<u64>,
}

/// The kinds of [`ChildError`], by what helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChildErrorKind {
    /// 429, or a function that is not ready (409): the same batch again, later.
    Throttled,
    /// Its process ended without a word, by a defect or by no fault of its own: smaller batches, and a retry
    /// for an object that is alone in its batch.
    Died,
    /// The payload was over the limit: smaller batches.
    TooLarge,
    /// 5xx or a broken connection: the same batch again.
    Unreachable,
    /// 4xx: no retry helps.
    Refused,
    /// The function speaks another protocol version.
    Outdated,
    /// The function failed, ran out of time or of memory: smaller batches. An unknown kind, from a newer
    /// cascade, is read as this one.
    #[serde(other)]
    Function,
}

impl ChildErrorKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Throttled,
        Self::Function,
        Self::Died,
        Self::TooLarge,
        Self::Unreachable,
        Self::Refused,
        Self::Outdated,
    ];

    /// The kind's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Function => "function",
            Self::Died => "died",
            Self::TooLarge => "too_large",
            Self::Unreachable => "unreachable",
            Self::Refused => "refused",
            Self::Outdated => "outdated",
        }
    }
}

/// The answer to a plain Invoke.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Protocol version.
    #[serde(default = "wordcount::version")]
    pub v: u32,
    /// Sums over what was counted.
    #[serde(flatten)]
    pub tally: Tally,
    /// The children's billed milliseconds, as far as they reported.
    pub billed_ms: u64,
    /// A row for every finished object; in grain `total` only for what is not `counted`.
    pub objects: Vec<ObjectRow>,
    /// Objects that were not begun, not finished, or lost with a failed child.
    pub remaining: Vec<Object>,
    /// Sentences for the log.
    pub warnings: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minimal_form_is_read() {
        let request: Request = serde_json::from_str(r#"{"bucket":"b","keys":["k"]}"#).unwrap();
        assert_eq!((request.v, request.grain, request.rule), (1, Grain::Total, Rule::Wc));
    }

    #[test]
    fn kinds_have_names_and_a_newer_one_is_a_failure_of_the_function() {
        for kind in ChildErrorKind::ALL {
            let name = format!("\"{}\"", kind.as_str());
            assert_eq!(serde_json::to_string(&kind).unwrap(), name);
            assert_eq!(serde_json::from_str::<ChildErrorKind>(&name).unwrap(), kind);
        }
        let newer: ChildErrorKind = serde_json::from_str("\"exhausted\"").unwrap();
        assert_eq!(newer, ChildErrorKind::Function);
    }

    #[test]
    fn frames_are_told_apart() {
        let beat = serde_json::to_string(&Frame::Beat { beat: 3 }).unwrap();
        assert_eq!(beat, r#"{"beat":3}"#);
        let error = r#"{"batch":"a","error":{"kind":"throttled","message":"m","retry_after_ms":5}}"#;
        assert!(matches!(serde_json::from_str(error), Ok(Frame::Error { .. })));
        let reply =
            r#"{"batch":"a","reply":{"v":1,"words":1,"lines":1,"bytes_in":1,"bytes_out":1},"billed_ms":9}"#;
        let Ok(Frame::Reply { billed_ms: Some(9), timing, .. }) = serde_json::from_str(reply) else {
            panic!("{reply} is a reply");
        };
        assert_eq!(timing, Timing::default());
    }
}
