//! What a run may still spend: no invocation begins that could take it past its limit.

use wire::row::Object;

use super::plan::BATCH_OBJECTS_MAX;
use super::stop::Stop;
use super::{Pipeline, Settled};
use crate::price::{USD_GB_SECOND, Usage, as_f64};

/// Invocations that one batch can be billed for: its own and its cascade's.
const TIERS: f64 = 2.0;
/// Objects that the last dollars' batch may have.
const LAST_OBJECTS_MAX: usize = 64;
/// What is kept back of the last dollars' milliseconds, for what a function takes to stop.
const LAST_MS_KEPT: u64 = 100;
/// No invocation is begun for less time than this.
const LAST_MS_MIN: u64 = 50;
/// LIST pages that may be asked for while a batch is under way.
const LISTS_AHEAD: u64 = 10;

/// What the next cascade may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Allowance {
    /// As many batches as there are places.
    Unlimited,
    /// So many batches, each for its function's whole time.
    Batches(u64),
    /// One batch of at most so many objects, for so many milliseconds.
    Last {
        /// Objects.
        objects_max: usize,
        /// Milliseconds.
        ms: u64,
    },
    /// Nothing until what is in flight has told its bill.
    Wait,
    /// Nothing any more.
    Spent,
}

impl Pipeline {
    /// What `max_usd` leaves, when all that is in flight, and all that never told its bill, is taken to cost
    /// the most it can.
    pub(super) fn allowance(&self) -> Allowance {
        let Some(max_usd) = self.run.spec.limits.max_usd else { return Allowance::Unlimited };
        let usd_ms = f64::from(self.engine.memory_mb) / 1_024.0 * USD_GB_SECOND / 1_000.0;
        let whole_ms = u64::try_from(self.engine.function_timeout.as_millis()).unwrap_or(u64::MAX);
        let requests = |gets| Usage { invocations: 2, gets, lists: LISTS_AHEAD, ..Usage::default() };
        let batch_usd = TIERS * usd_ms * as_f64(whole_ms) + requests(BATCH_OBJECTS_MAX as u64).usd(0);
        let running = self.in_flight.len() as u64;
        let committed = as_f64(running + self.usage.unreported) * batch_usd;
        let left = max_usd - self.cost_usd() - committed;
        if left >= batch_usd {
            return Allowance::Batches(whole(left / batch_usd));
        }
        if running > 0 || self.cascades_open > 0 {
            return Allowance::Wait;
        }
        let compute_usd = (left - requests(LAST_OBJECTS_MAX as u64).usd(0)).max(0.0);
        match whole(compute_usd / (TIERS * usd_ms)).saturating_sub(LAST_MS_KEPT) {
            ms if ms >= LAST_MS_MIN => Allowance::Last { objects_max: LAST_OBJECTS_MAX, ms },
            _ => Allowance::Spent,
        }
    }

    /// Those of the objects that `max_bytes` leaves room for; the others, which will never fit, are given up.
    pub(super) fn within_bytes(&mut self, objects: Vec<Object>) -> Vec<Object> {
        let Some(max) = self.run.spec.limits.max_bytes else { return objects };
        let mut bytes = self.dispatched.bytes;
        let (fitting, over): (Vec<_>, Vec<_>) = objects.into_iter().partition(|object| {
            let size = object.size.unwrap_or_default();
            let fits = bytes.saturating_add(size) <= max;
            bytes += if fits { size } else { 0 };
            fits
        });
        if !over.is_empty() {
            let stop = Stop::budget("max_bytes");
            let given_up: Vec<Settled> = stop.given_up(over).collect();
            self.settle(given_up);
            self.short = Some(stop);
        }
        fitting
    }

    /// Something can be dispatched, if only to learn that nothing can any more.
    pub(super) fn may_spend(&self) -> bool {
        self.allowance() != Allowance::Wait
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "as saturates, and nothing here is negative"
)]
fn whole(number: f64) -> u64 {
    number as u64
}
