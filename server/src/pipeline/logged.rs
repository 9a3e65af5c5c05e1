//! A run's events in the program's log: with fields, within the run's span. Its viewers have a log of their
//! own.

use wire::cascade::{ChildError, ChildErrorKind};
use wire::event::End;
use wire::run::RunState;

use super::Pipeline;
use super::settle::Sent;

impl Pipeline {
    pub(super) fn log_begin(&self) {
        let spec = &self.run.spec;
        let (bucket, prefix) = (spec.bucket.as_str(), spec.prefix.as_str());
        let rule = spec.rule.as_str();
        match self.epoch {
            0 => tracing::info!(bucket, prefix, rule, "a run begins"),
            epoch => tracing::info!(bucket, prefix, rule, epoch, "a run goes on that began before"),
        }
    }

    pub(super) fn log_end(&self, end: &End) {
        let spec = &self.run.spec;
        let (bucket, prefix) = (spec.bucket.as_str(), spec.prefix.as_str());
        let (state, error) = (end.state.as_str(), end.error.as_deref());
        let (objects, counted, failed) = (end.progress.objects_found, end.states.counted, end.states.failed);
        let (invocations, cost_usd) = (end.progress.invocations, end.progress.cost_usd);
        let elapsed_ms = end.progress.elapsed_ms;
        if end.state == RunState::Inconsistent {
            tracing::error!(bucket, prefix, state, error, objects, counted, failed, "a run does not add up");
            return;
        }
        tracing::info!(
            bucket,
            prefix,
            state,
            error,
            objects,
            counted,
            failed,
            invocations,
            cost_usd,
            elapsed_ms,
            "a run ended"
        );
    }

    pub(super) fn log_cascade(&self, attempt: &str, error: Option<ChildErrorKind>) {
        if let Some(kind) = error.map(ChildErrorKind::as_str) {
            tracing::debug!(attempt, kind, "a cascade failed");
        }
    }

    /// Attempts fail every day: these lines are for operators who ask for them, and the metrics count all.
    pub(super) fn log_failed(&self, attempt: &str, sent: &Sent, error: &ChildError, goes_again: bool) {
        let (kind, error) = (error.kind.as_str(), error.message.as_str());
        let (objects, tries) = (sent.objects.len(), sent.trace.attempts);
        tracing::debug!(attempt, kind, error, objects, tries, goes_again, "an attempt failed");
    }
}
