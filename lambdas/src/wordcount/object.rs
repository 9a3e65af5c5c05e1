//! One object from its first byte to its row.

use std::cell::RefCell;
use std::sync::atomic::AtomicU64;

use aws_sdk_s3::Client;
use bytes::Bytes;
use count::{Codec, CountError, Counted, ObjectCounter, Scratch};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};
use wire::row::{Object, ObjectRow, Reason, State};
use wire::rule::Rule;

use super::fetch::{Fetch, FetchError};
use super::uncounted;
use crate::invocation::Log;

/// Plain bytes are counted where they arrive, in chunks up to this: it takes less time than going elsewhere.
const PLAIN_BYTES_MAX: usize = 1024 * 1024;
/// The same for gzip, where one stored byte may be a thousand decoded ones. All else leaves the async threads.
const GZIP_BYTES_MAX: usize = 4 * 1024;

/// Chunks for which a thread is asked at once: a core that is done with one finds the next without waiting for the
/// async threads, and few buffers share its cache.
const CHUNKS_AT_ONCE_A_CORE: usize = 4;
/// Objects that are decoded at once where a window may take 128 MiB.
const WINDOWS_AT_ONCE: usize = 4;

const PUT_BACK: &str = "push puts the counter back";
const NEVER_CLOSED: &str = "these semaphores are never closed";

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

/// What all invocations of one environment share: how much is decoded at once.
#[derive(Debug)]
pub(super) struct Room {
    chunks: Semaphore,
    /// Objects of codecs with large windows.
    windows: Semaphore,
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
        (object, Some(row))
    }

    fn without_reading(&self, object: &Object) -> Option<ObjectRow> {
        if object.start.is_some() || object.end.is_some() {
            let detail = "this function counts whole objects, not spans".to_owned();
            return Some(uncounted(object, Reason::Function, Some(detail)));
        }
        object.key.ends_with('/').then(|| uncounted(object, Reason::Marker, None))
    }

    async fn read(&self, object: &Object) -> ObjectRow {
        let begun = Instant::now();
        let mut counter = Some(ObjectCounter::new(self.rule, &object.key));
        let mut row = match timeout_at(self.cutoff, self.feed(object, &mut counter)).await {
            Ok(Ok(Some(counted))) => counted_row(object, counted),
            Ok(Ok(None)) => uncounted(object, Reason::Empty, None),
            Ok(Err(Failure::Fetch(error))) => uncounted(object, error.reason, Some(error.message)),
            Ok(Err(Failure::Count(error))) => uncounted(object, error.reason(), Some(error.to_string())),
            Err(_) => {
                let mut row =
                    uncounted(object, Reason::Deadline, Some("not read to its end in time".to_owned()));
                row.tally = counter.map(|counter| counter.tally()).unwrap_or_default();
                row
            }
        };
        row.duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        row
    }

    /// Feeds the object's bytes to the counter; `None` for an object without any.
    async fn feed(
        &self,
        object: &Object,
        slot: &mut Option<ObjectCounter>,
    ) -> Result<Option<Counted>, Failure> {
        let mut fetch = Fetch::new(self.s3, self.bucket, object, self.gets);
        let mut chunk = fetch.next().await.map_err(Failure::Fetch)?;
        let _window = self.room.window(slot, chunk.as_ref()).await;
        while let Some(bytes) = chunk {
            let (pushed, next) = tokio::join!(self.room.push(slot, bytes), fetch.next());
            pushed.map_err(Failure::Count)?;
            chunk = next.map_err(Failure::Fetch)?;
        }
        if fetch.offset() == 0 {
            return Ok(None);
        }
        let counter = slot.take().expect(PUT_BACK);
        let counted = SCRATCH.with_borrow_mut(|scratch| counter.finish(scratch));
        counted.map(Some).map_err(Failure::Count)
    }
}

impl Room {
    /// Room for decoding on this many cores.
    pub(super) fn new(cores: usize) -> Self {
        Self {
            chunks: Semaphore::new(cores * CHUNKS_AT_ONCE_A_CORE),
            windows: Semaphore::new(WINDOWS_AT_ONCE),
        }
    }

    /// Waits until one more window fits, where an object that begins with this chunk may have a large one.
    async fn window(
        &self,
        slot: &Option<ObjectCounter>,
        first: Option<&Bytes>,
    ) -> Option<SemaphorePermit<'_>> {
        match slot.as_ref().expect(PUT_BACK).codec(first?) {
            Codec::Zstd | Codec::Xz => Some(self.windows.acquire().await.expect(NEVER_CLOSED)),
            Codec::Plain | Codec::Gzip | Codec::Lz4 | Codec::Bzip2 => None,
        }
    }

    /// Counts a chunk: here where that is quick, else on a thread that may be busy for long.
    async fn push(&self, slot: &mut Option<ObjectCounter>, chunk: Bytes) -> Result<(), CountError> {
        let is_quick = match slot.as_ref().expect(PUT_BACK).codec(&chunk) {
            Codec::Plain => chunk.len() <= PLAIN_BYTES_MAX,
            Codec::Gzip => chunk.len() <= GZIP_BYTES_MAX,
            Codec::Zstd | Codec::Lz4 | Codec::Bzip2 | Codec::Xz => false,
        };
        if is_quick {
            let counter = slot.as_mut().expect(PUT_BACK);
            return SCRATCH.with_borrow_mut(|scratch| counter.push(&chunk, scratch));
        }
        let _chunk = self.chunks.acquire().await.expect(NEVER_CLOSED);
        let mut counter = slot.take().expect(PUT_BACK);
        let pushing = spawn_blocking(move || {
            let pushed = SCRATCH.with_borrow_mut(|scratch| counter.push(&chunk, scratch));
            (counter, pushed)
        });
        let (counter, pushed) = pushing.await.expect("counting does not panic and is not aborted");
        *slot = Some(counter);
        pushed
    }
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
