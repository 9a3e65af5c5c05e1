//! Deleting a run: its objects go, its record last, so that what was begun can be taken up again.

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
    /// Where the bucket can't be written; what is left can be deleted again.
    pub async fn erase(&self, id: &RunId) -> Result<(), StoreError> {
        let (prefix, record) = (format!("runs/{id}/"), record_key(id));
        let mut after = None;
        loop {
            let mut keys = self.keys(&prefix, after.take()).await?;
            after = keys.last().cloned();
            if after.is_none() {
                break;
            }
            keys.retain(|key| *key != record);
            let deletions = stream::iter(keys).map(|key| async move { self.delete(&key).await });
            deletions.buffer_unordered(DELETES_AT_ONCE).try_collect::<()>().await?;
        }
        self.delete(&record).await
    }
}
