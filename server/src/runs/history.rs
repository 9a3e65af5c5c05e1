//! The history: all runs of the store, newest first; deleting them, and letting old ones go.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use wire::api::{Deleted, RunPage, RunSummary};
use wire::error::{ApiError, ErrorCode};
use wire::run::RunState;

use super::{Runs, unavailable, unknown};
use crate::run::RunId;
use crate::store::{Held, Store, StoreError};

/// Runs on one page of the history.
const PAGE_RUNS: u16 = 50;
/// Records that are read at once for it.
const SUMMARIES_AT_ONCE: usize = 16;
/// How often old runs are looked for, and how many are let go at once.
const SWEEP: Duration = Duration::from_secs(3_600);
const SWEEP_RUNS: u16 = 100;

impl Runs {
    /// How the history shows a run, and everyone who asks for its `.json`.
    ///
    /// # Errors
    /// Where there is no such run, or the store can't tell.
    pub async fn summary(&self, id: &RunId) -> Result<RunSummary, ApiError> {
        if let Some(run) = self.lock().get(id) {
            return Ok(run.summary());
        }
        let Some(store) = &self.store else { return Err(unknown()) };
        match store.record(id).await {
            Ok((record, _)) => {
                let mut end = record.end;
                if !end.state.is_over() && self.lock().interrupted(id).is_some() {
                    end.state = RunState::Interrupted;
                }
                let (spec, simulated) = (record.spec, record.simulated);
                let started_at = record.started_at.to_string();
                let base = record.base.map(String::from);
                Ok(RunSummary { id: id.to_string(), spec, started_at, end, simulated, base })
            }
            Err(StoreError::NotFound) => Err(unknown()),
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// A page of the history, newest first.
    ///
    /// # Errors
    /// Where the arguments are wrong or the store can't tell.
    pub async fn list(&self, before: Option<&str>, limit: Option<&str>) -> Result<RunPage, ApiError> {
        let wrong = |message: &str| ApiError::new(ErrorCode::InvalidRequest, message);
        let before = before.map(|id| RunId::try_from(id.to_owned())).transpose();
        let before = before.map_err(|_| wrong("before must be a run's id"))?;
        let limit = limit.map_or(Ok(PAGE_RUNS), str::parse).map_err(|_| wrong("limit must be a number"))?;
        let limit = limit.clamp(1, PAGE_RUNS);
        let mut ids: BTreeSet<RunId> = self.lock().ids(before.as_ref()).into_iter().collect();
        if let Some(store) = &self.store {
            ids.extend(store.ids(before.as_ref(), limit + 1).await.map_err(|error| unavailable(&error))?);
        }
        let more = ids.len() > usize::from(limit);
        let ids: Vec<RunId> = ids.into_iter().take(usize::from(limit)).collect();
        let mut page =
            RunPage { runs: Vec::new(), next: ids.last().filter(|_| more).map(ToString::to_string) };
        let summaries: Vec<_> = ids.iter().map(|id| self.summary(id)).collect();
        let summaries = stream::iter(summaries).buffered(SUMMARIES_AT_ONCE);
        page.runs = summaries.filter_map(|summary| std::future::ready(summary.ok())).collect().await;
        Ok(page)
    }

    /// Deletes a run that is over, or that nobody has, with everything that is stored of it.
    ///
    /// # Errors
    /// Where there is no such run, it goes on, or the store can't be written.
    pub async fn delete(&self, id: &str) -> Result<Deleted, ApiError> {
        let run = self.get(id).await?;
        let interrupted = self.lock().interrupted(&run.id);
        if !(run.is_over() || interrupted.is_some()) {
            let message = "the run goes on: cancel it, and delete it when it is over";
            return Err(ApiError::new(ErrorCode::RunNotOver, message));
        }
        if let Some(store) = &self.store {
            match self.erase(store, &run.id, interrupted).await {
                Err(StoreError::Conflict(_)) => {
                    let message =
                        "another server has just taken the run: cancel it, and delete it when it is over";
                    return Err(ApiError::new(ErrorCode::RunNotOver, message));
                }
                erased => erased.map_err(|error| unavailable(&error))?,
            }
        }
        self.lock().forget(&run.id);
        Ok(Deleted { id: run.id.to_string() })
    }

    /// Erases a run that is over, or that nobody has by this lease.
    async fn erase(&self, store: &Store, id: &RunId, seen: Option<Held>) -> Result<(), StoreError> {
        let Some(seen) = seen else { return store.erase(id).await };
        // So that nobody goes on with it meanwhile.
        store.take_lease(&seen, &self.server).await?;
        store.erase(id).await?;
        store.end_lease(id).await
    }

    /// Deletes runs that began longer ago, from time to time, until the server stops.
    pub async fn retain(self: Arc<Self>, age_max: SignedDuration) {
        let Some(store) = self.store.clone() else { return };
        while !self.closing.is_cancelled() {
            if let Err(error) = self.sweep(&store, age_max).await {
                tracing::warn!(%error, "old runs can't be deleted");
            }
            self.closing.run_until_cancelled(tokio::time::sleep(SWEEP)).await;
        }
    }

    async fn sweep(&self, store: &Store, age_max: SignedDuration) -> Result<(), StoreError> {
        let Ok(oldest) = Timestamp::now().checked_sub(age_max) else { return Ok(()) };
        let mut ids = store.ids_begun_before(oldest, SWEEP_RUNS).await?;
        while let Some(last) = ids.last().cloned() {
            for id in ids {
                let is_over = matches!(store.lease(&id).await, Err(StoreError::NotFound));
                let is_used = self.lock().has_running(&id) || self.lock().is_parent(&id);
                if !is_over || is_used {
                    continue;
                }
                match store.erase(&id).await {
                    Ok(()) => self.lock().forget(&id),
                    Err(error) => tracing::warn!(%error, run = %id, "an old run can't be deleted"),
                }
            }
            ids = store.ids(Some(&last), SWEEP_RUNS).await?;
        }
        Ok(())
    }
}
