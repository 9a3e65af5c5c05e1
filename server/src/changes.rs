//! What changed between two runs: their ledgers, merged in the order of keys.

use std::time::Duration;

use futures_util::{Stream, StreamExt};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;
use wire::api::{Change, ChangeKind, Changes};
use wire::error::{ApiError, ErrorCode};
use wire::row::{Reason, Row};

use crate::run::{Run, Sees};
use crate::runs::Runs;
use crate::store::{Sorted, StoreError};

/// Changes that a page holds; an export has all.
const CHANGES_SHOWN: usize = 200;

/// Comparisons that go on at once: each reads two ledgers.
const COMPARED_AT_ONCE: usize = 2;
/// How long another one waits for its turn: an export lasts as long as its reader likes.
const TURN_WAIT_MAX: Duration = Duration::from_secs(10);
static TURNS: Semaphore = Semaphore::const_new(COMPARED_AT_ONCE);

/// Two ledgers to be compared, below the prefix that both runs were over.
#[derive(Debug)]
pub struct Compared {
    /// The earlier run.
    pub since: String,
    prefix: String,
    before: Sorted,
    after: Sorted,
    turn: SemaphorePermit<'static>,
}

/// An object that is in either run.
enum Pair {
    Before(Row),
    After(Row),
    Both(Row, Row),
}

/// The changes from one run to another, in the order of keys, as they are found. Unchanged objects are `None`.
pub fn changes(compared: Compared) -> impl Stream<Item = Result<Option<Change>, StoreError>> {
    let Compared { prefix, mut before, mut after, turn, .. } = compared;
    async_stream::try_stream! {
        let _turn = turn;
        let (mut old, mut new) = (next(&mut before, &prefix).await?, next(&mut after, &prefix).await?);
        loop {
            let pair = match (old.take(), new.take()) {
                (None, None) => break,
                (Some(row), None) => Pair::Before(row),
                (None, Some(row)) => Pair::After(row),
                (Some(one), Some(other)) if one.key < other.key => {
                    new = Some(other);
                    Pair::Before(one)
                }
                (Some(one), Some(other)) if one.key > other.key => {
                    old = Some(one);
                    Pair::After(other)
                }
                (Some(one), Some(other)) => Pair::Both(one, other),
            };
            if old.is_none() && !matches!(pair, Pair::After(_)) {
                old = next(&mut before, &prefix).await?;
            }
            if new.is_none() && !matches!(pair, Pair::Before(_)) {
                new = next(&mut after, &prefix).await?;
            }
            yield change(pair);
        }
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
    Some(Change {
        key,
        change: kind,
        state: after.map(|row| row.state),
        words_before: old.map(|tally| tally.words),
        words: new.map(|tally| tally.words),
        lines_before: old.map(|tally| tally.lines),
        lines: new.map(|tally| tally.lines),
        bytes_in_before: old.map(|tally| tally.bytes_in),
        bytes_in: new.map(|tally| tally.bytes_in),
    })
}

fn is_same(before: &Row, after: &Row) -> bool {
    (before.state, &before.etag, before.tally) == (after.state, &after.etag, after.tally)
}

impl Runs {
    /// The ledgers of a run and of the one that it is compared with, by key; where none is named, with the run whose
    /// counts it took, for a reader who may know which that is.
    ///
    /// # Errors
    /// Where either is unknown, not over, or not stored.
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
        let busy = |_| {
            let message = "other runs are being compared: try again in a moment";
            ApiError::new(ErrorCode::StoreUnavailable, message)
        };
        let turn = timeout(TURN_WAIT_MAX, TURNS.acquire()).await.map_err(busy)?;
        let turn = turn.expect("turns are never closed");
        Ok(Compared { since, prefix: prefix.clone(), before, after, turn })
    }

    /// How much changed, and the first changes.
    ///
    /// # Errors
    /// As [`Runs::compared`], and where the store can't be read.
    pub async fn changes(&self, id: &str, since: Option<&str>, sees: Sees) -> Result<Changes, ApiError> {
        let compared = self.compared(id, since, sees).await?;
        let mut sum = Changes { since: compared.since.clone(), ..Changes::default() };
        let changes = changes(compared);
        tokio::pin!(changes);
        while let Some(change) = changes.next().await {
            let change =
                change.map_err(|error| ApiError::new(ErrorCode::StoreUnavailable, error.to_string()))?;
            match change.as_ref().map(|change| change.change) {
                None => sum.unchanged += 1,
                Some(ChangeKind::Added) => sum.added += 1,
                Some(ChangeKind::Removed) => sum.removed += 1,
                Some(ChangeKind::Changed) => sum.changed += 1,
            }
            sum.rows.extend(change.filter(|_| sum.rows.len() < CHANGES_SHOWN));
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
