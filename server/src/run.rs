//! One run: what was asked for, what became of it so far, and who watches.
//!
//! The pipeline writes to it, viewers read from it, each at its own pace. Nothing here waits for a viewer.

pub mod authority;
mod id;
mod invocations;
mod kept;
mod log;
mod rows;
mod sees;
mod shared;
mod traced;
mod view;
mod watched;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wire::api::RunSummary;
use wire::event::{End, Level, Log, Progress, StateCounts};
use wire::row::Row;
use wire::run::{RunSpec, RunState};
use wire::trace::TraceContext;

use crate::store::{Record, Store};
pub use id::RunId;
pub use invocations::INVOCATIONS_KEPT;
pub use invocations::InvocationLog;
use kept::Kept;
pub use kept::Spent;
pub use log::LOGS_KEPT;
use log::LogRing;
pub use rows::RowLog;
pub use sees::Sees;
pub use traced::Traced;
pub use view::{Checkpoint, Cursor, Next, Wanted};
use watched::Watched;
pub use watched::Watching;

/// More ticks than a run can have had since its record was last written.
const TICKS_UNRECORDED_MAX: u64 = 1 << 20;
/// Ranges of ticks, one of which each server that takes or follows a run picks: its event ids are no other's.
const SERVERS: u32 = 1 << 14;

/// A run, going on or ended.
#[derive(Debug)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// Its spec.
    pub spec: RunSpec,
    /// When it began.
    pub started_at: Timestamp,
    /// Its cost is what AWS would have asked.
    pub simulated: bool,
    /// It lives no longer than the connection that it was started over.
    pub attached: bool,
    /// Its own span, and its caller's.
    pub traced: Traced,
    /// Stops it.
    pub cancel: CancellationToken,
    /// Leaves it for another server, or for this one when it is started again.
    pub leave: CancellationToken,
    /// Where its rows go when they leave memory.
    pub store: Option<Store>,
    began: Instant,
    /// How long it had gone on before this server had it.
    before: Duration,
    inner: Mutex<Inner>,
    kept: Mutex<Kept>,
    ticks: watch::Sender<u64>,
    watched: Mutex<Watched>,
}

#[derive(Debug)]
struct Inner {
    now: End,
    rows: RowLog,
    logs: LogRing,
    invocations: InvocationLog,
    checkpoints: Vec<Checkpoint>,
    /// The tick of the first checkpoint; earlier ones were another server's, and this server does not have
    /// their ids.
    epoch: u64,
    /// How it ended; published once that is stored.
    ending: Option<End>,
    over: bool,
    /// Nothing more is counted of it here.
    counted: bool,
    spent: Spent,
}

/// The parts that a run is made of, whether it begins or is found in the store.
struct Made {
    id: RunId,
    spec: RunSpec,
    started_at: Timestamp,
    simulated: bool,
    attached: bool,
    caller: Option<TraceContext>,
    store: Option<Store>,
    now: End,
}

impl Run {
    /// A run that is about to begin.
    pub fn new(spec: RunSpec, simulated: bool, store: Option<Store>) -> Arc<Self> {
        Self::named(RunId::random(), spec, simulated, store, None)
    }

    /// A run of this id that is about to begin, in the trace of its caller.
    pub fn named(
        id: RunId,
        spec: RunSpec,
        simulated: bool,
        store: Option<Store>,
        caller: Option<TraceContext>,
    ) -> Arc<Self> {
        Arc::new(Self::with(Made { id, simulated, store, caller, ..Made::beginning(spec) }))
    }

    /// A run that lives no longer than the connection that asks for it.
    pub fn attached(spec: RunSpec, simulated: bool, store: Option<Store>) -> Arc<Self> {
        Arc::new(Self::with(Made { simulated, store, attached: true, ..Made::beginning(spec) }))
    }

    /// A run that ended, as it was stored.
    pub fn ended(record: Record, store: Store) -> Arc<Self> {
        let (rows, ticks) = (record.rows(), record.ticks);
        let run = Self::stored(&record, store);
        run.kept().restore(&record);
        run.note_kept();
        {
            let mut inner = run.lock();
            inner.over = true;
            inner.rows = RowLog::starting_at(rows);
            inner.logs = LogRing::restored(record.logs);
            inner.invocations = InvocationLog::in_store();
            inner.restore_checkpoints(ticks, rows);
        }
        Arc::new(run)
    }

    /// A run that goes on elsewhere, or was interrupted, as its record describes it: its segments are to be
    /// absorbed. Its viewers' event ids are none that another server gives.
    pub fn followed(record: &Record, store: Store) -> Arc<Self> {
        Arc::new(Self::going_on(record, store))
    }

    /// A run that this server resumes; the record describes it by its stored segments.
    pub fn resumed(record: Record, store: Store) -> Arc<Self> {
        let rows = record.rows();
        let run = Self::going_on(&record, store);
        run.kept().restore(&record);
        // Objects that were listed before and not settled have no row: only the new listing shows how far the
        // run came.
        run.note_listed_to(None);
        {
            let mut inner = run.lock();
            let ticks = inner.epoch;
            inner.over = inner.now.state.is_over();
            inner.rows = RowLog::starting_at(rows);
            record.logs.into_iter().for_each(|line| inner.logs.push(line));
            inner.restore_checkpoints(ticks, rows);
        }
        Arc::new(run)
    }

    fn going_on(record: &Record, store: Store) -> Self {
        let run = Self::stored(record, store);
        let ahead = TICKS_UNRECORDED_MAX * u64::from(1 + getrandom::u32().unwrap_or_default() % SERVERS);
        run.lock().restore_checkpoints(record.ticks.saturating_add(ahead), 0);
        run
    }

    fn stored(record: &Record, store: Store) -> Self {
        let run = Self::with(Made {
            id: record.id.clone(),
            spec: record.spec.clone(),
            started_at: record.started_at,
            simulated: record.simulated,
            attached: record.attached,
            caller: record.traceparent.as_deref().and_then(TraceContext::parse),
            store: Some(store),
            now: record.end.clone(),
        });
        run.kept().start.clone_from(&record.start);
        run
    }

    fn with(made: Made) -> Self {
        let Made { id, spec, started_at, simulated, attached, caller, store, now } = made;
        let before = Duration::from_millis(now.progress.elapsed_ms);
        Self {
            traced: Traced::new(&id, caller),
            id,
            spec,
            started_at,
            simulated,
            attached,
            cancel: CancellationToken::new(),
            leave: CancellationToken::new(),
            store,
            began: Instant::now(),
            before,
            inner: Mutex::new(Inner::new(now)),
            kept: Mutex::default(),
            ticks: watch::Sender::new(0),
            watched: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When it will have gone on for so long, the time before this server had it included.
    pub fn at(&self, elapsed: Duration) -> Option<Instant> {
        self.began.checked_add(elapsed.saturating_sub(self.before))
    }

    /// How long it has gone on, the time before this server had it included.
    pub fn elapsed(&self) -> Duration {
        self.before + self.began.elapsed()
    }

    /// Milliseconds since it began.
    pub fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Where it stands, and its `end` fields so far.
    pub fn now(&self) -> End {
        self.lock().now.clone()
    }

    /// How the history shows it, to readers who may list all runs.
    pub fn summary(&self) -> RunSummary {
        RunSummary {
            id: self.id.to_string(),
            spec: self.spec.clone(),
            started_at: self.started_at.to_string(),
            end: self.now(),
            simulated: self.simulated,
            base: self.base().map(String::from),
            is_rerun: self.spec.parent.is_some(),
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

    /// The lines that the log still holds.
    pub fn logs(&self) -> Vec<Log> {
        self.lock().logs.last_of(usize::MAX)
    }

    /// The lines that the log still holds from this number on, and the number of the next one.
    pub fn logs_from(&self, from: u64) -> (Vec<Log>, u64) {
        let inner = self.lock();
        (inner.logs.from(from), inner.logs.total())
    }

    /// Shows viewers all changes since the last tick.
    pub fn tick(&self, progress: Progress, states: StateCounts, state: RunState) {
        let mut inner = self.lock();
        inner.now = End { progress, state, states, error: None };
        inner.checkpoint();
        drop(inner);
        self.ticks.send_modify(|tick| *tick += 1);
    }

    /// Ends the run. Viewers see the end when it is stored.
    pub fn end(&self, end: End) {
        self.close_invocations();
        let mut inner = self.lock();
        inner.now.progress = Progress { fraction: inner.now.progress.fraction, ..end.progress.clone() };
        inner.ending = Some(end);
        inner.checkpoint();
        drop(inner);
        self.ticks.send_modify(|tick| *tick += 1);
    }

    /// Publishes how the run ended, if it has: the last thing that viewers see.
    pub fn tell_end(&self) {
        let mut inner = self.lock();
        if let Some(end) = inner.ending.clone() {
            (inner.now, inner.over) = (end, true);
        }
        drop(inner);
        self.ticks.send_modify(|tick| *tick += 1);
    }

    /// How it ended, published or not.
    pub fn ending(&self) -> Option<End> {
        self.lock().ending.clone()
    }

    /// It has ended, published or not.
    pub fn has_ended(&self) -> bool {
        let inner = self.lock();
        inner.over || inner.ending.is_some()
    }

    /// Ticks as they happen.
    pub fn ticks(&self) -> watch::Receiver<u64> {
        self.ticks.subscribe()
    }

    /// Nothing more will happen to it.
    pub fn is_over(&self) -> bool {
        self.lock().over
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
}

impl Made {
    fn beginning(spec: RunSpec) -> Self {
        let now = End {
            progress: Progress::default(),
            state: RunState::Starting,
            states: StateCounts::default(),
            error: None,
        };
        Self {
            id: RunId::random(),
            spec,
            started_at: Timestamp::now(),
            simulated: false,
            attached: false,
            caller: None,
            store: None,
            now,
        }
    }
}

impl Inner {
    fn new(now: End) -> Self {
        Self {
            now,
            rows: RowLog::default(),
            logs: LogRing::default(),
            invocations: InvocationLog::default(),
            checkpoints: vec![Checkpoint::default()],
            epoch: 0,
            ending: None,
            over: false,
            counted: false,
            spent: Spent::default(),
        }
    }

    fn checkpoint(&mut self) {
        self.checkpoints.push(Checkpoint { rows: self.rows.total(), logs: self.logs.total() });
    }
}
