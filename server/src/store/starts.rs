//! `starts/{digest}.json`: which run an idempotency key started, for every server on the bucket and for as
//! long as the run is stored.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wire::api::StartRun;
use wire::selection::Selection;

use super::{Guard, Store, StoreError, Version};
use crate::run::RunId;

/// A request that was sent with an idempotency key, and the run that it started.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Start {
    /// The body of the request.
    pub body: Body,
    /// The run.
    pub id: RunId,
}

/// The body of a request that starts a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// A run of this form.
    Start(Box<StartRun>),
    /// A run of what this one did not count.
    Retry(RunId),
    /// A run of these rows of another.
    Selected(RunId, Selection),
}

/// Times that this server records a start again after another server has erased it.
const NOTED_MAX: u32 = 3;

impl Store {
    /// Records that this request starts this run; where its key has started one before, returns that one. The
    /// version is that of the stored start.
    ///
    /// # Errors
    /// Where the bucket can't be used.
    pub async fn note_start(&self, key: &str, start: &Start) -> Result<(Start, Version), StoreError> {
        let object = start_key(&start_name(key));
        for _ in 0..NOTED_MAX {
            match self.put_json(&object, start, Guard::Absent).await {
                Ok(version) => return Ok((start.clone(), version)),
                Err(StoreError::Conflict(_)) => match self.get_json(&object).await {
                    Err(StoreError::NotFound) => (),
                    found => return found,
                },
                // It was there, and its run was deleted meanwhile.
                Err(StoreError::NotFound) => (),
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict(object))
    }

    /// Replaces the start that is stored under this request's key, so that it names this run.
    ///
    /// # Errors
    /// A conflict where another server has done so meanwhile; else where the bucket can't be used.
    pub async fn replace_start(&self, key: &str, start: &Start, seen: &Version) -> Result<(), StoreError> {
        self.put_json(&start_key(&start_name(key)), start, Guard::Is(seen)).await.map(drop)
    }

    /// Erases the start that is stored under this name, if it is of this run.
    pub(super) async fn erase_start(&self, name: &str, id: &RunId) -> Result<(), StoreError> {
        let object = start_key(name);
        match self.get_json::<Start>(&object).await {
            Ok((start, _)) if start.id == *id => self.delete(&object).await,
            // The key has started another run since.
            Ok(_) | Err(StoreError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// The name of a key's start in the store. A key is a visitor's text of any length and any characters; its
/// digest is neither.
pub fn start_name(key: &str) -> String {
    hex(&Sha256::digest(key))
}

fn start_key(name: &str) -> String {
    format!("starts/{name}.json")
}

/// Bytes as hex digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
