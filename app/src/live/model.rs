//! The fold from events to what is shown. Pure: the same events give the same model.

use std::collections::VecDeque;

use wire::event::{End, Level, Log, Objects, Progress, StateCounts};
use wire::invocation::Invocations;
use wire::row::State;
use wire::run::RunState;

use crate::live::invocations::Anatomy;
use crate::live::rows::Rows;

/// Log lines that the page holds; older ones go.
pub const LOG_LINES_MAX: usize = 500;
/// How long a run is called throttled after its last refusal.
pub const THROTTLED_SHOWN_MS: u64 = 2_000;
/// Objects outside the totals that are named.
pub const NAMED_MAX: usize = 5;

/// An event of a run's stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// How far it is.
    Progress(Progress),
    /// Ledger rows.
    Objects(Objects),
    /// Invocations that changed.
    Invocations(Invocations),
    /// Forget what you have; a snapshot follows.
    Reset,
    /// A log line.
    Log(Log),
    /// The last one.
    End(Box<End>),
    /// The stream is alive.
    Ping,
}

/// The next step of the stream's reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Next {
    /// Read on.
    Read,
    /// Rows are missing: begin again with a fresh snapshot.
    Restart,
    /// The run is over.
    Close,
}

/// An object that the totals leave out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncounted {
    /// Its key.
    pub key: String,
    /// Why.
    pub why: String,
}

/// A log line with its number, which is its own for the life of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The number.
    pub number: u64,
    /// The line.
    pub log: Log,
}

/// The page's model of a run.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// How far it is.
    pub progress: Progress,
    /// Where it stands; `None` before there is a run.
    pub state: Option<RunState>,
    /// Objects by final state, once it is over.
    pub states: StateCounts,
    /// Why it did not finish.
    pub error: Option<String>,
    /// The connection is broken and being made again.
    pub reconnecting: bool,
    /// The `elapsed_ms` at which functions were last reported as throttled.
    throttled_ms: Option<u64>,
    /// Rows in order of settling.
    pub rows: Rows,
    /// Its invocations.
    pub invocations: Anatomy,
    /// Grows whenever rows are forgotten.
    pub epoch: u64,
    /// The newest log lines, oldest first.
    pub lines: VecDeque<Line>,
    /// The first few objects outside the totals.
    pub uncounted: Vec<Uncounted>,
    lines_seen: u64,
}

impl Model {
    /// A run as a snapshot shows it.
    pub fn from_end(end: &End) -> Self {
        Self {
            progress: end.progress.clone(),
            state: Some(end.state),
            states: end.states,
            error: end.error.clone(),
            ..Self::default()
        }
    }

    /// Another run takes the page.
    pub fn restart(&mut self) {
        let epoch = self.epoch + 1;
        *self = Self { state: Some(RunState::Starting), epoch, ..Self::default() };
    }

    /// No run is on the page.
    pub fn clear(&mut self) {
        *self = Self { epoch: self.epoch + 1, ..Self::default() };
    }

    /// The run is not there any more: the model stays, and no server has the run.
    pub fn lose(&mut self) {
        self.reconnecting = false;
        if !self.is_over() {
            self.state = Some(RunState::Interrupted);
        }
    }

    /// Functions are throttled, or were a moment ago: the word should not flicker.
    pub fn is_throttled(&self) -> bool {
        let since = self.throttled_ms.map(|ms| self.progress.elapsed_ms.saturating_sub(ms));
        self.goes_on() && since.is_some_and(|ms| ms < THROTTLED_SHOWN_MS)
    }

    /// The word for `data-run-state`.
    pub fn state_name(&self) -> &'static str {
        match self.state {
            None => "idle",
            Some(state) if self.reconnecting && !state.is_over() => "reconnecting",
            Some(state) => state.as_str(),
        }
    }

    /// Nothing more will come.
    pub fn is_over(&self) -> bool {
        self.state.is_some_and(RunState::is_over)
    }

    /// A server counts.
    pub fn goes_on(&self) -> bool {
        matches!(self.state, Some(RunState::Starting | RunState::Running))
    }

    /// Forgets rows and lines, ahead of a snapshot. Numbers stay until the snapshot's replace them.
    pub fn forget(&mut self) {
        self.rows.clear();
        self.lines.clear();
        self.uncounted.clear();
        self.invocations.forget();
        self.epoch += 1;
    }

    /// Takes in where the run stands while its events do not come.
    pub fn catch_up(&mut self, end: End) {
        if end.state.is_over() {
            let _ = self.close(end);
        } else {
            self.go_on(end.progress);
        }
    }

    /// Folds one event in.
    pub fn apply(&mut self, event: Event) -> Next {
        self.reconnecting = false;
        match event {
            Event::Progress(progress) => self.go_on(progress),
            Event::Objects(objects) => return self.extend(&objects),
            Event::Invocations(told) => self.invocations.apply(told),
            Event::Reset => self.forget(),
            Event::Log(log) => self.push(log),
            Event::Ping => {}
            Event::End(end) => return self.close(*end),
        }
        Next::Read
    }

    fn go_on(&mut self, progress: Progress) {
        if !self.is_over() {
            self.state = Some(if progress.interrupted { RunState::Interrupted } else { RunState::Running });
            if progress.throttled > 0 {
                self.throttled_ms = Some(progress.elapsed_ms);
            }
            self.progress = progress;
        }
    }

    fn extend(&mut self, objects: &Objects) -> Next {
        let held = self.rows.len() as u64;
        let Some(known) = held.checked_sub(objects.first) else { return Next::Restart };
        for row in objects.rows.iter().skip(usize::try_from(known).unwrap_or(usize::MAX)) {
            if matches!(row.6, State::Partial | State::Failed) {
                let why = row.7.map_or(row.6.as_str(), |reason| reason.as_str());
                self.name(&row.0, &why.replace('_', " "));
            }
            self.rows.push(row);
        }
        Next::Read
    }

    fn push(&mut self, log: Log) {
        if let (Level::Error, Some(key)) = (log.level, &log.key) {
            // The log has the sentence, which reads the same wherever the failure is named.
            match self.uncounted.iter_mut().find(|known| known.key == *key) {
                Some(known) => known.why.clone_from(&log.text),
                None => self.name(key, &log.text),
            }
        }
        if self.lines.len() == LOG_LINES_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back(Line { number: self.lines_seen, log });
        self.lines_seen += 1;
    }

    fn close(&mut self, end: End) -> Next {
        self.progress = end.progress;
        self.state = Some(end.state);
        self.states = end.states;
        self.error = end.error;
        Next::Close
    }

    fn name(&mut self, key: &str, why: &str) {
        if self.uncounted.len() < NAMED_MAX && self.uncounted.iter().all(|known| known.key != key) {
            self.uncounted.push(Uncounted { key: key.to_owned(), why: why.to_owned() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::row::{Reason, RowEvent};

    fn rows(first: u64, keys: &[&str]) -> Event {
        let row = |key: &&str| RowEvent((*key).to_owned(), 1, 1, 1, 1, 1, State::Counted, None);
        Event::Objects(Objects { first, rows: keys.iter().map(row).collect() })
    }

    fn log(level: Level, key: Option<&str>) -> Event {
        Event::Log(Log { level, text: "text".to_owned(), key: key.map(str::to_owned) })
    }

    fn end(state: RunState) -> Event {
        let progress = Progress { fraction: 1.0, words: 7, ..Progress::default() };
        Event::End(Box::new(End { progress, state, states: StateCounts::default(), error: None }))
    }

    #[track_caller]
    fn check(events: Vec<Event>, next: Next, keys: &str) {
        let mut model = Model::default();
        let last = events.into_iter().map(|event| model.apply(event)).last().unwrap();
        let held: String = (0..model.rows.len()).filter_map(|number| model.rows.key(number)).collect();
        assert_eq!((last, held.as_str()), (next, keys));
    }

    #[test]
    fn rows_are_held_once_and_without_gaps() {
        check(vec![rows(0, &["a", "b"]), rows(2, &["c"])], Next::Read, "abc");
        check(vec![rows(0, &["a", "b"]), rows(0, &["a", "b", "c"])], Next::Read, "abc");
        check(vec![rows(0, &["a", "b"]), rows(1, &["b", "c"])], Next::Read, "abc");
        check(vec![rows(0, &["a", "b"]), rows(0, &["a"])], Next::Read, "ab");
        check(vec![rows(0, &["a"]), rows(2, &["c"])], Next::Restart, "a");
        check(vec![rows(0, &["a"]), Event::Reset, rows(0, &["b"])], Next::Read, "b");
        check(vec![rows(0, &["a"]), end(RunState::Finished)], Next::Close, "a");
    }

    #[test]
    fn the_state_follows_the_stream() {
        let mut model = Model::default();
        assert_eq!(model.state_name(), "idle");
        let _ = model.apply(Event::Progress(Progress::default()));
        assert_eq!(model.state_name(), "running");
        model.reconnecting = true;
        assert_eq!(model.state_name(), "reconnecting");
        let _ = model.apply(end(RunState::Budget));
        assert_eq!((model.state_name(), model.progress.words), ("budget", 7));
    }

    #[test]
    fn an_interrupted_run_goes_on_when_the_stream_says_so() {
        let mut model = Model::default();
        let progress = |interrupted| Event::Progress(Progress { interrupted, ..Progress::default() });
        let _ = model.apply(progress(true));
        assert_eq!((model.state_name(), model.goes_on(), model.is_over()), ("interrupted", false, false));
        let _ = model.apply(Event::Ping);
        assert_eq!(model.state_name(), "interrupted");
        let _ = model.apply(progress(false));
        assert_eq!((model.state_name(), model.goes_on()), ("running", true));
    }

    #[test]
    fn a_run_is_throttled_for_a_moment_after_its_last_refusal() {
        let mut model = Model::default();
        let mut at = |elapsed_ms, throttled| {
            let _ = model.apply(Event::Progress(Progress { elapsed_ms, throttled, ..Progress::default() }));
            model.is_throttled()
        };
        assert!(!at(100, 0));
        assert!(at(200, 3));
        assert!(at(2_100, 0));
        assert!(!at(2_200, 0));
    }

    #[test]
    fn a_run_that_is_gone_keeps_its_numbers_and_goes_on_nowhere() {
        let mut model = Model::default();
        let _ = model.apply(Event::Progress(Progress { words: 7, ..Progress::default() }));
        model.reconnecting = true;
        model.lose();
        assert_eq!((model.state_name(), model.goes_on(), model.progress.words), ("interrupted", false, 7));
        model.clear();
        assert_eq!((model.state_name(), model.progress.words), ("idle", 0));
    }

    #[test]
    fn a_late_progress_does_not_reopen_a_run() {
        let mut model = Model::default();
        let _ = model.apply(end(RunState::Finished));
        let _ = model.apply(Event::Progress(Progress::default()));
        assert_eq!((model.state_name(), model.progress.words), ("finished", 7));
    }

    #[test]
    fn the_log_keeps_its_newest_lines() {
        let mut model = Model::default();
        for _ in 0..LOG_LINES_MAX + 3 {
            let _ = model.apply(log(Level::Info, None));
        }
        assert_eq!((model.lines.len(), model.lines[0].number), (LOG_LINES_MAX, 3));
    }

    #[test]
    fn uncounted_objects_are_named_once_and_by_the_sentence_of_the_log() {
        let mut model = Model::default();
        let failed = RowEvent("k".to_owned(), 0, 0, 0, 0, 1, State::Failed, Some(Reason::TooLarge));
        let _ = model.apply(Event::Objects(Objects { first: 0, rows: vec![failed] }));
        let named = |why: &str| vec![Uncounted { key: "k".to_owned(), why: why.to_owned() }];
        assert_eq!(model.uncounted, named("too large"));
        let _ = model.apply(log(Level::Error, Some("k")));
        let _ = model.apply(log(Level::Warning, Some("w")));
        assert_eq!(model.uncounted, named("text"));
    }

    #[test]
    fn a_page_whose_events_do_not_come_takes_in_where_the_run_stands() {
        let mut model = Model { reconnecting: true, ..Model::default() };
        let progress = Progress { words: 5, ..Progress::default() };
        let stands =
            |state| End { progress: progress.clone(), state, states: StateCounts::default(), error: None };
        model.catch_up(stands(RunState::Running));
        assert_eq!((model.progress.words, model.state_name()), (5, "reconnecting"));
        model.catch_up(stands(RunState::Finished));
        assert_eq!(model.state_name(), "finished");
    }
}
