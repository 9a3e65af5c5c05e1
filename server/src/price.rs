//! What a run costs on AWS: one dated table, and the arithmetic over it.

use serde::{Deserialize, Serialize};

/// When the table was last compared with AWS's price pages.
pub const PRICES_AS_OF: &str = "2026-11";

/// USD for a GB-second of an x86_64 function in us-east-1.
pub(crate) const USD_GB_SECOND: f64 = 0.000_016_666_7;
/// USD for one function request.
const USD_REQUEST: f64 = 0.20 / 1_000_000.0;
/// USD for one S3 LIST.
const USD_LIST: f64 = 0.005 / 1_000.0;
/// USD for one S3 GET.
const USD_GET: f64 = 0.000_4 / 1_000.0;

/// What a run has used so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Function invocations, of both tiers.
    pub invocations: u64,
    /// Billed milliseconds that were reported, of both tiers.
    pub billed_ms: u64,
    /// Invocations that ended without reporting their bill.
    pub unreported: u64,
    /// S3 GET requests.
    pub gets: u64,
    /// S3 LIST requests.
    pub lists: u64,
}

impl Usage {
    /// US dollars, for functions of this size.
    pub fn usd(&self, memory_mb: u32) -> f64 {
        let gb_seconds = as_f64(self.billed_ms) / 1_000.0 * f64::from(memory_mb) / 1_024.0;
        gb_seconds * USD_GB_SECOND
            + as_f64(self.invocations) * USD_REQUEST
            + as_f64(self.gets) * USD_GET
            + as_f64(self.lists) * USD_LIST
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count beyond 2^53 is not a bill that anyone gets")]
pub(crate) fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bill_of_a_terabyte_is_as_published() {
        let usage =
            Usage { invocations: 10_032, billed_ms: 10_500_000, gets: 10_000, lists: 10, ..Usage::default() };
        let usd = usage.usd(1_229);
        assert!((0.20..0.23).contains(&usd), "{usd}");
    }
}
