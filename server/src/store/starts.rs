//! `starts/{digest}.json`: which run an idempotency key started, for every server on the bucket and for ever.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wire::api::StartRun;
use wire::selection::Selection;

use super::{Guard, Store, StoreError};
use crate::run::RunId;

/// A request that was sent with an idempotency key, and the run that it started.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Start {
    /// What it asked for.
    pub body: Body,
    /// The run.
    pub id: RunId,
}

/// What a request asks for.
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

impl Store {
    /// Notes that this request starts this run; where its key has started one before, that one.
    ///
    /// # Errors
    /// Where the bucket can't be used.
    pub async fn note_start(&self, key: &str, start: &Start) -> Result<Start, StoreError> {
        let object = start_key(key);
        match self.put_json(&object, start, Guard::Absent).await {
            Ok(_) => Ok(start.clone()),
            Err(StoreError::Conflict(_)) => Ok(self.get_json(&object).await?.0),
            Err(error) => Err(error),
        }
    }
}

/// A key is a visitor's text of any length and any characters; its digest is neither.
fn start_key(key: &str) -> String {
    format!("starts/{}.json", hex(&Sha256::digest(key)))
}

/// Bytes as hex digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
