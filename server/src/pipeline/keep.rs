//! Takes a run's rows out of memory as they settle: into the store, or nowhere.

use std::sync::Arc;
use std::time::Duration;

use wire::event::Level;

use crate::run::Run;
use crate::store::{SEGMENT_ROWS, Store, StoreError};

/// Times that the last write is tried.
const LAST_TRIES: u32 = 5;

/// Follows a run to its end. A store that fails is tried again at the next tick; until then rows stay in
/// memory.
pub(super) async fn rows(run: Arc<Run>) {
    let mut ticks = run.ticks();
    if let Some(store) = &run.store {
        remark(&run, store.put_record(&run.record()).await);
    }
    while !run.is_over() {
        if ticks.changed().await.is_err() {
            break;
        }
        match &run.store {
            Some(store) => remark(&run, segments(&run, store, SEGMENT_ROWS).await),
            None => run.forget_rows_before(run.rows_total()),
        }
    }
    if let Some(store) = &run.store {
        last(&run, store).await;
    }
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

fn remark(run: &Run, written: Result<(), StoreError>) {
    if let Err(error) = written {
        run.log(Level::Warning, format!("the run can't be stored yet: {error}"), None);
    }
}
