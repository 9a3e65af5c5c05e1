//! Runs that begin, go on and end.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use wire::run::RunState;

use super::{Counters, counters, seconds};

/// The label of a run's end that another server brings about, or this one when it is started again.
const LEFT: &str = "left";
/// How runs end.
const ENDS: [RunState; 6] = [
    RunState::Finished,
    RunState::Cancelled,
    RunState::Budget,
    RunState::TooManyFailures,
    RunState::Failed,
    RunState::Inconsistent,
];

/// The metrics of runs.
#[derive(Clone, Debug)]
pub struct Runs {
    started: Counter,
    resumed: Counter,
    ended: Counters<1>,
    running: Gauge,
    first_row: Histogram,
    duration: Histogram,
}

/// A run that goes on here, until this is dropped.
#[derive(Debug)]
pub struct Going {
    runs: Runs,
    state: &'static str,
}

impl Runs {
    pub(super) fn registered(registry: &mut Registry) -> Self {
        let states = ENDS.map(RunState::as_str).into_iter().chain([LEFT]);
        let runs = Self {
            started: Counter::default(),
            resumed: Counter::default(),
            ended: counters(states.map(|state| [("state", state)])),
            running: Gauge::default(),
            first_row: seconds(),
            duration: seconds(),
        };
        registry.register("runs_started", "Runs that began here", runs.started.clone());
        registry.register(
            "runs_resumed",
            "Runs that began before and were gone on with here",
            runs.resumed.clone(),
        );
        registry.register(
            "runs_ended",
            "Runs that ended here, or were left to another server",
            runs.ended.clone(),
        );
        registry.register("runs_running", "Runs that go on here", runs.running.clone());
        let first_row = "From a run's start to its first object in a final state";
        registry.register("run_first_row_seconds", first_row, runs.first_row.clone());
        let duration = "From a run's start to its end, the time before this server had it included";
        registry.register("run_duration_seconds", duration, runs.duration.clone());
        runs
    }

    /// A run begins here, or goes on.
    pub fn begin(&self, is_resumed: bool) -> Going {
        let counter = if is_resumed { &self.resumed } else { &self.started };
        counter.inc();
        self.running.inc();
        Going { runs: self.clone(), state: LEFT }
    }

    /// A run's first object has its final state.
    pub fn note_first_row(&self, after: Duration) {
        self.first_row.observe(after.as_secs_f64());
    }
}

impl Going {
    /// It ended so, and took that long.
    pub fn end(mut self, state: RunState, after: Duration) {
        self.state = state.as_str();
        self.runs.duration.observe(after.as_secs_f64());
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        self.runs.running.dec();
        self.runs.ended.get_or_create(&[("state", self.state)]).inc();
    }
}
