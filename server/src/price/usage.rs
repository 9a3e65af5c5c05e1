//! The usage of a run, and which part of it has no bill yet.

use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};
use wire::event::Cost;

use super::{Money, Rates};

/// The usage of a run so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Function invocations, of both tiers.
    pub invocations: u64,
    /// Billed milliseconds of `wordcount` invocations that answered.
    pub wordcount_ms: u64,
    /// Billed milliseconds of `cascade` invocations that answered.
    pub cascade_ms: u64,
    /// Billed milliseconds of invocations of either tier that ended in an error.
    pub failed_ms: u64,
    /// S3 GET requests that were reported.
    pub gets: u64,
    /// S3 LIST requests.
    pub lists: u64,
    /// Invocations that ended without reporting their bill.
    pub unreported: u64,
    /// The most that was used and never reported.
    pub untold: Reserve,
    /// The run said with each request that its account pays for it.
    pub requester_pays: bool,
    /// Servers that had the run and were killed: what each invoked in its last moments may be missing.
    pub kills: u64,
}

/// The work that an invocation's time went into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// Counting.
    Wordcount,
    /// Fanning out.
    Cascade,
    /// Nothing: it ended in an error.
    Failure,
}

/// The most that something may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reserve {
    /// Function invocations.
    pub invocations: u64,
    /// Billed milliseconds.
    pub ms: u64,
    /// S3 GET requests.
    pub gets: u64,
    /// S3 LIST requests.
    pub lists: u64,
}

impl Usage {
    /// Billed milliseconds that were reported, of both tiers.
    pub fn billed_ms(&self) -> u64 {
        self.wordcount_ms + self.cascade_ms + self.failed_ms
    }

    /// The cost in parts, at these rates.
    pub fn cost(&self, rates: Rates) -> Cost {
        let [wordcount, cascade, failed, requests, s3] = self.parts(rates).map(Money::usd);
        Cost {
            wordcount_usd: wordcount,
            cascade_usd: cascade,
            failed_usd: failed,
            requests_usd: requests,
            s3_usd: s3,
            unreported: self.unreported,
            unreported_usd: self.untold.money(rates).usd(),
            requester_pays: self.requester_pays,
            kills: self.kills,
        }
    }

    /// This, where no bill will ever come for the reservation.
    #[must_use]
    pub fn with_lost(mut self, reserved: Reserve) -> Self {
        self.invocations += reserved.invocations;
        self.unreported += reserved.invocations;
        self.lists += reserved.lists;
        self.untold.ms = self.untold.ms.saturating_add(reserved.ms);
        self.untold.gets = self.untold.gets.saturating_add(reserved.gets);
        self
    }

    /// The most that it may cost: the reported usage, and the most that was never reported.
    pub fn money_max(&self, rates: Rates) -> Money {
        self.parts(rates).into_iter().sum::<Money>() + self.untold.money(rates)
    }

    fn parts(&self, rates: Rates) -> [Money; 5] {
        [
            rates.wordcount * self.wordcount_ms,
            rates.cascade * self.cascade_ms,
            rates.either() * self.failed_ms,
            Money::REQUEST * self.invocations,
            Money::GET * self.gets + Money::LIST * self.lists,
        ]
    }
}

impl Reserve {
    /// The sum that it costs, at these rates.
    pub fn money(&self, rates: Rates) -> Money {
        rates.either() * self.ms
            + Money::REQUEST * self.invocations
            + Money::GET * self.gets
            + Money::LIST * self.lists
    }
}

impl Add for Reserve {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            invocations: self.invocations.saturating_add(other.invocations),
            ms: self.ms.saturating_add(other.ms),
            gets: self.gets.saturating_add(other.gets),
            lists: self.lists.saturating_add(other.lists),
        }
    }
}

impl Sub for Reserve {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            invocations: self.invocations.saturating_sub(other.invocations),
            ms: self.ms.saturating_sub(other.ms),
            gets: self.gets.saturating_sub(other.gets),
            lists: self.lists.saturating_sub(other.lists),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_bill_of_a_terabyte_is_as_published() {
        let usage = Usage {
            invocations: 10_032,
            wordcount_ms: 10_200_000,
            cascade_ms: 300_000,
            gets: 10_000,
            lists: 10,
            ..Usage::default()
        };
        let usd = usage.cost(Rates::of_memory(1_229)).total_usd();
        assert!((0.20..0.23).contains(&usd), "{usd}");
    }

    #[test]
    fn each_price_is_that_of_the_table() {
        #[track_caller]
        fn check(usage: Usage, expected: f64) {
            let usd = usage.cost(Rates::of_memory(1_024)).total_usd();
            assert!((usd - expected).abs() < expected * 1e-12, "{usd}");
        }
        check(Usage { wordcount_ms: 1_000, ..Usage::default() }, 0.000_016_666_7);
        check(Usage { invocations: 1_000_000, ..Usage::default() }, 0.20);
        check(Usage { gets: 1_000, ..Usage::default() }, 0.000_4);
        check(Usage { lists: 1_000, ..Usage::default() }, 0.005);
    }

    #[test]
    fn what_is_absent_in_a_stored_usage_is_nothing() {
        assert_eq!(serde_json::from_str::<Usage>("{}").unwrap(), Usage::default());
    }

    proptest! {
        #[test]
        fn the_parts_shown_are_the_sum_that_limits_are_held_against(
            ms in prop::array::uniform3(0..1_u64 << 40),
            counts in prop::array::uniform3(0..1_u64 << 40),
            memory_mb in 128..10_240_u32,
        ) {
            let [wordcount_ms, cascade_ms, failed_ms] = ms;
            let [invocations, gets, lists] = counts;
            let rates = Rates { cascade: Rates::of_memory(128).cascade, ..Rates::of_memory(memory_mb) };
            let usage =
                Usage { invocations, wordcount_ms, cascade_ms, failed_ms, gets, lists, ..Usage::default() };
            let (shown, exact) = (usage.cost(rates).total_usd(), usage.money_max(rates).usd());
            prop_assert!((shown - exact).abs() <= exact * 1e-12, "{} {}", shown, exact);
        }
    }
}
