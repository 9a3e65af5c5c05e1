//! How the store pushes back, as all objects of one invocation see it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use wire::wordcount::Throttled;

/// Times that an object's GETs are sent again because the store pushed back: one in ten may be refused by chance.
pub(super) const REFUSALS_MAX: u32 = 2;
/// The wait after an object's first refusal; it doubles with the next.
const PAUSE: Duration = Duration::from_millis(200);

/// Refusals of one invocation.
#[derive(Debug, Default)]
pub(super) struct Pressure {
    /// An object was given up, and nothing was answered since.
    is_on: AtomicBool,
    throttled: Mutex<Option<Throttled>>,
}

impl Pressure {
    /// Whether no further object should be begun.
    pub(super) fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }

    /// The store answered a GET.
    pub(super) fn relieve(&self) {
        self.is_on.store(false, Ordering::Relaxed);
    }

    /// An object is left to a later invocation. The first refusal is reported, with the longest wait asked for.
    pub(super) fn give_up(&self, throttled: Throttled) {
        self.is_on.store(true, Ordering::Relaxed);
        let mut kept = self.throttled.lock().unwrap_or_else(PoisonError::into_inner);
        let retry_after_ms = throttled.retry_after_ms.max(kept.as_ref().and_then(|kept| kept.retry_after_ms));
        kept.get_or_insert(throttled).retry_after_ms = retry_after_ms;
    }

    /// The pushback for the reply; `None` where no object was given up.
    pub(super) fn into_throttled(self) -> Option<Throttled> {
        self.throttled.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The wait after an object's refusals, up to twice as long by its number, so that objects which were refused
/// together do not come back together.
pub(super) fn pause(refusals: u32, n: u64) -> Duration {
    let wait = PAUSE * 2_u32.saturating_pow(refusals.saturating_sub(1));
    let share = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56;
    wait + wait * u32::try_from(share).unwrap_or_default() / 256
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_refused_together_come_back_apart_and_later_each_time() {
        let pauses: Vec<Duration> = (0..16).map(|n| pause(1, n)).collect();
        assert!(pauses.iter().all(|wait| (PAUSE..PAUSE * 2).contains(wait)), "{pauses:?}");
        assert!(pauses.iter().max() > pauses.iter().min().map(|least| *least + PAUSE / 2).as_ref());
        assert!((PAUSE * 2..PAUSE * 4).contains(&pause(2, 7)));
    }

    #[test]
    fn the_first_refusal_is_reported_with_the_longest_wait() {
        let pressure = Pressure::default();
        for (message, retry_after_ms) in [("a", None), ("b", Some(3_000)), ("c", Some(1_000))] {
            pressure.give_up(Throttled { message: message.to_owned(), retry_after_ms });
        }
        assert!(pressure.is_on());
        pressure.relieve();
        assert!(!pressure.is_on());
        let expected = Throttled { message: "a".to_owned(), retry_after_ms: Some(3_000) };
        assert_eq!(pressure.into_throttled(), Some(expected));
    }
}
