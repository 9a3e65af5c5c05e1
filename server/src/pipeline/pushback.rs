//! Patience with services that push back: how long one is asked again without a success. Pure.

use std::time::Duration;

use tokio::time::Instant;

use super::list::patience::REFUSED_MAX;

/// Between two refusals no more than this counts: while other runs or the budget keep a run from asking, the
/// service refuses nothing.
const GAP_MAX: Duration = Duration::from_secs(120);

/// A run's count of one service's refusals.
#[derive(Debug, Default)]
pub(super) struct Pushback {
    /// The last refusal since the last success.
    last: Option<Instant>,
    /// Time without a success, between the first refusal and the last.
    spent: Duration,
    warned: bool,
}

/// The run's answer to a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// The service is asked again, and the run's viewers have to hear that it pushes back.
    Warn,
    /// The service is asked again.
    Wait,
    /// The service had its time.
    GiveUp,
}

impl Pushback {
    /// The service refused.
    pub(super) fn refused(&mut self, now: Instant) -> Course {
        if let Some(last) = self.last.replace(now) {
            self.spent += now.saturating_duration_since(last).min(GAP_MAX);
        }
        if self.spent >= REFUSED_MAX {
            return Course::GiveUp;
        }
        if std::mem::replace(&mut self.warned, true) { Course::Wait } else { Course::Warn }
    }

    /// The service did what it was asked for.
    pub(super) fn succeeded(&mut self) {
        (self.last, self.spent) = (None, Duration::ZERO);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_service_that_only_refuses_is_given_up_after_its_time() {
        let (mut pushback, begun) = (Pushback::default(), Instant::now());
        assert_eq!(pushback.refused(begun), Course::Warn);
        for second in (20..600).step_by(20) {
            assert_eq!(pushback.refused(begun + SECOND * second), Course::Wait, "{second}");
        }
        assert_eq!(pushback.refused(begun + REFUSED_MAX), Course::GiveUp);
        assert_eq!(pushback.refused(begun + REFUSED_MAX), Course::GiveUp);
    }

    #[test]
    fn one_success_restarts_the_time_and_warns_no_second_time() {
        let (mut pushback, begun) = (Pushback::default(), Instant::now());
        for second in (0..6_000).step_by(100) {
            let course = pushback.refused(begun + SECOND * second);
            assert_eq!(course, if second == 0 { Course::Warn } else { Course::Wait }, "{second}");
            if second % 500 == 0 {
                pushback.succeeded();
            }
        }
    }

    #[test]
    fn time_in_which_nothing_was_asked_is_not_the_services() {
        let (mut pushback, begun) = (Pushback::default(), Instant::now());
        pushback.refused(begun);
        assert_eq!(pushback.refused(begun + SECOND * 86_400), Course::Wait);
    }
}
