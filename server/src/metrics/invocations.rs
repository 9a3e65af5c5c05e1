//! Invocations of both functions, and retries.

use prometheus_client::registry::Registry;
use wire::cascade::ChildErrorKind;
use wire::invocation::{Invocation, Outcome, Tier};

use super::{Counters, Histograms, counters, histograms};

/// Both tiers.
const TIERS: [Tier; 2] = [Tier::Cascade, Tier::Wordcount];
/// The outcome of an invocation that succeeded.
const ANSWERED: &str = "answered";
/// The outcome of an invocation whose end nobody waited for.
const LOST: &str = "lost";
/// The cause of a retry after an answer that left objects over.
const INCOMPLETE: &str = "incomplete";

/// The metrics of invocations.
#[derive(Clone, Debug)]
pub struct Invocations {
    started: Counters<1>,
    ended: Counters<2>,
    retries: Counters<1>,
    duration: Histograms<1>,
    wait: Histograms<1>,
    cold_start: Histograms<1>,
}

impl Invocations {
    pub(super) fn registered(registry: &mut Registry) -> Self {
        let tiers = || TIERS.map(|tier| [("tier", tier.as_str())]);
        let errors = || ChildErrorKind::ALL.into_iter().map(ChildErrorKind::as_str);
        let outcomes = || errors().chain([ANSWERED, LOST]);
        let ends = TIERS.into_iter().flat_map(|tier| outcomes().map(move |outcome| labels(tier, outcome)));
        let invocations = Self {
            started: counters(tiers()),
            ended: counters(ends),
            retries: counters(errors().chain([INCOMPLETE]).map(|reason| [("reason", reason)])),
            duration: histograms(tiers()),
            wait: histograms(tiers()),
            cold_start: histograms(tiers()),
        };
        let started = "Invocations that were begun, those included that were turned away";
        registry.register("invocations_started", started, invocations.started.clone());
        let ended =
            "Invocations that ended, by what came of them: throttled, too_large and refused ones did not run";
        registry.register("invocations_ended", ended, invocations.ended.clone());
        let retries = "Batches that go again, whole or in parts, by what went wrong";
        registry.register("retries", retries, invocations.retries.clone());
        let duration = "From the Invoke to its end, for those that ran";
        registry.register("invocation_seconds", duration, invocations.duration.clone());
        let wait = "From there being work for an invocation to its Invoke";
        registry.register("invocation_wait_seconds", wait, invocations.wait.clone());
        let cold_start = "The start of an environment, of each invocation that had to wait for it";
        registry.register("cold_start_seconds", cold_start, invocations.cold_start.clone());
        invocations
    }

    /// It begins.
    pub fn note_started(&self, invocation: &Invocation) {
        let tier = [("tier", invocation.tier.as_str())];
        self.started.get_or_create(&tier).inc();
        let waited_ms = invocation.began_ms.saturating_sub(invocation.queued_ms);
        self.wait.get_or_create(&tier).observe(f64::from(waited_ms) / 1e3);
    }

    /// It ended, with the outcome in its own record.
    pub fn note_ended(&self, invocation: &Invocation) {
        let outcome = match (invocation.outcome, invocation.error) {
            (Some(Outcome::Lost), _) => LOST,
            (_, Some(error)) => error.as_str(),
            (_, None) => ANSWERED,
        };
        self.ended.get_or_create(&labels(invocation.tier, outcome)).inc();
        let tier = [("tier", invocation.tier.as_str())];
        if let (true, Some(ended_ms)) = (invocation.ran && outcome != LOST, invocation.ended_ms) {
            let took_ms = ended_ms.saturating_sub(invocation.began_ms);
            self.duration.get_or_create(&tier).observe(f64::from(took_ms) / 1e3);
        }
        if let Some(init_ms) = invocation.init_ms {
            self.cold_start.get_or_create(&tier).observe(f64::from(init_ms) / 1e3);
        }
    }

    /// So many batches go again, after this error or after an answer that leaves objects over.
    pub fn note_retries(&self, error: Option<ChildErrorKind>, batches: usize) {
        let reason = error.map_or(INCOMPLETE, ChildErrorKind::as_str);
        self.retries.get_or_create(&[("reason", reason)]).inc_by(batches as u64);
    }
}

fn labels(tier: Tier, outcome: &'static str) -> super::Labels<2> {
    [("tier", tier.as_str()), ("outcome", outcome)]
}
