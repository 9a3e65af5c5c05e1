//! The `wordcount` function: objects in, their tallies out.
//!
//! Its objects are downloaded and counted in parallel, a bounded number at once. What can fail for one object
//! is a row of the answer and never fails the others. Ahead of its deadline the function answers what it has
//! and names the objects that remain.

mod checksum;
mod fetch;
mod get;
mod object;
mod pressure;
mod reading;
mod refusal;
mod room;

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use aws_sdk_s3::Client;
use futures_util::StreamExt;
use futures_util::stream;
use tokio::time::Instant;
use wire::row::{Object, ObjectRow, Reason, State};
use wire::rule::Grain;
use wire::tally::Tally;
use wire::wordcount::{COUNTING, Reply, Request, Throttled};

use crate::invocation::{Invocation, Refusal, parse};
use crate::summary::{self, Counted};
use get::Store;
use object::Counting;
use pressure::Pressure;
use room::Room;

/// Objects that one invocation downloads and counts at once.
pub const OBJECTS_AT_ONCE: usize = 16;
/// The message of a store of files where the system denies a file to its user: no right of a function's role
/// is missing.
pub const FILE_DENIED: &str = "the file can't be read by this user: permission denied";
/// GETs that one object may take in one invocation: its first, those that were refused, those that resume it
/// where it broke off, those that look at it again since it changed, and one more where its bytes don't fit.
pub const GETS_MAX: u64 = fetch::GETS_MAX as u64;

/// The function with its S3 client, made once for each environment.
#[derive(Clone, Debug)]
pub struct Wordcount {
    s3: Client,
    room: Arc<Room>,
}

impl Wordcount {
    /// A function that reads through this client, on all cores of this machine.
    pub fn new(s3: &Client) -> Self {
        Self::within(s3, None)
    }

    /// The same in an environment of this much memory.
    pub fn in_memory(s3: &Client, memory_mib: usize) -> Self {
        Self::within(s3, Some(memory_mib))
    }

    fn within(s3: &Client, memory_mib: Option<usize>) -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        Self { s3: get::client(s3), room: Arc::new(Room::new(cores, memory_mib)) }
    }

    /// Counts what the payload, a [`Request`] in JSON, names.
    ///
    /// # Errors
    /// A [`Refusal`] where the payload is no request; whatever happens to an object is in the reply.
    pub async fn handle(&self, payload: &[u8], invocation: &Invocation) -> Result<Reply, Refusal> {
        let begun = Instant::now();
        let request: Request = parse(payload)?;
        let objects = named_objects(&request)?;
        let (asked, alone) = (objects.len() as u64, objects.len() == 1);
        let gets = AtomicU64::new(0);
        let (pressure, place) = (Pressure::default(), self.room.place());
        let store = Store {
            client: &self.s3,
            bucket: &request.bucket,
            requester_pays: request.requester_pays,
            gets: &gets,
            pressure: &pressure,
            cutoff: invocation.cutoff(request.max_ms),
        };
        let counting = Counting { store, rule: request.rule, log: &invocation.log, room: &place };
        let rows =
            stream::iter(objects).map(|object| counting.count(object)).buffer_unordered(OBJECTS_AT_ONCE);
        let mut answer = Answer::new(&request, alone);
        rows.for_each(|(object, row)| {
            answer.add(object, row);
            std::future::ready(())
        })
        .await;
        let (counted, gets) = (answer.counted, gets.load(Ordering::Relaxed));
        let reply = answer.finish(gets, pressure.into_throttled());
        let remaining = reply.remaining.len() as u64;
        let told = Counted {
            objects: asked,
            counted,
            uncounted: asked.saturating_sub(counted + remaining),
            remaining,
            bytes_in: reply.tally.bytes_in,
            bytes_out: reply.tally.bytes_out,
            gets,
        };
        let ids = (request.attempt.as_deref(), request.traceparent.as_deref());
        summary::write("wordcount", invocation, ids, &told, begun);
        Ok(reply)
    }
}

fn named_objects(request: &Request) -> Result<Vec<Object>, Refusal> {
    match (request.keys.is_empty(), request.objects.is_empty()) {
        (false, false) => Err(Refusal::Invalid("give either keys or objects, not both".to_owned())),
        (true, true) => Err(Refusal::Invalid("keys or objects must name at least one object".to_owned())),
        (true, false) => Ok(request.objects.clone()),
        (false, true) => Ok(numbered(&request.keys)),
    }
}

/// Objects of the minimal form, numbered in the order of their keys.
pub(crate) fn numbered(keys: &[String]) -> Vec<Object> {
    let object = |(n, key): (u64, &String)| Object {
        n,
        key: key.clone(),
        etag: None,
        size: None,
        start: None,
        end: None,
    };
    (0..).zip(keys).map(object).collect()
}

/// The reply, as rows come in.
struct Answer {
    reply: Reply,
    counted: u64,
    grain: Grain,
    by_key: bool,
    alone: bool,
}

impl Answer {
    fn new(request: &Request, alone: bool) -> Self {
        let reply = Reply { counting: COUNTING, ..Reply::default() };
        Self { reply, counted: 0, grain: request.grain, by_key: !request.keys.is_empty(), alone }
    }

    /// Takes a finished row, or `None` for an object that is left to another invocation.
    fn add(&mut self, object: Object, row: Option<ObjectRow>) {
        let Some(mut row) = row else {
            self.reply.remaining.push(object);
            return;
        };
        if row.state == State::Counted {
            self.reply.tally += row.tally;
            self.counted += 1;
        }
        if let Some(detail) = &row.detail {
            self.reply.warnings.push(format!("{}: {detail}", object.key));
        }
        if self.by_key {
            row.key = Some(object.key.clone());
        }
        let unfinished = row.reason == Some(Reason::Deadline);
        if unfinished {
            self.reply.remaining.push(object);
        }
        let wanted = self.grain == Grain::PerObject || row.state != State::Counted;
        if wanted && (!unfinished || self.alone) {
            self.reply.objects.push(row);
        }
    }

    fn finish(mut self, gets: u64, throttled: Option<Throttled>) -> Reply {
        let remaining = self.reply.remaining.len();
        match &throttled {
            Some(Throttled { message, .. }) => {
                self.reply
                    .warnings
                    .push(format!("S3 pushed back with {remaining} objects not counted: {message}"));
            }
            None if remaining > 0 => {
                self.reply.warnings.push(format!("time ran out with {remaining} objects not counted"));
            }
            None => (),
        }
        self.reply.throttled = throttled;
        self.reply.objects.sort_unstable_by_key(|row| row.n);
        self.reply.remaining.sort_unstable_by_key(|object| object.n);
        self.reply.gets = gets;
        self.reply
    }
}

/// A row for an object of which nothing is in the totals.
fn uncounted(object: &Object, reason: Reason, detail: Option<String>) -> ObjectRow {
    ObjectRow {
        n: object.n,
        key: None,
        state: reason.state(),
        reason: Some(reason),
        detail,
        tally: Tally::default(),
        duration_ms: 0,
        etag: None,
        piece: None,
    }
}
