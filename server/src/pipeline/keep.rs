//! Takes a run's rows out of memory as they settle: into the store, or nowhere.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};
use wire::event::Level;

use crate::run::Run;
use crate::store::{SEGMENT_ROWS, Store, StoreError};

/// How long the keeper waits when nothing happens.
const RETRY: Duration = Duration::from_secs(1);
/// How often a run's record is written while it goes on.
const RECORD: Duration = Duration::from_secs(2);
/// Times that the last write is tried.
const LAST_TRIES: u32 = 5;

/// Follows a run to its end. A store that fails is tried again at the next tick; until then rows stay in
/// memory.
pub(super) async fn rows(run: Arc<Run>) {
    let mut ticks = run.ticks();
    let (mut recorded, mut failing) = (Instant::now(), false);
    if let Some(store) = &run.store {
        let kept = store.put_record(&run.record()).await;
        remark(&run, &kept, failing);
        failing = kept.is_err();
    }
    while !run.is_over() {
        // A store that failed is tried again even where nothing happens meanwhile.
        drop(timeout(RETRY, ticks.changed()).await);
        match &run.store {
            None => run.forget_rows_before(run.rows_total()),
            Some(store) => {
                let kept = keep(&run, store, &mut recorded).await;
                remark(&run, &kept, failing);
                failing = kept.is_err();
            }
        }
    }
    if let Some(store) = &run.store {
        last(&run, store).await;
    }
    run.note_kept();
}

/// Writes what is whole, and from time to time the record, so that a server that is killed loses little.
async fn keep(run: &Run, store: &Store, recorded: &mut Instant) -> Result<(), StoreError> {
    segments(run, store, SEGMENT_ROWS).await?;
    if recorded.elapsed() >= RECORD {
        store.put_record(&run.record()).await?;
        *recorded = Instant::now();
    }
    Ok(())
}

/// Writes segments while at least `rows_min` rows wait.
async fn segments(run: &Run, store: &Store, rows_min: u64) -> Result<(), StoreError> {
    loop {
        let first = run.rows_first();
        if run.rows_total() - first < rows_min {
            return Ok(());
        }
        let rows = run.rows_in_memory(first, SEGMENT_ROWS).unwrap_or_default();
        store.put_segment(&run.id, first, &rows).await?;
        run.forget_rows_before(first + rows.len() as u64);
    }
}

async fn last(run: &Run, store: &Store) {
    for attempt in 1..=LAST_TRIES {
        let written = async {
            segments(run, store, 1).await?;
            store.put_record(&run.record()).await
        };
        match written.await {
            Ok(()) => return,
            Err(error) if attempt == LAST_TRIES => {
                tracing::error!(%error, run = %run.id, "a run could not be stored");
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(200 << attempt)).await,
        }
    }
}

/// Says once that the store fails, until it has worked again.
fn remark(run: &Run, written: &Result<(), StoreError>, failing: bool) {
    if let (Err(error), false) = (written, failing) {
        run.log(Level::Warning, format!("the run can't be stored yet: {error}"), None);
    }
}
