//! **Invoke**: batches in, one answer for each out, through one cascade.
//!
//! One cascade call is one task. It answers for every batch it was given, exactly once, whatever becomes of
//! the call: a batch without a frame by the end of the call is answered as unreachable. It retries nothing.

use std::collections::HashSet;
use std::time::Duration;

use aws_sdk_lambda::Client;
use lambdas::call::{self, CallError, CascadeEnd};
use lambdas::cascade::BEAT;
use tokio::sync::mpsc;
use tokio::time::timeout;
use wire::cascade::{Batch, ChildError, ChildErrorKind, Frame, Request, Timing};
use wire::wordcount::Reply;

use crate::price::Item;

/// A cascade that is silent for this long is given up.
const SILENCE_MAX: Duration = Duration::from_secs(3 * BEAT.as_secs());
/// How much longer a cascade may be silent at first: what Lambda gives an environment to start.
const START_MAX: Duration = Duration::from_secs(10);

/// The outcome of an attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A batch was answered.
    Reply {
        /// The batch's attempt id.
        batch: String,
        /// The counts of its function.
        reply: Reply,
        /// Its billed milliseconds.
        billed_ms: Option<u64>,
        /// How long it took.
        timing: Timing,
    },
    /// A batch was not.
    Error {
        /// The batch's attempt id.
        batch: String,
        /// Why.
        error: ChildError,
        /// Its billed milliseconds.
        billed_ms: Option<u64>,
        /// Whether its function started, or may have.
        begun: bool,
        /// How long it took.
        timing: Timing,
    },
    /// The cascade itself is over.
    Cascade {
        /// Its attempt id.
        attempt: String,
        /// Its billed milliseconds.
        billed_ms: Option<u64>,
        /// Whether it started, or may have.
        begun: bool,
        /// The work that its time went into.
        item: Item,
        /// The error, where there was one.
        error: Option<ChildErrorKind>,
        /// How long starting its environment took, where it had to.
        init_ms: Option<u64>,
    },
}

/// Invokes a cascade and passes its answers on; ends when it does.
pub async fn cascade(client: Client, function: String, request: Request, answers: mpsc::Sender<Answer>) {
    let mut open: HashSet<String> = request.batches.iter().map(|batch: &Batch| batch.id.clone()).collect();
    let outcome = match call::cascade(&client, &function, &request).await {
        Ok(mut stream) => follow(&mut stream, &mut open, &answers).await.map_err(|error| (error, true)),
        // Where the outcome of a call is unknown, its function may run all the same.
        Err(error) => {
            let begun = error.child.kind == ChildErrorKind::Unreachable;
            Err((error, begun))
        }
    };
    let failed = outcome.as_ref().err().map(|(error, _)| error.child.kind);
    let (CascadeEnd { billed_ms, init_ms }, item, error, begun) = match outcome {
        Ok(end) => {
            let error = CallError::new(ChildErrorKind::Unreachable, "the cascade did not answer for it");
            (end, Item::Cascade, error, true)
        }
        Err((error, begun)) => {
            let end = CascadeEnd { billed_ms: error.billed_ms, init_ms: error.init_ms };
            (end, Item::Failure, error, begun)
        }
    };
    // A cascade that refuses its payload has invoked nobody.
    let children_begun = begun && error.child.kind == ChildErrorKind::Unreachable;
    for batch in open {
        let error = error.child.clone();
        let timing = Timing::default();
        send(&answers, Answer::Error { batch, error, billed_ms: None, begun: children_begun, timing }).await;
    }
    let attempt = request.attempt.unwrap_or_default();
    send(&answers, Answer::Cascade { attempt, billed_ms, begun, item, error: failed, init_ms }).await;
}

async fn follow(
    stream: &mut call::CascadeCall,
    open: &mut HashSet<String>,
    answers: &mpsc::Sender<Answer>,
) -> Result<CascadeEnd, CallError> {
    let mut silence_max = START_MAX + SILENCE_MAX;
    loop {
        let silent = |_| CallError::new(ChildErrorKind::Unreachable, "the cascade fell silent");
        let Some(frame) = timeout(silence_max, stream.next()).await.map_err(silent)?? else {
            return Ok(stream.end().cloned().unwrap_or_default());
        };
        silence_max = SILENCE_MAX;
        if let Some(answer) = answer(frame).filter(|(batch, _)| open.remove(batch)).map(|(_, answer)| answer)
        {
            send(answers, answer).await;
        }
    }
}

fn answer(frame: Frame) -> Option<(String, Answer)> {
    match frame {
        Frame::Reply { batch, reply, billed_ms, timing } => {
            Some((batch.clone(), Answer::Reply { batch, reply, billed_ms, timing }))
        }
        Frame::Error { batch, error, billed_ms, timing } => {
            let begun = billed_ms.is_some() || runs(error.kind);
            Some((batch.clone(), Answer::Error { batch, error, billed_ms, begun, timing }))
        }
        Frame::Beat { .. } => None,
    }
}

/// Whether a child that ended so has run, or may have.
fn runs(kind: ChildErrorKind) -> bool {
    match kind {
        ChildErrorKind::Function
        | ChildErrorKind::Died
        | ChildErrorKind::Unreachable
        | ChildErrorKind::Outdated => true,
        ChildErrorKind::Throttled | ChildErrorKind::TooLarge | ChildErrorKind::Refused => false,
    }
}

/// A run that is gone needs no answers.
async fn send(answers: &mpsc::Sender<Answer>, answer: Answer) {
    drop(answers.send(answer).await);
}
