//! A run's invocations: the pipeline records them, viewers and the store get what changed.

mod log;

use std::collections::VecDeque;

use wire::invocation::{Invocation, Invocations};

use super::Run;
use crate::store::StoreError;
pub use log::INVOCATIONS_KEPT;
pub use log::InvocationLog;
use log::Place;
pub(super) use log::{Mark, START};

impl Run {
    /// Records an invocation that begins; returns its number.
    pub fn note_invocation(&self, invocation: Invocation) -> u64 {
        let mut inner = self.lock();
        let tick = inner.ticks();
        inner.invocations.begin(invocation, tick)
    }

    /// Changes the record of an invocation; nothing happens where the log has dropped it.
    pub fn change_invocation(&self, number: u64, change: impl FnOnce(&mut Invocation)) {
        let mut inner = self.lock();
        let tick = inner.ticks();
        inner.invocations.change(number, tick, change);
    }

    /// The invocations that the log still holds.
    pub fn invocations(&self) -> Invocations {
        self.lock().invocations.all()
    }

    /// The attempts at a row's object that the log still holds, the first one first: the one that settled it,
    /// and those before it.
    pub fn attempts_at(&self, row: u64) -> Vec<Invocation> {
        let inner = self.lock();
        let invocations = &inner.invocations;
        let settled = |told: &Invocation| {
            row.checked_sub(told.first_row).is_some_and(|offset| offset < u64::from(told.rows))
        };
        let mut next = invocations.newest(settled);
        let mut attempts = VecDeque::new();
        while let Some(attempt) = next {
            attempts.push_front(attempt);
            // An attempt comes after the one before it, so that this ends.
            let previous = attempt.previous.filter(|previous| *previous < attempt.number);
            next = previous.and_then(|previous| invocations.get(previous));
        }
        attempts.into()
    }

    /// Takes in the invocations that an earlier life of the run stored; what ran then is lost.
    pub fn restore_invocations(&self, told: Invocations) {
        let now_ms = u32::try_from(self.elapsed_ms()).unwrap_or(u32::MAX);
        let mut inner = self.lock();
        let tick = inner.head_tick();
        inner.invocations.apply(told, tick);
        inner.invocations.close(tick, now_ms);
    }

    /// Nobody waits any more for what still runs.
    pub(super) fn close_invocations(&self) {
        let now_ms = u32::try_from(self.elapsed_ms()).unwrap_or(u32::MAX);
        let mut inner = self.lock();
        let tick = inner.ticks();
        inner.invocations.close(tick, now_ms);
    }

    /// Reads the invocations of a run that ended before this server had it, once; a run that was stored without has
    /// none, and leaves out all of them.
    ///
    /// # Errors
    /// Where the store can't give them.
    pub async fn load_invocations(&self) -> Result<(), StoreError> {
        let (Place::Store, Some(store)) = (self.lock().invocations.place, &self.store) else { return Ok(()) };
        let stored = match store.invocations(&self.id).await {
            Err(StoreError::NotFound) => None,
            read => Some(read?),
        };
        let mut inner = self.lock();
        if inner.invocations.place == Place::Store {
            let left_out = inner.now.progress.invocations;
            let none = || Invocations { left_out, ..Invocations::default() };
            let tick = inner.head_tick();
            inner.invocations.place = Place::Memory;
            inner.invocations.apply(stored.unwrap_or_else(none), tick);
        }
        Ok(())
    }
}
