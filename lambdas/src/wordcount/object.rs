//! One object from its first byte to its row.
//!
//! It is counted in steps, and whatever it decodes to a step is short: a future that is dropped, at its cutoff, at the end
//! of its invocation or of its program, begins no further one. Each step waits for its turn, so that an object that decodes
//! to very much does not keep others waiting.

use std::cell::RefCell;
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::atomic::AtomicU64;

use aws_sdk_s3::Client;
use bytes::Bytes;
use count::{Codec, CountError, Counted, Finish, ObjectCounter, SNIFFED_BYTES, STEP_BYTES, Scratch, Step};
use futures_util::future::{Either, select};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};
use wire::row::{Object, ObjectRow, Reason, State};
use wire::rule::Rule;
use wire::tally::Tally;

use super::fetch::{Fetch, FetchError};
use super::room::{Memory, Place};
use super::uncounted;
use crate::invocation::Log;

/// Plain bytes are counted where they arrive, in chunks up to this: it takes less time than going elsewhere.
const PLAIN_BYTES_MAX: usize = 512 * 1024;
/// The same for gzip, as far as [`QUICK_BYTES`] go. All else leaves the async threads.
const GZIP_BYTES_MAX: usize = 4 * 1024;
/// Decoded bytes of a step on an async thread, which others wait for: less than a millisecond.
const QUICK_BYTES: usize = 128 * 1024;

const PUT_BACK: &str = "a step puts the counter back";

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// What all objects of one invocation share.
pub(super) struct Counting<'a> {
    pub(super) s3: &'a Client,
    pub(super) bucket: &'a str,
    pub(super) rule: Rule,
    pub(super) cutoff: Instant,
    pub(super) log: &'a Log,
    pub(super) gets: &'a AtomicU64,
    pub(super) room: &'a Place<'a>,
}

/// An object while it is read.
struct Reading {
    /// Away while another thread takes a step.
    decoding: Option<Decoding>,
    /// What was counted before that step.
    counted: Tally,
    stage: Stage,
}

/// A counter and the memory that it may take up: they go to another thread together.
struct Decoding {
    counter: ObjectCounter,
    memory: Option<Memory>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// For memory to decode in.
    Waiting,
    Counting,
}

/// Why an object was not counted.
enum Failure {
    Fetch(FetchError),
    Count(CountError),
}

impl Counting<'_> {
    /// Counts one object whole; `None` where the cutoff came before it was begun.
    pub(super) async fn count(&self, object: Object) -> (Object, Option<ObjectRow>) {
        if Instant::now() >= self.cutoff {
            return (object, None);
        }
        if let Some(row) = self.without_reading(&object) {
            return (object, Some(row));
        }
        self.log.line(&format!("open {}", object.n));
        let row = self.read(&object).await;
        self.log.line(&format!("done {}", object.n));
        (object, row)
    }

    fn without_reading(&self, object: &Object) -> Option<ObjectRow> {
        if object.start.is_some() || object.end.is_some() {
            let detail = "this function counts whole objects, not spans".to_owned();
            return Some(uncounted(object, Reason::Function, Some(detail)));
        }
        (object.key.ends_with('/') && object.size == Some(0)).then(|| uncounted(object, Reason::Marker, None))
    }

    async fn read(&self, object: &Object) -> Option<ObjectRow> {
        let begun = Instant::now();
        let mut reading = Reading::new(ObjectCounter::new(self.rule, &object.key));
        let mut row = match timeout_at(self.cutoff, self.feed(object, &mut reading)).await {
            Ok(Ok(Some(counted))) => counted_row(object, counted),
            Ok(Ok(None)) => uncounted(object, nothing(&object.key), None),
            Ok(Err(Failure::Fetch(error))) => uncounted(object, error.reason, Some(error.message)),
            Ok(Err(Failure::Count(error))) => uncounted(object, error.reason(), Some(error.to_string())),
            Err(_) if reading.stage == Stage::Waiting => return None,
            Err(_) => {
                let detail = "not read to its end in time".to_owned();
                ObjectRow { tally: reading.tally(), ..uncounted(object, Reason::Deadline, Some(detail)) }
            }
        };
        row.duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        Some(row)
    }

    /// Feeds the object's bytes to the counter, the next ones on their way meanwhile; `None` for an object without
    /// any.
    async fn feed(&self, object: &Object, reading: &mut Reading) -> Result<Option<Counted>, Failure> {
        let mut fetch = Fetch::new(self.s3, self.bucket, object, self.gets);
        let mut chunk = fetch.next().await.map_err(Failure::Fetch)?;
        while let Some(bytes) = chunk {
            reading.wait_for_memory(self.room, &bytes).await;
            let pushing = pin!(reading.push(self.room, bytes));
            let fetching = pin!(fetch.next());
            let next = match select(pushing, fetching).await {
                Either::Left((pushed, fetching)) => {
                    pushed.map_err(Failure::Count)?;
                    fetching.await
                }
                Either::Right((next, pushing)) => {
                    pushing.await.map_err(Failure::Count)?;
                    next
                }
            };
            chunk = next.map_err(Failure::Fetch)?;
        }
        if fetch.offset() == 0 {
            return Ok(None);
        }
        reading.finish(self.room, fetch.offset()).await.map(Some).map_err(Failure::Count)
    }
}

impl Reading {
    fn new(counter: ObjectCounter) -> Self {
        let decoding = Some(Decoding { counter, memory: None });
        Self { decoding, counted: Tally::default(), stage: Stage::Counting }
    }

    /// What was counted so far.
    fn tally(&self) -> Tally {
        self.decoding.as_ref().map_or(self.counted, |decoding| decoding.counter.tally())
    }

    /// Waits until there is memory for what the object turns out to be.
    async fn wait_for_memory(&mut self, room: &Place<'_>, next: &[u8]) {
        let decoding = self.decoding.as_mut().expect(PUT_BACK);
        if decoding.memory.is_none() {
            self.stage = Stage::Waiting;
            decoding.memory = room.memory(decoding.counter.codec(next)).await;
            self.stage = Stage::Counting;
        }
    }

    /// Counts a chunk: here as far as that is quick, else on threads that may be busy for long.
    async fn push(&mut self, room: &Place<'_>, mut chunk: Bytes) -> Result<(), CountError> {
        let counter = &mut self.decoding.as_mut().expect(PUT_BACK).counter;
        let quick_bytes = match counter.codec(&chunk) {
            Codec::Plain => (chunk.len() <= PLAIN_BYTES_MAX).then_some(STEP_BYTES),
            Codec::Gzip => (chunk.len() <= GZIP_BYTES_MAX).then_some(QUICK_BYTES),
            Codec::Zstd | Codec::Lz4 | Codec::Bzip2 | Codec::Xz => None,
        };
        let mut step = Step::Full;
        if let Some(bytes) = quick_bytes {
            (step, chunk) = SCRATCH.with_borrow_mut(|scratch| push(counter, &chunk, bytes, scratch))?;
        }
        while step == Step::Full {
            let pushing = self.away(room, move |mut decoding, scratch| {
                let pushed = push(&mut decoding.counter, &chunk, STEP_BYTES, scratch);
                (decoding, pushed)
            });
            let (decoding, pushed) = pushing.await;
            self.decoding = Some(decoding);
            (step, chunk) = pushed?;
        }
        Ok(())
    }

    /// Counts what the counter holds of an object of so many bytes: of a tiny one all, which may be very much.
    async fn finish(&mut self, room: &Place<'_>, bytes: u64) -> Result<Counted, CountError> {
        let Decoding { mut counter, mut memory } = self.decoding.take().expect(PUT_BACK);
        let is_quick = match counter.codec(&[]) {
            Codec::Plain | Codec::Gzip => true,
            Codec::Zstd | Codec::Lz4 | Codec::Bzip2 | Codec::Xz => bytes >= SNIFFED_BYTES as u64,
        };
        if is_quick {
            match SCRATCH.with_borrow_mut(|scratch| counter.finish(QUICK_BYTES, scratch))? {
                Finish::Counted(counted) => return Ok(counted),
                Finish::More(more) => counter = more,
            }
        }
        loop {
            self.decoding = Some(Decoding { counter, memory });
            let finishing = self.away(room, |decoding, scratch| {
                (decoding.memory, decoding.counter.finish(STEP_BYTES, scratch))
            });
            let (held, finished) = finishing.await;
            match finished? {
                Finish::Counted(counted) => return Ok(counted),
                Finish::More(more) => (counter, memory) = (more, held),
            }
        }
    }

    /// Takes a step on a thread that may be busy for long, once it has its turn. What goes there comes back, or ends
    /// there if nobody waits for it any more.
    async fn away<T: Send + 'static>(
        &mut self,
        room: &Place<'_>,
        step: impl FnOnce(Decoding, &mut Scratch) -> T + Send + 'static,
    ) -> T {
        let turn = room.turn().await;
        self.counted = self.tally();
        let decoding = self.decoding.take().expect(PUT_BACK);
        let stepping = spawn_blocking(move || {
            let _turn = turn;
            SCRATCH.with_borrow_mut(|scratch| step(decoding, scratch))
        });
        match stepping.await {
            Ok(done) => done,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // The program is at its end, and takes this future with it.
                Err(_) => std::future::pending().await,
            },
        }
    }
}

/// Why there is nothing to count in an object of no bytes.
fn nothing(key: &str) -> Reason {
    if key.ends_with('/') { Reason::Marker } else { Reason::Empty }
}

/// Takes a step, and what it leaves of the chunk.
fn push(
    counter: &mut ObjectCounter,
    chunk: &Bytes,
    step_bytes: usize,
    scratch: &mut Scratch,
) -> Result<(Step, Bytes), CountError> {
    let mut rest = &chunk[..];
    let step = counter.push(&mut rest, step_bytes, scratch)?;
    let used_bytes = chunk.len() - rest.len();
    Ok((step, chunk.slice(used_bytes..)))
}

fn counted_row(object: &Object, counted: Counted) -> ObjectRow {
    ObjectRow {
        n: object.n,
        key: None,
        state: State::Counted,
        reason: counted.warning.is_some().then_some(Reason::Warning),
        detail: counted.warning,
        tally: counted.tally,
        duration_ms: 0,
        piece: None,
    }
}
