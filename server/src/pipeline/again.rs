//! Objects of ended runs, instead of a listing: those that a run did not count, or those of chosen rows;
//! after them, where a run's listing was cut off, what it did not list. They come in pages like those of
//! **list**, with the ETag and the size that they have by now.
//!
//! Rows come out of a run a window at a time, and nothing is asked of the bucket before a page is asked for.

mod present;
mod rows;

use std::sync::Arc;

use futures_util::{Stream, StreamExt};
use tokio::time::{Instant, sleep};
use wire::row::{Row, State};
use wire::selection::Selection;

use self::present::Present;
use self::rows::Window;
use super::backoff::jitter;
use super::keys::Keys;
use super::list::patience::Patience;
use super::list::{List, ListError, Page};
use crate::run::Run;
use crate::store::StoreError;
pub(super) use present::LISTS_A_PAGE;

/// Runs that another one takes rows of: it, the run whose rest it was, and so on.
pub const RUNS_MAX: usize = 64;

/// The objects of a run over those of earlier ones.
#[derive(Clone, Debug)]
pub struct Rerun {
    /// The runs whose rows it takes, the latest first; of a key that several have the latest decides.
    pub of: Vec<RowsOf>,
    /// Where it lists on, where the listing of the last of them was cut off.
    pub listing: Option<ListFrom>,
}

/// A run that is over, and which of its rows are taken: these, or those that it did not count.
#[derive(Clone, Debug)]
pub struct RowsOf {
    /// The run.
    pub run: Arc<Run>,
    /// The rows.
    pub rows: Option<Selection>,
}

/// Where a listing goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListFrom {
    /// Behind this key: all keys up to it were listed.
    After(String),
    /// At its beginning: all keys that have a row are left out.
    Start,
}

/// A page that is unavailable.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The bucket did not do as asked.
    #[error(transparent)]
    List(#[from] ListError),
    /// The rows of an earlier run could not be read.
    #[error("the rows of the run {run} can't be read: {why}")]
    Rows {
        /// The earlier run.
        run: String,
        /// The store's error.
        why: StoreError,
    },
    /// There is nothing to take objects from.
    #[error("there are no objects to be had from {0}")]
    Lost(String),
}

/// An object that is worth another try: it failed, was read only in part, or was never dispatched or given up.
pub fn is_uncounted(row: &Row) -> bool {
    match row.state {
        State::Failed | State::Partial | State::Cancelled => true,
        State::Counted | State::Skipped => false,
    }
}

impl Rerun {
    /// Whether the keys of rows that are not taken are needed too, to leave them out later.
    fn needs_all_keys(&self) -> bool {
        self.of.len() > 1 || self.listing == Some(ListFrom::Start)
    }

    /// Checks that all runs are at hand whose objects a listing from the start leaves out.
    fn check_all_known(&self) -> Result<(), SourceError> {
        match self.of.last().and_then(|of| of.run.spec.parent.as_ref()) {
            None => Ok(()),
            Some(_) => Err(SourceError::Lost(
                "a listing that the store began in the order of keys, and does not go on in it: start another run"
                    .to_owned(),
            )),
        }
    }
}

/// The objects as they are by now, in the order of their keys within each window of rows.
pub fn pages(list: List, rerun: Rerun) -> impl Stream<Item = Result<Page, SourceError>> + Send {
    async_stream::try_stream! {
        // An earlier version may have counted a key twice; it is one object.
        let mut seen = Keys::default();
        let needs_all_keys = rerun.needs_all_keys();
        let mut present = Present::new(list.clone());
        let mut patience = Patience::default();
        for of in &rerun.of {
            let mut window = Window::default();
            while window.read(of, &mut seen, needs_all_keys).await? {
                present.look_for(window.take_keys(), window.rows_read());
                loop {
                    let asked = Instant::now();
                    let error = match present.next().await {
                        Ok(None) => break,
                        Ok(Some(page)) => {
                            patience.restore();
                            yield page;
                            continue;
                        }
                        Err(error) => error,
                    };
                    let wait = patience.wait(&error, asked.elapsed(), jitter()).ok_or_else(|| error.clone())?;
                    let remarks = patience.remark(&error).into_iter().collect();
                    let (lists, next) = (present.lists_max(), Some(String::new()));
                    yield Page { lists, next, failed: Some(error), remarks, ..Page::default() };
                    sleep(wait).await;
                }
            }
        }
        let mut from = rerun.listing.clone();
        while let Some(place) = from.take() {
            let (after, is_rest) = match place {
                ListFrom::After(key) => (Some(key), true),
                ListFrom::Start => (None, false),
            };
            let listed = list.clone().pages_after(after);
            tokio::pin!(listed);
            while let Some(page) = listed.next().await {
                let mut page = page?;
                if is_rest && page.unordered {
                    rerun.check_all_known()?;
                    // A smaller key may never have been listed. What has a row, or was listed just now, is left out.
                    seen.index();
                    rows::add_keys(&rerun.of, &mut seen).await?;
                    yield Page { lists: page.lists, next: Some(String::new()), ..Page::default() };
                    from = Some(ListFrom::Start);
                    break;
                }
                // Of several runs one may have come further than the one that says where the listing stopped.
                page.objects.retain(|listed| !seen.contains(&listed.key));
                match is_rest {
                    true => page.objects.iter().for_each(|listed| seen.append(&listed.key)),
                    // Keys up to there have rows in this run or in those before it: it alone says nothing of them.
                    false => page.listed_to = None,
                }
                yield page;
            }
        }
    }
}
