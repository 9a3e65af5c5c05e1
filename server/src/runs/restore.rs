//! A run, restored from its segments, for a server that resumes it.

use std::sync::Arc;

use tokio::time::Instant;
use wire::event::{End, Level, Log};
use wire::wordcount::COUNTING;

use crate::pipeline::begun::Begun;
use crate::pipeline::keep::Keeping;
use crate::price::Money;
use crate::run::{InvocationLog, LOGS_KEPT, Run, authority};
use crate::store::{Extent, Head, Held, RENEWAL, Record, Segment, Store, StoreError, Version, segment_keys};

/// A run that this server has taken.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) run: Arc<Run>,
    pub(super) keeping: Keeping,
    pub(super) begun: Begun,
}

/// The fate of the server that had a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// It stored all that it knew, and left the run.
    Left,
    /// It was killed, or fell silent: what it did last is in no segment.
    Killed,
}

/// A run's segments, while they are read.
struct Reading {
    store: Store,
    record: Record,
    version: Version,
    held: Held,
    held_since: Instant,
    before: Before,
    begun: Begun,
    segments: Vec<Extent>,
    logs: Vec<Log>,
    invocations: InvocationLog,
    other_counting: bool,
    last: Option<Head>,
}

/// Reads a run whose lease this server has just taken, and closes its ledger to the server that had it
/// before: what that one has stored until then is part of the run, what it stores later is refused.
///
/// `None` where it has no record: its server died before anybody got its id.
///
/// # Errors
/// Where another server takes the lease meanwhile, the store can't be read or written, or what it has is not whole.
pub(super) async fn restore(
    store: &Store,
    held: Held,
    held_since: Instant,
    before: Before,
) -> Result<Option<Taken>, StoreError> {
    let (record, version) = match store.record(&held.id).await {
        Err(StoreError::NotFound) => return Ok(None),
        found => found?,
    };
    let epoch = held.lease.epoch;
    let mut reading = Reading {
        store: store.clone(),
        record,
        version,
        held,
        held_since,
        before,
        begun: Begun { epoch, ..Begun::default() },
        segments: Vec::new(),
        logs: Vec::new(),
        invocations: InvocationLog::default(),
        other_counting: false,
        last: None,
    };
    loop {
        reading.read_on().await?;
        reading.begun.authorised = reading.authorised();
        match reading.close().await {
            Err(StoreError::Conflict(_)) => (),
            closed => break closed?,
        }
    }
    reading.finish().await.map(Some)
}

impl Reading {
    /// Takes in the segments that are there.
    async fn read_on(&mut self) -> Result<(), StoreError> {
        loop {
            match self.store.segment(&self.record.id, self.segments.len() as u64).await {
                Ok(segment) => self.add(segment)?,
                Err(StoreError::NotFound) => return self.check_the_end().await,
                Err(error) => return Err(error),
            }
            if self.held_since.elapsed() >= RENEWAL {
                let renewed_at = Instant::now();
                let owner = self.held.lease.owner.clone();
                self.held = self.store.renew_lease(&self.held, owner.as_deref()).await?;
                self.held_since = renewed_at;
            }
        }
    }

    /// Behind the last segment there is none.
    async fn check_the_end(&self) -> Result<(), StoreError> {
        match self.store.has_segments_after(&self.record.id, self.segments.len() as u64).await? {
            true => Err(StoreError::Broken(self.record.id.to_string())),
            false => Ok(()),
        }
    }

    fn add(&mut self, segment: Segment) -> Result<(), StoreError> {
        let Segment { mut head, rows } = segment;
        let follows = head.first == self.rows() && head.rows == rows.len() as u64;
        if !follows {
            return Err(StoreError::Broken(self.record.id.to_string()));
        }
        self.begun.add(&rows);
        self.segments.push(Extent::from(&head));
        self.logs.append(&mut head.logs);
        let surplus = self.logs.len().saturating_sub(LOGS_KEPT);
        self.logs.drain(..surplus);
        head.invocations.take().into_iter().for_each(|told| self.invocations.apply(told, 0));
        self.other_counting |= head.counting != COUNTING;
        self.last = Some(head);
        Ok(())
    }

    fn rows(&self) -> u64 {
        self.segments.last().map_or(0, |extent| extent.first + extent.rows)
    }

    /// Creates the empty segment with which this server's epoch begins, unless the run is over.
    async fn close(&mut self) -> Result<(), StoreError> {
        let now = self.now();
        if now.state.is_over() {
            return Ok(());
        }
        let rows = self.rows();
        let mut usage = self.last.as_ref().map(|head| head.usage).unwrap_or_default();
        let invocations = usage.invocations;
        let mut text = format!(
            "the run goes on: {rows} objects were settled, by {invocations} invocations, before it was interrupted"
        );
        if self.before == Before::Killed {
            usage.kills += 1;
            text.push_str("; what its server invoked in its last moments may be missing from the cost");
        }
        let head = Head {
            epoch: self.held.lease.epoch,
            first: rows,
            rows: 0,
            keys: segment_keys(&[]),
            now,
            usage,
            reserved: self.last.as_ref().map(|head| head.reserved).unwrap_or_default(),
            authorised: self
                .record
                .spec
                .limits
                .max_usd
                .map(|max_usd| authority::next(max_usd, self.authorised())),
            counting: if self.other_counting { 0 } else { COUNTING },
            ticks: self.ticks(),
            logs: vec![Log { level: Level::Warning, text, key: None }],
            invocations: None,
        };
        let segment = Segment { head, rows: Vec::new() };
        self.store.create_segment(&self.record.id, self.segments.len() as u64, &segment).await?;
        self.add(segment)
    }

    /// The most that the earlier server may have used of the run's `max_usd`.
    fn authorised(&self) -> Money {
        let first = |max_usd| authority::next(max_usd, Money::default());
        let told = self.last.as_ref().and_then(|head| head.authorised);
        told.or(self.record.spec.limits.max_usd.map(first)).unwrap_or_default()
    }

    /// Where the run stood when it was last stored.
    fn now(&self) -> End {
        self.last.as_ref().map_or_else(|| self.record.end.clone(), |head| head.now.clone())
    }

    fn ticks(&self) -> u64 {
        self.record.ticks.max(self.last.as_ref().map_or(0, |head| head.ticks))
    }

    async fn finish(mut self) -> Result<Taken, StoreError> {
        let mut now = self.now();
        if let Some(head) = &self.last {
            // The earlier server may have been billed for what was in flight; nobody will ever see those
            // bills.
            self.begun.usage = head.usage.with_lost(head.reserved);
        }
        self.begun.fraction = now.progress.fraction;
        self.begun.found = now.progress.objects_found;
        if !now.state.is_over() {
            let (states, totals) = self.begun.sums();
            now.states = states;
            now.progress.objects_found = states.total();
            now.progress.objects_done = states.total();
            now.progress.objects_failed = states.failed;
            now.progress.objects_unchanged = self.begun.unchanged;
            now.progress.listing_done = false;
            now.progress.words = totals.words;
            now.progress.lines = totals.lines;
            now.progress.bytes_in = totals.bytes_in;
            now.progress.bytes_out = totals.bytes_out;
        }
        let next = self.segments.len() as u64;
        self.record.end = now;
        self.record.ticks = self.ticks();
        self.record.segments = self.segments;
        self.record.logs = self.logs;
        let run = Run::resumed(self.record, self.store.clone());
        run.restore_invocations(self.invocations.all());
        if self.other_counting {
            run.note_other_counting();
        }
        // From here on the record that its last server knows is not the one that is there.
        let record = replace(&self.store, &run, self.version).await?;
        let logs = run.logs_total();
        let Self { store, held, held_since, begun, .. } = self;
        Ok(Taken { run, keeping: Keeping { store, held, held_since, record, next, logs }, begun })
    }
}

async fn replace(store: &Store, run: &Run, mut version: Version) -> Result<Version, StoreError> {
    loop {
        match store.replace_record(&run.record(), &version).await {
            Err(StoreError::Conflict(_)) => version = store.record(&run.id).await?.1,
            replaced => return replaced,
        }
    }
}
