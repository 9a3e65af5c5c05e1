//! The history: all runs of the store, newest first; deleting them, and letting old ones go.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use wire::api::{Deleted, RunPage, RunSummary};
use wire::error::{ApiError, ErrorCode};
use wire::run::RunState;

use super::{Runs, unavailable, unknown};
use crate::run::RunId;
use crate::store::{Held, Record, Store, StoreError};

/// Runs on one page of the history.
const PAGE_RUNS: u16 = 50;
/// Records that are read at once for it.
const SUMMARIES_AT_ONCE: usize = 16;
/// How often old runs are looked for, and how many are let go at once.
const SWEEP: Duration = Duration::from_secs(3_600);
const SWEEP_RUNS: u16 = 100;
/// How long what was read for the history is good; what this server does itself is seen at once.
const SEEN_KEPT: Duration = Duration::from_secs(3);
/// How long a request waits for others that read the history.
const HISTORY_WAIT_MAX: Duration = Duration::from_secs(10);
/// Pages of ids, and runs, in the cache.
const PAGES_SEEN_MAX: usize = 16;
const RUNS_SEEN_MAX: usize = 1_000;

/// The records and ids that were read lately for the history. One request reads at a time, so that all that
/// wait share its result.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Grows with everything that makes the cache out of date.
    outdated: AtomicU64,
    cache: Mutex<Cache>,
}

#[derive(Debug, Default)]
struct Cache {
    outdated: u64,
    pages: HashMap<(Option<RunId>, u16), (Instant, Vec<RunId>)>,
    runs: HashMap<RunId, (Instant, RunSummary)>,
}

impl Seen {
    /// Makes what was read out of date.
    pub(super) fn forget(&self) {
        self.outdated.fetch_add(1, Ordering::SeqCst);
    }
}

impl Cache {
    /// Lets go of what is old, or out of date, or too much.
    fn sift(&mut self, outdated: u64) {
        if std::mem::replace(&mut self.outdated, outdated) != outdated {
            self.pages.clear();
            self.runs.clear();
        }
        self.pages.retain(|_, (at, _)| at.elapsed() < SEEN_KEPT);
        self.runs.retain(|_, (at, _)| at.elapsed() < SEEN_KEPT);
        if self.pages.len() >= PAGES_SEEN_MAX {
            self.pages.clear();
        }
        if self.runs.len() >= RUNS_SEEN_MAX {
            self.runs.clear();
        }
    }
}

impl Cache {
    async fn ids(
        &mut self,
        store: &Store,
        before: Option<RunId>,
        limit: u16,
    ) -> Result<Vec<RunId>, StoreError> {
        let name = (before, limit);
        if let Some((_, ids)) = self.pages.get(&name) {
            return Ok(ids.clone());
        }
        let at = Instant::now();
        let ids = store.ids(name.0.as_ref(), limit).await?;
        self.pages.insert(name, (at, ids.clone()));
        Ok(ids)
    }

    /// Reads the records of these runs that were not read lately. One that can't be read is not shown.
    async fn read(&mut self, store: &Store, ids: Vec<RunId>) {
        let at = Instant::now();
        let missing = ids.into_iter().filter(|id| !self.runs.contains_key(id));
        let records: Vec<_> = missing.map(|id| async move { store.record(&id).await }).collect();
        let records = stream::iter(records).buffered(SUMMARIES_AT_ONCE).collect::<Vec<_>>().await;
        for (record, _) in records.into_iter().flatten() {
            self.runs.insert(record.id.clone(), (at, summary_of(record)));
        }
    }
}

fn summary_of(record: Record) -> RunSummary {
    RunSummary {
        id: record.id.to_string(),
        is_rerun: record.spec.parent.is_some(),
        spec: record.spec,
        started_at: record.started_at.to_string(),
        end: record.end,
        simulated: record.simulated,
        base: record.base.map(String::from),
    }
}

impl Runs {
    /// The history's summary of a run.
    ///
    /// # Errors
    /// Where there is no such run, or the store can't be read.
    pub async fn summary(&self, id: &RunId) -> Result<RunSummary, ApiError> {
        if let Some(run) = self.lock().get(id) {
            return Ok(run.summary());
        }
        let Some(store) = &self.store else { return Err(unknown()) };
        match store.record(id).await {
            Ok((record, _)) => Ok(self.standing(summary_of(record))),
            Err(StoreError::NotFound) => Err(unknown()),
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// A stored run as it stands: one that nobody has is interrupted.
    fn standing(&self, mut summary: RunSummary) -> RunSummary {
        let id = RunId::try_from(summary.id.clone());
        let is_left = id.is_ok_and(|id| self.lock().interrupted(&id).is_some());
        if !summary.end.state.is_over() && is_left {
            summary.end.state = RunState::Interrupted;
        }
        summary
    }

    /// A page of the history, newest first.
    ///
    /// # Errors
    /// Where the arguments are wrong or the store can't be read.
    pub async fn list(&self, before: Option<&str>, limit: Option<&str>) -> Result<RunPage, ApiError> {
        let wrong = |message: &str| ApiError::new(ErrorCode::InvalidRequest, message);
        let before = before.map(|id| RunId::try_from(id.to_owned())).transpose();
        let before = before.map_err(|_| wrong("before must be a run's id"))?;
        let limit = limit.map_or(Ok(PAGE_RUNS), str::parse).map_err(|_| wrong("limit must be a number"))?;
        let limit = limit.clamp(1, PAGE_RUNS);
        let mut ids: BTreeSet<RunId> = self.lock().ids(before.as_ref()).into_iter().collect();
        let Some(store) = &self.store else { return Ok(self.page(ids, limit, &HashMap::new())) };
        let busy = |_| {
            let message = "the results bucket is slow to answer: try again in a moment";
            ApiError::new(ErrorCode::StoreUnavailable, message)
        };
        let mut cache = timeout(HISTORY_WAIT_MAX, self.history.cache.lock()).await.map_err(busy)?;
        cache.sift(self.history.outdated.load(Ordering::SeqCst));
        ids.extend(cache.ids(store, before, limit + 1).await.map_err(|error| unavailable(&error))?);
        let shown = ids.iter().take(usize::from(limit));
        let stored: Vec<RunId> = shown.filter(|id| self.lock().get(id).is_none()).cloned().collect();
        cache.read(store, stored).await;
        Ok(self.page(ids, limit, &cache.runs))
    }

    /// The first of these runs, as memory has them, or as they were read.
    fn page(
        &self,
        ids: BTreeSet<RunId>,
        limit: u16,
        cached: &HashMap<RunId, (Instant, RunSummary)>,
    ) -> RunPage {
        let more = ids.len() > usize::from(limit);
        let ids: Vec<RunId> = ids.into_iter().take(usize::from(limit)).collect();
        let next = ids.last().filter(|_| more).map(ToString::to_string);
        let summary = |id: &RunId| {
            let in_memory = self.lock().get(id);
            in_memory.map(|run| run.summary()).or_else(|| Some(self.standing(cached.get(id)?.1.clone())))
        };
        RunPage { runs: ids.iter().filter_map(summary).collect(), next }
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
        self.forget_deleted(&run.id);
        Ok(Deleted { id: run.id.to_string() })
    }

    /// Erases a run that is over, or that nobody has by this lease.
    async fn erase(&self, store: &Store, id: &RunId, seen: Option<Held>) -> Result<(), StoreError> {
        let Some(seen) = seen else { return store.erase(id).await };
        // So that no server resumes it meanwhile.
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
                    Ok(()) => self.forget_deleted(&id),
                    Err(error) => tracing::warn!(%error, run = %id, "an old run can't be deleted"),
                }
            }
            ids = store.ids(Some(&last), SWEEP_RUNS).await?;
        }
        Ok(())
    }
}
