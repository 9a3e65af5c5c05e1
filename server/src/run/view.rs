//! How far a viewer has seen a run, as one growing number.
//!
//! A viewer holds a [`Cursor`] and asks the run what comes next, so that a slow viewer costs nothing and misses
//! nothing. Every event's id is the cursor after it, packed: the tick in the high bits and, below, how far
//! within the tick. From an id alone a returning viewer's cursor is found again.

use axum::body::Bytes;
use wire::event::{End, Log, Progress};
use wire::rule::Grain;
use wire::run::RunState;

use super::invocations::{Mark, START};
use super::{Inner, Run};

/// Rows of one `objects` event.
const ROWS_MAX: u64 = 1_000;
/// Log lines that a new viewer is shown.
const LOGS_SHOWN: u64 = 100;

/// Bits of an id that say how far within a tick: enough for the rows and the log of one.
const LOW_BITS: u32 = 20;
/// The tick's rows, its log and its progress were seen.
const LOW_END: u64 = (1 << LOW_BITS) - 1;
/// From here up, the low bits count down the log lines that are left.
const LOW_LOGS: u64 = 1 << (LOW_BITS - 1);
/// Set in the ids of the rows that a new viewer is shown before the log's end.
const LOW_FRESH: u64 = 1 << (LOW_BITS - 2);

/// How many rows and log lines there were at a tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// Rows settled.
    pub rows: u64,
    /// Log lines written.
    pub logs: u64,
}

/// The events that a viewer wants, beside those that everyone gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Totals, or rows too.
    pub grain: Grain,
    /// The invocations too.
    pub invocations: bool,
}

impl Wanted {
    /// The events that everyone gets in this grain.
    pub fn of(grain: Grain) -> Self {
        Self { grain, invocations: false }
    }
}

/// A viewer's position: which events it has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// From where on invocations are wanted, where they are.
    invocations: Option<Mark>,
    grain: Grain,
    /// Ticks whose progress was seen.
    tick: u64,
    /// The tick in whose name log lines were shown last: nothing is shown in that of an earlier one.
    logs_tick: u64,
    rows: u64,
    logs: u64,
    /// The log's end is all that a viewer is shown who has just come.
    fresh: bool,
}

/// The next event for a viewer.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Where the run stands.
    Progress(u64, Progress),
    /// Rows from `first` on.
    Rows {
        /// The event's id.
        id: u64,
        /// Number of the first row.
        first: u64,
        /// How many.
        count: u64,
    },
    /// The data of an `invocations` event: what changed. It has no id of its own.
    Invocations(Bytes),
    /// A log line.
    Log(u64, Log),
    /// The run's end.
    End(u64, End),
    /// Nothing until the next tick.
    Wait,
    /// Nothing any more.
    Over,
}

impl Cursor {
    /// A viewer who has seen nothing.
    pub fn new(wanted: Wanted) -> Self {
        let invocations = wanted.invocations.then_some(START);
        Self { invocations, grain: wanted.grain, tick: 0, logs_tick: 0, rows: 0, logs: 0, fresh: true }
    }
}

impl Run {
    /// The cursor of a viewer who has seen the event `id`; `None` where this run never sent it.
    pub fn cursor_after(&self, id: u64, wanted: Wanted) -> Option<Cursor> {
        self.lock().cursor_after(id, wanted)
    }

    /// The next event after the cursor, which moves past it.
    pub fn next(&self, cursor: &mut Cursor) -> Next {
        self.lock().next(cursor)
    }

    /// The snapshot's `progress`, with which a new viewer begins.
    pub fn first_progress(&self) -> Progress {
        self.lock().progress()
    }

    /// Whether `id` is that of the run's `end` event.
    pub fn ended_with(&self, id: u64) -> bool {
        self.lock().ended_with(id)
    }
}

impl Inner {
    /// How far the run is, and whether somebody has it.
    fn progress(&self) -> Progress {
        let interrupted = self.now.state == RunState::Interrupted;
        Progress { interrupted, ..self.now.progress.clone() }
    }

    fn head(&self) -> (u64, Checkpoint) {
        let last = self.checkpoints.last().expect("a run begins with a checkpoint");
        (self.epoch + self.checkpoints.len() as u64 - 1, *last)
    }

    /// Lays out the ticks of a stored run behind those that its own server had.
    pub(super) fn restore_checkpoints(&mut self, ticks: u64, rows: u64) {
        self.epoch = ticks;
        self.checkpoints = vec![Checkpoint::default()];
        let steps = (1..=rows / ROWS_MAX).map(|step| Checkpoint { rows: step * ROWS_MAX, logs: 0 });
        self.checkpoints.extend(steps);
        self.checkpoints.push(Checkpoint { rows, logs: self.logs.total() });
    }

    /// The last tick.
    pub(super) fn head_tick(&self) -> u64 {
        self.head().0
    }

    /// Ticks that viewers were shown, those of other servers included.
    pub(super) fn ticks(&self) -> u64 {
        self.epoch + self.checkpoints.len() as u64
    }

    fn end_id(&self) -> u64 {
        (self.head().0 + 1) << LOW_BITS
    }

    fn ended_with(&self, id: u64) -> bool {
        let ended_elsewhere = self.epoch > 0 && id == self.epoch << LOW_BITS;
        self.over && (id == self.end_id() || ended_elsewhere)
    }

    fn at(&self, tick: u64) -> Option<Checkpoint> {
        self.checkpoints.get(usize::try_from(tick.checked_sub(self.epoch)?).ok()?).copied()
    }

    fn cursor_after(&self, id: u64, wanted: Wanted) -> Option<Cursor> {
        let (tick, low) = (id >> LOW_BITS, id & LOW_END);
        let grain = wanted.grain;
        // Before an event of a tick come all the invocations that had changed by it.
        let invocations = wanted.invocations.then_some((tick + 1, 0));
        if self.ended_with(id) {
            let (tick, head) = self.head();
            let (rows, logs) = (head.rows, head.logs);
            return Some(Cursor {
                invocations,
                grain,
                tick: tick + 1,
                logs_tick: tick,
                rows,
                logs,
                fresh: false,
            });
        }
        if id == 0 {
            return Some(Cursor::new(wanted));
        }
        if self.epoch > 0 && tick <= self.epoch {
            return None;
        }
        let here = self.at(tick)?;
        let before = self.at(tick.saturating_sub(1)).unwrap_or_default();
        let logs_tick = if low >= LOW_LOGS { tick } else { 0 };
        let seen =
            |tick, rows, logs| Some(Cursor { invocations, grain, tick, logs_tick, rows, logs, fresh: false });
        match low {
            LOW_END => seen(tick, here.rows, here.logs),
            LOW_LOGS.. => seen(tick.saturating_sub(1), here.rows, here.logs.checked_sub(LOW_END - 1 - low)?),
            _ => {
                let (rows, fresh) = (before.rows + (low & !LOW_FRESH), low & LOW_FRESH != 0);
                Some(Cursor {
                    invocations,
                    grain,
                    tick: tick.saturating_sub(1),
                    logs_tick,
                    rows,
                    logs: before.logs,
                    fresh,
                })
            }
        }
    }

    fn next(&mut self, cursor: &mut Cursor) -> Next {
        let (head, end) = self.head();
        if let Some(mark) = &mut cursor.invocations
            && let Some(event) = self.invocations.next_event(mark, head)
        {
            return Next::Invocations(event);
        }
        let (until, target) = self.target(cursor);
        if cursor.grain == Grain::PerObject && cursor.rows < target.rows {
            return self.next_rows(cursor, target.rows);
        }
        cursor.rows = cursor.rows.max(target.rows);
        if cursor.fresh {
            cursor.logs = end.logs.saturating_sub(LOGS_SHOWN);
            cursor.fresh = false;
        }
        if let Some((number, line)) = self.logs.at_or_after(cursor.logs).filter(|(n, _)| *n < target.logs) {
            cursor.logs = number + 1;
            cursor.logs_tick = until;
            return Next::Log(until << LOW_BITS | (LOW_END - 1 - (target.logs - cursor.logs)), line.clone());
        }
        if cursor.tick < until {
            cursor.tick = until;
            return Next::Progress(until << LOW_BITS | LOW_END, self.progress());
        }
        match (self.over, cursor.tick <= head) {
            (true, true) => {
                cursor.tick = head + 1;
                Next::End(self.end_id(), self.now.clone())
            }
            (true, false) => Next::Over,
            (false, _) => Next::Wait,
        }
    }

    /// The furthest tick that a viewer may be taken to in one go. A viewer that is sent rows goes no further
    /// than the next tick that has log lines, since the id of a row implies only the log before its tick.
    fn target(&self, cursor: &Cursor) -> (u64, Checkpoint) {
        let (head, end) = self.head();
        if cursor.fresh || cursor.grain == Grain::Total || cursor.rows >= end.rows {
            return (head, end);
        }
        let last = self.checkpoints.len() - 1;
        let seen = usize::try_from(cursor.tick.saturating_sub(self.epoch)).unwrap_or(last);
        let seen = seen.min(last).max(self.index_of(cursor.rows));
        let shown = |checkpoint: &Checkpoint| checkpoint.logs <= cursor.logs;
        let begun = usize::try_from(cursor.logs_tick.saturating_sub(self.epoch)).unwrap_or(last);
        let until = (seen + self.checkpoints[seen..].partition_point(shown)).max(begun).min(last);
        (self.epoch + until as u64, self.checkpoints[until])
    }

    /// The first checkpoint by which so many rows were settled.
    fn index_of(&self, rows: u64) -> usize {
        self.checkpoints.partition_point(|checkpoint| checkpoint.rows < rows)
    }

    fn next_rows(&self, cursor: &mut Cursor, target: u64) -> Next {
        let first = cursor.rows;
        let count = (target - first).min(ROWS_MAX);
        cursor.rows += count;
        let index = self.index_of(cursor.rows);
        let before = index.checked_sub(1).map_or(0, |index| self.checkpoints[index].rows);
        let fresh = if cursor.fresh { LOW_FRESH } else { 0 };
        Next::Rows {
            id: (self.epoch + index as u64) << LOW_BITS | fresh | (cursor.rows - before),
            first,
            count,
        }
    }
}

#[cfg(test)]
mod tests;
