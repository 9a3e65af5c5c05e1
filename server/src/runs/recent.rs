//! The runs that are in memory: all that go on, and the last that ended.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::iter::successors;
use std::sync::Arc;

use wire::api::StartRun;
use wire::error::{ApiError, ErrorCode};
use wire::selection::Selection;
use wire::trace::TraceContext;

use super::RUNNING_MAX;
use crate::pipeline::again::RUNS_MAX;
use crate::run::{Run, RunId};
use crate::store::{Body, Held};

/// Ended runs that stay in memory, and the bytes that they take together; the store has the others.
const ENDED_MAX: usize = 100;
const ENDED_BYTES_MAX: usize = 64 << 20;
/// Idempotency keys that are remembered.
const KEYS_MAX: usize = 10_000;

/// Runs by id, and by the idempotency keys that started them.
#[derive(Debug, Default)]
pub(super) struct Recent {
    runs: BTreeMap<RunId, Arc<Run>>,
    /// Runs that other servers have, or none, according to the store.
    followed: BTreeMap<RunId, Arc<Run>>,
    /// Runs that no server has, with the lease by which that was seen.
    interrupted: BTreeMap<RunId, Held>,
    started: HashMap<String, (Body, RunId)>,
    keys: VecDeque<String>,
}

/// The form or retry that a request asks for, and its idempotency key.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) key: Option<String>,
    pub(super) body: Body,
    /// The span that asks.
    pub(super) caller: Option<TraceContext>,
}

impl Asked {
    /// A run of this form.
    pub(super) fn start(form: &StartRun) -> Self {
        Self { key: form.idempotency_key.clone(), body: Body::Start(Box::new(form.clone())), caller: None }
    }

    /// A run of these rows of this one, or of what it did not count.
    pub(super) fn retry(parent: RunId, rows: Option<Selection>, key: Option<String>) -> Self {
        let body = match rows {
            None => Body::Retry(parent),
            Some(rows) => Body::Selected(parent, rows),
        };
        Self { key, body, caller: None }
    }
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
    /// The run that this request's idempotency key started.
    pub(super) fn started_by(&self, asked: &Asked) -> Result<Option<RunId>, ApiError> {
        let Some(key) = &asked.key else { return Ok(None) };
        match self.started.get(key) {
            None => Ok(None),
            Some((known, id)) if *known == asked.body => Ok(Some(id.clone())),
            Some(_) => Err(conflict()),
        }
    }

    /// Makes room for a run and makes it, unless its key has started one meanwhile.
    pub(super) fn admit(
        &mut self,
        asked: &Asked,
        make: impl FnOnce() -> Arc<Run>,
    ) -> Result<Admitted, ApiError> {
        if let Some(id) = self.started_by(asked)? {
            return Ok(Admitted::Known(id));
        }
        let running = self.running();
        if running >= RUNNING_MAX {
            let message = format!("{running} runs go on already: wait for one to end, or cancel one");
            return Err(ApiError::new(ErrorCode::TooManyRuns, message));
        }
        let run = self.remember(make());
        if let Some(key) = &asked.key {
            self.started.insert(key.clone(), (asked.body.clone(), run.id.clone()));
            self.keys.push_back(key.clone());
        }
        if self.keys.len() > KEYS_MAX {
            self.keys.pop_front().and_then(|oldest| self.started.remove(&oldest));
        }
        Ok(Admitted::New(run))
    }

    /// Keeps a run, and lets the oldest ended ones go.
    pub(super) fn remember(&mut self, run: Arc<Run>) -> Arc<Run> {
        self.runs.retain(|_, run| !run.is_abandoned());
        let kept = Arc::clone(self.runs.entry(run.id.clone()).or_insert(run));
        for id in self.surplus(ENDED_MAX, ENDED_BYTES_MAX) {
            if id != kept.id {
                self.runs.remove(&id);
            }
        }
        kept
    }

    /// The oldest ended runs that are beyond these bounds, in number or in bytes.
    fn surplus(&self, runs_max: usize, bytes_max: usize) -> Vec<RunId> {
        let ended = self.runs.values().filter(|run| run.is_kept());
        let mut bytes = 0_usize;
        let is_beyond = |(n, run): (usize, &Arc<Run>)| {
            bytes = bytes.saturating_add(run.memory_bytes());
            (n >= runs_max || bytes > bytes_max).then(|| run.id.clone())
        };
        // The newest ones come first.
        ended.enumerate().filter_map(is_beyond).collect()
    }

    /// A run that this server has, or follows.
    pub(super) fn get(&self, id: &RunId) -> Option<Arc<Run>> {
        let run = self.runs.get(id).or_else(|| self.followed.get(id));
        run.filter(|run| !run.is_abandoned()).cloned()
    }

    /// Whether this server has the run, or had it to its end.
    pub(super) fn has(&self, id: &RunId) -> bool {
        self.runs.get(id).is_some_and(|run| !run.is_abandoned())
    }

    /// Whether a run that goes on here takes its objects from this one, or from one that does.
    pub(super) fn is_parent(&self, id: &RunId) -> bool {
        let mut running = self.runs.values().filter(|run| !run.is_over());
        let above = |run: &Arc<Run>| {
            let parent = RunId::try_from(run.spec.parent.clone()?).ok()?;
            self.get(&parent)
        };
        running.any(|run| {
            let mut line = successors(Some(Arc::clone(run)), above).take(RUNS_MAX);
            line.any(|run| run.spec.parent.as_deref() == Some(id.as_str()))
        })
    }

    /// Whether the run goes on here.
    pub(super) fn has_running(&self, id: &RunId) -> bool {
        self.runs.get(id).is_some_and(|run| !run.is_over())
    }

    /// Runs that go on here.
    pub(super) fn running(&self) -> usize {
        self.runs.values().filter(|run| !run.is_over() && !run.is_abandoned()).count()
    }

    /// Takes a run from another server: the viewers who followed it come again.
    pub(super) fn take(&mut self, run: Arc<Run>) {
        if let Some(followed) = self.followed.get(&run.id).cloned() {
            self.unfollow(&followed);
        }
        self.interrupted.remove(&run.id);
        self.runs.insert(run.id.clone(), run);
    }

    /// Follows a run, unless that is done already.
    pub(super) fn follow(&mut self, run: Arc<Run>) -> Result<Arc<Run>, Arc<Run>> {
        self.runs.retain(|_, run| !run.is_abandoned());
        if let Some(known) = self.get(&run.id) {
            return Err(known);
        }
        run.note_interrupted(self.interrupted.contains_key(&run.id));
        self.followed.insert(run.id.clone(), Arc::clone(&run));
        Ok(run)
    }

    /// Follows a run no longer. Who watches it comes again, unless it is over and will be seen to its end.
    pub(super) fn unfollow(&mut self, run: &Arc<Run>) {
        if self.followed.get(&run.id).is_some_and(|followed| Arc::ptr_eq(followed, run)) {
            self.followed.remove(&run.id);
        }
        if !run.is_over() {
            run.abandon();
        }
    }

    /// Records which runs no server has.
    pub(super) fn note_interrupted(&mut self, interrupted: BTreeMap<RunId, Held>) {
        self.interrupted = interrupted;
        for run in self.followed.values() {
            run.note_interrupted(self.interrupted.contains_key(&run.id));
        }
    }

    /// The lease of a run that no server has.
    pub(super) fn interrupted(&self, id: &RunId) -> Option<Held> {
        self.interrupted.get(id).cloned()
    }

    /// Forgets a run, and that its key started it.
    pub(super) fn forget(&mut self, id: &RunId) {
        if let Some(followed) = self.followed.get(id).cloned() {
            self.unfollow(&followed);
        }
        self.runs.remove(id);
        self.interrupted.remove(id);
        self.started.retain(|_, (_, started)| started != id);
        let started = &self.started;
        self.keys.retain(|key| started.contains_key(key));
    }

    /// Ids of the runs older than `before`, newest first.
    pub(super) fn ids(&self, before: Option<&RunId>) -> Vec<RunId> {
        self.runs.keys().filter(|id| before.is_none_or(|before| *id > before)).cloned().collect()
    }

    pub(super) fn leave_all(&self) {
        for run in self.runs.values() {
            match run.attached || run.store.is_none() {
                true => run.cancel.cancel(),
                false => run.leave.cancel(),
            }
        }
    }
}

/// Another form with the same key.
pub(super) fn conflict() -> ApiError {
    let message = "this idempotency_key started a run with other fields: use a fresh key";
    ApiError::new(ErrorCode::IdempotencyConflict, message)
}

#[cfg(test)]
mod tests {
    use wire::event::{End, Level};
    use wire::run::{RunSpec, RunState};

    use super::*;

    fn ended(lines: usize) -> Arc<Run> {
        let spec = r#"{"bucket":"docs","prefix":"","rule":"wc","grain":"total"}"#;
        let run = Run::new(serde_json::from_str(spec).unwrap(), false, None);
        (0..lines).for_each(|_| run.log(Level::Info, "a line", None));
        run.note_kept();
        run
    }

    #[test]
    fn the_oldest_ended_runs_go_where_all_take_too_much_memory() {
        let mut recent = Recent::default();
        for _ in 0..4 {
            recent.remember(ended(1_000));
        }
        let going_on = Run::new(ended(0).spec.clone(), false, None);
        recent.remember(Arc::clone(&going_on));
        let ids: Vec<_> = recent.ids(None).into_iter().filter(|id| *id != going_on.id).collect();
        let bytes = recent.get(&ids[0]).unwrap().memory_bytes();
        assert!(bytes > 1_000 * "a line".len(), "{bytes}");
        assert_eq!(recent.surplus(10, 10 * bytes), []);
        assert_eq!(recent.surplus(10, 2 * bytes), ids[2..]);
        assert_eq!(recent.surplus(1, 10 * bytes), ids[1..]);
    }

    #[test]
    fn a_run_is_a_parent_of_the_rest_of_its_rest() {
        let (first, other) = (ended(0), ended(0));
        let below = |above: &Run| {
            let spec = RunSpec { parent: Some(above.id.to_string()), ..above.spec.clone() };
            Run::new(spec, false, None)
        };
        let rest = below(&first);
        let last = below(&rest);
        let mut recent = Recent::default();
        for run in [&first, &other, &rest] {
            recent.remember(Arc::clone(run));
        }
        rest.end(End { state: RunState::Failed, ..rest.now() });
        rest.tell_end();
        assert!(!recent.is_parent(&first.id), "nothing goes on that takes its objects");
        recent.remember(Arc::clone(&last));
        assert!(recent.is_parent(&rest.id) && recent.is_parent(&first.id) && !recent.is_parent(&other.id));
    }
}
