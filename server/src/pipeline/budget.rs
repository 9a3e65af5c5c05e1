//! What a run may still spend: no invocation begins that could take it past its limit.

use super::Pipeline;
use crate::price::{USD_GB_SECOND, as_f64};

/// Invocations that one batch can be billed for: its own and its cascade's.
const TIERS: f64 = 2.0;
/// What is kept back of the last dollars, for requests and for what a function takes to stop.
const LAST_SHARE: f64 = 0.8;
/// No invocation is begun for less time than this.
const LAST_MS_MIN: u64 = 100;

/// What the next cascade may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Allowance {
    /// As many batches as there are places.
    Unlimited,
    /// So many batches, each for its function's whole time.
    Batches(u64),
    /// One batch, for so many milliseconds.
    Milliseconds(u64),
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
        let batch_usd = TIERS * usd_ms * as_f64(whole_ms);
        let running = self.in_flight.len() as u64;
        let committed = as_f64(running + self.usage.unreported) * batch_usd;
        let left = max_usd - self.cost_usd() - committed;
        if left >= batch_usd {
            return Allowance::Batches(whole(left / batch_usd));
        }
        if running > 0 || self.cascades_open > 0 {
            return Allowance::Wait;
        }
        match whole(left.max(0.0) * LAST_SHARE / (TIERS * usd_ms)) {
            ms if ms >= LAST_MS_MIN => Allowance::Milliseconds(ms),
            _ => Allowance::Spent,
        }
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
