//! How long to wait before something is asked for again.

use std::time::Duration;

/// The first wait after a failure; it doubles with every further one.
const BACKOFF: Duration = Duration::from_millis(100);
/// No wait is longer, whatever a service asks for.
pub(super) const BACKOFF_MAX: Duration = Duration::from_secs(20);

/// The wait after so many failures in a row, at least as long as the service asks for and never beyond the bound.
pub(super) fn backoff(failures: u32, retry_after: Option<Duration>) -> Duration {
    let wait = BACKOFF.saturating_mul(1 << failures.saturating_sub(1).min(16));
    wait.max(retry_after.unwrap_or_default()).min(BACKOFF_MAX)
}

/// Adds up to half of a wait, by `jitter` in 0..=1, so that what failed together does not come back together.
pub(super) fn spread(wait: Duration, jitter: f64) -> Duration {
    wait + wait.mul_f64(jitter.clamp(0.0, 1.0) / 2.0)
}

/// A number in 0..=1, for waits that should differ.
pub(super) fn jitter() -> f64 {
    f64::from(getrandom::u32().unwrap_or_default()) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_doubles_up_to_its_bound() {
        assert_eq!(backoff(1, None), BACKOFF);
        assert_eq!(backoff(3, None), BACKOFF * 4);
        assert_eq!(backoff(u32::MAX, None), BACKOFF_MAX);
        assert_eq!(backoff(1, Some(Duration::from_secs(7))), Duration::from_secs(7));
        assert_eq!(backoff(1, Some(Duration::MAX)), BACKOFF_MAX);
        assert_eq!(spread(BACKOFF * 2, 1.0), BACKOFF * 3);
    }
}
