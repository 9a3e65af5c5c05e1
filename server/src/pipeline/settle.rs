//! **Settle**: answers in, final rows and what is to be tried again out.
//!
//! Every listed object is in exactly one place: waiting, in a batch, in the queue of retries, or settled. An
//! answer is matched against the batch that it answers; what doesn't fit is dropped, what is missing is tried
//! again. Pure: the caller does the waiting and the telling.

mod ledger;
mod retry;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use wire::cascade::{ChildError, ChildErrorKind};
use wire::row::{Object, ObjectRow, Reason, Row, State};
use wire::tally::Tally;
use wire::wordcount::Reply;

pub use ledger::{Ledger, Settled};
pub use retry::{Retries, Retry};

/// Attempts at a batch that is unreachable, and at one object alone whose function dies.
const ATTEMPTS_MAX: u32 = 4;
/// Times that a batch is sent again because the service had no room.
const THROTTLES_MAX: u32 = 200;

/// Characters that are kept of what a function says.
const TEXT_CHARS_MAX: usize = 500;

/// A batch that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its objects.
    pub objects: Vec<Object>,
    /// Attempts before this one that were spent.
    pub attempts: u32,
    /// Attempts before this one that were turned away.
    pub throttles: u32,
    /// How long it may take.
    pub time: Time,
    /// What was noted of it.
    pub trace: Trace,
}

/// What is noted of a batch and of its attempts so far. It decides nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// Its number, once it was sent; its parts keep it.
    pub batch: Option<u32>,
    /// How often it was sent, those times included when it was turned away.
    pub attempts: u32,
    /// The number of the invocation that it was sent to last.
    pub previous: Option<u64>,
    /// Since when it waits to be tried again, in milliseconds since the run began.
    pub queued_ms: Option<u32>,
}

/// The time that a batch was given, and what it asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Time {
    /// Milliseconds that it was given; `None` for all that its function has.
    pub given_ms: Option<u64>,
    /// Nothing was done in half as many; 0 where nothing is known.
    pub least_ms: u64,
}

impl Sent {
    /// A batch that was never sent.
    pub fn new(objects: Vec<Object>) -> Self {
        Self { objects, attempts: 0, throttles: 0, time: Time::default(), trace: Trace::default() }
    }
}

/// What follows from an answer.
#[derive(Debug, Default, PartialEq)]
pub struct Verdict {
    /// Objects in their final state.
    pub settled: Vec<Settled>,
    /// What is to be sent again.
    pub retries: Vec<Retry>,
    /// Sentences for the log.
    pub warnings: Vec<String>,
}

/// What follows from a reply.
pub fn reply(sent: Sent, reply: Reply) -> Verdict {
    let mut verdict = Verdict::default();
    let had_its_time = sent.objects.len() == 1 && sent.time.given_ms.is_none();
    let cut_short_ms = sent.time.given_ms.filter(|_| !reply.remaining.is_empty());
    let mut rows = by_number(reply.objects);
    let tries_left = sent.attempts + 1 < ATTEMPTS_MAX;
    let (mut missing, mut unreached) = (Vec::new(), Vec::new());
    for object in sent.objects {
        let row = rows.remove(&object.n);
        match row.filter(|row| is_sound(row, &object) && (had_its_time || row.state != State::Partial)) {
            Some(row) if row.reason == Some(Reason::Unreachable) && tries_left => unreached.push(object),
            Some(row) => verdict.settled.push(Settled::from_row(object, row)),
            None => missing.push(object),
        }
    }
    if !rows.is_empty() {
        verdict
            .warnings
            .push(format!("a function answered for {} objects that it was not asked for", rows.len()));
    }
    if !unreached.is_empty() {
        let sent = Sent { objects: unreached, attempts: sent.attempts + 1, ..sent };
        verdict.retries.push(Retry::after_backoff(sent));
    }
    let progress = !verdict.settled.is_empty();
    let (attempts, least_ms) = match cut_short_ms {
        _ if progress => (sent.attempts, sent.time.least_ms),
        // Too little time says nothing against the batch: it gets more, until it has all that there is.
        Some(ms) => (sent.attempts, sent.time.least_ms.max(ms.saturating_mul(2))),
        None => (sent.attempts + 1, sent.time.least_ms),
    };
    let time = Time { least_ms, ..sent.time };
    again(Sent { objects: missing, attempts, time, ..sent }, "its function ran out of time", &mut verdict);
    verdict
}

/// What follows from an error.
pub fn error(mut sent: Sent, error: &ChildError) -> Verdict {
    let mut verdict = Verdict::default();
    let message = shortened(&error.message);
    match error.kind {
        ChildErrorKind::Throttled => {
            sent.throttles += 1;
            if sent.throttles > THROTTLES_MAX {
                fail(sent.objects, Reason::Unreachable, message, &mut verdict);
            } else {
                verdict.retries.push(Retry::throttled(sent, error.retry_after_ms));
            }
        }
        ChildErrorKind::Unreachable => {
            sent.attempts += 1;
            if sent.attempts >= ATTEMPTS_MAX {
                fail(sent.objects, Reason::Unreachable, message, &mut verdict);
            } else {
                verdict.retries.push(Retry::after_backoff(sent));
            }
        }
        ChildErrorKind::Died if sent.objects.len() == 1 && sent.attempts + 1 < ATTEMPTS_MAX => {
            sent.attempts += 1;
            verdict.retries.push(Retry::after_backoff(sent));
        }
        ChildErrorKind::Function | ChildErrorKind::Died if sent.objects.len() == 1 => {
            fail(sent.objects, Reason::Function, message, &mut verdict);
        }
        ChildErrorKind::TooLarge if sent.objects.len() == 1 => {
            fail(sent.objects, Reason::TooLarge, message, &mut verdict);
        }
        ChildErrorKind::Function | ChildErrorKind::Died | ChildErrorKind::TooLarge => {
            verdict.warnings.push(format!(
                "{} objects are tried again in smaller batches: {message}",
                sent.objects.len()
            ));
            verdict.retries.extend(parted(sent, &error.open).map(Retry::at_once));
        }
        ChildErrorKind::Refused | ChildErrorKind::Outdated => {
            fail(sent.objects, Reason::Function, message, &mut verdict);
        }
    }
    verdict
}

/// Rows by number. Where two rows of a number differ neither can be believed.
fn by_number(rows: Vec<ObjectRow>) -> HashMap<u64, ObjectRow> {
    let mut by_number = HashMap::new();
    let mut contradicted = Vec::new();
    for row in rows {
        match by_number.entry(row.n) {
            Entry::Vacant(place) => {
                place.insert(row);
            }
            Entry::Occupied(place) if *place.get() == row => (),
            Entry::Occupied(place) => contradicted.push(*place.key()),
        }
    }
    for n in contradicted {
        by_number.remove(&n);
    }
    by_number
}

/// A row can only be believed if its state and its reason agree, if what was counted is all that was listed,
/// and if it does not skip what this server would have skipped itself.
fn is_sound(row: &ObjectRow, object: &Object) -> bool {
    let whole = object.size.is_none_or(|size| size == row.tally.bytes_in);
    match (row.state, row.reason) {
        (State::Counted, None) => whole,
        (State::Counted, Some(reason)) => whole && reason == Reason::Warning,
        // Only where the listing gave no size does a function find out that there is nothing to count.
        (State::Skipped, Some(Reason::Empty | Reason::Marker)) => object.size.is_none(),
        (State::Cancelled | State::Skipped, _) | (_, None) => false,
        (state, Some(reason)) => reason.state() == state,
    }
}

/// A text of a function's, no longer than a line of the log should be.
fn shortened(text: &str) -> &str {
    text.char_indices().nth(TEXT_CHARS_MAX).map_or(text, |(end, _)| &text[..end])
}

fn again(sent: Sent, why: &str, verdict: &mut Verdict) {
    match (sent.objects.len(), sent.attempts) {
        (0, _) => (),
        (_, ATTEMPTS_MAX..) => fail(sent.objects, Reason::Unreachable, why, verdict),
        (1, _) | (_, 0) => verdict.retries.push(Retry::at_once(sent)),
        _ => verdict.retries.extend(parted(sent, &[]).map(Retry::at_once)),
    }
}

fn fail(objects: Vec<Object>, reason: Reason, why: &str, verdict: &mut Verdict) {
    let failed = |object| Settled::uncounted(object, reason, Some(why.to_owned()));
    verdict.settled.extend(objects.into_iter().map(failed));
}

/// Smaller batches: the objects that were open when the function died stand alone, else halves.
fn parted(sent: Sent, open: &[u64]) -> impl Iterator<Item = Sent> {
    let objects = sent.objects;
    let open: HashSet<&u64> = open.iter().collect();
    let (suspects, mut rest): (Vec<_>, Vec<_>) =
        objects.into_iter().partition(|object| open.contains(&object.n));
    let mut parts: Vec<Vec<Object>> = suspects.into_iter().map(|object| vec![object]).collect();
    if parts.is_empty() {
        parts.push(rest.split_off(rest.len() / 2));
    }
    parts.push(rest);
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts.map(move |objects| Sent { objects, ..sent })
}

impl Settled {
    fn from_row(object: Object, row: ObjectRow) -> Self {
        let ObjectRow { state, reason, detail, tally, duration_ms, .. } = row;
        let detail = detail.map(|detail| shortened(&detail).to_owned());
        Self { object, state, reason, detail, tally, duration_ms, unchanged: false }
    }

    /// An object that has not changed since this row was counted.
    pub fn known(object: Object, row: &Row) -> Self {
        let Row { state, reason, tally, duration_ms, .. } = *row;
        let detail = reason.map(|_| "counted with a warning by the run whose counts are taken".to_owned());
        Self { object, state, reason, detail, tally, duration_ms, unchanged: true }
    }

    /// An object of which nothing was counted.
    pub fn uncounted(object: Object, reason: Reason, detail: Option<String>) -> Self {
        let tally = Tally::default();
        Self {
            object,
            state: reason.state(),
            reason: Some(reason),
            detail,
            tally,
            duration_ms: 0,
            unchanged: false,
        }
    }
}

#[cfg(test)]
mod tests;
