//! Deletes runs: a ledger from its end, so that what is left of it always is a beginning; a run's record
//! last, so that a deletion that was broken off can be taken up again.

use futures_util::{StreamExt, TryStreamExt, stream};

use super::record::record_key;
use super::{Store, StoreError};
use crate::run::RunId;

/// Objects that are deleted at once.
const DELETES_AT_ONCE: usize = 16;

impl Store {
    /// Deletes everything that is stored of a run.
    ///
    /// # Errors
    /// Where the bucket can't be written; what is left can be deleted again, and no server resumes it.
    pub async fn erase(&self, id: &RunId) -> Result<(), StoreError> {
        let start = match self.record(id).await {
            Ok((record, _)) => record.start,
            Err(StoreError::NotFound | StoreError::Damaged { .. }) => None,
            Err(error) => return Err(error),
        };
        self.note_cancel(id).await?;
        let ledger = self.all_keys(&format!("runs/{id}/ledger/")).await?;
        for keys in ledger.rchunks(DELETES_AT_ONCE) {
            self.delete_all(keys).await?;
        }
        let record = record_key(id);
        let mut others = self.all_keys(&format!("runs/{id}/")).await?;
        others.retain(|key| *key != record);
        self.delete_all(&others).await?;
        // The form is content too, and its key shall not start the run again.
        if let Some(start) = start {
            self.erase_start(&start, id).await?;
        }
        self.delete(&record).await
    }

    async fn delete_all(&self, keys: &[String]) -> Result<(), StoreError> {
        let deletions: Vec<_> = keys.iter().map(|key| self.delete(key)).collect();
        stream::iter(deletions).buffer_unordered(DELETES_AT_ONCE).try_collect().await
    }

    /// All keys below a prefix, in order.
    async fn all_keys(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let mut all: Vec<String> = Vec::new();
        loop {
            let page = self.keys(prefix, all.last().cloned()).await?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }
}
