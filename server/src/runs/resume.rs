//! Runs whose server is gone: found by their leases, and resumed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;
use tokio::time::Instant;
use wire::api::Started;
use wire::error::{ApiError, ErrorCode};

use super::restore::{Before, Taken, restore};
use super::{RUNNING_MAX, Runs, started, unavailable, unknown};
use crate::pipeline::{self, Job, Source, keep};
use crate::run::{Run, RunId};
use crate::store::{Held, LEASE, RENEWAL, Store, StoreError};

/// The fate of an interrupted run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Resume {
    /// It goes on.
    #[default]
    Auto,
    /// It waits until somebody resumes it.
    Ask,
}

/// How long a server waits before it tries again to resume a run: its whole ledger is read for each try.
const REST: Duration = Duration::from_secs(60);
/// How often a server looks for runs that others left while there are none: each look is a LIST that is billed.
const IDLE_LOOK: Duration = Duration::from_secs(15);

/// Leases as they were seen last, and since when they have been so.
#[derive(Debug, Default)]
struct Seen {
    leases: HashMap<RunId, (Held, Instant)>,
    /// Runs that could not be resumed, and when.
    failed: HashMap<RunId, Instant>,
}

impl Seen {
    /// For how long the lease has not been renewed while this server looked.
    fn unrenewed_since(&mut self, held: &Held) -> Instant {
        match self.leases.get(&held.id) {
            Some((seen, since)) if seen.version == held.version => *since,
            _ => {
                let now = Instant::now();
                self.leases.insert(held.id.clone(), (held.clone(), now));
                now
            }
        }
    }

    fn retain(&mut self, ids: &[RunId]) {
        self.leases.retain(|id, _| ids.contains(id));
        self.failed.retain(|id, at| ids.contains(id) && at.elapsed() < REST);
    }
}

impl Runs {
    /// Looks for interrupted runs until the server stops.
    pub async fn watch(self: Arc<Self>, resume: Resume) {
        let Some(store) = self.store.clone() else { return };
        let mut seen = Seen::default();
        while !self.closing.is_cancelled() {
            if let Err(error) = self.look(&store, &mut seen, resume).await {
                tracing::warn!(%error, "interrupted runs can't be looked for");
            }
            let pause = if seen.leases.is_empty() { IDLE_LOOK } else { RENEWAL };
            self.closing.run_until_cancelled(tokio::time::sleep(pause)).await;
        }
    }

    async fn look(&self, store: &Store, seen: &mut Seen, resume: Resume) -> Result<(), StoreError> {
        let ids = store.leased().await?;
        seen.retain(&ids);
        let mut waiting = BTreeMap::new();
        for id in ids {
            match self.lapsed(store, seen, &id).await {
                Ok(None) => (),
                Ok(Some(held))
                    if resume == Resume::Ask || seen.failed.contains_key(&id) || self.is_full() =>
                {
                    waiting.insert(id, held);
                }
                Ok(Some(held)) => {
                    if let Err(error) = self.take(store, &held).await {
                        tracing::warn!(%error, run = %id, "an interrupted run can't be gone on with");
                        seen.failed.insert(id.clone(), Instant::now());
                        waiting.insert(id, held);
                    }
                }
                Err(error) => tracing::warn!(%error, run = %id, "a lease can't be read"),
            }
        }
        self.lock().note_interrupted(waiting);
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.lock().running() >= RUNNING_MAX
    }

    /// The lease of a run that no server has; `None` where this server or another one has it, or it is over.
    async fn lapsed(&self, store: &Store, seen: &mut Seen, id: &RunId) -> Result<Option<Held>, StoreError> {
        if self.lock().has(id) {
            return Ok(None);
        }
        let held = match store.lease(id).await {
            Ok(held) => held,
            Err(StoreError::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        let is_lapsed = seen.unrenewed_since(&held).elapsed() >= LEASE;
        Ok((is_lapsed || held.lease.owner.is_none() || self.alone).then_some(held))
    }

    /// Resumes a run that no server has.
    ///
    /// # Errors
    /// Where there is no such run, it is over, or a server has it.
    pub async fn resume(&self, id: &str) -> Result<Started, ApiError> {
        let id = RunId::try_from(id.to_owned()).map_err(|_| unknown())?;
        let Some(store) = &self.store else { return Err(unknown()) };
        let Some(held) = self.lock().interrupted(&id) else {
            let run = self.get(id.as_str()).await?;
            let message =
                format!("the run is {}: only an interrupted one can be resumed", run.now().state.as_str());
            return Err(ApiError::new(ErrorCode::RunNotInterrupted, message));
        };
        self.take(store, &held).await.map_err(|error| unavailable(&error))?;
        Ok(started(&id))
    }

    /// Takes a run over, if nobody is faster.
    pub(super) async fn take(&self, store: &Store, seen: &Held) -> Result<(), StoreError> {
        self.check_takeable(store, &seen.id).await?;
        let held_since = Instant::now();
        let held = match store.take_lease(seen, &self.server).await {
            Ok(held) => held,
            Err(StoreError::Conflict(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        let before = if seen.lease.owner.is_none() { Before::Left } else { Before::Killed };
        match restore(store, held, held_since, before).await {
            Ok(Some(taken)) => self.go_on(taken).await,
            Ok(None) => store.end_lease(&seen.id).await,
            Err(StoreError::Conflict(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// A run that is to be counted on is over a bucket that this server may count in; another start of it may.
    async fn check_takeable(&self, store: &Store, id: &RunId) -> Result<(), StoreError> {
        let record = match store.record(id).await {
            Err(StoreError::NotFound) => return Ok(()),
            record => record?.0,
        };
        if record.attached || record.end.state.is_over() || store.is_cancelled(id).await? {
            return Ok(());
        }
        let allowed = self.check_allowed(&record.spec.bucket);
        allowed.map_err(|error| StoreError::Elsewhere(error.message))
    }

    async fn go_on(&self, taken: Taken) -> Result<(), StoreError> {
        let Taken { run, keeping, begun } = taken;
        if run.attached || keeping.store.is_cancelled(&run.id).await? {
            run.cancel.cancel();
        }
        self.lock().take(Arc::clone(&run));
        if run.is_over() {
            run.note_counted();
            self.tasks.spawn(keep::rows(run, Some(keeping)));
            return Ok(());
        }
        let source = match self.source(&run).await {
            Ok(source) => source,
            Err(error) => {
                self.lock().forget(&run.id);
                return Err(error);
            }
        };
        let job = Job { source, keeping: Some(keeping), begun, ..Job::new(Arc::clone(&self.engine), run) };
        self.tasks.spawn(pipeline::run(job));
        Ok(())
    }

    /// The source of the objects of a run that is resumed.
    async fn source(&self, run: &Run) -> Result<Source, StoreError> {
        let Some(parent) = &run.spec.parent else { return Ok(Source::Prefix) };
        let rerun = async { self.rerun(self.get(parent).await?, run.spec.rows.clone()).await };
        match rerun.await {
            Ok(rerun) => Ok(Source::Again(rerun)),
            Err(error) if error.code == ErrorCode::RunNotFound => Ok(Source::Lost(format!(
                "the run {parent}, whose objects were to be tried again: it was deleted"
            ))),
            Err(error) => Err(StoreError::Elsewhere(error.message)),
        }
    }
}
