//! One object from its first byte to its row.

use std::cell::RefCell;
use std::pin::pin;
use std::sync::atomic::AtomicU64;

use aws_sdk_s3::Client;
use bytes::Bytes;
use count::{Codec, CountError, Counted, ObjectCounter, Scratch};
use futures_util::future::{Either, select};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};
use wire::row::{Object, ObjectRow, Reason, State};
use wire::rule::Rule;
use wire::tally::Tally;

use super::fetch::{Fetch, FetchError};
use super::room::Room;
use super::uncounted;
use crate::invocation::Log;

/// Plain bytes are counted where they arrive, in chunks up to this: it takes less time than going elsewhere.
const PLAIN_BYTES_MAX: usize = 1024 * 1024;
/// The same for gzip, where one stored byte may be a thousand decoded ones. All else leaves the async threads.
const GZIP_BYTES_MAX: usize = 4 * 1024;

const PUT_BACK: &str = "push puts the counter back";

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
    pub(super) room: &'a Room,
}

/// An object while it is read.
struct Reading {
    /// Away while another thread counts a chunk.
    decoding: Option<Decoding>,
    /// What was counted before that chunk.
    counted: Tally,
    stage: Stage,
}

/// A counter and the memory that it may take up: they go to another thread together.
struct Decoding {
    counter: ObjectCounter,
    memory: Option<OwnedSemaphorePermit>,
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
        let decoding = reading.decoding.take().expect(PUT_BACK);
        let counted = SCRATCH.with_borrow_mut(|scratch| decoding.counter.finish(scratch));
        counted.map(Some).map_err(Failure::Count)
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
    async fn wait_for_memory(&mut self, room: &Room, next: &[u8]) {
        let decoding = self.decoding.as_mut().expect(PUT_BACK);
        if decoding.memory.is_none() {
            self.stage = Stage::Waiting;
            decoding.memory = room.memory(decoding.counter.codec(next)).await;
            self.stage = Stage::Counting;
        }
    }

    /// Counts a chunk: here where that is quick, else on a thread that may be busy for long.
    async fn push(&mut self, room: &Room, chunk: Bytes) -> Result<(), CountError> {
        let counter = &mut self.decoding.as_mut().expect(PUT_BACK).counter;
        let is_quick = match counter.codec(&chunk) {
            Codec::Plain => chunk.len() <= PLAIN_BYTES_MAX,
            Codec::Gzip => chunk.len() <= GZIP_BYTES_MAX,
            Codec::Zstd | Codec::Lz4 | Codec::Bzip2 | Codec::Xz => false,
        };
        if is_quick {
            return SCRATCH.with_borrow_mut(|scratch| counter.push(&chunk, scratch));
        }
        let turn = room.turn().await;
        self.counted = self.tally();
        let mut decoding = self.decoding.take().expect(PUT_BACK);
        let pushing = spawn_blocking(move || {
            let _turn = turn;
            let pushed = SCRATCH.with_borrow_mut(|scratch| decoding.counter.push(&chunk, scratch));
            (decoding, pushed)
        });
        let (decoding, pushed) = pushing.await.expect("counting does not panic and is not aborted");
        self.decoding = Some(decoding);
        pushed
    }
}

/// Why there is nothing to count in an object of no bytes.
fn nothing(key: &str) -> Reason {
    if key.ends_with('/') { Reason::Marker } else { Reason::Empty }
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
