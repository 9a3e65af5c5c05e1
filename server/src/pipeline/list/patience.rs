//! How long a page is asked for again: a store that pushes back is waited for, one that answers nonsense is given up.

use std::time::Duration;

use tokio::time::Instant;

use super::ListError;
use crate::pipeline::backoff::{backoff, spread};

/// How long a store may refuse or fail without one success.
pub const REFUSED_MAX: Duration = Duration::from_secs(600);
/// Answers in a row that are no listing.
pub const BROKEN_MAX: u32 = 8;

/// Failures since the last success.
#[derive(Debug, Default)]
pub(super) struct Patience {
    since: Option<Instant>,
    failures: u32,
    broken: u32,
}

impl Patience {
    /// How long to wait before the page is asked for again after this error; `None` where that is of no use.
    pub(super) fn wait(&mut self, error: &ListError, now: Instant, jitter: f64) -> Option<Duration> {
        let since = *self.since.get_or_insert(now);
        self.failures += 1;
        let retry_after = match error {
            ListError::Refused { retry_after, .. } if now - since < REFUSED_MAX => *retry_after,
            ListError::Unreachable { .. } if now - since < REFUSED_MAX => None,
            ListError::Broken { .. } if self.broken + 1 < BROKEN_MAX => {
                self.broken += 1;
                None
            }
            _ => return None,
        };
        Some(spread(backoff(self.failures, retry_after), jitter))
    }

    /// A page came.
    pub(super) fn restore(&mut self) {
        *self = Self::default();
    }

    /// Failures since the last success.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::backoff::BACKOFF_MAX;

    fn refused(retry_after: Option<u64>) -> ListError {
        let retry_after = retry_after.map(Duration::from_secs);
        ListError::Refused { bucket: "b".to_owned(), why: "SlowDown".to_owned(), retry_after }
    }

    #[test]
    fn a_store_that_pushes_back_is_waited_for_and_not_for_ever() {
        let (mut patience, mut now) = (Patience::default(), Instant::now());
        let begun = now;
        let first = patience.wait(&refused(None), now, 0.0).unwrap();
        assert_eq!(patience.wait(&refused(None), now, 1.0), Some(first * 3));
        assert_eq!(patience.wait(&refused(Some(7)), now, 0.0), Some(Duration::from_secs(7)));
        while let Some(wait) = patience.wait(&refused(Some(3_600)), now, 0.0) {
            assert!(wait <= BACKOFF_MAX);
            now += wait;
        }
        assert!(now - begun >= REFUSED_MAX && now - begun <= REFUSED_MAX + BACKOFF_MAX);
        patience.restore();
        assert_eq!(patience.wait(&refused(None), now, 0.0), Some(first));
    }

    #[test]
    fn nonsense_is_asked_for_again_some_times() {
        let broken = ListError::Broken { bucket: "b".to_owned(), why: "cut off".to_owned() };
        let mut patience = Patience::default();
        let waits = std::iter::from_fn(|| patience.wait(&broken, Instant::now(), 0.0));
        assert_eq!(waits.count(), BROKEN_MAX as usize - 1);
        let denied = ListError::NoSuchBucket("b".to_owned());
        assert_eq!(Patience::default().wait(&denied, Instant::now(), 0.0), None);
    }
}
