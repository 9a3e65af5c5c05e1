//! The viewers of a run.

use std::sync::{Arc, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::time::Instant;

use super::Run;
use super::shared::Shared;

/// The number of viewers, and since when nobody may have watched.
#[derive(Debug)]
pub(super) struct Watched {
    viewers: u64,
    since: Instant,
    shared: Shared,
}

impl Default for Watched {
    fn default() -> Self {
        Self { viewers: 0, since: Instant::now(), shared: Shared::default() }
    }
}

/// A viewer's presence.
#[derive(Debug)]
pub struct Watching(Arc<Run>);

impl Run {
    /// Counts a viewer in, until the guard is dropped.
    pub fn watch(self: &Arc<Self>) -> Watching {
        self.watched().viewers += 1;
        Watching(Arc::clone(self))
    }

    /// Since when nobody watches; `None` while somebody does.
    pub fn unwatched_since(&self) -> Option<Instant> {
        let watched = self.watched();
        (watched.viewers == 0).then_some(watched.since)
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watching {
    /// An `objects` event that another viewer was sent lately, by its id, its first row, and how many it has.
    pub fn shared(&self, key: (u64, u64, u64)) -> Option<Bytes> {
        self.0.watched().shared.get(key)
    }

    /// Keeps an `objects` event for others, while anybody watches.
    pub fn share(&self, key: (u64, u64, u64), event: &Bytes) {
        self.0.watched().shared.put(key, event.clone());
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let mut watched = self.0.watched();
        watched.viewers -= 1;
        watched.since = Instant::now();
        if watched.viewers == 0 {
            watched.shared = Shared::default();
        }
    }
}
