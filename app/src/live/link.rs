//! Whether a run's events reach the page. Pure: how long it has been quiet goes in, what that means comes out.

/// A stream that opens at all does so sooner.
pub const OPENING_MS_MAX: f64 = 5_000.0;
/// A stream that stands sends something sooner, if only a ping every 10 s.
pub const SILENCE_MS_MAX: f64 = 20_000.0;

/// The state of the stream, beyond what the browser itself reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// Nothing is amiss, or there is no stream.
    #[default]
    Fine,
    /// It has not opened: other tabs may have all the connections that the browser keeps to the site.
    Unopened,
    /// It stands, and nothing comes.
    Silent,
    /// The run is not there any more.
    Gone,
}

impl Link {
    /// The state that follows from this long a silence, since the stream was asked for or since it last
    /// spoke.
    pub fn of(has_opened: bool, quiet_ms: f64) -> Self {
        match has_opened {
            false if quiet_ms >= OPENING_MS_MAX => Self::Unopened,
            true if quiet_ms >= SILENCE_MS_MAX => Self::Silent,
            _ => Self::Fine,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(has_opened: bool, quiet_ms: f64, expected: Link) {
        assert_eq!(Link::of(has_opened, quiet_ms), expected);
    }

    #[test]
    fn quiet_means_something_once_it_lasts() {
        check(false, 4_999.0, Link::Fine);
        check(false, 5_000.0, Link::Unopened);
        check(true, 19_999.0, Link::Fine);
        check(true, 20_000.0, Link::Silent);
    }
}
