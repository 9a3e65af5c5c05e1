//! An object while it is decoded and counted: in steps, each of which waits for a permit.

use std::cell::RefCell;
use std::panic::resume_unwind;

use bytes::Bytes;
use count::{Codec, CountError, Counted, Finish, ObjectCounter, SNIFFED_BYTES, STEP_BYTES, Scratch, Step};
use tokio::task::spawn_blocking;
use wire::tally::Tally;

use super::room::{Memory, Place};

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

/// An object while it is read.
pub(super) struct Reading {
    /// Away while another thread takes a step.
    decoding: Option<Decoding>,
    /// The tally before that step.
    counted: Tally,
    pub(super) stage: Stage,
}

/// A counter and the memory that it may take up: they go to another thread together.
struct Decoding {
    counter: ObjectCounter,
    memory: Option<Memory>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// For memory to decode in.
    Waiting,
    Counting,
}

impl Reading {
    pub(super) fn new(counter: ObjectCounter) -> Self {
        let decoding = Some(Decoding { counter, memory: None });
        Self { decoding, counted: Tally::default(), stage: Stage::Counting }
    }

    /// The tally so far.
    pub(super) fn tally(&self) -> Tally {
        self.decoding.as_ref().map_or(self.counted, |decoding| decoding.counter.tally())
    }

    /// Waits until there is memory for what the object turns out to be.
    pub(super) async fn wait_for_memory(&mut self, room: &Place<'_>, next: &[u8]) {
        let decoding = self.decoding.as_mut().expect(PUT_BACK);
        if decoding.memory.is_none() {
            self.stage = Stage::Waiting;
            decoding.memory = room.memory(decoding.counter.codec(next)).await;
            self.stage = Stage::Counting;
        }
    }

    /// Counts a chunk: here as far as that is quick, else on threads that may be busy for long.
    pub(super) async fn push(&mut self, room: &Place<'_>, mut chunk: Bytes) -> Result<(), CountError> {
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

    /// Counts what the counter still holds of an object of so many bytes: all of a tiny one, which may decode
    /// to very much.
    pub(super) async fn finish(&mut self, room: &Place<'_>, bytes: u64) -> Result<Counted, CountError> {
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

    /// Takes a step on a thread that may be busy for long, once it has a permit. Its outcome comes back, or
    /// is dropped there if nobody waits for it any more.
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
