//! The runs that are in memory: all that go on, and the last that ended.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use wire::api::StartRun;
use wire::error::{ApiError, ErrorCode};

use super::RUNNING_MAX;
use crate::run::{Run, RunId};

/// Ended runs that stay in memory; the store has the others.
const ENDED_MAX: usize = 100;
/// Idempotency keys that are remembered.
const KEYS_MAX: usize = 10_000;

/// Runs by id, and by the idempotency keys that started them.
#[derive(Debug, Default)]
pub(super) struct Recent {
    runs: BTreeMap<RunId, Arc<Run>>,
    started: HashMap<String, (StartRun, RunId)>,
    keys: VecDeque<String>,
}

/// A run that was asked for.
#[derive(Debug)]
pub(super) enum Admitted {
    /// It begins.
    New(Arc<Run>),
    /// An earlier request with the same key began it.
    Known(RunId),
}

impl Recent {
    /// The run that this form's idempotency key started.
    pub(super) fn started_by(&self, form: &StartRun) -> Result<Option<RunId>, ApiError> {
        let Some(key) = &form.idempotency_key else { return Ok(None) };
        match self.started.get(key) {
            None => Ok(None),
            Some((known, id)) if known == form => Ok(Some(id.clone())),
            Some(_) => {
                let message = "this idempotency_key started a run with other fields: use a fresh key";
                Err(ApiError::new(ErrorCode::IdempotencyConflict, message))
            }
        }
    }

    /// Makes room for a run and makes it, unless its key has started one meanwhile.
    pub(super) fn admit(
        &mut self,
        form: &StartRun,
        make: impl FnOnce() -> Arc<Run>,
    ) -> Result<Admitted, ApiError> {
        if let Some(id) = self.started_by(form)? {
            return Ok(Admitted::Known(id));
        }
        let running = self.runs.values().filter(|run| !run.is_over()).count();
        if running >= RUNNING_MAX {
            let message = format!("{running} runs go on already: wait for one to end, or cancel one");
            return Err(ApiError::new(ErrorCode::TooManyRuns, message));
        }
        let run = self.remember(make());
        if let Some(key) = &form.idempotency_key {
            self.started.insert(key.clone(), (form.clone(), run.id.clone()));
            self.keys.push_back(key.clone());
        }
        if self.keys.len() > KEYS_MAX {
            self.keys.pop_front().and_then(|oldest| self.started.remove(&oldest));
        }
        Ok(Admitted::New(run))
    }

    /// Keeps a run, and lets the oldest ended ones go.
    pub(super) fn remember(&mut self, run: Arc<Run>) -> Arc<Run> {
        let kept = Arc::clone(self.runs.entry(run.id.clone()).or_insert(run));
        let ended: Vec<_> =
            self.runs.values().filter(|run| run.is_kept()).map(|run| run.id.clone()).collect();
        let surplus = ended.iter().rev().take(ended.len().saturating_sub(ENDED_MAX));
        for id in surplus.filter(|id| **id != kept.id) {
            self.runs.remove(id);
        }
        kept
    }

    pub(super) fn get(&self, id: &RunId) -> Option<Arc<Run>> {
        self.runs.get(id).cloned()
    }

    /// Ids of the runs older than `before`, newest first.
    pub(super) fn ids(&self, before: Option<&RunId>) -> Vec<RunId> {
        self.runs.keys().filter(|id| before.is_none_or(|before| *id > before)).cloned().collect()
    }

    pub(super) fn cancel_all(&self) {
        self.runs.values().for_each(|run| run.cancel.cancel());
    }
}
