//! The changes between two runs: their ledgers, merged in the order of keys.
//!
//! A comparison works in portions. It has one of the few permits while it works on one, and none while its reader takes
//! what was found: a reader that takes nothing keeps nobody from comparing.

use std::sync::Arc;

use futures_util::{Stream, TryStreamExt};
use tokio::sync::Semaphore;
use tokio_util::task::AbortOnDropHandle;
use wire::api::{Change, ChangeKind, Changes};
use wire::error::{ApiError, ErrorCode};
use wire::row::{Reason, Row, has_counts};
use wire::tally::Tally;

use crate::run::{Run, Sees};
use crate::runs::Runs;
use crate::seats::{Seat, Seats};
use crate::store::{Sorted, StoreError};

/// Changes that a page holds; an export has all.
const CHANGES_SHOWN: usize = 200;

/// Comparisons that work at once: each reads two ledgers.
const COMPARED_AT_ONCE: usize = 2;
/// Comparisons that are open at once, those included whose readers take their time.
const OPEN_MAX: usize = 16;
/// Comparisons of one run that are open at once.
const OPEN_OF_RUN_MAX: usize = 4;
/// Objects that a comparison looks at before it lets others work.
const PORTION_OBJECTS: usize = 10_000;
/// Comparisons that runners may have open beyond these.
const RESERVED: usize = 4;
/// Changes that a portion holds.
const PORTION_CHANGES: usize = 1_000;

/// The comparisons of a server.
#[derive(Debug)]
pub struct Comparisons {
    open: Arc<Seats>,
    working: Arc<Semaphore>,
}

impl Default for Comparisons {
    fn default() -> Self {
        let working = Arc::new(Semaphore::new(COMPARED_AT_ONCE));
        Self { open: Seats::new(OPEN_MAX, OPEN_OF_RUN_MAX), working }
    }
}

/// Two ledgers to be compared, below the prefix that both runs were over.
#[derive(Debug)]
pub struct Compared {
    /// The earlier run.
    pub since: String,
    merged: Merged,
    working: Arc<Semaphore>,
    _open: Seat,
}

/// A part of what changed.
#[derive(Clone, Debug, Default)]
pub struct Portion {
    /// The changes, in the order of keys.
    pub changes: Vec<Change>,
    /// Objects beside them that are as they were.
    pub unchanged: u64,
}

impl Portion {
    fn is_full(&self) -> bool {
        let looked_at = u64::try_from(self.changes.len()).unwrap_or(u64::MAX) + self.unchanged;
        self.changes.len() >= PORTION_CHANGES || looked_at >= PORTION_OBJECTS as u64
    }
}

/// An object that is in either run.
enum Pair {
    Before(Row),
    After(Row),
    Both(Row, Row),
}

/// The changes from one run to another, in the order of keys, as they are found.
pub fn portions(compared: Compared) -> impl Stream<Item = Result<Portion, StoreError>> {
    async_stream::try_stream! {
        let Compared { mut merged, working, _open, .. } = compared;
        loop {
            // A reader that takes nothing stops this stream anywhere, and a permit must not wait for it.
            let work = AbortOnDropHandle::new(tokio::spawn(worked(merged, Arc::clone(&working))));
            let (rest, portion) = work.await.expect("comparing does not panic and is not aborted");
            merged = rest;
            let portion = portion?;
            let is_last = !portion.is_full();
            yield portion;
            if is_last {
                break;
            }
        }
    }
}

/// The next portion, when there is a permit to work on it.
async fn worked(mut merged: Merged, working: Arc<Semaphore>) -> (Merged, Result<Portion, StoreError>) {
    let _permit = working.acquire_owned().await.expect("permits are never closed");
    let portion = merged.portion().await;
    (merged, portion)
}

/// Two ledgers on their way past each other.
#[derive(Debug)]
struct Merged {
    prefix: String,
    before: Sorted,
    after: Sorted,
    /// Rows that were read and not compared.
    old: Option<Row>,
    new: Option<Row>,
}

impl Merged {
    async fn portion(&mut self) -> Result<Portion, StoreError> {
        let mut portion = Portion::default();
        while !portion.is_full() {
            match self.next_pair().await?.map(change) {
                None => break,
                Some(None) => portion.unchanged += 1,
                Some(Some(change)) => portion.changes.push(change),
            }
        }
        Ok(portion)
    }

    async fn next_pair(&mut self) -> Result<Option<Pair>, StoreError> {
        if self.old.is_none() {
            self.old = next(&mut self.before, &self.prefix).await?;
        }
        if self.new.is_none() {
            self.new = next(&mut self.after, &self.prefix).await?;
        }
        Ok(match (self.old.take(), self.new.take()) {
            (None, None) => None,
            (Some(row), None) => Some(Pair::Before(row)),
            (None, Some(row)) => Some(Pair::After(row)),
            (Some(one), Some(other)) if one.key < other.key => {
                self.new = Some(other);
                Some(Pair::Before(one))
            }
            (Some(one), Some(other)) if one.key > other.key => {
                self.old = Some(one);
                Some(Pair::After(other))
            }
            (Some(one), Some(other)) => Some(Pair::Both(one, other)),
        })
    }
}

/// The next row that both runs could have.
async fn next(rows: &mut Sorted, prefix: &str) -> Result<Option<Row>, StoreError> {
    while let Some(row) = rows.next().await? {
        if row.key.starts_with(prefix) && row.reason != Some(Reason::Filtered) {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

fn change(pair: Pair) -> Option<Change> {
    let (kind, before, after) = match pair {
        Pair::Before(row) => (ChangeKind::Removed, Some(row), None),
        Pair::After(row) => (ChangeKind::Added, None, Some(row)),
        Pair::Both(before, after) if is_same(&before, &after) => return None,
        Pair::Both(before, after) => (ChangeKind::Changed, Some(before), Some(after)),
    };
    let key = after.as_ref().or(before.as_ref()).map(|row| row.key.clone()).unwrap_or_default();
    let (old, new) = (before.as_ref().map(|row| row.tally), after.as_ref().map(|row| row.tally));
    let (counted_before, counted) = (before.as_ref().and_then(counts), after.as_ref().and_then(counts));
    Some(Change {
        key,
        change: kind,
        state: after.map(|row| row.state),
        words_before: counted_before.map(|tally| tally.words),
        words: counted.map(|tally| tally.words),
        lines_before: counted_before.map(|tally| tally.lines),
        lines: counted.map(|tally| tally.lines),
        bytes_in_before: old.map(|tally| tally.bytes_in),
        bytes_in: new.map(|tally| tally.bytes_in),
    })
}

fn is_same(before: &Row, after: &Row) -> bool {
    (before.state, &before.etag, counts(before)) == (after.state, &after.etag, counts(after))
}

fn counts(row: &Row) -> Option<Tally> {
    has_counts(row.state, row.reason).then_some(row.tally)
}

impl Runs {
    /// The ledgers of a run and of the one that it is compared with, by key; where none is named, with the run whose
    /// counts it took, for a reader who may know which that is.
    ///
    /// # Errors
    /// Where either is unknown, not over, or not stored, and where as many comparisons are open as may be.
    pub async fn compared(&self, id: &str, since: Option<&str>, sees: Sees) -> Result<Compared, ApiError> {
        let run = self.get(id).await?;
        let base = run.base().filter(|_| sees == Sees::All).map(String::from);
        let since = since.map(str::to_owned).or(base).ok_or_else(|| {
            let message = "name the run to compare with: since=ID";
            ApiError::new(ErrorCode::InvalidRequest, message)
        })?;
        let earlier = self.get(&since).await?;
        let (one, other) = (&earlier.spec, &run.spec);
        if (&one.bucket, one.rule) != (&other.bucket, other.rule) {
            let message =
                "the two runs counted another bucket, or by another rule: compare runs that did the same";
            return Err(ApiError::new(ErrorCode::InvalidRequest, message));
        }
        let prefix = if one.prefix.len() > other.prefix.len() { &one.prefix } else { &other.prefix };
        let (before, after) = (sorted(&earlier)?, sorted(&run)?);
        let beyond = if sees == Sees::All { RESERVED } else { 0 };
        let open = self.comparisons.open.take(&run.id, beyond).ok_or_else(|| {
            ApiError::new(ErrorCode::Busy, "other runs are being compared: try again in a moment")
        })?;
        let merged = Merged { prefix: prefix.clone(), before, after, old: None, new: None };
        Ok(Compared { since, merged, working: Arc::clone(&self.comparisons.working), _open: open })
    }

    /// How much changed, and the first changes.
    ///
    /// # Errors
    /// As [`Runs::compared`], and where the store can't be read.
    pub async fn changes(&self, id: &str, since: Option<&str>, sees: Sees) -> Result<Changes, ApiError> {
        let compared = self.compared(id, since, sees).await?;
        let mut sum = Changes { since: compared.since.clone(), ..Changes::default() };
        let mut portions = std::pin::pin!(portions(compared));
        let unreadable = |error: StoreError| ApiError::new(ErrorCode::StoreUnavailable, error.to_string());
        while let Some(portion) = portions.try_next().await.map_err(unreadable)? {
            sum.unchanged += portion.unchanged;
            for change in portion.changes {
                match change.change {
                    ChangeKind::Added => sum.added += 1,
                    ChangeKind::Removed => sum.removed += 1,
                    ChangeKind::Changed => sum.changed += 1,
                }
                sum.rows.extend(Some(change).filter(|_| sum.rows.len() < CHANGES_SHOWN));
            }
        }
        Ok(sum)
    }
}

fn sorted(run: &Run) -> Result<Sorted, ApiError> {
    if !(run.is_over() && run.is_kept()) {
        let message = format!("the run {} goes on: what changed is known when it is over", run.id);
        return Err(ApiError::new(ErrorCode::RunNotOver, message));
    }
    let store = run.store.clone().ok_or_else(|| {
        ApiError::new(ErrorCode::StoreUnavailable, "runs are not stored here, so that they can't be compared")
    })?;
    Ok(Sorted::new(store, run.id.clone(), &run.segments()))
}
