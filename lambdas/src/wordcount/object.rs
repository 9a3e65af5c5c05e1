//! One object from its first byte to its row.

use std::cell::RefCell;
use std::sync::atomic::AtomicU64;

use aws_sdk_s3::Client;
use bytes::Bytes;
use count::{CountError, Counted, ObjectCounter, Scratch};
use tokio::time::{Instant, timeout_at};
use wire::row::{Object, ObjectRow, Reason, State};
use wire::rule::Rule;

use super::fetch::{Fetch, FetchError};
use super::uncounted;
use crate::invocation::Log;

/// Chunks up to this many bytes are counted where they arrive; larger ones leave the async threads.
const INLINE_BYTES_MAX: usize = 16 * 1024;

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
        while let Some(chunk) = fetch.next().await.map_err(Failure::Fetch)? {
            push(slot, chunk).await.map_err(Failure::Count)?;
        }
        if fetch.offset() == 0 {
            return Ok(None);
        }
        let counter = slot.take().expect("push puts the counter back");
        let counted = SCRATCH.with_borrow_mut(|scratch| counter.finish(scratch));
        counted.map(Some).map_err(Failure::Count)
    }
}

async fn push(slot: &mut Option<ObjectCounter>, chunk: Bytes) -> Result<(), CountError> {
    let mut counter = slot.take().expect("push puts the counter back");
    let pushed = if chunk.len() <= INLINE_BYTES_MAX {
        SCRATCH.with_borrow_mut(|scratch| counter.push(&chunk, scratch))
    } else {
        let pushing = tokio::task::spawn_blocking(move || {
            let pushed = SCRATCH.with_borrow_mut(|scratch| counter.push(&chunk, scratch));
            (counter, pushed)
        });
        let (returned, pushed) = pushing.await.expect("counting does not panic and is not aborted");
        counter = returned;
        pushed
    };
    *slot = Some(counter);
    pushed
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
