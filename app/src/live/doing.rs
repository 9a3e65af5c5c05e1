//! The status of a run, in one word, and what its visitor may do about it. Pure: the model and the link go
//! in.

use wire::run::RunState;

use crate::live::link::Link;
use crate::live::model::Model;

/// Each looks like what it is, and not by its colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "`word` says what each stands for")]
pub enum Doing {
    Idle,
    Starting,
    Counting,
    Throttled,
    Unopened,
    Reconnecting,
    Silent,
    Gone,
    Interrupted,
    Whole,
    Nothing,
    Incomplete,
    Unlisted,
    Cancelled,
    Budget,
    TooManyFailures,
    Failed,
    Inconsistent,
}

impl Doing {
    /// The run's status, from all that the page has.
    pub fn of(model: &Model, link: Link) -> Self {
        let Some(state) = model.state else { return Self::Idle };
        if link == Link::Gone {
            return Self::Gone;
        }
        if let Some(ending) = ending(state, model) {
            return ending;
        }
        match link {
            _ if model.reconnecting => Self::Reconnecting,
            Link::Unopened => Self::Unopened,
            Link::Silent => Self::Silent,
            _ if state == RunState::Interrupted => Self::Interrupted,
            _ if state == RunState::Starting => Self::Starting,
            _ if model.is_throttled() => Self::Throttled,
            Link::Fine | Link::Gone => Self::Counting,
        }
    }

    /// Its name in `data-doing`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Starting => "starting",
            Self::Counting => "counting",
            Self::Throttled => "throttled",
            Self::Unopened => "unopened",
            Self::Reconnecting => "reconnecting",
            Self::Silent => "silent",
            Self::Gone => "gone",
            Self::Interrupted => "interrupted",
            Self::Whole => "whole",
            Self::Nothing => "nothing",
            Self::Incomplete => "incomplete",
            Self::Unlisted => "unlisted",
            Self::Cancelled => "cancelled",
            Self::Budget => "budget",
            Self::TooManyFailures => "too_many_failures",
            Self::Failed => "failed",
            Self::Inconsistent => "inconsistent",
        }
    }

    /// The word beside its mark.
    pub fn word(self) -> &'static str {
        match self {
            Self::Idle => "",
            Self::Starting => "Starting",
            Self::Counting => "Counting",
            Self::Throttled => "Counting, throttled",
            Self::Unopened => "Waiting for a connection",
            Self::Reconnecting => "Reconnecting",
            Self::Silent => "No word from the server",
            Self::Gone => "This run is gone",
            Self::Interrupted => "Interrupted",
            Self::Whole => "Finished",
            Self::Nothing => "Nothing to count",
            Self::Incomplete | Self::Unlisted => "Finished, not whole",
            Self::Cancelled => "Cancelled",
            Self::Budget => "Stopped at a limit",
            Self::TooManyFailures => "Given up",
            Self::Failed => "Failed",
            Self::Inconsistent => "Does not add up",
        }
    }

    /// Advice to a visitor; empty where there is nothing to be done but to watch.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Idle | Self::Starting | Self::Counting | Self::Whole => "",
            Self::Throttled => {
                "Too many functions run at once, and some are turned away. They go again after a pause and nothing \
                 is lost; it is quicker with more concurrency allowed to the account, or less asked of it."
            }
            Self::Unopened => {
                "The browser has not got a connection to the server. It keeps six to a site, for all its tabs \
                 together: close other tabs of Wordfall, and this one goes on. The run does not wait for it."
            }
            Self::Reconnecting => {
                "The connection was lost, and the numbers are the last that came. The page asks again by itself, \
                 and the run does not depend on it; if this lasts, see whether the server is running, or has as many \
                 viewers as it takes."
            }
            Self::Silent => {
                "Nothing has come for 20 seconds, though the connection stands, so that the numbers may be old. \
                 Reload the page; if that changes nothing, see whether the server answers."
            }
            Self::Gone => {
                "It was deleted, or this server keeps other runs; the numbers are the last that came. Start \
                 another, or look for it among all runs."
            }
            Self::Interrupted => "Resume it here; any server on the same results goes on with it.",
            Self::Nothing => {
                "Prefixes are told apart by upper and lower case, and begin at the top of the bucket: browse the \
                 bucket to find the right one, and see whether filters leave everything out."
            }
            Self::Incomplete => "Mend what is named here and in the log, then try just that again.",
            Self::Unlisted => {
                "The log names the first of the files that are not listed, with the reasons. Symlinks that stay within \
                 a mounted folder are followed where the server is started with --follow-links."
            }
            Self::Cancelled => "What was counted stands, and the rest can be tried as a run of its own.",
            Self::Budget => "Try the rest as a run of its own, or start again with a higher limit.",
            Self::TooManyFailures => {
                "Most likely one thing is wrong with all of them, such as a permission: read the first reasons in \
                 the log, mend it, then try them again."
            }
            Self::Failed => "Mend what is named here, then count the rest, or start again.",
            Self::Inconsistent => {
                "This is a defect of Wordfall and not of your objects. Start the run again, and report this one \
                 with its JSON."
            }
        }
    }
}

/// How a run that is over ended.
fn ending(state: RunState, model: &Model) -> Option<Doing> {
    let states = &model.states;
    let uncounted = states.failed + states.partial + states.cancelled;
    Some(match state {
        RunState::Starting | RunState::Running | RunState::Interrupted => return None,
        RunState::Finished if uncounted > 0 => Doing::Incomplete,
        RunState::Finished if model.progress.unlisted > 0 => Doing::Unlisted,
        RunState::Finished if states.counted == 0 => Doing::Nothing,
        RunState::Finished => Doing::Whole,
        RunState::Cancelled => Doing::Cancelled,
        RunState::Budget => Doing::Budget,
        RunState::TooManyFailures => Doing::TooManyFailures,
        RunState::Failed => Doing::Failed,
        RunState::Inconsistent => Doing::Inconsistent,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::model::Event;
    use wire::event::{End, Progress, StateCounts};

    #[track_caller]
    fn check(model: &Model, link: Link, expected: Doing) {
        assert_eq!(Doing::of(model, link), expected);
    }

    fn running(progress: Progress) -> Model {
        let mut model = Model::default();
        let _ = model.apply(Event::Progress(progress));
        model
    }

    fn ended(state: RunState, states: StateCounts) -> Model {
        Model::from_end(&End { progress: Progress::default(), state, states, error: None })
    }

    #[test]
    fn what_stands_between_page_and_run_is_told_before_what_the_run_does() {
        let throttled = running(Progress { throttled: 1, ..Progress::default() });
        check(&Model::default(), Link::Unopened, Doing::Idle);
        check(&running(Progress::default()), Link::Fine, Doing::Counting);
        check(&throttled, Link::Fine, Doing::Throttled);
        check(&throttled, Link::Silent, Doing::Silent);
        check(&throttled, Link::Unopened, Doing::Unopened);
        check(&throttled, Link::Gone, Doing::Gone);
        let mut lost = throttled.clone();
        lost.reconnecting = true;
        check(&lost, Link::Silent, Doing::Reconnecting);
        let interrupted = running(Progress { interrupted: true, ..Progress::default() });
        check(&interrupted, Link::Fine, Doing::Interrupted);
        let mut begun = Model::default();
        begun.restart();
        check(&begun, Link::Fine, Doing::Starting);
    }

    #[test]
    fn an_end_stands_whatever_becomes_of_the_connection() {
        let counted = StateCounts { counted: 3, ..StateCounts::default() };
        let finished = |states| ended(RunState::Finished, states);
        check(&finished(counted), Link::Unopened, Doing::Whole);
        check(&finished(StateCounts { failed: 1, ..counted }), Link::Fine, Doing::Incomplete);
        check(&finished(StateCounts { skipped: 2, ..StateCounts::default() }), Link::Fine, Doing::Nothing);
        let mut unlisted = finished(counted);
        unlisted.progress.unlisted = 1;
        check(&unlisted, Link::Fine, Doing::Unlisted);
        check(&ended(RunState::Budget, counted), Link::Silent, Doing::Budget);
        check(&ended(RunState::Inconsistent, counted), Link::Fine, Doing::Inconsistent);
    }
}
