//! The `cascade` function: batches in, one frame for each as its child answers.
//!
//! It invokes all its batches at once, queues nothing and retries nothing: what the server handed to it is
//! all that will ever run. A beat shows that it is alive while its children work.

mod fold;

use std::time::Duration;

use aws_sdk_lambda::Client;
use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, Stream, StreamExt};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout_at};
use wire::cascade::{Batch, ChildErrorKind, Frame, Reply, Request, Timing};
use wire::trace::TraceContext;
use wire::wordcount;

use crate::call::{self, CallError};
use crate::invocation::{Invocation, Refusal, parse};
use crate::summary::{self, Children};
use crate::wordcount::numbered;
use fold::Fold;

/// How often an idle cascade says that it is alive.
pub const BEAT: Duration = Duration::from_secs(5);

/// Keys for each child where the minimal form doesn't say.
const BATCH_SIZE_DEFAULT: usize = 100;

/// The function with its Lambda client, made once for each environment.
#[derive(Clone, Debug)]
pub struct Cascade {
    lambda: Client,
    wordcount_function: String,
}

/// A payload that was read and found good.
#[derive(Debug)]
pub struct Fanout {
    request: Request,
    batches: Vec<Batch>,
    full_form: bool,
}

impl Fanout {
    /// Reads a payload: a [`Request`] in JSON.
    ///
    /// # Errors
    /// A [`Refusal`] where it is none.
    pub fn parse(payload: &[u8]) -> Result<Self, Refusal> {
        let mut request: Request = parse(payload)?;
        let keys = std::mem::take(&mut request.keys);
        let batches = match (keys.is_empty(), request.batches.is_empty()) {
            (true, false) => std::mem::take(&mut request.batches),
            (false, true) => batches_of(&keys, request.batch_size.unwrap_or(BATCH_SIZE_DEFAULT))?,
            (false, false) => {
                return Err(Refusal::Invalid("give either keys or batches, not both".to_owned()));
            }
            (true, true) => return Err(Refusal::Invalid("keys or batches must name an object".to_owned())),
        };
        Ok(Self { request, batches, full_form: keys.is_empty() })
    }

    /// Whether the full form was used, whose answer is streamed.
    pub fn is_full_form(&self) -> bool {
        self.full_form
    }

    /// The span that is this invocation.
    fn trace(&self) -> Option<TraceContext> {
        self.request.traceparent.as_deref().and_then(TraceContext::parse)
    }

    /// Logs the outcomes of the children.
    fn sum_up(&self, invocation: &Invocation, children: &Children, begun: Instant) {
        let ids = (self.request.attempt.as_deref(), self.request.traceparent.as_deref());
        summary::write("cascade", invocation, ids, children, begun);
    }

    fn child_payload(&self, batch: &Batch) -> wordcount::Request {
        wordcount::Request {
            v: wordcount::VERSION,
            bucket: self.request.bucket.clone(),
            keys: Vec::new(),
            objects: batch.objects.clone(),
            grain: self.request.grain,
            rule: self.request.rule,
            attempt: Some(batch.id.clone()),
            max_ms: batch.max_ms.or(self.request.max_ms),
            requester_pays: self.request.requester_pays,
            traceparent: self.trace().map(|trace| trace.child(&batch.id).to_string()),
        }
    }
}

impl Cascade {
    /// A cascade that invokes `wordcount_function`, a name, alias or ARN, where its payload names no other.
    pub fn new(lambda: Client, wordcount_function: String) -> Self {
        Self { lambda, wordcount_function }
    }

    /// Fans out; the answer is NDJSON, one complete [`Frame`] a line, in order of finishing.
    pub fn stream(
        self,
        fanout: Fanout,
        invocation: Invocation,
    ) -> impl Stream<Item = Bytes> + Send + 'static {
        async_stream::stream! {
            let children = self.children(&fanout, &invocation);
            tokio::pin!(children);
            let mut beats = interval_at(Instant::now() + BEAT, BEAT);
            beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut running = fanout.batches.len() as u64;
            let (begun, mut summed) = (Instant::now(), Children::of(fanout.batches.len()));
            while running > 0 {
                tokio::select! {
                    Some(frame) = children.next() => {
                        running -= 1;
                        beats.reset();
                        summed.add(&frame);
                        // Nothing is polled any more once the last line is taken.
                        if running == 0 {
                            fanout.sum_up(&invocation, &summed, begun);
                        }
                        yield line(&frame);
                    }
                    _ = beats.tick() => yield line(&Frame::Beat { beat: running }),
                }
            }
        }
    }

    /// Fans out and folds the children's answers into one.
    pub async fn collect(&self, fanout: &Fanout, invocation: &Invocation) -> Reply {
        let fold = Fold::new(&fanout.batches);
        let (begun, summed) = (Instant::now(), Children::of(fanout.batches.len()));
        let fold = self.children(fanout, invocation).fold((fold, summed), |(mut fold, mut summed), frame| {
            summed.add(&frame);
            fold.add(frame);
            std::future::ready((fold, summed))
        });
        let (fold, summed) = fold.await;
        fanout.sum_up(invocation, &summed, begun);
        fold.finish()
    }

    fn children<'a>(
        &'a self,
        fanout: &'a Fanout,
        invocation: &'a Invocation,
    ) -> impl Stream<Item = Frame> + 'a {
        let cutoff = invocation.cutoff(fanout.request.wait_ms);
        let function = fanout.request.wordcount_function.as_deref().unwrap_or(&self.wordcount_function);
        let child = move |batch: &'a Batch| async move {
            invocation.log.line(&format!("invoke {}", batch.id));
            let payload = fanout.child_payload(batch);
            let invoked = Instant::now();
            let answer = timeout_at(cutoff, call::wordcount(&self.lambda, function, &payload)).await;
            let answer = answer.unwrap_or_else(|_| Err(out_of_time()));
            let took_ms = u64::try_from(invoked.elapsed().as_millis()).ok();
            let batch = batch.id.clone();
            match answer {
                Ok(call::WordcountAnswer { reply, billed_ms, init_ms }) => {
                    Frame::Reply { batch, reply, billed_ms, timing: Timing { took_ms, init_ms } }
                }
                Err(CallError { child: error, billed_ms, init_ms }) => {
                    Frame::Error { batch, error, billed_ms, timing: Timing { took_ms, init_ms } }
                }
            }
        };
        fanout.batches.iter().map(child).collect::<FuturesUnordered<_>>()
    }
}

fn batches_of(keys: &[String], batch_size: usize) -> Result<Vec<Batch>, Refusal> {
    if batch_size == 0 {
        return Err(Refusal::Invalid("batch_size must be at least 1".to_owned()));
    }
    let objects = numbered(keys);
    let batch = |(index, objects): (usize, &[_])| Batch {
        id: index.to_string(),
        objects: objects.to_vec(),
        max_ms: None,
    };
    Ok(objects.chunks(batch_size).enumerate().map(batch).collect())
}

fn out_of_time() -> CallError {
    CallError::new(ChildErrorKind::Unreachable, "its function did not answer before its cascade's end")
}

fn line(frame: &Frame) -> Bytes {
    let mut line = serde_json::to_vec(frame).expect("a frame has string keys only");
    line.push(b'\n');
    line.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_cut_into_batches_and_keep_their_numbers() {
        let fanout = Fanout::parse(br#"{"bucket":"b","keys":["a","b","c"],"batch_size":2}"#).unwrap();
        let numbers = |batch: &Batch| batch.objects.iter().map(|object| object.n).collect::<Vec<_>>();
        assert_eq!(fanout.batches.iter().map(numbers).collect::<Vec<_>>(), [vec![0, 1], vec![2]]);
    }

    #[test]
    fn nothing_to_do_is_refused_in_a_sentence() {
        let refusal = Fanout::parse(br#"{"bucket":"b","keys":[]}"#).unwrap_err();
        assert_eq!(refusal.to_string(), "invalid request: keys or batches must name an object");
        assert!(Fanout::parse(br#"{"bucket":"b","keys":["a"],"batch_size":0}"#).is_err());
    }
}
