//! One invocation, from its environment's start to its REPORT line.
//!
//! It runs in a task of its own, to its end or its deadline, whether its caller waits or has hung up.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt, StreamExt};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::answer::{Ended, chunk_frames, complete_frame};
use super::capacity::{Permit, Start};
use super::journal::{Journal, JournalEnd, Outcome, Place};
use super::log::{LogTail, Usage};
use super::request::LogKind;
use super::{Deployed, PAYLOAD_BYTES_MAX, STREAM_BYTES_MAX};
use crate::{HandlerError, Invocation, Response};

/// How long a caller who does not read holds up the end of an invocation.
const LAST_FRAME_MAX: Duration = Duration::from_secs(5);

/// Where an invocation's answer goes.
pub(crate) enum Output {
    /// To a caller that takes it in one piece.
    Buffered(oneshot::Sender<Ended>),
    /// To a caller that takes frames as they are produced.
    Streamed(mpsc::Sender<Bytes>, LogKind),
    /// Nowhere: nobody waits for it.
    Discarded,
}

/// An invocation that has its permit and its place in the journal.
pub(crate) struct Run {
    pub(crate) deployed: Arc<Deployed>,
    pub(crate) permit: Permit,
    pub(crate) request_id: String,
    pub(crate) payload: Bytes,
    pub(crate) journal: Journal,
    pub(crate) place: Place,
    /// How long a new environment takes to start.
    pub(crate) cold_start: Duration,
}

/// Why a handler gave no answer.
enum Failure {
    Error(HandlerError),
    Crashed,
    TimedOut,
}

impl Run {
    pub(crate) async fn run(self, output: Output) {
        let init = self.start_environment().await;
        let log = LogTail::default();
        log.line(&format!("START RequestId: {} Version: $LATEST", self.request_id));
        let started = Instant::now();
        let result = self.call(&output, &log, started + self.deployed.function.timeout).await;
        let usage = Usage { duration: started.elapsed(), init, memory_mb: self.deployed.function.memory_mb };
        self.log_end(&log, &usage, result.as_ref().err());
        if matches!(result, Ok(_) | Err(Failure::Error(_))) {
            self.deployed.capacity.leave();
        }
        let result = result.map_err(|failure| self.error(failure));
        self.finish(result, &log, usage.billed_ms(), output).await;
    }

    async fn start_environment(&self) -> Option<Duration> {
        match self.deployed.capacity.enter() {
            Start::Warm => None,
            Start::Cold => {
                let began = Instant::now();
                sleep(self.cold_start).await;
                Some(began.elapsed())
            }
        }
    }

    async fn call(&self, output: &Output, log: &LogTail, deadline: Instant) -> Result<Bytes, Failure> {
        let invocation = Invocation {
            request_id: self.request_id.clone(),
            function_name: self.deployed.function.name.clone(),
            payload: self.payload.clone(),
            deadline,
            memory_mb: self.deployed.function.memory_mb,
            log: log.clone(),
            streaming: matches!(output, Output::Streamed(..)),
        };
        let answered = AssertUnwindSafe(self.answer(invocation, output)).catch_unwind();
        match timeout_at(deadline, answered).await {
            Ok(Ok(answer)) => answer.map_err(Failure::Error),
            Ok(Err(panic)) => {
                log.line(&format!("handler panicked: {}", panic_message(&*panic)));
                Err(Failure::Crashed)
            }
            Err(_) => Err(Failure::TimedOut),
        }
    }

    async fn answer(&self, invocation: Invocation, output: &Output) -> Result<Bytes, HandlerError> {
        let mut gathered = BytesMut::new();
        let mut sent_bytes = 0;
        let mut pieces = match (self.deployed.function.handler)(invocation).await? {
            Response::Buffered(bytes) => futures_util::stream::iter([Ok(bytes)]).boxed(),
            Response::Streamed(pieces) => pieces,
        };
        while let Some(piece) = pieces.next().await {
            let piece = piece?;
            sent_bytes += piece.len();
            check_size(sent_bytes, output)?;
            match output {
                Output::Streamed(frames, _) => send(frames, piece).await,
                Output::Buffered(_) => gathered.extend_from_slice(&piece),
                Output::Discarded => {}
            }
        }
        Ok(gathered.freeze())
    }

    fn log_end(&self, log: &LogTail, usage: &Usage, failure: Option<&Failure>) {
        let id = &self.request_id;
        let status = match failure {
            None => None,
            Some(Failure::Error(error)) => {
                log.line(&format!("[ERROR] {error}"));
                None
            }
            Some(Failure::Crashed) => {
                log.line(&format!("RequestId: {id} Error: Runtime exited with error: exit status 101"));
                Some("error\tError Type: Runtime.ExitError")
            }
            Some(Failure::TimedOut) => {
                let seconds = self.deployed.function.timeout.as_secs_f64();
                log.line(&format!("{id} Task timed out after {seconds:.2} seconds"));
                Some("timeout")
            }
        };
        log.line(&format!("END RequestId: {id}"));
        log.line(&usage.report(id, status));
    }

    /// A failure in the words that AWS has for it, and how it stands in the journal.
    fn error(&self, failure: Failure) -> (Outcome, HandlerError) {
        let id = &self.request_id;
        let (outcome, error_type, message) = match failure {
            Failure::Error(error) => return (Outcome::FunctionError(error.error_type.clone()), error),
            Failure::Crashed => {
                let error_type = "Runtime.ExitError";
                let message = format!("RequestId: {id} Error: Runtime exited with error: exit status 101");
                (Outcome::FunctionError(error_type.to_owned()), error_type, message)
            }
            Failure::TimedOut => {
                let seconds = self.deployed.function.timeout.as_secs_f64();
                let message = format!("RequestId: {id} Error: Task timed out after {seconds:.2} seconds");
                (Outcome::TimedOut, "Sandbox.Timedout", message)
            }
        };
        (outcome, HandlerError { error_type: error_type.to_owned(), message })
    }

    /// Frees the permit before the caller hears of the end, so that it may come back at once.
    async fn finish(
        self,
        result: Result<Bytes, (Outcome, HandlerError)>,
        log: &LogTail,
        billed_ms: u64,
        output: Output,
    ) {
        let (outcome, result) = match result {
            Ok(bytes) => (Outcome::Answered, Ok(bytes)),
            Err((outcome, error)) => (outcome, Err(error)),
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

/// Sends the frames of a piece. A caller that hung up stops nothing: what it would have got is dropped.
async fn send(frames: &mpsc::Sender<Bytes>, piece: Bytes) {
    for frame in chunk_frames(piece) {
        if frames.send(frame).await.is_err() {
            return;
        }
    }
}

fn check_size(bytes: usize, output: &Output) -> Result<(), HandlerError> {
    let bytes_max = match output {
        Output::Buffered(_) | Output::Discarded => PAYLOAD_BYTES_MAX,
        Output::Streamed(..) => STREAM_BYTES_MAX,
    };
    if bytes <= bytes_max {
        return Ok(());
    }
    Err(HandlerError {
        error_type: "Function.ResponseSizeTooLarge".to_owned(),
        message: format!("Response payload size exceeded maximum allowed payload size ({bytes_max} bytes)."),
    })
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    let literal = panic.downcast_ref::<&str>().copied();
    literal.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
