//! Runs that another server has: their segments are read as it stores them, while somebody watches here.

use std::sync::Arc;
use std::time::Duration;

use super::{Runs, lock};
use crate::run::Run;
use crate::store::{Record, Store, StoreError};

/// How long a caller waits at most for what is stored of a followed run.
const CATCHING_UP_MAX: Duration = Duration::from_secs(10);
/// How often a followed run's next segment is asked for.
const POLL: Duration = Duration::from_millis(500);
/// How long a run is followed that nobody watches.
const UNWATCHED_MAX: Duration = Duration::from_secs(30);

impl Runs {
    /// A run that is not over and not this server's, as far as the store has it.
    pub(super) async fn follow(&self, record: &Record, store: &Store) -> Arc<Run> {
        let run = self.followed(record, store);
        drop(tokio::time::timeout(CATCHING_UP_MAX, run.caught_up()).await);
        run
    }

    fn followed(&self, record: &Record, store: &Store) -> Arc<Run> {
        let followed = self.lock().follow(Run::followed(record, store.clone()));
        match followed {
            Err(known) => known,
            Ok(run) => {
                let (recent, closing) = (Arc::clone(&self.recent), self.closing.clone());
                let (followed, store) = (Arc::clone(&run), store.clone());
                self.tasks.spawn(async move {
                    closing.run_until_cancelled(absorb(&store, &followed)).await;
                    lock(&recent).unfollow(&followed);
                });
                run
            }
        }
    }
}

/// Takes in segments until the run is over, or nobody watches it any more, or this server has taken it itself.
async fn absorb(store: &Store, run: &Run) {
    let mut next = 0;
    while !run.is_over() && !run.is_abandoned() {
        match store.segment(&run.id, next).await {
            Ok(segment) => {
                run.absorb(segment.head);
                next += 1;
                continue;
            }
            Err(StoreError::NotFound) => run.note_caught_up(),
            Err(error) => tracing::warn!(%error, run = %run.id, "a followed run can't be read"),
        }
        if run.unwatched_since().is_some_and(|since| since.elapsed() > UNWATCHED_MAX) {
            return;
        }
        tokio::time::sleep(POLL).await;
    }
}
