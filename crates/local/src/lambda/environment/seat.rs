//! State that an environment and the Runtime API share: whether its process asks, works or has answered.
//!
//! An invocation is handed out once and answered once. Its answer goes over a channel made for it alone, so
//! that one that comes late, twice or under another id can't be taken for the answer of another.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hyper::body::Incoming;
use tokio::sync::oneshot;

use crate::HandlerError;
use crate::lambda::runtime_api::{ApiError, Work};

/// A process' seat at the Runtime API.
#[derive(Debug)]
pub(crate) struct Seat(Mutex<Phase>);

/// The process' answer to an invocation.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Its answer; `accept` reports that it was read, or what is wrong with it.
    Response { body: Incoming, mode: Mode, accept: oneshot::Sender<Result<(), ApiError>> },
    /// That it failed.
    Error(Told),
}

/// How an answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Buffered,
    Streaming,
}

/// An error in the process' own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) error: HandlerError,
    /// The error as it was written, with what else the runtime reports.
    pub(crate) payload: Bytes,
}

/// An invocation, as the environment waits for it.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) answer: oneshot::Receiver<Answer>,
    /// Fires once the process asks for the next.
    pub(crate) asked: oneshot::Receiver<()>,
}

#[derive(Debug)]
enum Phase {
    /// It has not asked for an invocation yet.
    Starting(oneshot::Sender<Result<(), Told>>),
    /// It waits for one.
    Asking(oneshot::Sender<Work>),
    /// It has one.
    Working { request_id: Arc<str>, answer: oneshot::Sender<Answer>, asked: oneshot::Sender<()> },
    /// It has answered, and not asked again.
    Answered { asked: oneshot::Sender<()> },
    /// It said that it can't start.
    Failed,
}

impl Seat {
    /// A seat, and what its process says first: that it asks, or why it can't.
    pub(crate) fn new() -> (Arc<Self>, oneshot::Receiver<Result<(), Told>>) {
        let (ready, starting) = oneshot::channel();
        (Arc::new(Self(Mutex::new(Phase::Starting(ready)))), starting)
    }

    /// Hands an invocation to the process that asks; hands it back where none does.
    pub(crate) fn give(&self, work: Work) -> Result<Given, Work> {
        let mut phase = self.lock();
        let (answer, answered) = oneshot::channel();
        let (asked, asking) = oneshot::channel();
        let working = Phase::Working { request_id: Arc::clone(&work.request_id), answer, asked };
        match std::mem::replace(&mut *phase, working) {
            Phase::Asking(taker) => match taker.send(work) {
                Ok(()) => Ok(Given { answer: answered, asked: asking }),
                Err(work) => {
                    *phase = Phase::Failed;
                    Err(work)
                }
            },
            other => {
                *phase = other;
                Err(work)
            }
        }
    }

    /// Whether the process waits for an invocation.
    pub(crate) fn is_asking(&self) -> bool {
        matches!(&*self.lock(), Phase::Asking(taker) if !taker.is_closed())
    }

    /// The process asks for its next invocation.
    pub(crate) fn ask(&self) -> Result<oneshot::Receiver<Work>, ApiError> {
        let mut phase = self.lock();
        let refused = match &*phase {
            Phase::Working { .. } => Some("InvocationNext: the invocation before it is not answered"),
            Phase::Asking(taker) if !taker.is_closed() => {
                Some("InvocationNext: another request waits already")
            }
            Phase::Failed => Some("InvocationNext: the runtime has failed to start"),
            Phase::Starting(_) | Phase::Asking(_) | Phase::Answered { .. } => None,
        };
        if let Some(refused) = refused {
            return Err(ApiError::InvalidState(refused));
        }
        let (taker, work) = oneshot::channel();
        match std::mem::replace(&mut *phase, Phase::Asking(taker)) {
            Phase::Starting(ready) => drop(ready.send(Ok(()))),
            Phase::Answered { asked } => drop(asked.send(())),
            Phase::Asking(_) | Phase::Working { .. } | Phase::Failed => (),
        }
        Ok(work)
    }

    /// The process answers the invocation of that id: where its answer goes.
    pub(crate) fn answer(&self, id: &str) -> Result<oneshot::Sender<Answer>, ApiError> {
        let mut phase = self.lock();
        match std::mem::replace(&mut *phase, Phase::Failed) {
            Phase::Working { request_id, answer, asked } if *request_id == *id => {
                *phase = Phase::Answered { asked };
                Ok(answer)
            }
            Phase::Answered { asked } => {
                *phase = Phase::Answered { asked };
                Err(ApiError::InvalidState("InvocationResponse: the invocation is answered already"))
            }
            other => {
                *phase = other;
                Err(ApiError::InvalidRequestId)
            }
        }
    }

    /// The process says that it can't start.
    pub(crate) fn fail(&self, told: Told) -> Result<(), ApiError> {
        let mut phase = self.lock();
        match std::mem::replace(&mut *phase, Phase::Failed) {
            Phase::Starting(ready) => {
                drop(ready.send(Err(told)));
                Ok(())
            }
            other => {
                *phase = other;
                Err(ApiError::InvalidState("InitError: the runtime has started already"))
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Phase> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
