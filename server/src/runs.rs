//! The runs of this server: started, found again, listed, cancelled, resumed, deleted.

mod follow;
mod functions;
mod history;
mod keyed;
mod known;
mod ready;
mod recent;
mod restore;
mod resume;
mod retry;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wire::api::{Cancelled, StartRun, Started};
use wire::bucket::BucketName;
use wire::error::{ApiError, ErrorCode};
use wire::run::RunSpec;
use wire::trace::TraceContext;

use crate::backend::Backend;
use crate::changes::Comparisons;
use crate::engine::Engine;
use crate::pipeline::keep::Keeping;
use crate::pipeline::list::{List, ListError, PAGE_TRIES};
use crate::pipeline::{self, Job, Moment, Source};
use crate::price::{Money, Usage};
use crate::request;
use crate::run::{Run, RunId};
use crate::store::{Store, StoreError, start_name};
pub use functions::{CHECK_MAX, CHECKS_MAX, check_functions};
use history::Seen;
use known::Known;
pub use ready::Part;
use recent::{Admitted, Asked, Recent};
pub use resume::Resume;
pub use retry::spec as retry_spec;

/// Runs that may go on at once.
pub const RUNNING_MAX: usize = 64;
/// How often, and how many times, a server looks for the record of a run that another one is starting.
/// How long a bucket is waited for before a run begins, which can wait for it itself.
const LISTABLE_MAX: Duration = Duration::from_secs(20);
/// And at least, whatever the run's own time, so that a bucket that is missing is said to be.
const LISTABLE_MIN: Duration = Duration::from_secs(2);
const STARTING_POLL: Duration = Duration::from_millis(100);
const STARTING_POLLS: u32 = 30;

/// All runs of this server.
#[derive(Debug)]
pub struct Runs {
    engine: Arc<Engine>,
    store: Option<Store>,
    bucket_default: String,
    prefix_default: String,
    allowed: HashSet<String>,
    /// The name under which this server has leases.
    server: String,
    /// Nobody else can have the store: a lease of another server's is that of one that is gone.
    alone: bool,
    recent: Arc<Mutex<Recent>>,
    /// The runs that the store was seen to have, some seconds ago.
    known: Mutex<Known>,
    history: Seen,
    /// Held while the store is listed for an unknown id.
    listing: tokio::sync::Mutex<()>,
    /// Held while a form with an idempotency key starts its run, so that equal forms wait for its outcome.
    starting: tokio::sync::Mutex<()>,
    pub(crate) comparisons: Comparisons,
    closing: CancellationToken,
    tasks: TaskTracker,
}

impl Runs {
    /// Runs on this backend, in the buckets that visitors may name.
    pub fn new(backend: &Backend, bucket_default: String, allowed: HashSet<String>) -> Self {
        Self {
            engine: Arc::clone(&backend.engine),
            store: backend.store.clone(),
            bucket_default,
            prefix_default: String::new(),
            allowed,
            server: server_name(),
            alone: backend.store_is_ours,
            recent: Arc::default(),
            known: Mutex::default(),
            history: Seen::default(),
            listing: tokio::sync::Mutex::default(),
            starting: tokio::sync::Mutex::default(),
            comparisons: Comparisons::default(),
            closing: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }

    /// The same, where the form proposes this prefix: what is not below it need not be readable.
    #[must_use]
    pub fn proposing(self, prefix_default: String) -> Self {
        Self { prefix_default, ..self }
    }

    /// Checks that runs can be stored, where other servers may have the bucket too.
    ///
    /// # Errors
    /// Where they can't.
    pub async fn check_store(&self) -> Result<(), ApiError> {
        match &self.store {
            Some(store) if !self.alone => {
                store.check(&self.server).await.map_err(|error| unavailable(&error))
            }
            _ => Ok(()),
        }
    }

    /// The parts that all runs share.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The bucket that is taken where none is named.
    pub fn bucket_default(&self) -> &str {
        &self.bucket_default
    }

    /// The prefix that the form proposes.
    pub fn prefix_default(&self) -> &str {
        &self.prefix_default
    }

    /// Buckets that a visitor may name, in order.
    pub fn allowed(&self) -> Vec<String> {
        let mut names: Vec<_> = self.allowed.iter().cloned().collect();
        names.sort_unstable();
        names
    }

    /// Checks a form and starts its run, or finds the one that its idempotency key started. Where runs are
    /// stored, the store has the run before anybody gets its id.
    ///
    /// # Errors
    /// What is wrong with the form, the bucket or the moment.
    pub async fn start(&self, form: &StartRun) -> Result<Started, ApiError> {
        self.start_within(form, None).await
    }

    /// The same, in the trace of the caller.
    ///
    /// # Errors
    /// What is wrong with the form, the bucket or the moment.
    pub async fn start_within(
        &self,
        form: &StartRun,
        caller: Option<TraceContext>,
    ) -> Result<Started, ApiError> {
        let spec = request::spec(form, &self.bucket_default)?;
        self.begin(spec, Source::Prefix, &Asked { caller, ..Asked::start(form) }).await
    }

    async fn admit(
        &self,
        asked: &Asked,
        id: RunId,
        spec: RunSpec,
        (source, checked): (Source, Usage),
    ) -> Result<Started, ApiError> {
        if self.closing.is_cancelled() {
            return Err(ApiError::new(
                ErrorCode::StoreUnavailable,
                "the server is about to stop: try again in a moment",
            ));
        }
        let make = || {
            let run = Run::named(id, spec, self.engine.simulated, self.store.clone(), asked.caller);
            asked.key.iter().for_each(|key| run.note_start(start_name(key)));
            run
        };
        let admitted = self.lock().admit(asked, make)?;
        let run = match admitted {
            Admitted::Known(id) => return Ok(started(&id)),
            Admitted::New(run) => run,
        };
        match self.keeping(&run).await {
            Ok(keeping) => {
                let id = run.id.clone();
                self.note_started(&id);
                let job = Job { source, keeping, ..Job::new(Arc::clone(&self.engine), run) }.after(checked);
                self.tasks.spawn(pipeline::run(job));
                Ok(started(&id))
            }
            // Another server on the bucket starts it.
            Err(StoreError::Conflict(_)) => {
                self.lock().forget(&run.id);
                self.started_elsewhere(&run.id).await
            }
            Err(error) => {
                self.lock().forget(&run.id);
                Err(unavailable(&error))
            }
        }
    }

    /// Writes the lease and the record of a run that is about to begin, where there is a store, so that it is
    /// this server's.
    ///
    /// # Errors
    /// A conflict where the run exists already; else where the store can't be written.
    pub async fn keeping(&self, run: &Run) -> Result<Option<Keeping>, StoreError> {
        match &self.store {
            Some(store) => Keeping::begin(store.clone(), run, &self.server).await.map(Some),
            None => Ok(None),
        }
    }

    async fn started_elsewhere(&self, id: &RunId) -> Result<Started, ApiError> {
        for _ in 0..STARTING_POLLS {
            if self.found(id).await.is_ok() {
                break;
            }
            tokio::time::sleep(STARTING_POLL).await;
        }
        self.found(id).await.map(|run| started(&run.id))
    }

    /// Starts a run for one listener, who receives its moments and whose going cancels it.
    ///
    /// # Errors
    /// What is wrong with the bucket or the moment.
    pub async fn start_for(
        &self,
        spec: RunSpec,
        moments: mpsc::Sender<Moment>,
    ) -> Result<Arc<Run>, ApiError> {
        let checked = self.check_usable(&spec).await?;
        let make = || Run::attached(spec, self.engine.simulated, self.store.clone());
        let Admitted::New(run) = self.lock().admit(&Asked::start(&StartRun::default()), make)? else {
            return Err(ApiError::new(ErrorCode::Internal, "a run without a key was known already"));
        };
        let keeping = match self.keeping(&run).await {
            Ok(keeping) => keeping,
            Err(error) => {
                self.lock().forget(&run.id);
                return Err(unavailable(&error));
            }
        };
        self.note_started(&run.id);
        let (engine, moments) = (Arc::clone(&self.engine), Some(moments));
        let job = Job { moments, keeping, ..Job::new(engine, Arc::clone(&run)) }.after(checked);
        self.tasks.spawn(pipeline::run(job));
        Ok(run)
    }

    /// A bucket may be named by a visitor.
    ///
    /// # Errors
    /// Where it may not.
    pub fn check_allowed(&self, bucket: &BucketName) -> Result<(), ApiError> {
        if self.allowed.contains(bucket.as_str()) {
            return Ok(());
        }
        if self.engine.unlisted.is_some() {
            request::check_new_name(bucket)?;
        }
        let message = format!(
            "the bucket {bucket} is not among those of this site ({}): mount it with --mount {bucket}=DIR, \
             allow it with --allow-bucket {bucket}, or use --backend aws",
            self.allowed().join(", ")
        );
        Err(ApiError::new(ErrorCode::BucketNotAllowed, message))
    }

    /// Checks that the run can begin. Returns what the check itself has used.
    async fn check_usable(&self, spec: &RunSpec) -> Result<Usage, ApiError> {
        self.check_allowed(&spec.bucket)?;
        let checked = check_listable(&self.engine, spec).await?;
        check_functions(&self.engine).await?;
        Ok(checked)
    }

    /// Cancels a run, whichever server has it; nothing happens to one that is over.
    ///
    /// # Errors
    /// Where there is no such run, or the store can't record the Cancel.
    pub async fn cancel(&self, id: &str) -> Result<Cancelled, ApiError> {
        let run = self.get(id).await?;
        if run.is_over() {
            return Ok(Cancelled { id: run.id.to_string(), state: run.now().state.as_str().to_owned() });
        }
        run.cancel.cancel();
        // So that it stays cancelled if its server dies now.
        if let Some(store) = &run.store {
            store.note_cancel(&run.id).await.map_err(|error| unavailable(&error))?;
            // A run that no server has is taken by this one, and ends without another invocation.
            let seen = self.lock().interrupted(&run.id);
            if let Some(seen) = seen {
                self.take(store, &seen).await.map_err(|error| unavailable(&error))?;
            }
        }
        Ok(Cancelled { id: run.id.to_string(), state: "cancelled".to_owned() })
    }

    /// Leaves running runs to other servers, or to this one when it is started again. A run that lives no
    /// longer than its connection is cancelled.
    pub fn leave_all(&self) {
        self.closing.cancel();
        self.lock().leave_all();
    }

    /// Waits until all runs that went on here are stored.
    pub async fn closed(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn lock(&self) -> MutexGuard<'_, Recent> {
        lock(&self.recent)
    }
}

/// Makes one LIST, to learn before a run begins what is wrong with its bucket. The run pays for it; a run
/// that can't pay begins without.
///
/// # Errors
/// What is wrong with the bucket.
pub async fn check_listable(engine: &Engine, spec: &RunSpec) -> Result<Usage, ApiError> {
    let used = |lists: u64| Usage { lists, ..Usage::default() };
    let most = used(PAGE_TRIES.into());
    if spec.limits.max_usd.is_some_and(|max_usd| Money::from_usd(max_usd) < most.money_max(engine.rates)) {
        return Ok(Usage::default());
    }
    let bucket = spec.bucket.to_string();
    let list = List { s3: engine.s3.clone(), bucket, prefix: spec.prefix.clone() };
    let patience = spec.limits.max_seconds.map_or(LISTABLE_MAX, Duration::from_secs);
    let patience = patience.clamp(LISTABLE_MIN, LISTABLE_MAX);
    match timeout(patience, list.page(None, None, 1)).await {
        // A store that pushes back or is silent is waited for by the run itself, for as long as that is of use.
        Err(_) | Ok(Err(ListError::Refused { .. } | ListError::Broken { .. })) => Ok(most),
        Ok(Ok(page)) => Ok(used(page.lists)),
        Ok(Err(error)) => Err(listing(&error)),
    }
}

/// A listing's error, as every interface reports it.
pub fn listing(error: &ListError) -> ApiError {
    let code = match error {
        ListError::NoSuchBucket(_) => ErrorCode::NoSuchBucket,
        ListError::AccessDenied { .. } => ErrorCode::AccessDenied,
        ListError::OtherRegion { .. }
        | ListError::Unreachable { .. }
        | ListError::Refused { .. }
        | ListError::Broken { .. }
        | ListError::Unavailable { .. } => ErrorCode::StoreUnavailable,
    };
    ApiError::new(code, error.to_string())
}

fn started(id: &RunId) -> Started {
    Started { events: format!("/runs/{id}/events"), page: format!("/runs/{id}"), id: id.to_string() }
}

fn lock(recent: &Mutex<Recent>) -> MutexGuard<'_, Recent> {
    recent.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unknown() -> ApiError {
    ApiError::new(ErrorCode::RunNotFound, "there is no run of this id")
}

/// The store's error, as every interface reports it.
fn unavailable(error: &StoreError) -> ApiError {
    ApiError::new(ErrorCode::StoreUnavailable, error.to_string())
}

fn server_name() -> String {
    let mut random = [0; 16];
    getrandom::fill(&mut random).expect("the operating system gives random bytes");
    format!("{:032x}", u128::from_be_bytes(random))
}
