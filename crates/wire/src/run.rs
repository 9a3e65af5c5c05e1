//! A run: its specification and its state.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::bucket::BucketName;
use crate::rule::{Grain, Rule};
use crate::selection::Selection;

/// Characters of a run's id.
pub const ID_LETTERS: usize = 43;

/// Whether a text has the form of a run's id: that many hexadecimal digits, which are no more than a name in
/// an address, a key or a command.
pub fn is_id(text: &str) -> bool {
    text.len() == ID_LETTERS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The operation on each object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Analysis {
    /// Count words and lines.
    #[default]
    Wordcount,
}

/// Limits at which a run stops dispatching, whatever is left. `None` is no limit.
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

/// A filter of the listed objects: those are counted that meet every condition. `None` is no condition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Keys that end with this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suffix: Option<String>,
    /// Keys that this pattern matches: without a `/` their names, what follows the last `/`; with one whole keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub glob: Option<String>,
    /// Objects of at least this many bytes as stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_size: Option<u64>,
    /// Objects of at most this many bytes as stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_size: Option<u64>,
    /// Objects modified at this time, RFC 3339, or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_since: Option<String>,
}

impl fmt::Display for Filter {
    /// The conditions in words; empty where there are none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = [
            self.suffix.as_ref().map(|suffix| format!("keys that end with {suffix}")),
            self.glob.as_ref().map(|glob| format!("keys like {glob}")),
            self.min_size.map(|bytes| format!("of {bytes} bytes or more")),
            self.max_size.map(|bytes| format!("of {bytes} bytes or fewer")),
            self.modified_since.as_ref().map(|time| format!("modified since {time}")),
        ];
        f.write_str(&said.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

/// A run's specification; it never changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSpec {
    /// The operation on each object.
    #[serde(default)]
    pub analysis: Analysis,
    /// The bucket.
    pub bucket: BucketName,
    /// Keys begin with this.
    pub prefix: String,
    /// The word rule.
    pub rule: Rule,
    /// The grain of what viewers are sent.
    pub grain: Grain,
    /// The filter of the listed objects.
    #[serde(flatten)]
    pub filter: Filter,
    /// The limits.
    #[serde(flatten)]
    pub limits: Limits,
    /// Seconds without a viewer after which it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_unwatched: Option<u64>,
    /// Everything is counted, also objects that have not changed since an earlier run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recount: bool,
    /// The run whose objects this one reruns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Rows of the parent to rerun, whatever their state; where absent, those that it did not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Selection>,
}

/// The state of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Accepted; nothing dispatched.
    Starting,
    /// Objects are being listed, dispatched or awaited.
    Running,
    /// Its server is gone; the run waits to be resumed.
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
    /// The ledger does not add up: a defect, reported loudly.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(filter: &Filter, fields: &str, words: &str) {
        let stored = format!(r#"{{"bucket":"docs","prefix":"a/","rule":"wc","grain":"total"{fields}}}"#);
        let spec: RunSpec = serde_json::from_str(&stored).unwrap();
        assert_eq!((&spec.filter, spec.filter.to_string().as_str()), (filter, words));
        let again: RunSpec = serde_json::from_str(&serde_json::to_string(&spec).unwrap()).unwrap();
        assert_eq!(again, spec);
    }

    #[test]
    fn an_id_is_digits_and_nothing_else() {
        let id = "0123456789abcdef0123456789abcdef0123456789a";
        assert!(is_id(id));
        for wrong in ["", &id[1..], &format!("{id}0"), &id.to_uppercase(), "../../etc/passwd"] {
            assert!(!is_id(wrong), "{wrong}");
        }
        for letter in ["/", "?", "#", "%", ".", "g", " ", "\0"] {
            assert!(!is_id(&format!("{}{letter}", &id[1..])), "{letter:?}");
        }
    }

    #[test]
    fn a_filters_fields_stand_beside_the_others() {
        check(&Filter::default(), "", "");
        let suffix = Filter { suffix: Some(".gz".to_owned()), ..Filter::default() };
        check(&suffix, r#","suffix":".gz","max_objects":7"#, "keys that end with .gz");
        let sizes = Filter { min_size: Some(1), max_size: Some(2), ..Filter::default() };
        check(&sizes, r#","min_size":1,"max_size":2"#, "of 1 bytes or more, of 2 bytes or fewer");
    }
}
