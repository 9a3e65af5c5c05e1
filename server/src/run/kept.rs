//! The persistence of a run: what is stored, by which server, and what is to be stored next.

use std::sync::{MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::time::Instant;
use wire::event::End;
use wire::run::RunState;
use wire::wordcount::COUNTING;

use super::invocations::Mark;
use super::{Checkpoint, RowLog, Run, RunId};
use crate::price::{Money, Reserve, Usage};
use crate::store::{Extent, Head, LEASE, LOGS_STORED, Record, SEGMENT_ROWS, Segment, segment_keys};

/// The usage of a run, for a server that may have to resume it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spent {
    /// At least for all rows so far.
    pub usage: Usage,
    /// The most that may still be used by invocations without a bill.
    pub reserved: Reserve,
    /// The sum that is spent or reserved.
    pub gone: Money,
    /// The sum that the run should be authorised to use.
    pub wanted: Money,
}

/// The run's segments, and which server has the run.
#[derive(Debug, Default)]
pub(super) struct Kept {
    segments: Vec<Extent>,
    /// From where on invocations are in no segment, and from where on once the next one is stored.
    invocations: (Mark, Mark),
    /// All of it is stored that ever will be.
    all: bool,
    /// The sum that this server may use of the run's `max_usd`, as the store has it.
    pub(super) authorised: Option<Money>,
    /// Until when this server has the lease, where there is one: by a clock that stands still while the machine
    /// sleeps, and by one that does not.
    leased_until: Option<(Instant, Timestamp)>,
    /// Another version of the counting than this server's has counted a part of it.
    other_counting: bool,
    /// All segments of another server are taken in, as far as they go.
    caught_up: bool,
    /// The run whose counts of unchanged objects this one takes.
    base: Option<RunId>,
    /// All keys up to this one were listed.
    listed_to: Option<String>,
    /// The name of its start in the store.
    pub(super) start: Option<String>,
    /// The run is another server's; this server's copy of it is out of date.
    abandoned: bool,
}

impl Kept {
    pub(super) fn restore(&mut self, record: &Record) {
        self.segments.clone_from(&record.segments);
        self.base.clone_from(&record.base);
        self.listed_to.clone_from(&record.listed_to);
    }
}

impl Run {
    pub(super) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records what the run has used, ahead of the rows that it was used for.
    pub fn note_spent(&self, spent: Spent) {
        self.lock().spent = spent;
    }

    /// The next segment to be stored: its rows are the first that memory holds, its log lines begin with number
    /// `logs_from`. Gives back the number of the log line after its last.
    pub fn next_segment(&self, epoch: u64, logs_from: u64, authorised: Option<Money>) -> (Segment, u64) {
        let from = self.kept().invocations.0;
        let inner = self.lock();
        let (until, invocations) = inner.invocations.since(from, inner.ticks());
        let first = inner.rows.first();
        let rows = inner.rows.range(first, SEGMENT_ROWS).unwrap_or_default();
        let is_last = first + rows.len() as u64 == inner.rows.total();
        let now = match (&inner.ending, is_last) {
            (Some(end), true) => end.clone(),
            _ => inner.now.clone(),
        };
        let head = Head {
            epoch,
            first,
            rows: rows.len() as u64,
            keys: segment_keys(&rows),
            now,
            usage: inner.spent.usage,
            reserved: inner.spent.reserved,
            authorised,
            counting: self.counting(),
            ticks: inner.ticks(),
            logs: inner.logs.from(logs_from),
            invocations: Some(invocations).filter(|told| !told.rows.is_empty()),
        };
        let logs = inner.logs.total();
        drop(inner);
        self.kept().invocations.1 = until;
        (Segment { head, rows }, logs)
    }

    /// Nothing more is counted of it here: it is over, or this server leaves it.
    pub fn note_counted(&self) {
        self.lock().counted = true;
        self.ticks.send_modify(|tick| *tick += 1);
    }

    /// Nothing more is counted of it here.
    pub fn is_counted(&self) -> bool {
        self.lock().counted
    }

    /// Log lines so far.
    pub fn logs_total(&self) -> u64 {
        self.lock().logs.total()
    }

    /// The next segment is stored: memory lets its rows go.
    pub fn note_stored(&self, head: &Head) {
        let mut kept = self.kept();
        kept.segments.push(Extent::from(head));
        kept.invocations.0 = kept.invocations.1;
        drop(kept);
        self.forget_rows_before(head.first + head.rows);
    }

    /// Takes in a segment that another server has stored; viewers see it. A run that is interrupted stays so
    /// until `note_interrupted` says otherwise.
    pub fn absorb(&self, head: Head) {
        self.kept().segments.push(Extent::from(&head));
        let mut inner = self.lock();
        inner.rows = RowLog::starting_at(head.first + head.rows);
        head.logs.into_iter().for_each(|line| inner.logs.push(line));
        let tick = inner.ticks();
        head.invocations.into_iter().for_each(|told| inner.invocations.apply(told, tick));
        let was_interrupted = inner.now.state == RunState::Interrupted;
        inner.over = head.now.state.is_over();
        inner.now = head.now;
        if was_interrupted && !inner.over {
            inner.now.state = RunState::Interrupted;
        }
        inner.checkpoint();
        drop(inner);
        self.ticks.send_modify(|tick| *tick += 1);
    }

    /// Records whether the run is interrupted: its server is gone and no other one has resumed it.
    pub fn note_interrupted(&self, interrupted: bool) {
        let mut inner = self.lock();
        let state = if interrupted { RunState::Interrupted } else { RunState::Running };
        if !inner.over && inner.now.state != state {
            inner.now.state = state;
            inner.checkpoint();
            drop(inner);
            self.ticks.send_modify(|tick| *tick += 1);
        }
    }

    /// The run as `run.json` has it while it goes on, or after its end.
    pub fn record(&self) -> Record {
        let is_over = self.is_over();
        self.recorded(self.now(), if is_over { self.segments() } else { Vec::new() })
    }

    /// The run as `run.json` has it once all of its segments are stored.
    pub fn last_record(&self) -> Record {
        let end = self.lock().ending.clone();
        match end {
            Some(end) => self.recorded(end, self.segments()),
            None => self.record(),
        }
    }

    fn recorded(&self, end: End, segments: Vec<Extent>) -> Record {
        let (base, listed_to) = (self.base(), self.listed_to());
        let start = self.kept().start.clone();
        let inner = self.lock();
        Record {
            id: self.id.clone(),
            spec: self.spec.clone(),
            started_at: self.started_at,
            simulated: self.simulated,
            attached: self.attached,
            traceparent: self.traced.caller.map(|caller| caller.to_string()),
            base,
            start,
            listed_to,
            end,
            logs: inner.logs.last_of(LOGS_STORED),
            ticks: inner.ticks(),
            segments,
        }
    }

    /// The run was started under an idempotency key, and the store has its start under this name.
    pub fn note_start(&self, name: String) {
        self.kept().start = Some(name);
    }

    /// The run takes counts of unchanged objects from this one.
    pub fn note_base(&self, base: RunId) {
        self.kept().base = Some(base);
    }

    /// The run whose counts of unchanged objects this one takes.
    pub fn base(&self) -> Option<RunId> {
        self.kept().base.clone()
    }

    /// Records that all keys up to this one were listed; none where the store does not list them in their
    /// order.
    pub fn note_listed_to(&self, key: Option<String>) {
        self.kept().listed_to = key;
    }

    /// The key up to which all were listed, where that can be said.
    pub fn listed_to(&self) -> Option<String> {
        self.kept().listed_to.clone()
    }

    /// The segments that are stored.
    pub fn segments(&self) -> Vec<Extent> {
        self.kept().segments.clone()
    }

    /// Bytes of memory that the run takes, about.
    pub fn memory_bytes(&self) -> usize {
        let names =
            |extent: &Extent| extent.keys.as_ref().map_or(0, |(first, last)| first.len() + last.len());
        let segments: usize =
            self.kept().segments.iter().map(|extent| size_of::<Extent>() + names(extent)).sum();
        let inner = self.lock();
        let checkpoints = inner.checkpoints.capacity() * size_of::<Checkpoint>();
        let logs = inner.rows.bytes() + inner.logs.bytes() + inner.invocations.bytes();
        size_of::<Self>() + segments + checkpoints + logs
    }

    /// The stored segment that holds row `number`, with its own number.
    pub fn segment_of(&self, number: u64) -> Option<(u64, Extent)> {
        let kept = self.kept();
        let index = kept.segments.partition_point(|extent| extent.first + extent.rows <= number);
        let extent = kept.segments.get(index).filter(|extent| extent.first <= number)?;
        Some((index as u64, extent.clone()))
    }

    /// The run is over, or this server has left it, and all of it is stored that ever will be.
    pub fn note_kept(&self) {
        self.kept().all = true;
    }

    /// Whether memory may let the run go.
    pub fn is_kept(&self) -> bool {
        self.kept().all
    }

    /// This server may act for the run until its lease, written at that instant, has run out.
    pub fn note_lease(&self, written: Instant) {
        let wall = Timestamp::now() + (LEASE.saturating_sub(written.elapsed()));
        self.kept().leased_until = Some((written + LEASE, wall));
    }

    /// A function has counted by another version of the counting than this server's.
    pub fn note_other_counting(&self) {
        self.kept().other_counting = true;
    }

    /// The version by which all of it was counted; 0 where that was not one, or not this server's.
    pub fn counting(&self) -> u32 {
        if self.kept().other_counting { 0 } else { COUNTING }
    }

    /// All segments of another server are taken in, as far as they go.
    pub fn note_caught_up(&self) {
        self.kept().caught_up = true;
        self.ticks.send_modify(|tick| *tick += 1);
    }

    /// Waits until what another server has stored is taken in.
    pub async fn caught_up(&self) {
        let mut ticks = self.ticks();
        while !self.kept().caught_up && !self.is_over() && !self.is_abandoned() {
            if ticks.changed().await.is_err() {
                return;
            }
        }
    }

    /// Whether invocations may begin: not while another server may have the run.
    pub fn may_dispatch(&self) -> bool {
        let kept = self.kept();
        !kept.abandoned
            && kept.leased_until.is_none_or(|(until, wall)| Instant::now() < until && Timestamp::now() < wall)
    }

    /// Another server has the run: this one stops, and its viewers come again.
    pub fn abandon(&self) {
        self.kept().abandoned = true;
        self.leave.cancel();
        self.ticks.send_modify(|tick| *tick += 1);
    }

    /// Another server has the run.
    pub fn is_abandoned(&self) -> bool {
        self.kept().abandoned
    }
}
