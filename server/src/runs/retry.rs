//! Another try at what a run did not count.

use std::sync::Arc;

use wire::api::Started;
use wire::error::{ApiError, ErrorCode};
use wire::run::{Filter, RunSpec};

use super::recent::Asked;
use super::{Runs, started};
use crate::pipeline::Source;
use crate::request;
use crate::run::{Run, RunId};

impl Runs {
    /// Starts a run of what the run `id` did not count, or finds the one that the idempotency key started.
    ///
    /// # Errors
    /// Where there is no such run, it goes on, it left nothing, or the bucket or the moment is wrong.
    pub async fn retry(&self, id: &str, idempotency_key: Option<String>) -> Result<Started, ApiError> {
        request::check_idempotency_key(idempotency_key.as_ref())?;
        if let Ok(id) = RunId::try_from(id.to_owned())
            && let Some(known) = self.lock().started_by(&Asked::retry(id, idempotency_key.clone()))?
        {
            return Ok(started(&known));
        }
        let parent = self.get(id).await?;
        let spec = spec(&parent)?;
        let asked = Asked::retry(parent.id.clone(), idempotency_key);
        self.begin(spec, Source::Again(parent), &asked).await
    }
}

/// What a run of the parent's uncounted objects is asked to do: the same, save that its objects are chosen already.
///
/// # Errors
/// Where the parent goes on, or left nothing.
pub fn spec(parent: &Arc<Run>) -> Result<RunSpec, ApiError> {
    if !parent.is_over() {
        let message =
            "this run goes on: wait for its end, or cancel it, before its failed objects are tried again";
        return Err(ApiError::new(ErrorCode::RunNotOver, message));
    }
    let states = parent.now().states;
    if states.failed + states.partial + states.cancelled == 0 {
        let message = "every object of this run was counted or had nothing to count: there is nothing to try again; \
                       start another run to count them anew";
        return Err(ApiError::new(ErrorCode::InvalidRequest, message));
    }
    Ok(RunSpec { filter: Filter::default(), parent: Some(parent.id.to_string()), ..parent.spec.clone() })
}
