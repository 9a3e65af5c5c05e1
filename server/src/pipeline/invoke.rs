//! **Invoke**: batches in, one answer for each out, through one cascade.
//!
//! One cascade call is one task. It answers for every batch it was given, exactly once, whatever becomes of
//! the call: what no frame told by its end is answered as unreachable. It retries nothing.

use std::collections::HashSet;
use std::time::Duration;

use aws_sdk_lambda::Client;
use lambdas::call::{self, CallError};
use lambdas::cascade::BEAT;
use tokio::sync::mpsc;
use tokio::time::timeout;
use wire::cascade::{Batch, ChildError, ChildErrorKind, Frame, Request};
use wire::wordcount::Reply;

/// A cascade that is silent for this long is given up.
const SILENCE_MAX: Duration = Duration::from_secs(3 * BEAT.as_secs());

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A batch was answered.
    Reply {
        /// The batch's attempt id.
        batch: String,
        /// What its function counted.
        reply: Reply,
        /// Its billed milliseconds.
        billed_ms: Option<u64>,
    },
    /// A batch was not.
    Error {
        /// The batch's attempt id.
        batch: String,
        /// Why.
        error: ChildError,
        /// Its billed milliseconds.
        billed_ms: Option<u64>,
        /// Whether its function was begun, as far as is known.
        begun: bool,
    },
    /// The cascade itself is over.
    Cascade {
        /// Its billed milliseconds.
        billed_ms: Option<u64>,
        /// Whether it was begun.
        begun: bool,
    },
}

/// Invokes a cascade and passes its answers on; ends when it does.
pub async fn cascade(client: Client, function: String, request: Request, answers: mpsc::Sender<Answer>) {
    let mut open: HashSet<String> = request.batches.iter().map(|batch: &Batch| batch.id.clone()).collect();
    let (outcome, begun) = match call::cascade(&client, &function, &request).await {
        Ok(mut stream) => (follow(&mut stream, &mut open, &answers).await, true),
        Err(error) => (Err(error), false),
    };
    let (billed_ms, error) = match outcome {
        Ok(billed_ms) => {
            (billed_ms, CallError::new(ChildErrorKind::Unreachable, "the cascade did not answer for it"))
        }
        Err(error) => (error.billed_ms, error),
    };
    for batch in open {
        let answer = Answer::Error { batch, error: error.child.clone(), billed_ms: None, begun };
        send(&answers, answer).await;
    }
    send(&answers, Answer::Cascade { billed_ms, begun }).await;
}

async fn follow(
    stream: &mut call::CascadeCall,
    open: &mut HashSet<String>,
    answers: &mpsc::Sender<Answer>,
) -> Result<Option<u64>, CallError> {
    loop {
        let silent = |_| CallError::new(ChildErrorKind::Unreachable, "the cascade fell silent");
        let Some(frame) = timeout(SILENCE_MAX, stream.next()).await.map_err(silent)?? else {
            return Ok(stream.end().and_then(|end| end.billed_ms));
        };
        if let Some(answer) = answer(frame).filter(|(batch, _)| open.remove(batch)).map(|(_, answer)| answer)
        {
            send(answers, answer).await;
        }
    }
}

fn answer(frame: Frame) -> Option<(String, Answer)> {
    match frame {
        Frame::Reply { batch, reply, billed_ms } => {
            Some((batch.clone(), Answer::Reply { batch, reply, billed_ms }))
        }
        Frame::Error { batch, error, billed_ms } => {
            let begun = matches!(error.kind, ChildErrorKind::Function | ChildErrorKind::Unreachable);
            Some((batch.clone(), Answer::Error { batch, error, billed_ms, begun }))
        }
        Frame::Beat { .. } => None,
    }
}

/// A run that is gone needs no answers.
async fn send(answers: &mpsc::Sender<Answer>, answer: Answer) {
    drop(answers.send(answer).await);
}
