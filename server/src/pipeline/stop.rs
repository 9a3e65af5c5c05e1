//! How a run ends before its time.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use wire::event::Level;
use wire::row::{Object, Reason};
use wire::run::RunState;

use super::{Answer, Pipeline, Settled, noted};

/// How long a cancelled run waits for what is in flight, so that its counts and its bill are not lost.
const CANCEL_GRACE: Duration = Duration::from_secs(1);
/// How long a server that leaves a run waits for what is in flight.
const LEAVE_GRACE: Duration = Duration::from_secs(1);
/// Failures after which a run that counts almost nothing is given up.
const FAILURES_MAX: u64 = 1_000;

/// Why and how a run stops dispatching.
#[derive(Clone, Debug)]
pub(super) struct Stop {
    pub(super) state: RunState,
    pub(super) error: Option<String>,
    reason: Reason,
    grace_ends: Option<Instant>,
}

impl Stop {
    pub(super) fn cancelled() -> Self {
        let grace_ends = Some(Instant::now() + CANCEL_GRACE);
        Self { state: RunState::Cancelled, error: None, reason: Reason::Cancelled, grace_ends }
    }

    pub(super) fn failed(error: String) -> Self {
        Self { state: RunState::Failed, error: Some(error), reason: Reason::Cancelled, grace_ends: None }
    }

    pub(super) fn budget(limit: &str) -> Self {
        let error = Some(format!("the run reached its limit {limit}"));
        Self { state: RunState::Budget, error, reason: Reason::Budget, grace_ends: None }
    }

    fn too_many_failures(failed: u64) -> Self {
        let error = Some(format!("{failed} objects failed and almost none was counted"));
        let grace_ends = Some(Instant::now() + CANCEL_GRACE);
        Self { state: RunState::TooManyFailures, error, reason: Reason::TooManyFailures, grace_ends }
    }

    /// These objects are given up.
    pub(super) fn given_up(&self, objects: Vec<Object>) -> impl Iterator<Item = Settled> {
        let reason = self.reason;
        objects.into_iter().map(move |object| Settled::uncounted(object, reason, None))
    }
}

impl Pipeline {
    /// Dispatches nothing from here on; what was not dispatched is given up.
    pub(super) fn halt(&mut self, stop: Stop) {
        let level = if stop.state == RunState::Failed { Level::Error } else { Level::Warning };
        let why = stop.error.clone().unwrap_or_else(|| "cancelled".to_owned());
        let is_ended = stop.grace_ends.is_some() && self.engine.stopping.is_some();
        let in_flight = match (self.in_flight.len(), is_ended) {
            (0, _) => String::new(),
            (1, true) => "; 1 invocation is in flight and has a second to end".to_owned(),
            (1, false) => "; 1 invocation is in flight and runs on".to_owned(),
            (count, true) => format!("; {count} invocations are in flight and have a second to end"),
            (count, false) => format!("; {count} invocations are in flight and run on"),
        };
        self.run.log(level, why + &in_flight, None);
        let mut objects = self.unplanned();
        let unsent = objects.len() as u64;
        let waiting: Vec<_> = self.retries.drain().collect();
        let shares: Vec<_> = waiting.iter().map(noted::share).collect();
        objects.extend(waiting.into_iter().flat_map(|sent| sent.objects));
        let settled = stop.given_up(objects).collect();
        self.stop = Some(stop);
        let first_row = self.run.rows_total();
        self.settle(settled);
        self.note_given_up(&shares, first_row + unsent);
        self.changed = true;
    }

    /// Takes nothing further from the plan; what was dispatched before is still brought to its end.
    pub(super) fn fall_short(&mut self, stop: Stop) {
        let objects = self.unplanned();
        self.settle(stop.given_up(objects).collect());
        self.short = Some(stop);
        self.changed = true;
    }

    /// Lists no more; returns what was listed and never dispatched.
    fn unplanned(&mut self) -> Vec<Object> {
        self.listing = false;
        self.purse.listed(u64::MAX);
        self.plan.drain().collect()
    }

    /// Carries out a person's or a listener's Cancel, also for a run that stops already.
    pub(super) fn cancel(&mut self) {
        self.cancelled = true;
        match &mut self.stop {
            None => self.halt(Stop::cancelled()),
            Some(stop) => stop.grace_ends = stop.grace_ends.or(Some(Instant::now() + CANCEL_GRACE)),
        }
    }

    /// Dispatches nothing from here on, and leaves all without a final state to the server that resumes the
    /// run.
    pub(super) fn leave(&mut self) {
        let grace = if self.run.is_abandoned() { Duration::ZERO } else { LEAVE_GRACE };
        self.leaving = Some(Instant::now() + grace);
        self.outbox.clear();
    }

    /// When a limit of time is reached: the run's own, its viewers' absence, or the grace of what is in flight.
    pub(super) fn time_up(&self) -> Option<Instant> {
        if let Some(leaving) = self.leaving {
            return Some(leaving);
        }
        if let Some(stop) = &self.stop {
            return stop.grace_ends;
        }
        self.ends_by_limit()
    }

    /// When `max_seconds` are over.
    pub(super) fn ends_by_limit(&self) -> Option<Instant> {
        let seconds = self.run.spec.limits.max_seconds.map(Duration::from_secs);
        seconds.and_then(|limit| self.run.at(limit))
    }

    /// Gives up what is in flight; the second time, a listener who does not take its moments.
    pub(super) fn time_is_up(&mut self, received: &mut mpsc::Receiver<Answer>) {
        let stop = match (&self.leaving, &self.stop) {
            (Some(_), _) => None,
            (None, Some(stop)) => Some(stop.clone()),
            (None, None) => return self.halt(Stop::budget("max_seconds")),
        };
        while let Ok(answer) = received.try_recv() {
            self.answered(answer);
        }
        self.calls.abort_all();
        // On AWS they run on and are billed; on this machine they would take its time for nobody.
        let attempts: Vec<_> = self.in_flight.keys().chain(self.cascades.keys()).cloned().collect();
        self.engine.stop(&attempts);
        let lost = self.lose();
        let shares: Vec<_> = lost.iter().map(noted::share).collect();
        let objects: Vec<_> = lost.into_iter().flat_map(|sent| sent.objects).collect();
        if objects.is_empty() {
            self.outbox.clear();
        }
        // The server that resumes the run counts them.
        let Some(stop) = stop else { return };
        self.stop = Some(Stop { grace_ends: Some(Instant::now() + CANCEL_GRACE), ..stop.clone() });
        let first_row = self.run.rows_total();
        self.settle(stop.given_up(objects).collect());
        self.note_given_up(&shares, first_row);
    }

    /// Ends a run that nobody has watched for as long as its spec allows.
    pub(super) fn stop_when_unwatched(&mut self) {
        let (None, Some(seconds)) = (&self.stop, self.run.spec.stop_unwatched) else { return };
        let limit = Duration::from_secs(seconds);
        if self.run.unwatched_since().is_some_and(|since| since.elapsed() >= limit) {
            self.run.log(Level::Warning, format!("nobody has watched for {seconds} seconds"), None);
            self.halt(Stop::cancelled());
        }
    }

    pub(super) fn stop_after_too_many_failures(&mut self) {
        let states = self.ledger.states();
        if self.stop.is_none() && states.failed >= FAILURES_MAX && states.counted * 9 < states.failed {
            self.halt(Stop::too_many_failures(states.failed));
        }
    }
}
