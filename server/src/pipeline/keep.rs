//! Takes a run's rows out of memory as they settle: into the store, or nowhere. While a run is stored this also
//! holds its lease.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use wire::event::{End, Level};
use wire::rule::Grain;
use wire::run::{Filter, RunState};
use wire::wordcount::COUNTING;

use crate::run::Run;
use crate::store::{
    Held, Portion, RENEWAL, Record, SEGMENT_ROWS, Scope, Segment, Store, StoreError, Version,
};

/// How long the persister waits when nothing happens.
const PAUSE: Duration = Duration::from_millis(200);
/// Rows and log lines are stored when they are so old, if not sooner.
const SEGMENT_AGE: Duration = Duration::from_secs(1);
/// Times that the last writes are tried before the end is published without them; the waits double until
/// then.
const LAST_TRIES: u32 = 5;

/// A server's hold on a run in the store.
#[derive(Debug)]
pub struct Keeping {
    /// The store.
    pub store: Store,
    /// The run's lease.
    pub held: Held,
    /// When it was last written.
    pub held_since: Instant,
    /// The run's record, as it was written last.
    pub record: Version,
    /// The number of the next segment.
    pub next: u64,
    /// The number of the first log line that is in no segment.
    pub logs: u64,
}

impl Keeping {
    /// Writes the lease and the record of a run that is about to begin, so that every server on the bucket
    /// sees it as this server's.
    ///
    /// # Errors
    /// A conflict where a run of this id exists already; else where the bucket can't be written.
    pub async fn begin(store: Store, run: &Run, owner: &str) -> Result<Self, StoreError> {
        let mut held_since = Instant::now();
        let mut held = store.create_lease(&run.id, owner).await?;
        let record = store.create_record(&run.record()).await?;
        if held_since.elapsed() >= RENEWAL {
            // Another server may have found the lease lapsed and the run without a record: then this run does
            // not begin.
            held_since = Instant::now();
            let renewed = store.renew_lease(&held, Some(owner)).await;
            if renewed.is_err() {
                store.erase(&run.id).await?;
            }
            held = renewed?;
        }
        Ok(Self { store, held, held_since, record, next: 0, logs: 0 })
    }
}

/// Follows a run to its end, or until this server leaves it or loses it. A store that fails is tried again; until
/// then rows stay in memory, and nothing is dispatched once the lease has run out.
pub async fn rows(run: Arc<Run>, keeping: Option<Keeping>) {
    let ticks = run.ticks();
    match keeping {
        Some(keeping) => Keeper::new(run, keeping, ticks).keep().await,
        None => forget(&run, ticks).await,
    }
}

async fn forget(run: &Run, mut ticks: watch::Receiver<u64>) {
    while !run.is_counted() {
        drop(timeout(PAUSE, ticks.changed()).await);
        run.forget_rows_before(run.rows_total());
    }
    run.note_kept();
    run.tell_end();
}

/// A segment on its way to the store.
struct Next {
    segment: Segment,
    /// The number of the log line after its last.
    logs: u64,
    /// It holds the run's end, or what a run that is left has used.
    is_last: bool,
}

struct Keeper {
    run: Arc<Run>,
    keeping: Keeping,
    ticks: watch::Receiver<u64>,
    /// The number of the first log line that is not stored.
    logs: u64,
    /// A segment that the store may have or not.
    next: Option<Next>,
    /// The last segment is stored, with the run's end, or what a run that is left has used.
    end_stored: bool,
    stored_at: Instant,
    failing: bool,
}

impl Keeper {
    fn new(run: Arc<Run>, keeping: Keeping, ticks: watch::Receiver<u64>) -> Self {
        let (logs, end_stored) = (keeping.logs, run.is_over());
        run.note_lease(keeping.held_since);
        Self { run, keeping, ticks, logs, next: None, end_stored, stored_at: Instant::now(), failing: false }
    }

    async fn keep(mut self) {
        while !self.run.is_counted() {
            drop(timeout(PAUSE, self.ticks.changed()).await);
            let kept = self.step().await;
            if let Err(StoreError::Conflict(_)) = kept {
                return self.lose();
            }
            self.remark(&kept);
        }
        let mut attempt = 0;
        loop {
            match self.finish().await {
                Ok(()) => break,
                Err(StoreError::Conflict(_)) => return self.lose(),
                Err(error) => self.keep_trying(attempt, &error).await,
            }
            attempt += 1;
        }
        self.run.note_kept();
        self.run.tell_end();
    }

    /// Waits before the next try. Once the end has been tried long enough, viewers see it meanwhile, with the
    /// store's error; this server goes on trying until it is stored, or another one finds the lease.
    async fn keep_trying(&self, attempt: u32, error: &StoreError) {
        if attempt == LAST_TRIES {
            tracing::error!(%error, run = %self.run.id, "the end of a run can't be stored");
            let text = format!("the end of the run can't be stored yet: {error}");
            self.run.log(Level::Error, text, None);
            self.run.tell_end();
        }
        tokio::time::sleep(Duration::from_millis(200 << attempt.min(LAST_TRIES))).await;
    }

    /// Renews the lease when its time has come, and stores what is whole or old enough.
    async fn step(&mut self) -> Result<(), StoreError> {
        self.renew_when_due().await?;
        while self.rows_held() >= SEGMENT_ROWS {
            self.store_segment().await?;
            self.renew_when_due().await?;
        }
        let is_news = self.rows_held() > 0 || self.run.logs_total() > self.logs;
        if self.run.next_authorised().is_some() {
            self.store_segment().await?;
        }
        if is_news && self.stored_at.elapsed() >= SEGMENT_AGE {
            self.store_segment().await?;
        }
        Ok(())
    }

    fn has_more(&self) -> bool {
        let is_told = self.end_stored || !(self.run.has_ended() || self.run.authorised().is_some());
        self.rows_held() > 0 || self.run.logs_total() > self.logs || !is_told
    }

    fn rows_held(&self) -> u64 {
        self.run.rows_total() - self.run.rows_first()
    }

    /// Stores the next segment. One that may be stored already is the same to the last byte when it is tried again.
    async fn store_segment(&mut self) -> Result<(), StoreError> {
        let next = self.next.take().unwrap_or_else(|| self.compose());
        let created = self.keeping.store.create_segment(&self.run.id, self.keeping.next, &next.segment).await;
        if let Err(error) = created {
            self.next = Some(next);
            return Err(error);
        }
        let Next { segment, logs, is_last } = next;
        self.keeping.next += 1;
        self.run.note_stored(&segment.head);
        if let Some(authorised) = segment.head.authorised.filter(|_| !is_last) {
            self.run.note_authorised(authorised);
        }
        self.end_stored = is_last;
        (self.logs, self.stored_at) = (logs, Instant::now());
        Ok(())
    }

    fn compose(&self) -> Next {
        let is_left = self.run.is_counted() && !self.run.has_ended();
        // This server uses nothing more of a run that it left: the server that resumes the run has all of the
        // rest.
        let authorised = match is_left {
            true => self.run.gone(),
            false => self.run.next_authorised().or(self.run.authorised()),
        };
        let (segment, logs) = self.run.next_segment(self.keeping.held.lease.epoch, self.logs, authorised);
        let is_last = segment.head.now.state.is_over() || is_left;
        Next { segment, logs, is_last }
    }

    /// Renews the lease, rewrites the record that other servers list, and stops the run where another server
    /// has recorded a Cancel.
    async fn renew_when_due(&mut self) -> Result<(), StoreError> {
        if self.keeping.held_since.elapsed() < RENEWAL {
            return Ok(());
        }
        let renewed_at = Instant::now();
        let Keeping { store, held, .. } = &self.keeping;
        let owner = held.lease.owner.clone();
        self.keeping.held = store.renew_lease(held, owner.as_deref()).await?;
        self.keeping.held_since = renewed_at;
        self.run.note_lease(renewed_at);
        if self.keeping.store.is_cancelled(&self.run.id).await? {
            self.run.cancel.cancel();
        }
        // The record of a run that has ended is its last one, and comes when all segments are there.
        if self.run.has_ended() {
            return Ok(());
        }
        let record = self.run.record();
        self.replace_record(&record).await
    }

    async fn replace_record(&mut self, new: &Record) -> Result<(), StoreError> {
        let Keeping { store, record, .. } = &self.keeping;
        self.keeping.record = store.replace_record(new, record).await?;
        Ok(())
    }

    /// Stores the rest. A run that is over gets its last record and loses its lease; one that is left keeps both,
    /// and the next server may take it at once.
    async fn finish(&mut self) -> Result<(), StoreError> {
        while self.has_more() {
            self.renew_when_due().await?;
            self.store_segment().await?;
        }
        if self.run.has_ended() {
            self.store_invocations().await;
        }
        let record = self.run.last_record();
        self.replace_record(&record).await?;
        let id = &self.run.id;
        let store = &self.keeping.store;
        if !self.run.has_ended() {
            return store.renew_lease(&self.keeping.held, None).await.map(drop);
        }
        self.note_latest().await?;
        store.end_lease(id).await
    }

    /// Without its invocations a run is as exact as with them: its end does not wait for them.
    async fn store_invocations(&self) {
        let stored = self.keeping.store.put_invocations(&self.run.id, &self.run.invocations()).await;
        if let Err(error) = stored {
            tracing::warn!(%error, run = %self.run.id, "the invocations of a run can't be stored");
        }
    }

    /// A run's counts are there for the next run to take, however it ended: each is exact by itself.
    async fn note_latest(&self) -> Result<(), StoreError> {
        let spec = &self.run.spec;
        let End { state, states, .. } = self.run.last_record().end;
        let is_finished = state == RunState::Finished;
        let is_of_use = is_finished || states.counted > 0 && state != RunState::Inconsistent;
        if spec.grain != Grain::PerObject || !is_of_use || self.run.counting() != COUNTING {
            return Ok(());
        }
        let is_whole = is_finished && spec.parent.is_none() && spec.filter == Filter::default();
        let portion = if is_whole { Portion::Whole } else { Portion::Part };
        self.keeping.store.note_latest(Scope::of(spec), &spec.prefix, &self.run.id, portion).await
    }

    /// Another server has the run.
    fn lose(self) {
        tracing::warn!(run = %self.run.id, "another server has taken this run over");
        self.keeping.store.storing().note_lease_lost();
        self.run.abandon();
        self.run.note_kept();
    }

    /// Says once that the store fails, until it has worked again.
    fn remark(&mut self, kept: &Result<(), StoreError>) {
        if let (Err(error), false) = (kept, self.failing) {
            tracing::warn!(%error, run = %self.run.id, "a run can't be stored yet");
            self.run.log(Level::Warning, format!("the run can't be stored yet: {error}"), None);
        }
        self.failing = kept.is_err();
    }
}
