//! The limits of invocations: how long each may take, and the most that it may cost. Pure.
//!
//! A function gets its limit in milliseconds with its payload. Its bill is for more: its environment's start
//! before them, and the time that it takes to stop after them.

use lambdas::wordcount::GETS_MAX;

use crate::price::Reserve;

/// An environment's start at most, which is billed.
pub(super) const START_MS: u64 = 200;
/// The longest that a function takes to stop when its time is over.
const STOP_MS: u64 = 100;
/// The longest that a call of a child and its answer take, its own time aside.
pub(super) const HOP_MS: u64 = 500;
/// No invocation gets less time than this.
pub(super) const MS_MIN: u64 = 50;
/// A batch is given this long where there is money for it, however small it is.
const MS_FAIR: u64 = 1_000;
/// A batch is given so many times what it is taken to need.
const GENEROUS: u64 = 3;

/// One cascade call, as batches are added to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::pipeline) struct Terms {
    children: Reserve,
    longest_ms: u64,
}

impl Terms {
    /// These limits with one more child.
    #[must_use]
    pub(super) fn with(self, ms: u64, objects: u64) -> Self {
        Self { children: self.children + child(ms, objects), longest_ms: self.longest_ms.max(ms) }
    }

    /// Nobody is invoked.
    pub(super) fn is_empty(&self) -> bool {
        self.children.invocations == 0
    }

    /// Milliseconds that the cascade waits for its children.
    pub(super) fn wait_ms(&self) -> u64 {
        START_MS + self.longest_ms + STOP_MS + HOP_MS
    }

    /// The most that the cascade itself may cost.
    pub(super) fn cascade(&self) -> Reserve {
        Reserve { invocations: 1, ms: billed_ms(self.wait_ms()), ..Reserve::default() }
    }

    /// The most that the cascade and its children may cost.
    pub(super) fn reserve(&self) -> Reserve {
        self.children + self.cascade()
    }
}

/// The most that a child may cost.
pub(super) fn child(ms: u64, objects: u64) -> Reserve {
    Reserve { invocations: 1, ms: billed_ms(ms), gets: objects.saturating_mul(GETS_MAX), lists: 0 }
}

/// Milliseconds for a batch that is taken to need so many.
pub(super) fn fair_ms(busy_ms: u64) -> u64 {
    busy_ms.saturating_mul(GENEROUS).max(MS_FAIR)
}

/// The largest number of `low..=high` for which `holds` is true, if it stays false once it is false; `None`
/// where it is true for none.
pub(super) fn largest(low: u64, high: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    if low > high || !holds(low) {
        return None;
    }
    let (mut good, mut bad) = (low, high.saturating_add(1));
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        if holds(middle) { good = middle } else { bad = middle }
    }
    Some(good)
}

fn billed_ms(ms: u64) -> u64 {
    START_MS + ms.saturating_add(STOP_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cascade_outlives_the_children_that_take_longest() {
        let terms = Terms::default().with(700, 3).with(50, 1);
        assert!(terms.wait_ms() >= child(700, 3).ms + HOP_MS);
        assert_eq!(terms.reserve(), terms.cascade() + child(700, 3) + child(50, 1));
        assert!(!terms.is_empty() && Terms::default().is_empty());
    }

    #[test]
    fn the_largest_that_holds_is_found() {
        #[track_caller]
        fn check(low: u64, high: u64, most: u64, expected: Option<u64>) {
            assert_eq!(largest(low, high, |number| number <= most), expected);
        }
        check(50, 1_000, 333, Some(333));
        check(50, 1_000, 5_000, Some(1_000));
        check(50, 1_000, 50, Some(50));
        check(50, 1_000, 49, None);
        check(50, 49, 100, None);
    }
}
