//! Counts of an earlier run, for the objects that have not changed since: a run over an unchanged prefix lists, and
//! invokes nothing.
//!
//! An object is unchanged where its key, ETag and size are those of a row that was counted by the same rule
//! and the same version of the functions. Pages come in and go out, with the earlier rows of their objects.

use std::sync::Arc;

use futures_util::{Stream, StreamExt};
use wire::event::Level;
use wire::row::{Row, State};
use wire::rule::Grain;

use super::list::{ListError, Listed, Page};
use crate::run::Run;
use crate::store::{Scope, Sorted, Store, StoreError};

/// Adds to each listed object the counts of it from the last runs over its prefix. Where the store fails, the
/// run's log says so once, and everything is counted.
pub(super) fn known(
    run: Arc<Run>,
    pages: impl Stream<Item = Result<Page, ListError>> + Send,
) -> impl Stream<Item = Result<Page, ListError>> + Send {
    async_stream::stream! {
        let mut bases = remarked(&run, bases(&run).await).unwrap_or_default();
        tokio::pin!(pages);
        while let Some(page) = pages.next().await {
            let mut page = page;
            if !bases.is_empty() && page.as_ref().is_ok_and(|page| page.unordered) {
                let text = "the store does not list keys in their order: unchanged objects are counted again";
                run.log(Level::Warning, text.to_owned(), None);
                bases.clear();
            }
            if let Ok(page) = &mut page {
                let looked_up = look_up(&mut bases, &mut page.objects).await;
                if remarked(&run, looked_up).is_none() {
                    bases.clear();
                }
            }
            yield page;
        }
    }
}

/// The rows of the last runs over this prefix, where this run may take them. The first one that is of this very prefix
/// is named as the run's base.
async fn bases(run: &Run) -> Result<Vec<Sorted>, StoreError> {
    let spec = &run.spec;
    let mut bases = Vec::new();
    let Some(store) = &run.store else { return Ok(bases) };
    if spec.grain != Grain::PerObject || spec.recount {
        return Ok(bases);
    }
    for id in store.latest(Scope::of(spec), &spec.prefix).await? {
        match store.record(&id).await {
            Ok((record, _)) => {
                // Knowing an id is the right to see a run: one of more than this prefix is not named.
                if record.spec.prefix == spec.prefix && run.base().is_none() {
                    run.note_base(id.clone());
                }
                bases.push(Sorted::new(Store::clone(store), id, &record.segments));
            }
            // It was deleted.
            Err(StoreError::NotFound) => (),
            Err(error) => return Err(error),
        }
    }
    Ok(bases)
}

async fn look_up(bases: &mut [Sorted], objects: &mut [Listed]) -> Result<(), StoreError> {
    for listed in objects {
        for base in bases.iter_mut() {
            let row = base.find(&listed.key).await?;
            if let Some(row) = row.filter(|row| is_unchanged(row, listed)) {
                listed.known = Some(Box::new(row));
                break;
            }
        }
    }
    Ok(())
}

fn is_unchanged(row: &Row, listed: &Listed) -> bool {
    let same_size = listed.size.is_none_or(|size| size == row.tally.bytes_in);
    let same_version = row.etag.is_some() && row.etag == listed.etag && same_size;
    row.state == State::Counted && same_version
}

fn remarked<T>(run: &Run, looked_up: Result<T, StoreError>) -> Option<T> {
    match looked_up {
        Ok(found) => Some(found),
        Err(error) => {
            tracing::warn!(%error, "the counts of an earlier run are unavailable");
            let text = "the counts of an earlier run are unavailable, so that all is counted";
            run.log(Level::Warning, text, None);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::tally::Tally;

    #[track_caller]
    fn check(change: impl FnOnce(&mut Row, &mut Listed), expected: bool) {
        let tally = Tally { words: 3, lines: 1, bytes_in: 9, bytes_out: 20 };
        let etag = Some("\"e\"".to_owned());
        let mut row = Row {
            key: "k".to_owned(),
            state: State::Counted,
            reason: None,
            tally,
            duration_ms: 1,
            etag: etag.clone(),
            unchanged: false,
        };
        let mut listed = Listed { key: "k".to_owned(), etag, size: Some(9), modified: None, known: None };
        change(&mut row, &mut listed);
        assert_eq!(is_unchanged(&row, &listed), expected);
    }

    #[test]
    fn only_a_counted_row_of_the_same_version_is_taken() {
        check(|_, _| (), true);
        check(|_, listed| listed.etag = Some("\"f\"".to_owned()), false);
        check(|_, listed| listed.size = Some(10), false);
        check(|_, listed| listed.size = None, true);
        check(|row, _| row.state = State::Partial, false);
        check(|row, listed| (row.etag, listed.etag) = (None, None), false);
    }
}
