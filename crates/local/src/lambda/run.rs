//! One invocation, from its environment's start to its REPORT line.
//!
//! It runs in a task of its own, to its end or its deadline, whether its caller waits or has hung up, unless
//! the emulator's owner ends it.

mod planned;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::Deployed;
use super::answer::{Ended, complete_frame};
use super::capacity::{Permit, Start};
use super::catalogue;
use super::environment::{CallError, Environment, Maker, by_the_wall};
use super::failure::{Failed, Failure};
use super::journal::{Journal, JournalEnd, Outcome, Place};
use super::log::{LogTail, Usage};
use super::outlet::{Outlet, Output};
use super::running::Stoppable;
use super::runtime_api::Work;
use crate::faults::Mishap;
use crate::{Code, Handler, Invocation, Process, Response};

/// How long a caller who does not read holds up the end of an invocation.
const LAST_FRAME_MAX: Duration = Duration::from_secs(5);

/// An invocation that has its permit and its entry in the journal.
pub(crate) struct Run {
    pub(crate) deployed: Arc<Deployed>,
    pub(crate) permit: Permit,
    pub(crate) stoppable: Stoppable,
    pub(crate) request_id: String,
    pub(crate) payload: Bytes,
    pub(crate) journal: Journal,
    pub(crate) place: Place,
    /// How long a new environment of a handler takes to start.
    pub(crate) cold_start: Duration,
    /// Starts environments of processes.
    pub(crate) maker: Maker,
    /// Its fault by the fault plan.
    pub(crate) mishap: Option<Mishap>,
}

/// The outcome of an invocation.
struct Came {
    answer: Result<Bytes, Failure>,
    usage: Usage,
}

impl Run {
    pub(crate) async fn run(self, output: Output) {
        let log = LogTail::default();
        let Came { answer, usage } = match &self.mishap {
            Some(mishap) => self.planned(mishap, &output, &log).await,
            None => self.worked(&output, &log).await,
        };
        self.log_end(&log, &usage, answer.as_ref().err());
        let answer = answer.map_err(|failure| failure.told(&self.request_id, &self.deployed.function));
        self.finish(answer, &log, usage.billed_ms(), output).await;
    }

    async fn worked(&self, output: &Output, log: &LogTail) -> Came {
        match &self.deployed.function.code {
            Code::Handler(handler) => self.handled(handler, output, log).await,
            Code::Process(process) => self.processed(process, output, log).await,
        }
    }

    /// By a handler of this process.
    async fn handled(&self, handler: &Handler, output: &Output, log: &LogTail) -> Came {
        let init = self.start_handler().await;
        self.log_start(log);
        let started = Instant::now();
        let answer = self.handle(handler, output, log, started + self.deployed.function.timeout).await;
        let usage = self.usage(started, init, None);
        if answer.as_ref().map_or_else(Failure::leaves_its_environment, |_| true) {
            self.deployed.capacity.leave();
        }
        Came { answer, usage }
    }

    async fn start_handler(&self) -> Option<Duration> {
        match self.deployed.capacity.enter() {
            Start::Warm => None,
            Start::Cold => {
                let began = Instant::now();
                sleep(self.cold_start).await;
                Some(began.elapsed())
            }
        }
    }

    async fn handle(
        &self,
        handler: &Handler,
        output: &Output,
        log: &LogTail,
        deadline: Instant,
    ) -> Result<Bytes, Failure> {
        let invocation = Invocation {
            request_id: self.request_id.clone(),
            function_name: self.deployed.function.name.clone(),
            payload: self.payload.clone(),
            deadline,
            memory_mb: self.deployed.function.memory_mb,
            log: log.clone(),
            streaming: matches!(output, Output::Streamed(..)),
        };
        let answered = AssertUnwindSafe(self.passed_on(handler, invocation, output)).catch_unwind();
        match self.before(deadline, answered).await? {
            Ok(answer) => answer,
            Err(panic) => {
                log.line(&format!("handler panicked: {}", panic_message(&*panic)));
                Err(Failure::Exited("Runtime exited with error: exit status 101".to_owned()))
            }
        }
    }

    /// The outcome of work that is dropped at its deadline, or when the invocation is stopped.
    async fn before<T>(&self, deadline: Instant, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.stoppable.stopped() => Err(Failure::Stopped),
            done = timeout_at(deadline, work) => done.map_err(|_| Failure::TimedOut),
        }
    }

    /// By a process.
    async fn processed(&self, process: &Process, output: &Output, log: &LogTail) -> Came {
        let mut outlet = Outlet::new(output, self.pieces_max());
        while let Some(mut environment) = self.deployed.pool.take() {
            environment.log_to(Some(log.clone()));
            self.log_start(log);
            let started = Instant::now();
            match self.call(&mut environment, &mut outlet, started).await {
                Ok(()) => return self.leave(environment, Ok(outlet.gathered()), started, None).await,
                Err(CallError::Failed(failure)) => {
                    return self.leave(environment, Err(failure), started, None).await;
                }
                Err(CallError::NotTaken) => log.clear(),
            }
        }
        let began = Instant::now();
        let environment = self.start(process, log).await;
        let init = Some(began.elapsed());
        self.log_start(log);
        let started = Instant::now();
        let mut environment = match environment {
            Ok(environment) => environment,
            Err(failure) => return Came { answer: Err(failure), usage: self.usage(started, init, None) },
        };
        let answer = match self.call(&mut environment, &mut outlet, started).await {
            Ok(()) => Ok(outlet.gathered()),
            Err(CallError::Failed(failure)) => Err(failure),
            Err(CallError::NotTaken) => Err(environment.broken().await),
        };
        self.leave(environment, answer, started, init).await
    }

    async fn start(&self, process: &Process, log: &LogTail) -> Result<Environment, Failure> {
        tokio::select! {
            biased;
            () = self.stoppable.stopped() => Err(Failure::Stopped),
            started = self.maker.start(&self.deployed.function, process, log.clone()) => started,
        }
    }

    /// Leaves the environment for the next invocation, or ends it.
    async fn leave(
        &self,
        environment: Environment,
        answer: Result<Bytes, Failure>,
        started: Instant,
        init: Option<Duration>,
    ) -> Came {
        let usage = self.usage(started, init, environment.memory_mb_max());
        let lives_on = answer.as_ref().map_or_else(Failure::leaves_its_environment, |_| true);
        if lives_on && environment.is_asking() {
            environment.drain_log();
            environment.log_to(None);
            self.deployed.pool.put(environment);
        } else {
            environment.end().await;
        }
        Came { answer, usage }
    }

    async fn call(
        &self,
        environment: &mut Environment,
        outlet: &mut Outlet<'_>,
        started: Instant,
    ) -> Result<(), CallError> {
        let deadline = started + self.deployed.function.timeout;
        let work = Work {
            request_id: self.request_id.as_str().into(),
            function_arn: catalogue::arn(&self.deployed.function.name),
            payload: self.payload.clone(),
            deadline: by_the_wall(deadline),
        };
        let called = self.before(deadline, environment.call(work, outlet)).await;
        called.map_err(CallError::Failed).flatten()
    }

    /// A handler's answer, as far as it is not on its way to the caller already.
    async fn passed_on(
        &self,
        handler: &Handler,
        invocation: Invocation,
        output: &Output,
    ) -> Result<Bytes, Failure> {
        let mut outlet = Outlet::new(output, self.pieces_max());
        let mut pieces = match handler(invocation).await.map_err(Failure::Error)? {
            Response::Buffered(bytes) => futures_util::stream::iter([Ok(bytes)]).boxed(),
            Response::Streamed(pieces) => pieces,
        };
        while let Some(piece) = pieces.next().await {
            outlet.push(piece.map_err(Failure::Error)?).await?;
        }
        Ok(outlet.gathered())
    }

    fn usage(&self, started: Instant, init: Option<Duration>, memory_mb_max: Option<u64>) -> Usage {
        let memory_mb = self.deployed.function.memory_mb;
        Usage { duration: started.elapsed(), init, memory_mb, memory_mb_max }
    }

    fn log_start(&self, log: &LogTail) {
        log.line(&format!("START RequestId: {} Version: $LATEST", self.request_id));
    }

    fn log_end(&self, log: &LogTail, usage: &Usage, failure: Option<&Failure>) {
        let id = &self.request_id;
        if let Some(line) = failure.and_then(|failure| failure.line(id, &self.deployed.function)) {
            log.line(&line);
        }
        log.line(&format!("END RequestId: {id}"));
        log.line(&usage.report(id, failure.and_then(Failure::status)));
    }

    /// Frees the permit before the caller hears of the end, so that it may come back at once.
    async fn finish(
        self,
        answer: Result<Bytes, (Outcome, Failed)>,
        log: &LogTail,
        billed_ms: u64,
        output: Output,
    ) {
        let (outcome, result) = match answer {
            Ok(bytes) => (Outcome::Answered, Ok(bytes)),
            Err((outcome, failed)) => (outcome, Err(failed)),
        };
        drop(self.permit);
        self.journal.end(self.place, JournalEnd { ended: Instant::now(), outcome, billed_ms });
        let ended = Ended { result, log: log.bytes() };
        match output {
            Output::Buffered(caller) => drop(caller.send(ended)),
            Output::Streamed(frames, log) => {
                drop(timeout(LAST_FRAME_MAX, frames.send(complete_frame(&ended, log))).await);
            }
            Output::Discarded => {}
        }
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    let literal = panic.downcast_ref::<&str>().copied();
    literal.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
