//! Objects of an ended run, in place of a listing: those that it did not count, or those of chosen rows. They come in
//! pages like those of **list**, of keys whose present ETag and size are looked up one by one.
//!
//! A role that may list a bucket and not read it can look a key up: it is the first one of the keys that begin with
//! it. Rows come out of the parent a segment at a time, and no look-up begins before a page is asked for.

use std::ops::Range;
use std::sync::Arc;

use aws_sdk_s3::Client;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use tokio::time::{Instant, sleep};
use wire::row::{Row, State};
use wire::selection::Selection;

use super::backoff::jitter;
use super::keys::Keys;
use super::list::patience::Patience;
use super::list::{List, ListError, Listed, PAGE_TRIES, Page};
use super::stream::rows;
use crate::run::Run;
use crate::store::{SEGMENT_ROWS, StoreError};

/// Keys that are looked up at once, and on one page.
const LOOKUPS_AT_ONCE: usize = 32;
/// LISTs that one page takes at most.
pub(super) const LISTS_A_PAGE: u64 = LOOKUPS_AT_ONCE as u64 * PAGE_TRIES as u64;

/// A page that could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The bucket did not do as asked.
    #[error(transparent)]
    List(#[from] ListError),
    /// The parent's rows could not be read.
    #[error("the rows of the run {run} can't be read: {why}")]
    Rows {
        /// The parent.
        run: String,
        /// What the store says.
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

/// Objects of the parent as they are by now, in the order in which they were settled: those of these rows, or what
/// the parent did not count.
pub fn pages(
    s3: Client,
    parent: Arc<Run>,
    chosen: Option<Selection>,
) -> impl Stream<Item = Result<Page, SourceError>> + Send {
    async_stream::try_stream! {
        // An earlier version may have counted a key twice; it is one object.
        let mut looked_up = Keys::default();
        let (mut first, mut patience) = (0, Patience::default());
        while let Some(extent) = next_extent(first, parent.rows_total(), chosen.as_ref()) {
            let segment = rows(&parent, extent.start, extent.end - extent.start).await;
            let segment = segment.map_err(|why| SourceError::Rows { run: parent.id.to_string(), why })?;
            first = extent.end;
            let numbered = (extent.start..).zip(segment);
            let wanted = numbered.filter(|(number, row)| match &chosen {
                Some(chosen) => chosen.contains(*number),
                None => is_uncounted(row),
            });
            let keys = wanted.map(|(_, row)| row.key).filter(|key| looked_up.insert(key));
            let keys: Vec<_> = keys.collect();
            for keys in keys.chunks(LOOKUPS_AT_ONCE) {
                loop {
                    let asked = Instant::now();
                    let error = match page(&s3, parent.spec.bucket.as_str(), keys.to_vec()).await {
                        Ok(page) => {
                            patience.restore();
                            yield page;
                            break;
                        }
                        Err(error) => error,
                    };
                    let wait = patience.wait(&error, asked.elapsed(), jitter()).ok_or_else(|| error.clone())?;
                    let remarks = patience.remark(&error).into_iter().collect();
                    let (lists, next) = (LISTS_A_PAGE, Some(String::new()));
                    yield Page { lists, next, failed: Some(error), remarks, ..Page::default() };
                    sleep(wait).await;
                }
            }
        }
    }
}

/// The rows that are read next, no more than a segment has: from `first` on, or from the next chosen one.
fn next_extent(first: u64, total: u64, chosen: Option<&Selection>) -> Option<Range<u64>> {
    let first = chosen.map_or(Some(first), |chosen| chosen.next_from(first))?;
    let last = chosen.map_or(u64::MAX, Selection::last);
    let end = total.min(first.saturating_add(SEGMENT_ROWS)).min(last.saturating_add(1));
    (first < end).then_some(first..end)
}

/// What became of these keys. Whether another page follows only the next rows tell: it says that one does.
async fn page(s3: &Client, bucket: &str, keys: Vec<String>) -> Result<Page, ListError> {
    let mut page = Page { next: keys.last().cloned(), ..Page::default() };
    let list = |key| List { s3: s3.clone(), bucket: bucket.to_owned(), prefix: key };
    let lookups: Vec<_> = keys.into_iter().map(|key| look_up(list(key))).collect();
    let found: Vec<_> = stream::iter(lookups).buffered(LOOKUPS_AT_ONCE).try_collect().await?;
    for (lists, found) in found {
        page.lists += lists;
        match found {
            Ok(listed) => page.objects.push(listed),
            Err(key) => page.gone.push(key),
        }
    }
    Ok(page)
}

/// LISTs that it took, and the key that is this list's prefix as it is listed at present; the key alone where it is
/// gone.
async fn look_up(list: List) -> Result<(u64, Result<Listed, String>), ListError> {
    let page = list.page(None, None, 1).await?;
    let is_last = page.next.is_none();
    let found = match page.objects.into_iter().next() {
        Some(listed) if listed.key == list.prefix => Ok(listed),
        None if is_last => Err(list.prefix),
        // A store that lists in another order may have the key behind this one: reading it tells.
        Some(_) | None => {
            Ok(Listed { key: list.prefix, etag: None, size: None, modified: None, known: None })
        }
    };
    Ok((page.lists, found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(first: u64, total: u64, chosen: &str, expected: Option<(u64, u64)>) {
        let chosen = (!chosen.is_empty()).then(|| chosen.parse().unwrap());
        let extent = next_extent(first, total, chosen.as_ref());
        assert_eq!(extent.map(|extent| (extent.start, extent.end)), expected);
    }

    #[test]
    fn rows_are_read_a_segment_at_a_time_and_only_where_some_are_wanted() {
        check(0, 0, "", None);
        check(0, 2_500, "", Some((0, 1_000)));
        check(2_000, 2_500, "", Some((2_000, 2_500)));
        check(0, 1_000_000, "7", Some((7, 8)));
        check(8, 1_000_000, "7", None);
        check(8, 1_000_000, "7,500000-700000", Some((500_000, 501_000)));
        check(0, 10, "4-18446744073709551615", Some((4, 10)));
        check(10, 10, "4-18446744073709551615", None);
    }
}
