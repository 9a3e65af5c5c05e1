//! The emulator of Lambda: signed requests come in, handlers of this process or processes of their own run,
//! answers go out as AWS words them.
//!
//! It refuses what AWS refuses, and a function runs to its end whatever becomes of its caller.

pub(crate) mod answer;
pub(crate) mod capacity;
pub(crate) mod catalogue;
pub(crate) mod environment;
pub(crate) mod failure;
pub(crate) mod journal;
pub(crate) mod log;
mod outlet;
pub(crate) mod refusal;
pub(crate) mod request;
mod response_body;
pub(crate) mod run;
mod running;
mod runtime_api;
pub(crate) mod signature;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use aws_credential_types::Credentials;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use s3s::Body;
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use self::capacity::Capacity;
use self::environment::Maker;
use self::environment::pool::Pool;
use self::journal::{Journal, JournalEntry};
use self::outlet::Output;
use self::refusal::Refusal;
use self::request::{InvocationKind, LogKind, Operation};
use self::run::Run;
use self::running::Running;
use crate::faults::{Faults, Invoked, Mishap, of_stream};
use crate::{Config, Function};

/// Bytes of a payload, each way.
pub(crate) const PAYLOAD_BYTES_MAX: usize = 6_291_556;
/// Bytes of an event's payload, whose caller waits for no answer.
const EVENT_BYTES_MAX: usize = 1_048_576;
/// Bytes of a streamed answer.
pub(crate) const STREAM_BYTES_MAX: usize = 200 * 1024 * 1024;
/// Frames that wait for a slow caller before the handler waits too.
const STREAM_FRAMES_MAX: usize = 16;

/// The functions, and all that runs of them. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Lambda {
    functions: Arc<RwLock<BTreeMap<String, Arc<Deployed>>>>,
    account: Arc<Semaphore>,
    credentials: [Credentials; 2],
    cold_start: Duration,
    idle_max: Duration,
    journal: Journal,
    maker: Maker,
    running: Running,
    tasks: TaskTracker,
    faults: Option<Faults>,
}

/// A function with its capacity.
#[derive(Debug)]
pub(crate) struct Deployed {
    pub(crate) function: Function,
    pub(crate) capacity: Capacity,
    /// Processes that wait; a handler has none.
    pub(crate) pool: Pool,
}

impl Lambda {
    pub(crate) fn new(credentials: [Credentials; 2], config: &Config, faults: Option<Faults>) -> Self {
        let tasks = TaskTracker::new();
        let maker = Maker { launcher: config.launcher.clone(), tasks: tasks.clone() };
        Self {
            functions: Arc::default(),
            account: Arc::new(Semaphore::new(config.account_concurrency as usize)),
            credentials,
            cold_start: config.cold_start,
            idle_max: config.idle_max,
            journal: Journal::default(),
            maker,
            running: Running::default(),
            tasks,
            faults,
        }
    }

    /// Adds a function, or replaces the one of that name; what runs of the old one runs on.
    pub(crate) fn register(&self, function: Function) {
        let capacity = Capacity::new(Arc::clone(&self.account), function.concurrency);
        let name = function.name.clone();
        let deployed = Arc::new(Deployed { function, capacity, pool: Pool::new(self.idle_max) });
        self.functions.write().unwrap_or_else(PoisonError::into_inner).insert(name, deployed);
    }

    pub(crate) fn journal(&self) -> Journal {
        self.journal.clone()
    }

    /// Ends the invocations of these attempts.
    pub(crate) fn stop(&self, attempts: &[String]) {
        self.running.stop(attempts);
    }

    /// Ends all invocations, and those that begin later as they begin.
    pub(crate) fn stop_all(&self) {
        self.running.stop_all();
    }

    /// Forgets all functions and waits for what still runs.
    pub(crate) async fn close(&self) {
        self.functions.write().unwrap_or_else(PoisonError::into_inner).clear();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Answers one request.
    pub(crate) async fn serve(&self, request: Request<Body>) -> Response<Body> {
        self.answer(request).await.unwrap_or_else(Refusal::into_response)
    }

    async fn answer(&self, request: Request<Body>) -> Result<Response<Body>, Refusal> {
        let (parts, body) = request.into_parts();
        let payload = read(body).await?;
        signature::verify(&parts, &payload, &self.credentials)?;
        match Operation::parse(&parts)? {
            Operation::Invoke { function, kind, log } => {
                self.invoke(self.deployed(&function)?, payload, kind, log).await
            }
            Operation::GetFunction { function } => {
                Ok(catalogue::function(&self.deployed(&function)?.function))
            }
            Operation::ListFunctions => {
                let functions = self.functions.read().unwrap_or_else(PoisonError::into_inner);
                Ok(catalogue::functions(functions.values().map(|deployed| &deployed.function)))
            }
        }
    }

    async fn invoke(
        &self,
        deployed: Arc<Deployed>,
        payload: Bytes,
        kind: InvocationKind,
        log: LogKind,
    ) -> Result<Response<Body>, Refusal> {
        let payload = checked_payload(payload, kind)?;
        let request_id = request_id();
        let faults = self.faults.as_ref();
        let fault = faults.and_then(|faults| faults.invocation(&deployed.function.name, &payload, kind));
        if let Some(refused) = fault.as_ref().and_then(Invoked::refused) {
            return Ok(refused);
        }
        let answer = self.answered(deployed, payload, &request_id, (kind, log), fault.as_ref()).await;
        match fault {
            Some(fault) if fault.is_silent() => std::future::pending().await,
            _ => answer,
        }
    }

    async fn answered(
        &self,
        deployed: Arc<Deployed>,
        payload: Bytes,
        request_id: &str,
        (kind, log): (InvocationKind, LogKind),
        fault: Option<&Invoked>,
    ) -> Result<Response<Body>, Refusal> {
        if kind == InvocationKind::DryRun {
            return Ok(answer::response(StatusCode::NO_CONTENT, request_id, Body::empty()));
        }
        let run = self.begin(deployed, payload, request_id, fault.and_then(Invoked::mishap))?;
        match kind {
            InvocationKind::ResponseStream => {
                let (frames, receiver) = mpsc::channel(STREAM_FRAMES_MAX);
                self.tasks.spawn(run.run(Output::Streamed(frames, log)));
                Ok(answer::streamed(of_stream(receiver, fault), request_id))
            }
            InvocationKind::Event => {
                self.tasks.spawn(run.run(Output::Discarded));
                Ok(answer::response(StatusCode::ACCEPTED, request_id, Body::empty()))
            }
            InvocationKind::RequestResponse | InvocationKind::DryRun => {
                let (caller, ended) = oneshot::channel();
                self.tasks.spawn(run.run(Output::Buffered(caller)));
                let mut ended = ended.await.expect("a run always reports its end");
                if let Some(fault) = fault {
                    ended.result = ended.result.map(|payload| fault.reply(&payload).into());
                }
                let answer = answer::buffered(ended, request_id, log);
                Ok(match fault {
                    Some(fault) => fault.response(answer),
                    None => answer,
                })
            }
        }
    }

    fn begin(
        &self,
        deployed: Arc<Deployed>,
        payload: Bytes,
        request_id: &str,
        mishap: Option<Mishap>,
    ) -> Result<Run, Refusal> {
        let permit = deployed.capacity.acquire()?;
        let attempt = attempt(&payload);
        let stoppable = self.running.begin(attempt.clone());
        let place = self.journal.begin(JournalEntry {
            function_name: deployed.function.name.clone(),
            request_id: request_id.to_owned(),
            attempt,
            started: Instant::now(),
            end: None,
        });
        let journal = self.journal.clone();
        let request_id = request_id.to_owned();
        let (cold_start, maker) = (self.cold_start, self.maker.clone());
        Ok(Run {
            deployed,
            permit,
            stoppable,
            request_id,
            payload,
            journal,
            place,
            cold_start,
            maker,
            mishap,
        })
    }

    fn deployed(&self, name: &str) -> Result<Arc<Deployed>, Refusal> {
        let functions = self.functions.read().unwrap_or_else(PoisonError::into_inner);
        functions.get(name).map(Arc::clone).ok_or_else(|| Refusal::NoSuchFunction(catalogue::arn(name)))
    }
}

async fn read(body: Body) -> Result<Bytes, Refusal> {
    match Limited::new(body, PAYLOAD_BYTES_MAX).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::PayloadTooLarge(PAYLOAD_BYTES_MAX)),
        Err(error) => Err(Refusal::BodyUnreadable(error.to_string())),
    }
}

/// The payload as the function gets it: JSON, and `{}` for none.
fn checked_payload(payload: Bytes, kind: InvocationKind) -> Result<Bytes, Refusal> {
    if payload.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    if kind == InvocationKind::Event && payload.len() > EVENT_BYTES_MAX {
        return Err(Refusal::PayloadTooLarge(EVENT_BYTES_MAX));
    }
    match serde_json::from_slice::<IgnoredAny>(&payload) {
        Ok(_) => Ok(payload),
        Err(error) => Err(Refusal::PayloadNotJson(error.to_string())),
    }
}

/// The attempt that a payload names, where it is an object that does.
fn attempt(payload: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        attempt: String,
    }
    serde_json::from_slice::<Named>(payload).ok().map(|named| named.attempt)
}

/// A random id in the shape of a UUID.
fn request_id() -> String {
    let id = u128::from_ne_bytes(crate::random_bytes());
    let digits = format!("{id:032x}");
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    parts.join("-")
}
