//! The part of a run's `max_usd` that its server may use: no more than the store knows of. After a kill, the
//! server that resumes the run counts all of that part as spent, so that the limit holds whatever was in
//! flight.

use super::Run;
use crate::price::Money;

/// A limit is authorised in so many parts: a kill costs a part at most, and a run stores a segment for each.
const PARTS: f64 = 4.0;

/// The sum that may be used next where so much is gone, or may be.
pub fn next(max_usd: f64, gone: Money) -> Money {
    (gone + Money::from_usd(max_usd / PARTS)).min(Money::from_usd(max_usd))
}

impl Run {
    /// Starts with the next grant after what may be gone.
    pub fn authorise_from(&self, max_usd: f64, gone: Money) {
        self.kept().authorised = Some(next(max_usd, gone));
    }

    /// The sum that may be used; all of the limit where `None`.
    pub fn authorised(&self) -> Option<Money> {
        self.kept().authorised
    }

    /// Authorises more where that is due. It must not be used before the next segment is stored.
    pub fn next_authorised(&self) -> Option<Money> {
        let max_usd = self.spec.limits.max_usd?;
        let authorised = self.authorised()?;
        let wanted = self.lock().spent.wanted;
        let due = wanted + Money::from_usd(max_usd / PARTS / 2.0) > authorised;
        let next = next(max_usd, wanted.max(authorised));
        (due && next > authorised).then_some(next)
    }

    /// The sum that is spent or reserved, where that is limited.
    pub fn gone(&self) -> Option<Money> {
        self.authorised().map(|_| self.lock().spent.gone)
    }

    /// The store has recorded that this server may use so much.
    pub fn note_authorised(&self, authorised: Money) {
        self.kept().authorised = Some(authorised);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(max_usd: f64, gone: f64, expected: f64) {
        assert_eq!(next(max_usd, Money::from_usd(gone)), Money::from_usd(expected));
    }

    #[test]
    fn a_limit_is_used_part_by_part() {
        check(1.0, 0.0, 0.25);
        check(1.0, 0.25, 0.5);
        check(1.0, 0.9, 1.0);
        check(0.0, 0.0, 0.0);
    }
}
