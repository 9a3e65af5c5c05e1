//! A run's part of the process's metrics: added in bulk, when the run publishes its progress, and never for
//! an object alone.

use wire::cascade::ChildErrorKind;
use wire::invocation::Invocation;

use super::Pipeline;
use crate::engine::Engine;
use crate::metrics::{Depths, Settling, Waiting};
use crate::price::Usage;

/// The part of a run that is in the process's metrics already.
#[derive(Debug)]
pub(super) struct Measured {
    found: u64,
    usage: Usage,
    waiting: Waiting,
    has_rows: bool,
}

impl Measured {
    /// Begins with the objects and the usage of an earlier life of the run, which are in that one's metrics.
    pub(super) fn new(engine: &Engine, found: u64, usage: Usage) -> Self {
        Self { found, usage, waiting: engine.metrics.queues.join(), has_rows: found > 0 }
    }
}

impl Pipeline {
    /// Adds what came since the last time.
    pub(super) fn measure(&mut self) {
        let metrics = &self.engine.metrics;
        let (found, usage) = (self.ledger.found(), *self.purse.usage());
        metrics.objects.note_found(found.saturating_sub(self.measured.found));
        metrics.spending.note_used(&usage, &self.measured.usage, self.engine.rates);
        (self.measured.found, self.measured.usage) = (found, usage);
        self.measured.waiting.note(Depths {
            objects: self.plan.waiting(),
            batches: self.plan.batches_left(),
            batches_in_flight: self.in_flight.len(),
            cascades_in_flight: self.cascades.len(),
            retries: self.retries.len(),
            resting: self.resting.len(),
            rows_held: self.run.rows_total() - self.run.rows_first(),
        });
    }

    pub(super) fn measure_settled(&mut self, settling: Settling) {
        if !self.measured.has_rows {
            self.measured.has_rows = true;
            self.engine.metrics.runs.note_first_row(self.run.elapsed());
        }
        self.engine.metrics.objects.note_settled(settling);
    }

    pub(super) fn measure_started(&self, invocation: &Invocation) {
        self.engine.metrics.invocations.note_started(invocation);
    }

    pub(super) fn measure_ended(&self, invocation: &Invocation) {
        self.engine.metrics.invocations.note_ended(invocation);
    }

    pub(super) fn measure_retries(&self, error: Option<ChildErrorKind>, batches: usize) {
        // A run that ends gives them up.
        if batches > 0 && self.stop.is_none() {
            self.engine.metrics.invocations.note_retries(error, batches);
        }
    }
}
