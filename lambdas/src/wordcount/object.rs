//! One object from its first byte to its row.
//!
//! It is counted in steps, and a step is short whatever the object decodes to: a future that is dropped, at
//! its cutoff, at the end of its invocation or of its program, begins no further one. Each step waits for a
//! permit, so that an object that decodes to very much does not keep others waiting.

use std::pin::pin;

use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use count::{CountError, Counted, ObjectCounter};
use futures_util::future::{Either, select};
use tokio::time::{Instant, timeout_at};
use wire::row::{Object, ObjectRow, Reason, State, is_other_etag};
use wire::rule::Rule;

use super::fetch::{Fetch, Tries, Version};
use super::get::{Form, Store};
use super::reading::{Reading, Stage};
use super::refusal::{FetchError, Unfit};
use super::room::Place;
use super::uncounted;
use crate::invocation::Log;

/// Times that an object which changed is looked at again.
const LOOKS_MAX: u32 = 3;
/// Times that an object whose bytes don't fit is fetched once more, whole.
const REFETCHES_MAX: u32 = 1;

/// State that all objects of one invocation share.
pub(super) struct Counting<'a> {
    pub(super) store: Store<'a>,
    pub(super) rule: Rule,
    pub(super) log: &'a Log,
    pub(super) room: &'a Place<'a>,
}

/// An object's downloads so far, and what the next one asks for.
struct Looks {
    version: Version,
    form: Form,
    looks: u32,
    refetches: u32,
    tries: Tries,
}

/// An object that was read to its end.
struct Read {
    /// `None` where it has no bytes.
    counted: Option<Counted>,
    etag: Option<String>,
    modified: Option<DateTime>,
}

/// Why an object was not counted.
enum Failure {
    Fetch(FetchError),
    Count(CountError),
}

impl Counting<'_> {
    /// Counts one object whole; `None` where it is left to another invocation: its cutoff came before it was begun, or
    /// the store pushes back.
    pub(super) async fn count(&self, object: Object) -> (Object, Option<ObjectRow>) {
        if self.store.is_late() || self.store.pressure.is_on() {
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
        let mut looks = Looks::new();
        let mut row = loop {
            let mut reading = Reading::new(ObjectCounter::new(self.rule, &object.key));
            match timeout_at(self.store.cutoff, self.feed(object, &mut looks, &mut reading)).await {
                Ok(Ok(read)) => break looks.row(object, read),
                Ok(Err(failure)) if looks.go_on(&failure) => (),
                Ok(Err(Failure::Fetch(FetchError::Throttled(throttled)))) => {
                    self.store.pressure.give_up(throttled);
                    return None;
                }
                Ok(Err(failure)) => break failure.row(object),
                Err(_) if reading.stage == Stage::Waiting => return None,
                Err(_) => {
                    let detail = "not read to its end in time".to_owned();
                    let tally = reading.tally();
                    break ObjectRow { tally, ..uncounted(object, Reason::Deadline, Some(detail)) };
                }
            }
        };
        row.duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        Some(row)
    }

    /// Feeds the object's bytes to the counter, the next ones on their way meanwhile.
    async fn feed(&self, object: &Object, looks: &mut Looks, reading: &mut Reading) -> Result<Read, Failure> {
        let mut fetch = Fetch::new(&self.store, object, looks.version, looks.form, &mut looks.tries);
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
        let counted = match fetch.offset() {
            0 => None,
            bytes => Some(reading.finish(self.room, bytes).await.map_err(Failure::Count)?),
        };
        let (etag, modified) = fetch.into_version();
        Ok(Read { counted, etag, modified })
    }
}

impl Looks {
    fn new() -> Self {
        let (looks, refetches) = (0, 0);
        Self { version: Version::Listed, form: Form::Plain, looks, refetches, tries: Tries::default() }
    }

    /// Whether the object is downloaded once more, from its first byte, after this failure.
    fn go_on(&mut self, failure: &Failure) -> bool {
        match failure {
            Failure::Fetch(FetchError::Changed) => {
                self.version = Version::Latest;
                self.looks += 1;
                self.looks <= LOOKS_MAX && self.tries.are_left()
            }
            // What came with the wrong length may have been decoded on its way.
            Failure::Fetch(FetchError::Unfit(Unfit::Length(_))) => {
                self.form = Form::Gzip;
                self.refetch()
            }
            Failure::Fetch(FetchError::Unfit(Unfit::Checksum)) => self.refetch(),
            // Damage on the way looks the same as damage in the store, where no checksum distinguishes them.
            Failure::Count(error) => error.reason() == Reason::Corrupt && self.refetch(),
            Failure::Fetch(FetchError::Throttled(_) | FetchError::Failed { .. }) => false,
        }
    }

    fn refetch(&mut self) -> bool {
        self.refetches += 1;
        self.refetches <= REFETCHES_MAX && self.tries.are_left()
    }

    /// The row of an object that was read; of another version than the listed one it says which.
    fn row(&self, object: &Object, read: Read) -> ObjectRow {
        let other = match (&object.etag, read.etag) {
            (Some(listed), Some(etag)) => Some(etag).filter(|etag| is_other_etag(listed, etag)),
            (None, etag) if self.looks > 0 => etag,
            (_, None) | (None, Some(_)) => None,
        };
        let remark = other.is_some().then(|| changed(read.modified));
        let row = match read.counted {
            None => uncounted(object, nothing(&object.key), None),
            Some(counted) => counted_row(object, counted, remark),
        };
        ObjectRow { etag: other, ..row }
    }
}

impl Failure {
    fn row(self, object: &Object) -> ObjectRow {
        let (reason, message) = match self {
            Self::Fetch(FetchError::Failed { reason, message }) => (reason, message),
            Self::Fetch(FetchError::Throttled(throttled)) => (Reason::Unreachable, throttled.message),
            Self::Fetch(FetchError::Unfit(unfit)) => (Reason::Corrupt, unfit.into_message()),
            Self::Fetch(FetchError::Changed) => {
                (Reason::Changed, "it changed again each time that it was looked at".to_owned())
            }
            Self::Count(error) => (error.reason(), error.to_string()),
        };
        uncounted(object, reason, Some(message))
    }
}

/// Why there is nothing to count in an object of no bytes.
fn nothing(key: &str) -> Reason {
    if key.ends_with('/') { Reason::Marker } else { Reason::Empty }
}

fn changed(modified: Option<DateTime>) -> String {
    let time = modified.and_then(|modified| modified.fmt(DateTimeFormat::DateTime).ok());
    match time {
        Some(time) => format!("it changed after it was listed and is counted as it was at {time}"),
        None => "it changed after it was listed and is counted as it was later".to_owned(),
    }
}

fn counted_row(object: &Object, counted: Counted, remark: Option<String>) -> ObjectRow {
    let remarks: Vec<String> = remark.into_iter().chain(counted.warning).collect();
    ObjectRow {
        n: object.n,
        key: None,
        state: State::Counted,
        reason: (!remarks.is_empty()).then_some(Reason::Warning),
        detail: (!remarks.is_empty()).then(|| remarks.join("; ")),
        tally: counted.tally,
        duration_ms: 0,
        etag: None,
        piece: None,
    }
}
