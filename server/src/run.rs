//! One run: what was asked for, what became of it so far, and who watches.
//!
//! The pipeline writes to it, viewers read from it, each at its own pace. Nothing here waits for a viewer.

mod id;
mod log;
mod rows;
mod view;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wire::api::RunSummary;
use wire::event::{End, Level, Log, Progress, StateCounts};
use wire::row::Row;
use wire::run::{RunSpec, RunState};

use crate::store::{Record, Store};
pub use id::RunId;
use log::LogRing;
pub use rows::RowLog;
pub use view::{Checkpoint, Cursor, Next};

/// More ticks than a run can have had since its record was last written.
const TICKS_UNRECORDED_MAX: u64 = 1 << 24;

/// A run, going on or ended.
#[derive(Debug)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// What it was asked to do.
    pub spec: RunSpec,
    /// When it began.
    pub started_at: Timestamp,
    /// Its cost is what AWS would have asked.
    pub simulated: bool,
    /// Stops it.
    pub cancel: CancellationToken,
    /// Where its rows go when they leave memory.
    pub store: Option<Store>,
    began: Instant,
    inner: Mutex<Inner>,
    ticks: watch::Sender<u64>,
    kept: AtomicBool,
    unlisted: AtomicU64,
    watched: Mutex<Watched>,
}

#[derive(Debug)]
struct Inner {
    now: End,
    rows: RowLog,
    logs: LogRing,
    checkpoints: Vec<Checkpoint>,
    /// The tick of the first checkpoint; those before it were another server's, whose ids are not known here.
    epoch: u64,
    over: bool,
}

impl Run {
    /// A run that is about to begin.
    pub fn new(spec: RunSpec, simulated: bool, store: Option<Store>) -> Arc<Self> {
        let now = End {
            progress: Progress::default(),
            state: RunState::Starting,
            states: StateCounts::default(),
            error: None,
        };
        Arc::new(Self::with(RunId::random(), spec, Timestamp::now(), simulated, store, now, 0))
    }

    /// A run that ended, as it was stored.
    pub fn restored(record: Record, store: Store) -> Arc<Self> {
        let Record { id, spec, started_at, simulated, mut end, rows, logs, mut checkpoints } = record;
        if !end.state.is_over() {
            end.state = RunState::Failed;
            end.error = Some("the server stopped before the run's end".to_owned());
            checkpoints = checkpoints.saturating_add(TICKS_UNRECORDED_MAX);
        }
        let run = Self::with(id, spec, started_at, simulated, Some(store), end, rows);
        {
            let mut inner = run.lock();
            inner.over = true;
            run.note_kept();
            inner.logs = LogRing::restored(logs);
            inner.restore_checkpoints(checkpoints, rows);
        }
        Arc::new(run)
    }

    fn with(
        id: RunId,
        spec: RunSpec,
        started_at: Timestamp,
        simulated: bool,
        store: Option<Store>,
        now: End,
        rows: u64,
    ) -> Self {
        let inner = Inner {
            now,
            rows: RowLog::starting_at(rows),
            logs: LogRing::default(),
            checkpoints: vec![Checkpoint::default()],
            epoch: 0,
            over: false,
        };
        Self {
            id,
            spec,
            started_at,
            simulated,
            cancel: CancellationToken::new(),
            store,
            began: Instant::now(),
            inner: Mutex::new(inner),
            ticks: watch::Sender::new(0),
            kept: AtomicBool::new(false),
            unlisted: AtomicU64::new(0),
            watched: Mutex::new(Watched { viewers: 0, since: Instant::now() }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When it began, by the clock that never goes back.
    pub fn began(&self) -> Instant {
        self.began
    }

    /// Names in the bucket that no listing can show; whoever wants everything counted must be told.
    pub fn note_unlisted(&self, names: u64) {
        self.unlisted.store(names, Ordering::SeqCst);
    }

    /// Names in the bucket that no listing can show.
    pub fn unlisted(&self) -> u64 {
        self.unlisted.load(Ordering::SeqCst)
    }

    /// Milliseconds since it began.
    pub fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Where it stands, and its `end` fields so far.
    pub fn now(&self) -> End {
        self.lock().now.clone()
    }

    /// How the history shows it.
    pub fn summary(&self) -> RunSummary {
        RunSummary {
            id: self.id.to_string(),
            spec: self.spec.clone(),
            started_at: self.started_at.to_string(),
            end: self.now(),
            simulated: self.simulated,
        }
    }

    /// Adds a settled row; viewers see it at the next tick.
    pub fn push_row(&self, row: Row) {
        self.lock().rows.push(row);
    }

    /// Adds a log line; viewers see it at the next tick.
    pub fn log(&self, level: Level, text: impl Into<String>, key: Option<String>) {
        self.lock().logs.push(Log { level, text: text.into(), key });
    }

    /// The log's lines that are kept.
    pub fn logs(&self) -> Vec<Log> {
        self.lock().logs.last_of(usize::MAX)
    }

    /// Shows viewers what happened since the last tick.
    pub fn tick(&self, progress: Progress, states: StateCounts, state: RunState) {
        let mut inner = self.lock();
        inner.now = End { progress, state, states, error: None };
        inner.checkpoint();
        drop(inner);
        self.ticks.send_modify(|tick| *tick += 1);
    }

    /// Ends the run: the last thing that viewers see.
    pub fn end(&self, end: End) {
        let mut inner = self.lock();
        inner.now = end;
        inner.checkpoint();
        inner.over = true;
        drop(inner);
        self.ticks.send_modify(|tick| *tick += 1);
    }

    /// Ticks as they happen.
    pub fn ticks(&self) -> watch::Receiver<u64> {
        self.ticks.subscribe()
    }

    /// Nothing more will happen to it.
    pub fn is_over(&self) -> bool {
        self.lock().over
    }

    /// The run as `run.json` keeps it.
    pub fn record(&self) -> Record {
        let inner = self.lock();
        Record {
            id: self.id.clone(),
            spec: self.spec.clone(),
            started_at: self.started_at,
            simulated: self.simulated,
            end: inner.now.clone(),
            rows: inner.rows.first(),
            logs: inner.logs.last_of(crate::store::LOGS_STORED),
            checkpoints: inner.epoch + inner.checkpoints.len() as u64,
        }
    }

    /// Rows that memory still holds from number `first` on, at most `limit`; `None` where they were let go.
    pub fn rows_in_memory(&self, first: u64, limit: u64) -> Option<Vec<Row>> {
        self.lock().rows.range(first, limit)
    }

    /// Rows settled so far.
    pub fn rows_total(&self) -> u64 {
        self.lock().rows.total()
    }

    /// The number of the first row that memory holds.
    pub fn rows_first(&self) -> u64 {
        self.lock().rows.first()
    }

    /// Lets the rows before number `first` go.
    pub fn forget_rows_before(&self, first: u64) {
        self.lock().rows.forget_before(first);
    }

    /// Counts a viewer in, until the guard is dropped.
    pub fn watch(self: &Arc<Self>) -> Watching {
        self.watched().viewers += 1;
        Watching(Arc::clone(self))
    }

    /// Since when nobody watches; `None` while somebody does.
    pub fn unwatched_since(&self) -> Option<Instant> {
        let watched = self.watched();
        (watched.viewers == 0).then_some(watched.since)
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The run is over and all of it is stored that ever will be.
    pub fn note_kept(&self) {
        self.kept.store(true, Ordering::SeqCst);
    }

    /// Whether memory may let the run go.
    pub fn is_kept(&self) -> bool {
        self.kept.load(Ordering::SeqCst)
    }
}

impl Inner {
    fn checkpoint(&mut self) {
        self.checkpoints.push(Checkpoint { rows: self.rows.total(), logs: self.logs.total() });
    }
}

/// Who watches, and since when nobody may have.
#[derive(Debug)]
struct Watched {
    viewers: u64,
    since: Instant,
}

/// A viewer's presence.
#[derive(Debug)]
pub struct Watching(Arc<Run>);

impl Drop for Watching {
    fn drop(&mut self) {
        let mut watched = self.0.watched();
        watched.viewers -= 1;
        watched.since = Instant::now();
    }
}
