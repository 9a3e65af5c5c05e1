//! `runs/{id}/invocations.json`: the last invocations of a run that is over, for later viewers.

use wire::invocation::Invocations;

use super::{Guard, Store, StoreError};
use crate::run::RunId;

impl Store {
    /// Writes a run's invocations, once it is over.
    ///
    /// # Errors
    /// Where the bucket can't be written.
    pub async fn put_invocations(&self, id: &RunId, told: &Invocations) -> Result<(), StoreError> {
        self.put_json(&key(id), told, Guard::Any).await.map(drop)
    }

    /// Reads a run's invocations.
    ///
    /// # Errors
    /// Where there are none, or they can't be read.
    pub async fn invocations(&self, id: &RunId) -> Result<Invocations, StoreError> {
        self.get_json(&key(id)).await.map(|(told, _)| told)
    }
}

fn key(id: &RunId) -> String {
    format!("runs/{id}/invocations.json")
}
