//! The runs of this server: started, found again, listed, cancelled.

mod recent;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lambdas::call;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;
use wire::api::{Cancelled, RunPage, StartRun, Started};
use wire::cascade::ChildErrorKind;
use wire::error::{ApiError, ErrorCode};
use wire::run::RunSpec;

use crate::backend::Backend;
use crate::engine::Engine;
use crate::pipeline::list::{List, ListError};
use crate::pipeline::{self, Moment};
use crate::request;
use crate::run::{Run, RunId};
use crate::store::{Store, StoreError};
use recent::{Admitted, Recent};

/// Runs that may go on at once.
pub const RUNNING_MAX: usize = 64;
/// Runs on one page of the history.
const PAGE_RUNS: u16 = 50;

/// All runs of this server.
#[derive(Debug)]
pub struct Runs {
    engine: Arc<Engine>,
    store: Option<Store>,
    bucket_default: String,
    allowed: HashSet<String>,
    recent: Mutex<Recent>,
    tasks: TaskTracker,
}

impl Runs {
    /// Runs on this backend, in the buckets that visitors may name.
    pub fn new(backend: &Backend, bucket_default: String, allowed: HashSet<String>) -> Self {
        Self {
            engine: Arc::clone(&backend.engine),
            store: backend.store.clone(),
            bucket_default,
            allowed,
            recent: Mutex::default(),
            tasks: TaskTracker::new(),
        }
    }

    /// What all runs share.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The bucket that is taken where none is named.
    pub fn bucket_default(&self) -> &str {
        &self.bucket_default
    }

    /// Buckets that a visitor may name, in order.
    pub fn allowed(&self) -> Vec<String> {
        let mut names: Vec<_> = self.allowed.iter().cloned().collect();
        names.sort_unstable();
        names
    }

    /// Checks a form and starts its run, or finds the one that its idempotency key started.
    ///
    /// # Errors
    /// What is wrong with the form, the bucket or the moment.
    pub async fn start(&self, form: &StartRun) -> Result<Started, ApiError> {
        let spec = request::spec(form, &self.bucket_default)?;
        if let Some(id) = self.lock().started_by(form)? {
            return Ok(started(&id));
        }
        self.check_usable(&spec).await?;
        let admitted =
            self.lock().admit(form, || Run::new(spec, self.engine.simulated, self.store.clone()))?;
        match admitted {
            Admitted::Known(id) => Ok(started(&id)),
            Admitted::New(run) => {
                let id = run.id.clone();
                self.tasks.spawn(pipeline::run(Arc::clone(&self.engine), run, None));
                Ok(started(&id))
            }
        }
    }

    /// Starts a run for one listener, who is told its moments and whose going cancels it.
    ///
    /// # Errors
    /// What is wrong with the bucket or the moment.
    pub async fn start_for(
        &self,
        spec: RunSpec,
        moments: mpsc::Sender<Moment>,
    ) -> Result<Arc<Run>, ApiError> {
        self.check_usable(&spec).await?;
        let form = StartRun::default();
        let admitted =
            self.lock().admit(&form, || Run::new(spec, self.engine.simulated, self.store.clone()))?;
        let Admitted::New(run) = admitted else {
            return Err(ApiError::new(ErrorCode::Internal, "a run without a key was known already"));
        };
        self.tasks.spawn(pipeline::run(Arc::clone(&self.engine), Arc::clone(&run), Some(moments)));
        Ok(run)
    }

    /// A bucket may be named by a visitor.
    ///
    /// # Errors
    /// Where it may not.
    pub fn check_allowed(&self, bucket: &str) -> Result<(), ApiError> {
        if self.allowed.contains(bucket) {
            return Ok(());
        }
        let message = format!(
            "the bucket {bucket} is not among those of this site ({}): mount it with --mount {bucket}=DIR, \
             allow it with --allow-bucket {bucket}, or use --backend aws",
            self.allowed().join(", ")
        );
        Err(ApiError::new(ErrorCode::BucketNotAllowed, message))
    }

    async fn check_usable(&self, spec: &RunSpec) -> Result<(), ApiError> {
        self.check_allowed(spec.bucket.as_str())?;
        check_listable(&self.engine, spec).await?;
        check_functions(&self.engine).await
    }

    /// Tells a run to stop; nothing happens to one that is over.
    ///
    /// # Errors
    /// Where there is no such run.
    pub async fn cancel(&self, id: &str) -> Result<Cancelled, ApiError> {
        let run = self.get(id).await?;
        if run.is_over() {
            return Ok(Cancelled { id: run.id.to_string(), state: run.now().state.as_str().to_owned() });
        }
        run.cancel.cancel();
        Ok(Cancelled { id: run.id.to_string(), state: "cancelled".to_owned() })
    }

    /// A run, from memory or from the store.
    ///
    /// # Errors
    /// Where there is no such run, or the store can't tell.
    pub async fn get(&self, id: &str) -> Result<Arc<Run>, ApiError> {
        let unknown = || ApiError::new(ErrorCode::RunNotFound, "there is no run of this id");
        let id = RunId::try_from(id.to_owned()).map_err(|_| unknown())?;
        if let Some(run) = self.lock().get(&id) {
            return Ok(run);
        }
        let Some(store) = &self.store else { return Err(unknown()) };
        match store.record(&id).await {
            Ok(record) => Ok(self.lock().remember(Run::restored(record, store.clone()))),
            Err(StoreError::NotFound) => Err(unknown()),
            Err(error) => Err(ApiError::new(ErrorCode::StoreUnavailable, error.to_string())),
        }
    }

    /// A page of the history, newest first.
    ///
    /// # Errors
    /// Where the arguments are wrong or the store can't tell.
    pub async fn list(&self, before: Option<&str>, limit: Option<&str>) -> Result<RunPage, ApiError> {
        let wrong = |message: &str| ApiError::new(ErrorCode::InvalidRequest, message);
        let before = before.map(|id| RunId::try_from(id.to_owned())).transpose();
        let before = before.map_err(|_| wrong("before must be a run's id"))?;
        let limit = limit.map_or(Ok(PAGE_RUNS), str::parse).map_err(|_| wrong("limit must be a number"))?;
        let limit = limit.clamp(1, PAGE_RUNS);
        let mut ids = self.lock().ids(before.as_ref());
        if let Some(store) = &self.store {
            let stored = store.ids(before.as_ref(), limit + 1).await;
            let stored =
                stored.map_err(|error| ApiError::new(ErrorCode::StoreUnavailable, error.to_string()))?;
            ids.extend(stored);
        }
        ids.sort_unstable();
        ids.dedup();
        let more = ids.len() > usize::from(limit);
        ids.truncate(usize::from(limit));
        let mut page =
            RunPage { runs: Vec::new(), next: ids.last().filter(|_| more).map(ToString::to_string) };
        for id in &ids {
            if let Ok(run) = self.get(id.as_str()).await {
                page.runs.push(run.summary());
            }
        }
        Ok(page)
    }

    /// Cancels what goes on.
    pub fn cancel_all(&self) {
        self.lock().cancel_all();
    }

    /// Waits until all that went on is stored.
    pub async fn closed(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn lock(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Both functions can be invoked; asked without running them.
///
/// # Errors
/// Which one can't, and why.
pub async fn check_functions(engine: &Engine) -> Result<(), ApiError> {
    for function in [&engine.cascade_function, &engine.wordcount_function] {
        let Err(error) = call::dry_run(&engine.lambda, function).await else { continue };
        let code = match error.child.kind {
            ChildErrorKind::Throttled => continue,
            ChildErrorKind::Refused => ErrorCode::FunctionsMissing,
            _ => ErrorCode::StoreUnavailable,
        };
        return Err(ApiError::new(code, format!("the function {function} does not answer: {error}")));
    }
    Ok(())
}

/// One LIST, to learn before a run begins what is wrong with its bucket.
///
/// # Errors
/// What is.
pub async fn check_listable(engine: &Engine, spec: &RunSpec) -> Result<(), ApiError> {
    let bucket = spec.bucket.to_string();
    let list = List { s3: engine.s3.clone(), bucket, prefix: spec.prefix.clone() };
    list.page(None, None, 1).await.map(drop).map_err(|error| listing(&error))
}

/// A listing's error, as every door tells it.
pub fn listing(error: &ListError) -> ApiError {
    let code = match error {
        ListError::NoSuchBucket(_) => ErrorCode::NoSuchBucket,
        ListError::AccessDenied(_) => ErrorCode::AccessDenied,
        ListError::Unavailable { .. } => ErrorCode::StoreUnavailable,
    };
    ApiError::new(code, error.to_string())
}

fn started(id: &RunId) -> Started {
    Started { events: format!("/runs/{id}/events"), page: format!("/runs/{id}"), id: id.to_string() }
}
