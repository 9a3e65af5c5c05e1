//! How long a page is asked for again: a store that pushes back is waited for, one that answers nonsense is given up.

use std::time::Duration;

use super::ListError;
use crate::pipeline::backoff::{backoff, spread};

/// How long a store may refuse or fail without one success.
pub const REFUSED_MAX: Duration = Duration::from_secs(600);
/// Answers in a row that are no listing.
pub const BROKEN_MAX: u32 = 8;

/// Failures since the last success.
#[derive(Debug, Default)]
pub(in crate::pipeline) struct Patience {
    /// Time spent on asking and on waiting; what lay between, while nobody wanted a page, is not the store's.
    spent: Duration,
    failures: u32,
    broken: u32,
}

impl Patience {
    /// How long to wait before the page is asked for again after this error, which took so long; `None` where
    /// that is of no use.
    pub(in crate::pipeline) fn wait(
        &mut self,
        error: &ListError,
        took: Duration,
        jitter: f64,
    ) -> Option<Duration> {
        self.spent += took;
        self.failures += 1;
        let retry_after = match error {
            ListError::Refused { retry_after, .. } if self.spent < REFUSED_MAX => *retry_after,
            ListError::Unreachable { .. } if self.spent < REFUSED_MAX => None,
            ListError::Broken { .. } if self.broken + 1 < BROKEN_MAX => {
                self.broken += 1;
                None
            }
            _ => return None,
        };
        let wait = spread(backoff(self.failures, retry_after), jitter);
        self.spent += wait;
        Some(wait)
    }

    /// A page came.
    pub(in crate::pipeline) fn restore(&mut self) {
        *self = Self::default();
    }

    /// The log line on this error; `None` for all but the first one in a row.
    pub(in crate::pipeline) fn remark(&self, error: &ListError) -> Option<String> {
        (self.failures == 1).then(|| format!("{error}; it is asked for again"))
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
        const SECOND: Duration = Duration::from_secs(1);
        let (mut patience, mut spent) = (Patience::default(), Duration::ZERO);
        let first = patience.wait(&refused(None), Duration::ZERO, 0.0).unwrap();
        assert_eq!(patience.wait(&refused(None), Duration::ZERO, 1.0), Some(first * 3));
        assert_eq!(patience.wait(&refused(Some(7)), Duration::ZERO, 0.0), Some(Duration::from_secs(7)));
        while let Some(wait) = patience.wait(&refused(Some(3_600)), SECOND, 0.0) {
            assert!(wait <= BACKOFF_MAX);
            spent += wait + SECOND;
        }
        assert!(spent + 2 * BACKOFF_MAX >= REFUSED_MAX && spent <= REFUSED_MAX + 2 * BACKOFF_MAX);
        patience.restore();
        assert_eq!(patience.wait(&refused(None), Duration::ZERO, 0.0), Some(first));
    }

    #[test]
    fn nonsense_is_asked_for_again_some_times() {
        let broken = ListError::Broken { bucket: "b".to_owned(), why: "cut off".to_owned() };
        let mut patience = Patience::default();
        let waits = std::iter::from_fn(|| patience.wait(&broken, Duration::ZERO, 0.0));
        assert_eq!(waits.count(), BROKEN_MAX as usize - 1);
        let denied = ListError::NoSuchBucket("b".to_owned());
        assert_eq!(Patience::default().wait(&denied, Duration::ZERO, 0.0), None);
    }
}
