//! Another try at what a run did not count, or at chosen objects of it.

use std::sync::Arc;

use wire::api::Started;
use wire::error::{ApiError, ErrorCode};
use wire::run::{Filter, RunSpec};
use wire::selection::Selection;

use super::recent::Asked;
use super::{Runs, started};
use crate::pipeline::Source;
use crate::request;
use crate::run::{Run, RunId};

impl Runs {
    /// Starts a run of what the run `id` did not count, or of these rows of it, whatever became of them; or finds the
    /// one that the idempotency key started.
    ///
    /// # Errors
    /// Where there is no such run, it goes on, it left nothing, the rows are not its own, or the bucket or the moment
    /// is wrong.
    pub async fn retry(
        &self,
        id: &str,
        rows: Option<&str>,
        idempotency_key: Option<String>,
    ) -> Result<Started, ApiError> {
        request::check_idempotency_key(idempotency_key.as_ref())?;
        let rows = rows.map(str::parse::<Selection>).transpose();
        let rows = rows.map_err(|error| ApiError::new(ErrorCode::InvalidRequest, error.to_string()))?;
        if let Ok(id) = RunId::try_from(id.to_owned())
            && let Some(known) =
                self.started_by(&Asked::retry(id, rows.clone(), idempotency_key.clone())).await?
        {
            return Ok(started(&known));
        }
        let parent = self.get(id).await?;
        let spec = spec(&parent, rows.clone())?;
        let asked = Asked::retry(parent.id.clone(), rows.clone(), idempotency_key);
        self.begin(spec, Source::Again(parent, rows), &asked).await
    }
}

/// What a run of these rows of the parent, or of its uncounted objects, is asked to do: the same, save that its
/// objects are chosen already.
///
/// # Errors
/// Where the parent goes on, left nothing, or has no such rows.
pub fn spec(parent: &Arc<Run>, rows: Option<Selection>) -> Result<RunSpec, ApiError> {
    if !parent.is_over() {
        let message = "this run goes on: wait for its end, or cancel it, before its objects are tried again";
        return Err(ApiError::new(ErrorCode::RunNotOver, message));
    }
    match &rows {
        None => check_uncounted(parent)?,
        Some(rows) => check_held(parent, rows)?,
    }
    Ok(RunSpec {
        filter: Filter::default(),
        parent: Some(parent.id.to_string()),
        rows,
        ..parent.spec.clone()
    })
}

fn check_uncounted(parent: &Run) -> Result<(), ApiError> {
    let states = parent.now().states;
    if states.failed + states.partial + states.cancelled > 0 {
        return Ok(());
    }
    let message = "every object of this run was counted or had nothing to count: there is nothing to try again; \
                   start another run to count them anew";
    Err(ApiError::new(ErrorCode::InvalidRequest, message))
}

fn check_held(parent: &Run, rows: &Selection) -> Result<(), ApiError> {
    let total = parent.rows_total();
    if rows.last() < total {
        return Ok(());
    }
    let held = match total {
        0 => "this run has no rows".to_owned(),
        total => format!("this run has the rows 0 to {}: choose among these", total - 1),
    };
    Err(ApiError::new(ErrorCode::InvalidRequest, format!("there is no row {}: {held}", rows.last())))
}
