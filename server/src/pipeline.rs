//! A run from its first key to its last row: **list -> plan -> invoke -> settle -> stream** (**draw** is the
//! page's).
//!
//! This module alone knows all the stages. It is the shell around their logic: one task that waits for pages,
//! permits, answers and time, and hands each to the stage that it concerns.

pub mod again;
mod answered;
mod backoff;
pub mod begun;
mod budget;
mod dispatch;
pub mod filter;
pub mod invoke;
mod job;
pub mod keep;
mod keys;
mod known;
pub mod list;
mod listed;
mod logged;
mod measured;
mod noted;
pub mod plan;
mod pushback;
pub mod settle;
mod stop;
pub mod stream;
mod tell;

use std::collections::{HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tracing::Instrument;
use wire::event::{End, Level};
use wire::run::{Filter, RunState};

use crate::engine::Engine;
use crate::permits::Granted;
use crate::price::{Reserve, Usage};
use crate::run::Run;
use again::SourceError;
use budget::Purse;
use filter::Matcher;
use invoke::Answer;
pub use job::{Job, Source};
use keys::Keys;
use list::Page;
use measured::Measured;
use noted::Noted;
use plan::Plan;
use pushback::Pushback;
use settle::{Ledger, Retries, Sent, Settled};
use stop::Stop;
pub use tell::Moment;

/// Between two ticks: viewers see at most 20 a second.
const TICK: Duration = Duration::from_millis(50);
/// Answers on their way from the calls to the ledger; calls wait when there are more.
const ANSWERS_MAX: usize = 64;
/// Rows that wait in memory for the store; listing pauses when there are more.
const ROWS_HELD_MAX: u64 = 100_000;

/// A run under way.
struct Pipeline {
    engine: Arc<Engine>,
    run: Arc<Run>,
    moments: Option<mpsc::Sender<Moment>>,
    outbox: VecDeque<Moment>,
    matcher: Matcher,
    ledger: Ledger,
    /// Keys that were settled before this server had the run, how many objects were listed then, and the largest of
    /// the keys.
    settled_before: Keys,
    found_before: u64,
    last_before: Option<String>,
    plan: Plan,
    retries: Retries,
    in_flight: HashMap<String, InFlight>,
    resting: Vec<Resting>,
    store_pushback: Pushback,
    lambda_pushback: Pushback,
    calls: JoinSet<()>,
    /// The most that each running cascade may cost, by its attempt.
    cascades: HashMap<String, Reserve>,
    noted: Noted,
    measured: Measured,
    answers: mpsc::Sender<Answer>,
    purse: Purse,
    epoch: u64,
    attempts: u64,
    dispatched: Dispatched,
    /// Objects come one by one: those that came wait for others to go with.
    gathers: bool,
    listing: bool,
    /// The listing came to its own end, which a limit, a Cancel and an error keep it from.
    listed_whole: bool,
    /// Files that the listing left out, once `find_unlisted` has counted them.
    unlisted: Option<u64>,
    /// Rows of the ledger whose key was counted before.
    doubled: u64,
    /// Objects whose counts an earlier run gave.
    unchanged: u64,
    fraction: f64,
    /// When this server leaves the run, whatever is in flight then.
    leaving: Option<Instant>,
    stop: Option<Stop>,
    /// The reason why a run that otherwise finished stopped short.
    short: Option<Stop>,
    cancelled: bool,
    changed: bool,
    /// Rows since the last tick.
    untold: u64,
}

/// A batch that was sent, and its index among the invocations.
struct InFlight {
    sent: Sent,
    permit: OwnedSemaphorePermit,
    /// The most that it may cost.
    reserve: Reserve,
}

/// The permit of a batch that was throttled: nobody takes it while the batch waits, so that fewer invocations
/// run at once for as long as Lambda or S3 says that there are too many.
struct Resting {
    until: Instant,
    _permit: OwnedSemaphorePermit,
}

/// Objects and bytes that have left the plan so far.
#[derive(Clone, Copy, Debug, Default)]
struct Dispatched {
    objects: u64,
    bytes: u64,
}

/// Runs a run to its end, or until this server leaves it or loses it to another.
pub async fn run(mut job: Job) {
    let run = Arc::clone(&job.run);
    // A listener of moments hears of their end when the run's end is published.
    let _listening = job.moments.clone();
    if let (Some(_), Some(max_usd)) = (&job.keeping, run.spec.limits.max_usd) {
        run.authorise_from(max_usd, job.begun.authorised);
    }
    let spans = job.engine.spans.clone();
    let going = job.engine.metrics.runs.begin(job.begun.epoch > 0);
    let keeper = tokio::spawn(keep::rows(Arc::clone(&run), job.keeping.take()));
    // At this level it is there whenever anything is logged of the run.
    let trace_id = format!("{:032x}", run.traced.span.trace_id());
    let span = tracing::error_span!("run", run = %run.id, trace_id);
    let counted = AssertUnwindSafe(count(job).instrument(span)).catch_unwind().await;
    if counted.is_err() {
        // Objects that were listed and waited have no row, and the plan that held them is gone.
        run.note_listed_to(None);
        let mut now = run.now();
        now.progress.listing_done = false;
        let error = "a defect in the server ended the run; what was counted until then stands".to_owned();
        run.end(End { state: RunState::Failed, error: Some(error), ..now });
    }
    if let Some(end) = run.ending() {
        going.end(end.state, run.elapsed());
        spans.run(&run, &end);
    }
    run.note_counted();
    if let Err(error) = keeper.await {
        tracing::error!(%error, run = %run.id, "the keeper of a run's rows failed");
    }
}

async fn count(job: Job) {
    let Job { engine, run, source, moments, begun, .. } = job;
    let (answers, received) = mpsc::channel(ANSWERS_MAX);
    let (lists_a_page, gathers, lists_on) = (source.lists_a_page(), source.gathers(), source.lists_on());
    let pages = source.pages(&engine, &run);
    let matcher = Matcher::new(&run.spec.filter);
    let unreadable = matcher.as_ref().err().map(ToString::to_string);
    let (objects, bytes) = begun.dispatched;
    let usage = Usage { requester_pays: engine.requester_pays, ..begun.usage };
    // What earlier lives of the run have used is counted already.
    let counted = if begun.epoch > 0 { begun.usage } else { Usage::default() };
    let measured = Measured::new(&engine, begun.ledger.found(), counted);
    let mut pipeline = Pipeline {
        plan: if gathers { Plan::packed(engine.sizes()) } else { Plan::new(engine.sizes()) },
        purse: Purse::new(run.spec.limits.max_usd, engine.rates, usage, lists_a_page),
        engine,
        run,
        moments,
        outbox: VecDeque::new(),
        matcher: matcher.unwrap_or_default(),
        ledger: begun.ledger,
        settled_before: begun.settled,
        found_before: begun.found,
        last_before: begun.last_key,
        retries: Retries::default(),
        in_flight: HashMap::new(),
        resting: Vec::new(),
        store_pushback: Pushback::default(),
        lambda_pushback: Pushback::default(),
        calls: JoinSet::new(),
        cascades: HashMap::new(),
        noted: Noted::default(),
        measured,
        answers,
        epoch: begun.epoch,
        attempts: 0,
        dispatched: Dispatched { objects, bytes },
        gathers,
        listing: true,
        listed_whole: false,
        unlisted: None,
        doubled: begun.doubled,
        unchanged: begun.unchanged,
        fraction: begun.fraction,
        leaving: None,
        stop: None,
        short: None,
        cancelled: false,
        changed: true,
        untold: 0,
    };
    pipeline.purse.lose_up_to(begun.authorised);
    if let Some(error) = unreadable {
        pipeline.halt(Stop::failed(error));
    }
    pipeline.begin(lists_on);
    pipeline.drive(pages, received).await;
    match pipeline.leaving {
        Some(_) => {
            pipeline.note_spent();
            pipeline.publish(RunState::Running);
        }
        None => pipeline.finish(),
    }
}

impl Pipeline {
    async fn drive(
        &mut self,
        mut pages: BoxStream<'static, Result<Page, SourceError>>,
        mut received: mpsc::Receiver<Answer>,
    ) {
        let mut grant: Option<BoxFuture<'static, Granted>> = None;
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (cancel, leave) = (self.run.cancel.clone(), self.run.leave.clone());
        while !self.is_done() {
            self.purse.authorise(self.run.authorised());
            if grant.is_none() && self.has_work() {
                self.note_waiting();
                grant = Some(Box::pin(self.engine.permits.clone().grant(self.children_wanted())));
            }
            // A retry whose time has come and that may not go yet waits for what holds it up, not for the clock.
            let retry_due = self.retries.next_due().filter(|due| *due > Instant::now());
            let page_wanted = self.may_list();
            let stopping = self.stop.is_some() || self.leaving.is_some();
            if stopping {
                grant = None;
            }
            tokio::select! {
                biased;
                () = cancel.cancelled(), if !self.cancelled => self.cancel(),
                () = leave.cancelled(), if self.leaving.is_none() => self.leave(),
                () = wait_until(self.time_up()) => self.time_is_up(&mut received),
                Some(answer) = received.recv() => self.answered(answer),
                place = tell::place(self.moments.as_ref()), if !self.outbox.is_empty() => self.tell_next(place),
                granted = wait_for(&mut grant), if !stopping => {
                    grant = None;
                    self.dispatch(granted);
                }
                page = pages.next(), if page_wanted => self.listed(page),
                _ = ticks.tick() => self.tick(),
                () = wait_until(retry_due), if grant.is_none() => (),
            }
            while self.calls.try_join_next().is_some() {}
            let resting = self.resting.len();
            self.resting.retain(|resting| resting.until > Instant::now());
            self.changed |= self.resting.len() < resting;
            if self.calls.is_empty() && received.is_empty() && !self.cascades.is_empty() {
                self.lost();
            }
        }
    }

    /// Nothing is left to wait for.
    fn is_done(&self) -> bool {
        let idle = self.in_flight.is_empty() && self.cascades.is_empty();
        let told = self.outbox.is_empty();
        let nothing_waits = !self.listing && self.plan.waiting() == 0 && self.retries.is_empty();
        idle && told && (nothing_waits || self.leaving.is_some())
    }

    fn wants_page(&self) -> bool {
        let held = self.run.rows_total() - self.run.rows_first();
        self.listing
            && self.leaving.is_none()
            && !self.plan.is_full()
            && held < ROWS_HELD_MAX
            && self.outbox.is_empty()
    }

    fn has_work(&mut self) -> bool {
        let due = self.retries.next_due().is_some_and(|due| due <= Instant::now());
        let idle = self.stop.is_none() && self.outbox.is_empty() && self.permits_left() > 0;
        let waits = due || self.plan.waiting() > 0;
        if !(idle && waits && self.run.may_dispatch() && self.may_spend()) {
            return false;
        }
        due || !self.gathers || self.plan.fills_batches() || !self.may_list()
    }

    fn begin(&mut self, lists_on: bool) {
        let spec = &self.run.spec;
        let mut text = format!("counting s3://{}/{} by the rule {}", spec.bucket, spec.prefix, spec.rule);
        if let Some(parent) = &spec.parent {
            let what = match &spec.rows {
                None if lists_on => {
                    format!(", what the run {parent} did not count, and what it did not list")
                }
                None => format!(", again what the run {parent} did not count"),
                Some(rows) => format!(", of it {} chosen rows of the run {parent}", rows.count()),
            };
            text.push_str(&what);
        }
        if spec.filter != Filter::default() {
            text.push_str(&format!(", of it only {}", spec.filter));
        }
        self.log_begin();
        self.run.log(Level::Info, text, None);
        self.publish(RunState::Running);
    }
}

async fn wait_until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

async fn wait_for(grant: &mut Option<BoxFuture<'static, Granted>>) -> Granted {
    match grant {
        Some(grant) => grant.await,
        None => std::future::pending().await,
    }
}
