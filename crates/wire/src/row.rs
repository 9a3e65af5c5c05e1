//! One object and its outcome.

use serde::{Deserialize, Serialize};

use crate::tally::{Piece, Tally};

/// The final state of a listed object. Only `Counted` is in the totals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Read to its end and counted exactly.
    Counted,
    /// Read in part; what was counted of it is shown beside the totals.
    Partial,
    /// Could not be counted.
    Failed,
    /// Nothing to count.
    Skipped,
    /// Never dispatched, or given up.
    Cancelled,
}

impl State {
    /// Every state, in the order in which they are reported.
    pub const ALL: [Self; 5] = [Self::Counted, Self::Partial, Self::Failed, Self::Skipped, Self::Cancelled];

    /// The state's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counted => "counted",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Why an object is in a state other than `Counted`, or `Warning` beside a counted one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Counted, with something to say about it.
    Warning,
    /// The function's time ran out before the object's end.
    Deadline,
    /// The object is no longer there.
    Gone,
    /// The object is no longer the one that was listed.
    Changed,
    /// Reading it is not allowed.
    Denied,
    /// It lies in an archive tier and has to be restored first.
    Archived,
    /// A checksum or the format itself is damaged.
    Corrupt,
    /// It ends in the middle of its format.
    Truncated,
    /// It passes a stated bound.
    TooLarge,
    /// The function itself failed on it.
    Function,
    /// Every attempt at it was spent.
    Unreachable,
    /// It has no bytes.
    Empty,
    /// Its key ends in `/`.
    Marker,
    /// A filter of the run leaves it out.
    Filtered,
    /// The run was cancelled.
    Cancelled,
    /// The run reached one of its limits.
    Budget,
    /// The run gave up after too many failures.
    TooManyFailures,
}

impl Reason {
    /// The reason's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Deadline => "deadline",
            Self::Gone => "gone",
            Self::Changed => "changed",
            Self::Denied => "denied",
            Self::Archived => "archived",
            Self::Corrupt => "corrupt",
            Self::Truncated => "truncated",
            Self::TooLarge => "too_large",
            Self::Function => "function",
            Self::Unreachable => "unreachable",
            Self::Empty => "empty",
            Self::Marker => "marker",
            Self::Filtered => "filtered",
            Self::Cancelled => "cancelled",
            Self::Budget => "budget",
            Self::TooManyFailures => "too_many_failures",
        }
    }

    /// The state that this reason explains.
    pub fn state(self) -> State {
        match self {
            Self::Warning => State::Counted,
            Self::Deadline => State::Partial,
            Self::Gone
            | Self::Changed
            | Self::Denied
            | Self::Archived
            | Self::Corrupt
            | Self::Truncated
            | Self::TooLarge
            | Self::Function
            | Self::Unreachable => State::Failed,
            Self::Empty | Self::Marker | Self::Filtered => State::Skipped,
            Self::Cancelled | Self::Budget | Self::TooManyFailures => State::Cancelled,
        }
    }
}

/// Whether a row of this state and reason has counts, those of an object without bytes among them. One that has none
/// has the listed size as its stored bytes, and zeros that mean nothing.
pub fn has_counts(state: State, reason: Option<Reason>) -> bool {
    match state {
        State::Counted | State::Partial => true,
        State::Skipped => reason != Some(Reason::Filtered),
        State::Failed | State::Cancelled => false,
    }
}

/// An object, or a span of one, to be counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// The object's number in its run, from 0, in the order of listing.
    pub n: u64,
    /// Its key.
    pub key: String,
    /// The ETag as listed, quotes included; only this version is counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// Bytes as listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The span's first byte; the object's where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<u64>,
    /// One past the span's last byte; the object's end where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<u64>,
}

/// A function's result for one object, by number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectRow {
    /// The object's number in the request.
    pub n: u64,
    /// Its key, where the request named keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Its state.
    pub state: State,
    /// The reason for that state, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The reason in a sentence, for the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The counts; zeros where nothing was counted.
    #[serde(flatten)]
    pub tally: Tally,
    /// Milliseconds from opening the object to its last byte.
    pub duration_ms: u64,
    /// The ETag of the version that was read, quotes included, where it is not the listed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The piece, where a span was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub piece: Option<Piece>,
}

impl ObjectRow {
    /// Whether another version of the object was read than the listed one.
    pub fn is_of_other_version(&self, object: &Object) -> bool {
        match (&object.etag, &self.etag) {
            (Some(listed), Some(read)) => is_other_etag(listed, read),
            (None, Some(_)) => true,
            (_, None) => false,
        }
    }
}

/// Whether two ETags name two versions: some stores write them sometimes with quotes and sometimes without.
pub fn is_other_etag(one: &str, other: &str) -> bool {
    let opaque = |etag: &str| etag.trim_start_matches("W/").trim_matches('"').to_owned();
    opaque(one) != opaque(other)
}

/// A row of the ledger: one listed object in its final state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The object's key.
    pub key: String,
    /// Its final state.
    pub state: State,
    /// The reason; `None` for what was counted without remark.
    pub reason: Option<Reason>,
    /// The counts; where nothing was counted, zeros and the listed size.
    #[serde(flatten)]
    pub tally: Tally,
    /// Milliseconds that its function spent on it.
    pub duration_ms: u64,
    /// The ETag as listed, quotes included; of an object that changed before it was read, that of what was counted.
    pub etag: Option<String>,
    /// It has not changed since an earlier run counted it: the counts are that run's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unchanged: bool,
}

/// A ledger row as the event stream carries it: an array, in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowEvent(
    /// Key.
    pub String,
    /// Words.
    pub u64,
    /// Lines.
    pub u64,
    /// Bytes as stored.
    pub u64,
    /// Bytes decoded.
    pub u64,
    /// Milliseconds spent on it.
    pub u64,
    /// Final state.
    pub State,
    /// Reason.
    pub Option<Reason>,
);

impl From<Row> for RowEvent {
    fn from(row: Row) -> Self {
        let Tally { words, lines, bytes_in, bytes_out } = row.tally;
        Self(row.key, words, lines, bytes_in, bytes_out, row.duration_ms, row.state, row.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(one: &str, other: &str, expected: bool) {
        assert_eq!(is_other_etag(one, other), expected);
    }

    #[test]
    fn quotes_make_no_version() {
        check("\"a\"", "a", false);
        check("W/\"a\"", "\"a\"", false);
        check("\"a\"", "\"b\"", true);
        check("\"a\"", "\"a-2\"", true);
    }
}
