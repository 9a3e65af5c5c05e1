//! Forms and answers of the server functions.

use serde::{Deserialize, Serialize};

use crate::event::End;
use crate::row::State;
use crate::run::RunSpec;

/// The form that starts a run, as text; the server says in a sentence what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the contract's own; RunSpec documents them")]
pub struct StartRun {
    pub bucket: Option<String>,
    pub prefix: Option<String>,
    pub grain: Option<String>,
    pub rule: Option<String>,
    pub max_usd: Option<String>,
    pub max_objects: Option<String>,
    pub max_bytes: Option<String>,
    pub max_seconds: Option<String>,
    pub suffix: Option<String>,
    pub glob: Option<String>,
    pub min_size: Option<String>,
    pub max_size: Option<String>,
    pub modified_since: Option<String>,
    pub stop_unwatched: Option<String>,
    pub recount: Option<String>,
    pub idempotency_key: Option<String>,
}

/// A run was started. Paths are relative to the site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The run's id.
    pub id: String,
    /// Its event stream.
    pub events: String,
    /// Its page.
    pub page: String,
}

/// A run was asked to stop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancelled {
    /// The run's id.
    pub id: String,
    /// Its state.
    pub state: String,
}

/// A run was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deleted {
    /// The run's id.
    pub id: String,
}

/// One LIST page of a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Prefixes up to the next `/`.
    pub prefixes: Vec<String>,
    /// Objects directly below the prefix.
    pub objects: Vec<ListedObject>,
    /// Pass it back for the next page.
    pub next: Option<String>,
}

/// An object as a LIST page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedObject {
    /// Its key.
    pub key: String,
    /// Bytes as stored.
    pub size: u64,
    /// Last modification, RFC 3339.
    pub modified: Option<String>,
}

/// An estimate of what a run would take.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Objects that it would count.
    pub objects: u64,
    /// Objects that it would skip: without bytes, or left out by a filter.
    #[serde(default)]
    pub skipped: u64,
    /// Bytes as stored of those that it would count.
    pub bytes: u64,
    /// Function invocations, of both tiers.
    pub invocations: u64,
    /// US dollars on AWS.
    pub usd: f64,
    /// Seconds on AWS.
    pub seconds: f64,
    /// False where the listing stopped at its bound, of objects or of time.
    pub complete: bool,
    /// The limit at which the run would stop short, by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
}

/// A run in the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// The run's id.
    pub id: String,
    /// Its specification.
    pub spec: RunSpec,
    /// When it began, RFC 3339.
    pub started_at: String,
    /// State, totals and cost so far; these fields stand beside the others in JSON.
    #[serde(flatten)]
    pub end: End,
    /// The cost is what AWS would have charged: the functions ran on this machine.
    pub simulated: bool,
    /// The run whose counts of unchanged objects it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// It is a rerun of an earlier run's objects; set also where the reader may not know which run that is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_rerun: bool,
}

impl RunSummary {
    /// The run without the ids of the runs that it builds on: an id is the right to see its run.
    #[must_use]
    pub fn without_other_runs(mut self) -> Self {
        for id in self.spec.parent.take().into_iter().chain(self.base.take()) {
            self.end.error = self.end.error.map(|text| without_run(&text, &id));
        }
        self
    }
}

/// A sentence without the id of a run that it may name.
pub fn without_run(text: &str, id: &str) -> String {
    text.replace(&format!("the run {id}"), "an earlier run")
        .replace(&format!("run {id}"), "an earlier run")
        .replace(id, "\u{2026}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_reads_well_without_the_run_that_it_names() {
        let check = |text: &str, expected: &str| assert_eq!(without_run(text, "0ab"), expected);
        check("the rows of the run 0ab can't be read", "the rows of an earlier run can't be read");
        check(
            "nothing has changed since run 0ab, it says",
            "nothing has changed since an earlier run, it says",
        );
        check("runs/0ab/ledger/1 is damaged", "runs/\u{2026}/ledger/1 is damaged");
    }
}

/// A page of the history, newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunPage {
    /// The runs.
    pub runs: Vec<RunSummary>,
    /// Pass it as `before` for the next page.
    pub next: Option<String>,
}

/// The viewer of a page, by their rights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visitor {
    /// May start, cancel, browse and list: by the token, or since the site asks for none.
    #[default]
    Runner,
    /// The same, by a session that can be ended.
    Session,
    /// Has shown nothing, and sees the runs whose ids it knows.
    Stranger,
}

/// Facts about the site that the page needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// The page's viewer.
    #[serde(default)]
    pub visitor: Visitor,
    /// The bucket that the form proposes; empty for strangers.
    pub bucket: String,
    /// The prefix that the form proposes; empty for strangers.
    pub prefix: String,
    /// Buckets that a visitor may name; none for strangers.
    pub buckets: Vec<String>,
    /// Costs are what AWS would charge: the functions run on this machine.
    pub simulated: bool,
}

/// How an object differs from what an earlier run saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// The earlier run did not list it.
    Added,
    /// Another version, other counts or another state.
    Changed,
    /// The earlier run alone listed it.
    Removed,
}

impl ChangeKind {
    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }
}

/// An object that changed between two runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are those of a ledger's row, before and after")]
pub struct Change {
    pub key: String,
    pub change: ChangeKind,
    pub state: Option<State>,
    pub words_before: Option<u64>,
    pub words: Option<u64>,
    pub lines_before: Option<u64>,
    pub lines: Option<u64>,
    pub bytes_in_before: Option<u64>,
    pub bytes_in: Option<u64>,
}

/// Changes since an earlier run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// The earlier run.
    pub since: String,
    /// Objects that it did not list.
    pub added: u64,
    /// Objects that both listed and that differ.
    pub changed: u64,
    /// Objects that only it listed.
    pub removed: u64,
    /// Objects that are the same.
    pub unchanged: u64,
    /// The first changes, in the order of keys.
    pub rows: Vec<Change>,
}
