//! Takes a run's rows out of memory as they settle: into the store, or nowhere. While a run is stored this also
//! holds its lease.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use wire::event::Level;
use wire::rule::Grain;
use wire::run::{Filter, RunState};

use crate::run::Run;
use crate::store::{Held, LEASE, RENEWAL, SEGMENT_ROWS, Scope, Store, StoreError, Version};

/// How long the keeper waits when nothing happens.
const PAUSE: Duration = Duration::from_millis(200);
/// Rows and log lines are stored when they are so old, if not sooner.
const SEGMENT_AGE: Duration = Duration::from_secs(1);
/// Times that the last writes are tried.
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
}

impl Keeping {
    /// Makes a run that is about to begin known to every server on the bucket, as this one's.
    ///
    /// # Errors
    /// A conflict where a run of this id has begun; else where the bucket can't be written.
    pub async fn begin(store: Store, run: &Run, owner: &str) -> Result<Self, StoreError> {
        let held_since = Instant::now();
        let held = store.create_lease(&run.id, owner).await?;
        let record = store.create_record(&run.record()).await?;
        Ok(Self { store, held, held_since, record, next: 0 })
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

struct Keeper {
    run: Arc<Run>,
    keeping: Keeping,
    ticks: watch::Receiver<u64>,
    /// The number of the first log line that is not stored.
    logs: u64,
    /// The last segment tells the run's end, or what a run that is left has used.
    end_stored: bool,
    stored_at: Instant,
    failing: bool,
}

impl Keeper {
    fn new(run: Arc<Run>, keeping: Keeping, ticks: watch::Receiver<u64>) -> Self {
        let (logs, end_stored) = (run.logs_total(), run.is_over());
        run.note_lease(keeping.held_since + LEASE);
        Self { run, keeping, ticks, logs, end_stored, stored_at: Instant::now(), failing: false }
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
        for attempt in 1..=LAST_TRIES {
            match self.finish().await {
                Ok(()) => break,
                Err(StoreError::Conflict(_)) => return self.lose(),
                Err(error) if attempt == LAST_TRIES => {
                    tracing::error!(%error, run = %self.run.id, "the end of a run could not be stored");
                    let text = format!("the end of the run could not be stored: {error}");
                    self.run.log(Level::Error, text, None);
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(200 << attempt)).await,
            }
        }
        self.run.note_kept();
        self.run.tell_end();
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

    async fn store_segment(&mut self) -> Result<(), StoreError> {
        let is_left = self.run.is_counted() && !self.run.has_ended();
        let next = self.run.next_authorised().filter(|_| !is_left);
        // Nothing more is used here: whoever goes on has all of the rest.
        let authorised = if is_left { self.run.gone() } else { next.or(self.run.authorised()) };
        let (segment, logs) = self.run.next_segment(self.keeping.held.lease.epoch, self.logs, authorised);
        self.keeping.store.create_segment(&self.run.id, self.keeping.next, &segment).await?;
        self.keeping.next += 1;
        self.run.note_stored(&segment.head);
        if let Some(next) = next {
            self.run.note_authorised(next);
        }
        self.end_stored = segment.head.now.state.is_over() || is_left;
        (self.logs, self.stored_at) = (logs, Instant::now());
        Ok(())
    }

    /// The lease, the record that other servers list, and what they may have been told meanwhile.
    async fn renew_when_due(&mut self) -> Result<(), StoreError> {
        if self.keeping.held_since.elapsed() < RENEWAL {
            return Ok(());
        }
        let renewed_at = Instant::now();
        let Keeping { store, held, .. } = &self.keeping;
        let owner = held.lease.owner.clone();
        self.keeping.held = store.renew_lease(held, owner.as_deref()).await?;
        self.keeping.held_since = renewed_at;
        self.run.note_lease(renewed_at + LEASE);
        self.replace_record().await?;
        if self.keeping.store.is_cancelled(&self.run.id).await? {
            self.run.cancel.cancel();
        }
        Ok(())
    }

    async fn replace_record(&mut self) -> Result<(), StoreError> {
        let Keeping { store, record, .. } = &self.keeping;
        self.keeping.record = store.replace_record(&self.run.record(), record).await?;
        Ok(())
    }

    /// Stores the rest. A run that is over gets its last record and loses its lease; one that is left keeps both,
    /// and the next server may take it at once.
    async fn finish(&mut self) -> Result<(), StoreError> {
        while self.has_more() {
            self.store_segment().await?;
        }
        self.replace_record().await?;
        let id = &self.run.id;
        let store = &self.keeping.store;
        if !self.run.has_ended() {
            return store.renew_lease(&self.keeping.held, None).await.map(drop);
        }
        self.note_latest().await?;
        store.end_lease(id).await
    }

    /// A finished run's counts are there for the next run to take.
    async fn note_latest(&self) -> Result<(), StoreError> {
        let spec = &self.run.spec;
        let is_by_rows = spec.grain == Grain::PerObject && spec.parent.is_none();
        if !is_by_rows || self.run.record().end.state != RunState::Finished {
            return Ok(());
        }
        let is_whole = spec.filter == Filter::default();
        self.keeping.store.note_latest(Scope::of(spec), &spec.prefix, &self.run.id, is_whole).await
    }

    /// Another server has the run.
    fn lose(self) {
        tracing::warn!(run = %self.run.id, "another server has taken this run over");
        self.run.abandon();
        self.run.note_kept();
    }

    /// Says once that the store fails, until it has worked again.
    fn remark(&mut self, kept: &Result<(), StoreError>) {
        if let (Err(error), false) = (kept, self.failing) {
            self.run.log(Level::Warning, format!("the run can't be stored yet: {error}"), None);
        }
        self.failing = kept.is_err();
    }
}
