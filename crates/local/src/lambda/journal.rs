//! The invocations that there were, from which a bill would be made.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

/// Invocations that a journal keeps; the oldest go first.
const ENTRIES_MAX: usize = 100_000;

/// The invocations that the emulator has seen. Clones are the same journal.
#[derive(Clone, Debug, Default)]
pub struct Journal(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    kept: VecDeque<JournalEntry>,
    forgotten: usize,
}

/// One invocation.
#[derive(Clone, Debug)]
pub struct JournalEntry {
    /// The function's name.
    pub function_name: String,
    /// The invocation's id.
    pub request_id: String,
    /// `attempt` of the payload, where it has one.
    pub attempt: Option<String>,
    /// When it began.
    pub started: Instant,
    /// How it ended; `None` while it runs.
    pub end: Option<JournalEnd>,
}

/// The end of an invocation.
#[derive(Clone, Debug)]
pub struct JournalEnd {
    /// When.
    pub ended: Instant,
    /// How.
    pub outcome: Outcome,
    /// Milliseconds that would be billed.
    pub billed_ms: u64,
}

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With an answer.
    Answered,
    /// With a function error of that type; a panic is one too.
    FunctionError(String),
    /// At its deadline.
    TimedOut,
    /// By the owner of the emulator, which AWS does not have.
    Stopped,
}

/// The number of an entry that has not ended yet.
#[derive(Debug)]
pub(crate) struct Place(usize);

impl Journal {
    /// All entries, in order of beginning.
    pub fn entries(&self) -> Vec<JournalEntry> {
        self.lock().kept.iter().cloned().collect()
    }

    /// Invocations that run at this moment.
    pub fn running(&self) -> usize {
        self.lock().kept.iter().filter(|entry| entry.end.is_none()).count()
    }

    pub(crate) fn begin(&self, entry: JournalEntry) -> Place {
        let mut entries = self.lock();
        entries.kept.push_back(entry);
        let place = entries.forgotten + entries.kept.len() - 1;
        if entries.kept.len() > ENTRIES_MAX {
            entries.kept.pop_front();
            entries.forgotten += 1;
        }
        Place(place)
    }

    pub(crate) fn end(&self, Place(place): Place, end: JournalEnd) {
        let mut entries = self.lock();
        let index = place.checked_sub(entries.forgotten);
        if let Some(entry) = index.and_then(|index| entries.kept.get_mut(index)) {
            entry.end = Some(end);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
