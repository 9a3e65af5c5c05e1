//! The uncounted objects of an ended run, in place of a listing: pages like those of **list**, of keys whose present
//! ETag and size are looked up one by one.
//!
//! A role that may list a bucket and not read it can look a key up: it is the first one of the keys that begin with
//! it. Rows come out of the parent a segment at a time, and no look-up begins before a page is asked for.

use std::sync::Arc;

use aws_sdk_s3::Client;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use wire::row::{Row, State};

use super::list::{List, ListError, Listed, Page};
use super::stream::rows;
use crate::run::Run;
use crate::store::{SEGMENT_ROWS, StoreError};

/// Keys that are looked up at once, and on one page.
const LOOKUPS_AT_ONCE: usize = 32;
/// LISTs that one page takes at most.
pub(super) const LISTS_A_PAGE: u64 = LOOKUPS_AT_ONCE as u64;

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

/// The parent's uncounted objects as they are by now, in the order in which they were settled.
pub fn pages(s3: Client, parent: Arc<Run>) -> impl Stream<Item = Result<Page, SourceError>> + Send {
    async_stream::try_stream! {
        let total = parent.rows_total();
        let mut first = 0;
        while first < total {
            let count = SEGMENT_ROWS.min(total - first);
            let segment = rows(&parent, first, count).await;
            let segment = segment.map_err(|why| SourceError::Rows { run: parent.id.to_string(), why })?;
            first += count;
            let keys: Vec<_> = segment.into_iter().filter(is_uncounted).map(|row| row.key).collect();
            for keys in keys.chunks(LOOKUPS_AT_ONCE) {
                yield page(&s3, parent.spec.bucket.as_str(), keys.to_vec()).await?;
            }
        }
    }
}

/// What became of these keys. Whether another page follows only the next rows tell: it says that one does.
async fn page(s3: &Client, bucket: &str, keys: Vec<String>) -> Result<Page, ListError> {
    let mut page = Page { lists: keys.len() as u64, next: keys.last().cloned(), ..Page::default() };
    let list = |key| List { s3: s3.clone(), bucket: bucket.to_owned(), prefix: key };
    let lookups: Vec<_> = keys.into_iter().map(|key| look_up(list(key))).collect();
    let found: Vec<_> = stream::iter(lookups).buffered(LOOKUPS_AT_ONCE).try_collect().await?;
    for found in found {
        match found {
            Ok(listed) => page.objects.push(listed),
            Err(key) => page.gone.push(key),
        }
    }
    Ok(page)
}

/// The key that is this list's prefix, as it is listed at present; the key alone where it is gone.
async fn look_up(list: List) -> Result<Result<Listed, String>, ListError> {
    let page = list.page(None, None, 1).await?;
    let listed = page.objects.into_iter().next().filter(|listed| listed.key == list.prefix);
    Ok(listed.ok_or(list.prefix))
}
