//! The output of a run: rows and log lines to the run, progress at every tick, moments to their listener.

use tokio::sync::mpsc::{self, OwnedPermit};
use wire::event::{End, Level, Progress};
use wire::row::{Row, State, has_counts};
use wire::run::{Filter, RunState};
use wire::tally::Tally;

use super::{Pipeline, Sent, Settled};
use crate::engine::Unlisted;
use crate::metrics::Settling;
use crate::price::as_f64;
use crate::run::Spent;

/// No more than this is shown while the listing goes on.
const FRACTION_LISTING_MAX: f64 = 0.9;
/// No more than this is shown before the end.
const FRACTION_RUNNING_MAX: f64 = 0.999;

/// Rows of one tick at most, so that an event's id can distinguish them.
const TICK_ROWS_MAX: u64 = 100_000;

/// An event of a run, as it happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Moment {
    /// A batch was sent.
    Invoked {
        /// Its attempt id.
        id: String,
    },
    /// A batch was answered; its objects follow, those aside that are tried again.
    Finished {
        /// Its attempt id.
        id: String,
        /// Its objects' keys.
        keys: Vec<String>,
    },
    /// Objects reached their final states.
    Settled {
        /// Each with what there is to say of it.
        rows: Vec<(Row, Option<String>)>,
        /// Objects in any final state, these included.
        done: u64,
        /// Objects sent or settled so far.
        dispatched: u64,
        /// The run's progress, these included.
        progress: Progress,
    },
}

/// Waits for a slot in a listener's channel; `None` where the listener is gone.
pub(super) async fn place(moments: Option<&mpsc::Sender<Moment>>) -> Option<OwnedPermit<Moment>> {
    moments?.clone().reserve_owned().await.ok()
}

/// The row of an object; where nothing was counted of it, with its size as listed.
fn row(settled: Settled) -> Row {
    let listed = Tally { bytes_in: settled.object.size.unwrap_or_default(), ..Tally::default() };
    let row = Row::from(settled);
    if has_counts(row.state, row.reason) { row } else { Row { tally: listed, ..row } }
}

impl Pipeline {
    /// Takes final states into the ledger and publishes them.
    pub(super) fn settle(&mut self, settled: Vec<Settled>) {
        let done_before = self.ledger.done();
        let mut settling = Settling::default();
        let mut told = Vec::new();
        self.note_spent();
        for settled in settled {
            if !self.ledger.settle(&settled) {
                let text = "an object was settled twice; the second time is dropped";
                self.run.log(Level::Warning, text, Some(settled.object.key));
                continue;
            }
            self.remark(&settled);
            settling.add(settled.state, settled.reason, settled.tally, settled.unchanged);
            let detail = settled.detail.clone();
            let row = row(settled);
            if self.moments.is_some() {
                told.push((row.clone(), detail));
            }
            self.run.push_row(row);
            self.untold += 1;
            if self.untold == TICK_ROWS_MAX {
                self.publish(RunState::Running);
            }
        }
        if self.ledger.done() > done_before {
            self.changed = true;
            self.measure_settled(settling);
        }
        if !told.is_empty() {
            let skipped = self.ledger.states().skipped + self.ledger.states().cancelled;
            let done = self.ledger.done();
            let dispatched = (self.dispatched.objects + skipped).max(done);
            self.tell(Moment::Settled { rows: told, done, dispatched, progress: self.progress() });
        }
    }

    fn remark(&self, settled: &Settled) {
        let level = match settled.state {
            State::Failed => Level::Error,
            State::Partial | State::Counted => Level::Warning,
            State::Skipped | State::Cancelled => return,
        };
        let reason = settled.reason.map(|reason| reason.as_str().to_owned());
        if let Some(text) = settled.detail.clone().or(reason) {
            self.run.log(level, text, Some(settled.object.key.clone()));
        }
    }

    pub(super) fn finished(&mut self, id: &str, sent: &Sent) {
        if self.moments.is_some() {
            let keys = sent.objects.iter().map(|object| object.key.clone()).collect();
            self.tell(Moment::Finished { id: id.to_owned(), keys });
        }
    }

    /// Queues a moment for the listener. Nothing is sent while some wait, so that no more wait than what was
    /// in flight can make.
    pub(super) fn tell(&mut self, moment: Moment) {
        if self.moments.is_some() {
            self.outbox.push_back(moment);
        }
    }

    /// Hands the next moment over; a listener that is gone cancels the run.
    pub(super) fn tell_next(&mut self, place: Option<OwnedPermit<Moment>>) {
        match (place, self.outbox.pop_front()) {
            (Some(place), Some(moment)) => drop(place.send(moment)),
            (Some(_), None) => (),
            (None, _) => {
                self.moments = None;
                self.outbox.clear();
                self.run.cancel.cancel();
            }
        }
    }

    pub(super) fn note_spent(&self) {
        let (usage, reserved) = (*self.purse.usage(), self.purse.reserved());
        let (gone, wanted) = (self.purse.gone(), self.purse.wanted());
        self.run.note_spent(Spent { usage, reserved, gone, wanted });
    }

    pub(super) fn tick(&mut self) {
        self.note_spent();
        if self.changed {
            self.publish(RunState::Running);
        }
        self.stop_when_unwatched();
    }

    pub(super) fn publish(&mut self, state: RunState) {
        self.changed = false;
        self.untold = 0;
        self.measure();
        let progress = self.progress();
        self.fraction = progress.fraction;
        self.run.tick(progress, self.ledger.states(), state);
    }

    fn progress(&self) -> Progress {
        let (totals, states) = (self.ledger.totals(), self.ledger.states());
        let usage = self.purse.usage();
        let cost = usage.cost(self.engine.rates);
        Progress {
            objects_found: self.ledger.found(),
            objects_done: self.ledger.done(),
            objects_failed: states.failed,
            objects_unchanged: self.unchanged,
            listing_done: self.listed_whole,
            words: totals.words,
            lines: totals.lines,
            bytes_in: totals.bytes_in,
            bytes_out: totals.bytes_out,
            invocations: usage.invocations,
            billed_ms: usage.billed_ms(),
            cost_usd: cost.total_usd(),
            cost,
            elapsed_ms: self.run.elapsed_ms(),
            fraction: self.fraction_shown(),
            interrupted: false,
            throttled: self.resting.len() as u64,
            unlisted: self.unlisted.unwrap_or_default(),
            rerun: self.run.spec.parent.is_some(),
        }
    }

    fn fraction_shown(&self) -> f64 {
        // A run that is resumed lists again what it had found: its stored rows are not all there is.
        let before = if self.listing { self.found_before } else { 0 };
        let found = as_f64(self.ledger.found().max(before).max(1));
        let most = if self.listing { FRACTION_LISTING_MAX } else { FRACTION_RUNNING_MAX };
        self.fraction.max((as_f64(self.ledger.done()) / found).min(most))
    }

    /// Logs what the cost leaves out.
    fn warn_of_unreported(&self) {
        let unreported = self.purse.usage().unreported;
        if unreported > 0 {
            let text = format!("{unreported} invocations did not report their bill; the cost is without it");
            self.run.log(Level::Warning, text, None);
        }
        if self.purse.usage().kills > 0 {
            let text = "a server that had the run was killed: what it invoked in its last moments may be missing \
                        from the cost";
            self.run.log(Level::Warning, text, None);
        }
    }

    /// Ends the run, by what the ledger says and nothing else.
    pub(super) fn finish(&mut self) {
        self.measure();
        self.say_what_is_unchanged();
        self.warn_of_nothing();
        self.find_unlisted();
        self.warn_of_vanished();
        self.warn_of_unreported();
        let (mut state, mut error) = match self.stop.take().or(self.short.take()) {
            Some(stop) => (stop.state, stop.error),
            None => (RunState::Finished, None),
        };
        if !self.ledger.adds_up() {
            state = RunState::Inconsistent;
            let (found, done) = (self.ledger.found(), self.ledger.done());
            error = Some(format!(
                "{found} objects were listed and {done} have a final state: the totals are wrong"
            ));
        }
        if self.doubled > 0 {
            state = RunState::Inconsistent;
            let doubled = self.doubled;
            error = Some(format!(
                "{doubled} objects stand twice in the ledger, as the listing of an earlier version had them: the totals \
                 count them twice"
            ));
        }
        let mut progress = self.progress();
        (progress.fraction, progress.throttled) = (1.0, 0);
        let (counted, found) = (self.ledger.states().counted, progress.objects_found);
        let of = match self.listed_whole {
            true => format!("{counted} of {found} objects counted"),
            false => format!("{counted} of at least {found} objects counted, the listing stopped there"),
        };
        let of_parent = self.run.spec.parent.iter().map(|parent| format!(", of what the run {parent} left"));
        let text = format!("{}: {of}{}", state.as_str(), of_parent.collect::<String>());
        let level = match state {
            RunState::Budget | RunState::Cancelled => Level::Warning,
            _ if error.is_some() => Level::Error,
            _ => Level::Info,
        };
        self.run.log(level, text, None);
        let end = End { progress, state, states: self.ledger.states(), error };
        self.log_end(&end);
        self.run.end(end);
    }

    /// Logs which counts were reused, and from which run.
    fn say_what_is_unchanged(&self) {
        if self.unchanged > 0 {
            let base =
                self.run.base().map_or_else(|| "an earlier run".to_owned(), |base| format!("run {base}"));
            let text = format!(
                "{} objects have not changed since {base}: their counts are taken from there",
                self.unchanged
            );
            self.run.log(Level::Info, text, None);
        }
    }

    /// Logs that a run that was to count something found nothing.
    fn warn_of_nothing(&self) {
        let (spec, found, states) = (&self.run.spec, self.ledger.found(), self.ledger.states());
        let has_unlisted = found == 0 && self.unlisted.is_some_and(|files| files > 0);
        if !self.listed_whole || spec.parent.is_some() || states.total() > states.skipped || has_unlisted {
            return;
        }
        let text = match found {
            0 if spec.prefix.contains(['*', '?', '[', '{']) => format!(
                "no object begins with the prefix {:?}: a prefix is no pattern, give the pattern as --glob or in the \
                 filters",
                spec.prefix
            ),
            0 if spec.prefix.is_empty() => format!("the bucket {} has no objects", spec.bucket),
            0 => format!("no object begins with the prefix {:?}", spec.prefix),
            _ if spec.filter != Filter::default() => {
                format!(
                    "the filter leaves out all {found} objects, or they have no bytes: only {}",
                    spec.filter
                )
            }
            _ => format!("none of the {found} objects has any bytes"),
        };
        self.run.log(Level::Warning, text, None);
    }

    /// Logs which objects were listed before the run was interrupted and are listed no more.
    fn warn_of_vanished(&self) {
        let vanished = self.found_before.saturating_sub(self.ledger.found());
        if vanished > 0 {
            let text = format!(
                "{vanished} objects that were listed before the run was interrupted have no final state: they are \
                 not listed any more, or the run ended before they were"
            );
            self.run.log(Level::Warning, text, None);
        }
    }

    /// Finds out what the listing left out, and says so once: one line, however much it is.
    pub(super) fn find_unlisted(&mut self) {
        if self.unlisted.is_some() {
            return;
        }
        // Objects of an earlier run were listed by it.
        let unlisted = match &self.run.spec.parent {
            None => self.engine.unlisted(self.run.spec.bucket.as_str(), &self.run.spec.prefix),
            Some(_) => Unlisted::default(),
        };
        self.unlisted = Some(unlisted.files);
        if unlisted.files > 0 {
            self.run.log(Level::Warning, left_out(&unlisted), None);
        }
    }
}

/// A sentence on files that are not listed.
fn left_out(unlisted: &Unlisted) -> String {
    let Unlisted { files, links, named } = unlisted;
    let were = if *files == 1 { "file was" } else { "files were" };
    let more = match files.saturating_sub(named.len() as u64) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let hint = if *links > 0 { "; --follow-links follows symlinks that stay within the mount" } else { "" };
    let named = if named.is_empty() { String::new() } else { format!(": {}", named.join(", ")) };
    format!("{files} {were} not listed and not counted{named}{more}{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(files: u64, links: u64, named: &[&str], expected: &str) {
        let named = named.iter().map(ToString::to_string).collect();
        assert_eq!(left_out(&Unlisted { files, links, named }), expected);
    }

    #[test]
    fn one_line_says_how_many_files_are_not_listed_and_names_the_first() {
        check(1, 0, &["a (a FIFO)"], "1 file was not listed and not counted: a (a FIFO)");
        check(
            7,
            1,
            &["a (x)", "b (y)"],
            "7 files were not listed and not counted: a (x), b (y), and 5 more; --follow-links follows symlinks that \
             stay within the mount",
        );
    }
}
