//! **Settle**: answers in, final rows and retries out.
//!
//! Every listed object is in exactly one state: waiting, in a batch, in the queue of retries, or settled. An
//! answer is matched against the batch that it answers; what doesn't fit is dropped, what is missing is tried
//! again. Pure: the caller does the waiting and the publishing.

mod belief;
mod ledger;
mod retry;

use std::collections::HashSet;

use wire::cascade::{ChildError, ChildErrorKind};
use wire::row::{Object, ObjectRow, Reason, Row, State};
use wire::tally::Tally;
use wire::wordcount::{Reply, Throttled};

use belief::{by_number, is_sound, sums_agree};
pub use ledger::{Ledger, Settled};
pub use retry::{Retries, Retry};

/// Attempts at a batch that is unreachable, and at one object alone whose function fails. With the faults that pass of a bad
/// day, function errors 2 %, timeouts 1 %, processes that die 0.5 %, 5xx 2 % of both tiers' calls and streams cut 1 %, an
/// attempt fails in 8.5 %: of 300,000 objects that stood alone one would be lost to 8 in a row in a thousand such days.
const ATTEMPTS_MAX: u32 = 8;

/// Times that a store may refuse one object that stands alone, while it answers for others: an hour of waits.
const THROTTLES_MAX: u32 = 180;

/// Characters of a function's message that are stored.
const TEXT_CHARS_MAX: usize = 500;

/// A batch that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its objects.
    pub objects: Vec<Object>,
    /// Attempts before this one that were spent.
    pub attempts: u32,
    /// Attempts before this one, in a row, that were throttled.
    pub throttles: u32,
    /// How long it may take.
    pub time: Time,
    /// The record of its attempts.
    pub trace: Trace,
}

/// A record of a batch and of its attempts so far. It decides nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// Its number, once it was sent; its parts keep it.
    pub batch: Option<u32>,
    /// How often it was sent, throttled attempts included.
    pub attempts: u32,
    /// The number of the invocation that it was sent to last.
    pub previous: Option<u64>,
    /// Since when it waits for a retry, in milliseconds since the run began.
    pub queued_ms: Option<u32>,
}

/// The time that a batch was given, and what it asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Time {
    /// Milliseconds that it was given; `None` for all that its function has.
    pub given_ms: Option<u64>,
    /// Milliseconds of which half did not suffice; 0 where no attempt has shown any.
    pub least_ms: u64,
}

impl Time {
    /// Twice what was given, or what was asked for before if that is more.
    fn more_ms(&self) -> u64 {
        self.given_ms.map_or(self.least_ms, |ms| self.least_ms.max(ms.saturating_mul(2)))
    }
}

impl Sent {
    /// A batch that was never sent.
    pub fn new(objects: Vec<Object>) -> Self {
        Self { objects, attempts: 0, throttles: 0, time: Time::default(), trace: Trace::default() }
    }
}

/// The verdict on an answer.
#[derive(Debug, Default, PartialEq)]
pub struct Verdict {
    /// Objects in their final state.
    pub settled: Vec<Settled>,
    /// Batches to be sent again.
    pub retries: Vec<Retry>,
    /// Sentences for the log.
    pub warnings: Vec<String>,
    /// A service pushed back, to which the throttled retries are due.
    pub pushback: Option<PushedBack>,
}

/// A service that pushed back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedBack {
    /// Which one.
    pub by: Service,
    /// Its sentence.
    pub message: String,
}

/// The services that push back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// S3, to a function that read.
    Store,
    /// Lambda, to an invocation.
    Lambda,
}

impl Verdict {
    /// Gives up what was throttled.
    pub fn give_up_throttled(&mut self, why: &str) {
        let (throttled, retries) =
            std::mem::take(&mut self.retries).into_iter().partition(|retry| retry.throttled);
        self.retries = retries;
        let throttled: Vec<Retry> = throttled;
        for retry in throttled {
            fail(retry.sent.objects, Reason::Unreachable, why, self);
        }
    }
}

/// The verdict on a reply.
pub fn reply(sent: Sent, reply: Reply) -> Verdict {
    let mut verdict = Verdict::default();
    let mut rows = by_number(reply.objects);
    if !sums_agree(reply.tally, &rows, &sent.objects, &reply.remaining) {
        // One of them was altered, and nothing says which.
        verdict
            .warnings
            .push(format!("the sums of a reply of {} objects are not those of its rows", rows.len()));
        let attempts = sent.attempts + 1;
        again(Sent { attempts, ..sent }, "its function's sums are not those of its rows", &mut verdict);
        return verdict;
    }
    let had_its_time = sent.objects.len() == 1 && sent.time.given_ms.is_none();
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
    let sent = Sent { objects: Vec::new(), ..sent };
    if !unreached.is_empty() {
        let again = Sent { objects: unreached, attempts: sent.attempts + 1, throttles: 0, ..sent };
        verdict.retries.push(Retry::after_backoff(again));
    }
    let left: HashSet<u64> = reply.remaining.iter().map(|object| object.n).collect();
    let missing = match reply.throttled {
        Some(throttled) => {
            let (refused, missing) = missing.into_iter().partition(|object| left.contains(&object.n));
            pushed_back(Sent { objects: refused, ..sent }, throttled, &mut verdict);
            missing
        }
        None => missing,
    };
    let progress = !verdict.settled.is_empty();
    let (attempts, least_ms) = match sent.time.given_ms.filter(|_| !left.is_empty()) {
        _ if progress => (sent.attempts, sent.time.least_ms),
        // Too little time says nothing against the batch: it gets more, until it has all that there is.
        Some(_) => (sent.attempts, sent.time.more_ms()),
        None => (sent.attempts + 1, sent.time.least_ms),
    };
    let time = Time { least_ms, ..sent.time };
    let missing = Sent { objects: missing, attempts, throttles: 0, time, ..sent };
    again(missing, "its function ran out of time", &mut verdict);
    verdict
}

/// Queues the objects that the store refused for later, without spending an attempt. A batch that brought
/// nothing waits longer each time, and is given more time, since too little of it may look like a store's
/// silence.
fn pushed_back(sent: Sent, throttled: Throttled, verdict: &mut Verdict) {
    let Throttled { message, retry_after_ms } = throttled;
    let message = shortened(&message).to_owned();
    verdict.pushback = Some(PushedBack { by: Service::Store, message });
    if sent.objects.is_empty() {
        return;
    }
    let (throttles, least_ms) = match verdict.settled.is_empty() {
        true => (sent.throttles + 1, sent.time.more_ms()),
        false => (1, sent.time.least_ms),
    };
    if sent.objects.len() == 1 && throttles > THROTTLES_MAX {
        let why = verdict.pushback.as_ref().map_or_else(String::new, |pushed| pushed.message.clone());
        fail(sent.objects, Reason::Unreachable, &why, verdict);
        return;
    }
    let time = Time { least_ms, ..sent.time };
    verdict.retries.push(Retry::throttled(Sent { throttles, time, ..sent }, retry_after_ms));
}

/// The verdict on an error.
pub fn error(mut sent: Sent, error: &ChildError) -> Verdict {
    let mut verdict = Verdict::default();
    let message = shortened(&error.message);
    match error.kind {
        ChildErrorKind::Throttled => {
            sent.throttles += 1;
            let message = message.to_owned();
            verdict.pushback = Some(PushedBack { by: Service::Lambda, message });
            verdict.retries.push(Retry::throttled(sent, error.retry_after_ms));
        }
        ChildErrorKind::Unreachable => {
            sent.attempts += 1;
            if sent.attempts >= ATTEMPTS_MAX {
                fail(sent.objects, Reason::Unreachable, message, &mut verdict);
            } else {
                verdict.retries.push(Retry::after_backoff(sent));
            }
        }
        ChildErrorKind::Function | ChildErrorKind::Died if sent.objects.len() == 1 => {
            sent.attempts += 1;
            if sent.attempts >= ATTEMPTS_MAX {
                fail(sent.objects, Reason::Function, message, &mut verdict);
            } else {
                verdict.retries.push(Retry::after_failure(sent));
            }
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
    fn from_row(mut object: Object, row: ObjectRow) -> Self {
        if row.is_of_other_version(&object) {
            object.etag.clone_from(&row.etag);
        }
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
