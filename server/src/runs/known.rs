//! The ids that the store has, as listed some seconds ago: an id that is not among them costs no further
//! request, however many clients ask for it.
//!
//! A listing covers the ids between two of its own. A run that it does not name was not there then; a run
//! that another server has started since bears a later time in its id, and is asked for.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::{Bound, RangeBounds};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;
use wire::error::{ApiError, ErrorCode};

use super::{Runs, unavailable, unknown};
use crate::run::{Run, RunId};
use crate::store::{IdPage, Store, StoreError};

/// How long a listing is good.
const LISTING_KEPT: Duration = Duration::from_secs(5);
/// Ids of one listing.
const LISTED_MAX: u16 = 1_000;
/// Listings that are cached, each of another stretch of ids.
const LISTINGS_MAX: usize = 16;
/// Time between two listings on behalf of unknown ids.
const LISTING_EVERY: Duration = Duration::from_millis(100);
/// How long a client that asks for an unknown id waits for others' listings at most.
const LISTING_WAIT_MAX: Duration = Duration::from_secs(5);
/// The most that the clocks of two servers differ by, together with the time from an id to its record.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(10);

/// The last listings.
#[derive(Debug, Default)]
pub(super) struct Known {
    listings: VecDeque<Listing>,
    /// Runs that this server has started since the oldest of these listings.
    started: BTreeMap<RunId, Instant>,
}

/// The ids from one on, up to the last that is named, or to the end.
#[derive(Debug)]
struct Listing {
    from: RunId,
    /// None where it goes to the end.
    to: Option<RunId>,
    ids: BTreeSet<RunId>,
    at: Instant,
    listed_at: Timestamp,
}

impl Known {
    /// Whether there is a run of this id, which was asked for at this time; `None` where no listing says.
    fn has(&self, id: &RunId, alone: bool, asked_at: Instant) -> Option<bool> {
        if self.started.contains_key(id) {
            return Some(true);
        }
        let listing = self.listings.iter().rev().find(|listing| listing.is_kept() && listing.spans(id))?;
        if listing.ids.contains(id) {
            return Some(true);
        }
        // Another server may have given an id of these very seconds after the listing, and before it was asked for.
        let is_old = alone || id.began_before(listing.listed_at - CLOCKS_DIFFER);
        (is_old || listing.at >= asked_at).then_some(false)
    }

    /// The first id of the next listing, so that it covers this one.
    fn next_from(&self, id: &RunId) -> RunId {
        let first = RunId::first();
        let ends_before =
            |listing: &Listing| listing.from == first && listing.is_kept() && !listing.spans(id);
        match self.listings.iter().any(ends_before) {
            true => id.clone(),
            false => first,
        }
    }

    fn add(&mut self, from: RunId, page: IdPage, (at, listed_at): (Instant, Timestamp)) {
        let IdPage { ids, is_last } = page;
        let to = ids.last().filter(|_| !is_last).cloned();
        self.listings.retain(|listing| listing.is_kept() && listing.from != from);
        while self.listings.len() >= LISTINGS_MAX {
            self.listings.pop_front();
        }
        self.listings.push_back(Listing { from, to, ids: ids.into_iter().collect(), at, listed_at });
    }

    /// This server has started a run, which listings may not name.
    fn note_started(&mut self, id: &RunId) {
        // A listing that is good was asked for at most so long ago.
        self.started.retain(|_, at| at.elapsed() < LISTING_KEPT + LISTING_WAIT_MAX);
        self.started.insert(id.clone(), Instant::now());
    }

    /// This server has deleted a run.
    fn note_deleted(&mut self, id: &RunId) {
        self.started.remove(id);
        for listing in &mut self.listings {
            listing.ids.remove(id);
        }
    }

    /// When the last listing was made.
    fn last_at(&self) -> Option<Instant> {
        self.listings.back().map(|listing| listing.at)
    }
}

impl Listing {
    fn is_kept(&self) -> bool {
        self.at.elapsed() < LISTING_KEPT
    }

    fn spans(&self, id: &RunId) -> bool {
        let to = self.to.as_ref().map_or(Bound::Unbounded, Bound::Included);
        (Bound::Included(&self.from), to).contains(id)
    }
}

impl Runs {
    /// A run, from memory or from the store.
    ///
    /// # Errors
    /// Where there is no such run, or the store can't be read.
    pub async fn get(&self, id: &str) -> Result<Arc<Run>, ApiError> {
        let id = RunId::try_from(id.to_owned()).map_err(|_| unknown())?;
        if let Some(run) = self.lock().get(&id) {
            return Ok(run);
        }
        let Some(store) = &self.store else { return Err(unknown()) };
        self.check_known(store, &id).await?;
        self.found(&id).await
    }

    /// A run of this very moment, which the store is asked for by itself where memory does not have it.
    pub(super) async fn found(&self, id: &RunId) -> Result<Arc<Run>, ApiError> {
        if let Some(run) = self.lock().get(id) {
            return Ok(run);
        }
        let Some(store) = &self.store else { return Err(unknown()) };
        match store.record(id).await {
            Ok((record, _)) if record.end.state.is_over() => {
                Ok(self.lock().remember(Run::ended(record, store.clone())))
            }
            Ok((record, _)) => Ok(self.follow(&record, store).await),
            Err(StoreError::NotFound) => Err(unknown()),
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// Records that this server has started a run: its listings of the store are older.
    pub(super) fn note_started(&self, id: &RunId) {
        self.known().note_started(id);
        self.history.forget();
    }

    /// Forgets a run that this server has deleted.
    pub(super) fn forget_deleted(&self, id: &RunId) {
        self.lock().forget(id);
        self.known().note_deleted(id);
        self.history.forget();
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses an id that the store has no run of, as far as listings say so.
    async fn check_known(&self, store: &Store, id: &RunId) -> Result<(), ApiError> {
        if !id.is_plausible(Timestamp::now()) {
            return Err(unknown());
        }
        let asked_at = Instant::now();
        let known = self.known().has(id, self.alone, asked_at);
        let is_there = match known {
            Some(is_there) => is_there,
            None => {
                let busy = |_| {
                    let message = "other runs are being looked for: try again in a moment";
                    ApiError::new(ErrorCode::StoreUnavailable, message)
                };
                tokio::time::timeout(LISTING_WAIT_MAX, self.list_around(store, id, asked_at))
                    .await
                    .map_err(busy)??
            }
        };
        if is_there { Ok(()) } else { Err(unknown()) }
    }

    /// Lists until an id is covered; one request lists for all that wait.
    async fn list_around(&self, store: &Store, id: &RunId, asked_at: Instant) -> Result<bool, ApiError> {
        let _listing = self.listing.lock().await;
        loop {
            let (is_there, from, last) = {
                let known = self.known();
                (known.has(id, self.alone, asked_at), known.next_from(id), known.last_at())
            };
            if let Some(is_there) = is_there {
                return Ok(is_there);
            }
            if let Some(last) = last {
                tokio::time::sleep_until(last + LISTING_EVERY).await;
            }
            let listed_at = (Instant::now(), Timestamp::now());
            let page = store.ids_from(&from, LISTED_MAX).await.map_err(|error| unavailable(&error))?;
            if page.ids.is_empty() && !page.is_last {
                // It names nothing and covers nothing: the store is asked for the run itself.
                return Ok(true);
            }
            self.known().add(from, page, listed_at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(seconds_ago: i64) -> RunId {
        RunId::random_at(Timestamp::now() - SignedDuration::from_secs(seconds_ago))
    }

    /// A listing from the first id on.
    fn listed(ids: &[&RunId]) -> Known {
        let mut known = Known::default();
        let mut ids: Vec<RunId> = ids.iter().copied().cloned().collect();
        ids.sort();
        known.add(RunId::first(), IdPage { ids, is_last: true }, (Instant::now(), Timestamp::now()));
        known
    }

    fn has(known: &Known, id: &RunId, alone: bool) -> Option<bool> {
        known.has(id, alone, Instant::now())
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_listing_does_not_name_is_not_there_for_some_seconds() {
        let (there, other, young, asked_at) = (id(100), id(50), id(1), Instant::now());
        let known = listed(&[&there]);
        assert_eq!((has(&known, &there, false), has(&known, &other, false)), (Some(true), Some(false)));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(known.has(&young, false, asked_at), Some(false), "it was listed after it was asked for");
        assert_eq!((has(&known, &young, false), has(&known, &young, true)), (None, Some(false)));
        assert_eq!(has(&known, &other, false), Some(false));
        tokio::time::advance(LISTING_KEPT).await;
        assert_eq!((has(&known, &there, false), has(&known, &other, true)), (None, None));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_started_here_is_there_and_what_is_deleted_is_not() {
        let (there, started) = (id(100), id(0));
        let mut known = listed(&[&there]);
        known.note_started(&started);
        assert_eq!(has(&known, &started, true), Some(true));
        known.note_deleted(&there);
        assert_eq!(has(&known, &there, true), Some(false));
    }

    #[tokio::test(start_paused = true)]
    async fn a_listing_that_is_cut_off_says_nothing_of_what_is_behind_it() {
        let mut ids: Vec<RunId> = (0..3).map(|n| id(1_000 + n)).collect();
        ids.sort();
        let mut known = Known::default();
        known.add(RunId::first(), IdPage { ids, is_last: false }, (Instant::now(), Timestamp::now()));
        let (within, beyond) = (id(900), id(1_000_000));
        assert_eq!((has(&known, &within, false), has(&known, &beyond, false)), (Some(false), None));
        assert_eq!((known.next_from(&beyond), known.next_from(&within)), (beyond.clone(), RunId::first()));
    }
}
