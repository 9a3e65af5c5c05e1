//! The runs of which a reader may learn beside its own. An id is the right to see its run.

use wire::api::{RunSummary, without_run};
use wire::event::{End, Log};

use super::Run;

/// A reader, by what it may learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sees {
    /// It has this run's link, and learns of no other run.
    One,
    /// It may list all runs.
    All,
}

impl Sees {
    /// A summary as this reader is shown it.
    pub fn of(self, summary: RunSummary) -> RunSummary {
        match self {
            Self::One => summary.without_other_runs(),
            Self::All => summary,
        }
    }

    /// A sentence about a run as this reader is shown it.
    pub fn text(self, run: &Run, text: String) -> String {
        if self == Self::All {
            return text;
        }
        let parent = run.spec.parent.clone();
        let others = parent.into_iter().chain(run.base().map(String::from));
        others.fold(text, |text, id| without_run(&text, &id))
    }

    /// A line of a run's log as this reader is shown it.
    pub fn line(self, run: &Run, line: Log) -> Log {
        Log { text: self.text(run, line.text), ..line }
    }

    /// A run's end as this reader is shown it.
    pub fn end(self, run: &Run, end: End) -> End {
        End { error: end.error.map(|error| self.text(run, error)), ..end }
    }
}
