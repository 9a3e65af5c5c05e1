//! Batches that are to be sent again, and when.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::Sent;
use crate::pipeline::backoff::{backoff, spread};

/// The longest wait of an object whose function failed.
const FAILURE_WAIT_MAX: Duration = Duration::from_millis(800);

/// A batch that goes again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The batch.
    pub sent: Sent,
    /// How long it waits at least; jitter comes on top.
    pub wait: Duration,
    /// A service had no room for it.
    pub throttled: bool,
}

impl Retry {
    /// A batch that goes again as soon as there is room.
    pub fn at_once(sent: Sent) -> Self {
        Self { sent, wait: Duration::ZERO, throttled: false }
    }

    pub(super) fn after_backoff(sent: Sent) -> Self {
        let wait = backoff(sent.attempts, None);
        Self { sent, wait, throttled: false }
    }

    /// A function that failed is no sign of a service that has too much to do: its object waits shorter.
    pub(super) fn after_failure(sent: Sent) -> Self {
        let wait = backoff(sent.attempts, None).min(FAILURE_WAIT_MAX);
        Self { sent, wait, throttled: false }
    }

    pub(super) fn throttled(sent: Sent, retry_after_ms: Option<u64>) -> Self {
        let wait = backoff(sent.throttles, retry_after_ms.map(Duration::from_millis));
        Self { sent, wait, throttled: true }
    }
}

/// Batches that wait for their time.
#[derive(Debug, Default)]
pub struct Retries {
    due: BTreeMap<(Instant, Reverse<u64>), Sent>,
    added: u64,
}

impl Retries {
    /// Adds a batch; up to half its wait comes on top, by `jitter` in 0..=1, so that batches which failed
    /// together don't come back together.
    pub fn push(&mut self, retry: Retry, now: Instant, jitter: f64) {
        let due = now + spread(retry.wait, jitter);
        self.added += 1;
        self.due.insert((due, Reverse(self.added)), retry.sent);
    }

    /// The first batch whose time has come.
    pub fn pop(&mut self, now: Instant) -> Option<Sent> {
        let first = self.due.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    /// When the next batch's time comes.
    pub fn next_due(&self) -> Option<Instant> {
        self.due.first_key_value().map(|((due, _), _)| *due)
    }

    /// Batches that wait.
    pub fn len(&self) -> usize {
        self.due.len()
    }

    /// Nothing waits.
    pub fn is_empty(&self) -> bool {
        self.due.is_empty()
    }

    /// Everything that waits, when nothing more is dispatched.
    pub fn drain(&mut self) -> impl Iterator<Item = Sent> {
        std::mem::take(&mut self.due).into_values()
    }
}
