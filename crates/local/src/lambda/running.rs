//! Invocations that run, and how the program that owns the functions ends them before their time.
//!
//! AWS has no such operation, and neither have callers of the emulator: one that hangs up stops nothing. It
//! is for the program that runs the functions itself, since they take its own processor time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

/// All invocations that run. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Running(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    next: u64,
    by_number: BTreeMap<u64, Entry>,
    is_closed: bool,
}

#[derive(Debug)]
struct Entry {
    attempt: Option<String>,
    end: CancellationToken,
}

/// An invocation's registration among them, until it is dropped.
#[derive(Debug)]
pub(crate) struct Stoppable {
    running: Running,
    number: u64,
    end: CancellationToken,
}

impl Running {
    /// An invocation begins, under the attempt that its payload names.
    pub(crate) fn begin(&self, attempt: Option<String>) -> Stoppable {
        let mut entries = self.lock();
        let (number, end) = (entries.next, CancellationToken::new());
        if entries.is_closed {
            end.cancel();
        }
        entries.next += 1;
        entries.by_number.insert(number, Entry { attempt, end: end.clone() });
        Stoppable { running: self.clone(), number, end }
    }

    /// Ends those of these attempts.
    pub(crate) fn stop(&self, attempts: &[String]) {
        for Entry { attempt, end } in self.lock().by_number.values() {
            if attempt.as_ref().is_some_and(|attempt| attempts.contains(attempt)) {
                end.cancel();
            }
        }
    }

    /// Ends all, and those that begin later as they begin.
    pub(crate) fn stop_all(&self) {
        let mut entries = self.lock();
        entries.is_closed = true;
        entries.by_number.values().for_each(|entry| entry.end.cancel());
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stoppable {
    /// Waits until it is to end.
    pub(crate) fn stopped(&self) -> WaitForCancellationFuture<'_> {
        self.end.cancelled()
    }
}

impl Drop for Stoppable {
    fn drop(&mut self) {
        self.running.lock().by_number.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_of_the_attempts_are_ended_and_no_others() {
        let running = Running::default();
        let begin = |attempt: &str| running.begin(Some(attempt.to_owned()));
        let (first, second, nameless) = (begin("1"), begin("2"), running.begin(None));
        running.stop(&["2".to_owned(), "3".to_owned()]);
        let ended = |stoppable: &Stoppable| stoppable.end.is_cancelled();
        assert_eq!([&first, &second, &nameless].map(ended), [false, true, false]);
        running.stop_all();
        assert!(ended(&first) && ended(&nameless) && ended(&begin("4")));
    }

    #[test]
    fn what_is_over_is_forgotten() {
        let running = Running::default();
        drop(running.begin(None));
        assert!(running.lock().by_number.is_empty());
    }
}
