//! Runs that are started under an idempotency key: once for each key, whichever server is asked, for as long
//! as the run is stored.

use jiff::{SignedDuration, Timestamp};
use wire::api::Started;
use wire::error::{ApiError, ErrorCode};
use wire::run::RunSpec;

use super::recent::{self, Asked};
use super::{Runs, started, unavailable};
use crate::pipeline::Source;
use crate::run::RunId;
use crate::store::{Start, Store, StoreError};

/// How long a server may take from recording a start to storing its run. A start that is older and has no run
/// is one whose run was deleted, or whose server died.
const STARTING_MAX: SignedDuration = SignedDuration::from_mins(10);
/// Times that this server claims a start again after another server has claimed it.
const CLAIMS_MAX: u32 = 3;

/// A key's run, as a claim finds it.
enum Claimed {
    /// It was started before.
    Known(RunId),
    /// It is to be started, under this id.
    Ours(RunId),
}

impl Runs {
    /// Starts a run, or finds the one that the request's idempotency key started.
    pub(super) async fn begin(
        &self,
        spec: RunSpec,
        source: Source,
        asked: &Asked,
    ) -> Result<Started, ApiError> {
        if let Some(id) = self.started_by(asked).await? {
            return Ok(started(&id));
        }
        let checked = self.check_usable(&spec).await?;
        let (Some(key), Some(store)) = (&asked.key, &self.store) else {
            return self.admit(asked, RunId::random(), spec, (source, checked)).await;
        };
        let _starting = self.starting.lock().await;
        match self.claim(store, key, asked).await? {
            Claimed::Known(id) => Ok(started(&id)),
            Claimed::Ours(id) => self.admit(asked, id, spec, (source, checked)).await,
        }
    }

    /// The run that this request's key started, as this server remembers it; none that was deleted since.
    pub(super) async fn started_by(&self, asked: &Asked) -> Result<Option<RunId>, ApiError> {
        let known = self.lock().started_by(asked)?;
        let Some(id) = known else { return Ok(None) };
        if self.store.is_none() || self.found_if_any(&id).await? {
            return Ok(Some(id));
        }
        self.lock().forget(&id);
        Ok(None)
    }

    async fn claim(&self, store: &Store, key: &str, asked: &Asked) -> Result<Claimed, ApiError> {
        let ours = Start { body: asked.body.clone(), id: RunId::random() };
        for _ in 0..CLAIMS_MAX {
            let (start, version) = store.note_start(key, &ours).await.map_err(|error| unavailable(&error))?;
            if start.id == ours.id {
                return Ok(Claimed::Ours(start.id));
            }
            let is_there = self.found_if_any(&start.id).await?;
            if !is_there && start.id.began_before(Timestamp::now() - STARTING_MAX) {
                match store.replace_start(key, &ours, &version).await {
                    Ok(()) => return Ok(Claimed::Ours(ours.id)),
                    Err(StoreError::Conflict(_)) => continue,
                    Err(error) => return Err(unavailable(&error)),
                }
            }
            return match (start.body == asked.body, is_there) {
                (false, _) => Err(recent::conflict()),
                (true, true) => Ok(Claimed::Known(start.id)),
                // A key whose server died before its run began, or is about to begin it, starts it under the same id.
                (true, false) => Ok(Claimed::Ours(start.id)),
            };
        }
        let message = "other servers are starting runs under this idempotency_key: try again in a moment";
        Err(ApiError::new(ErrorCode::StoreUnavailable, message))
    }

    /// Whether there is a run of this id.
    async fn found_if_any(&self, id: &RunId) -> Result<bool, ApiError> {
        match self.found(id).await {
            Ok(_) => Ok(true),
            Err(error) if error.code == ErrorCode::RunNotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}
