//! Another try at what a run did not count, or at chosen objects of it.

use std::sync::Arc;

use wire::api::Started;
use wire::error::{ApiError, ErrorCode};
use wire::run::{Filter, RunSpec};
use wire::selection::Selection;

use super::recent::Asked;
use super::{Runs, started};
use crate::pipeline::Source;
use crate::pipeline::again::{ListFrom, RUNS_MAX, Rerun, RowsOf};
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
        let rerun = self.rerun(parent, rows).await?;
        self.begin(spec, Source::Again(rerun), &asked).await
    }

    /// The objects of a run over these rows of the parent, or over what the parent left: its uncounted
    /// objects, and where its listing was cut off what it did not list. Of a parent that did not look at all
    /// objects which it was to take from another run, the rest of those.
    ///
    /// # Errors
    /// Where a run that is needed is not there any more.
    pub async fn rerun(&self, parent: Arc<Run>, rows: Option<Selection>) -> Result<Rerun, ApiError> {
        let mut last = Arc::clone(&parent);
        let mut is_chosen = rows.is_some();
        let mut of = vec![RowsOf { run: parent, rows }];
        while !is_chosen && !last.now().progress.listing_done {
            let listing = match (last.listed_to(), &last.spec.parent) {
                (Some(key), _) => ListFrom::After(key),
                (None, None) => ListFrom::Start,
                (None, Some(_)) if of.len() == RUNS_MAX => return Err(too_many()),
                (None, Some(id)) => {
                    let (above, rows) = (self.get(id).await.map_err(gone)?, last.spec.rows.clone());
                    is_chosen = rows.is_some();
                    of.push(RowsOf { run: Arc::clone(&above), rows });
                    last = above;
                    continue;
                }
            };
            return Ok(Rerun { of, listing: Some(listing) });
        }
        Ok(Rerun { of, listing: None })
    }
}

/// An earlier run is needed and is not there any more.
fn gone(error: ApiError) -> ApiError {
    if error.code != ErrorCode::RunNotFound {
        return error;
    }
    let message =
        "this run was to count what an earlier one had left, and that one was deleted: start another run";
    ApiError::new(ErrorCode::RunNotFound, message)
}

fn too_many() -> ApiError {
    let message = format!("this run is the rest of {RUNS_MAX} others: start another run to count everything");
    ApiError::new(ErrorCode::InvalidRequest, message)
}

/// A run's listing was cut off.
fn lists_on(parent: &Run) -> bool {
    !parent.now().progress.listing_done
}

/// The spec of a run over these rows of the parent, or over its uncounted objects: the same, save that its
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
    // Its filter chose its objects already; what it did not list is still to be chosen.
    let filter = match rows.is_none() && lists_on(parent) {
        true => parent.spec.filter.clone(),
        false => Filter::default(),
    };
    Ok(RunSpec { filter, parent: Some(parent.id.to_string()), rows, ..parent.spec.clone() })
}

fn check_uncounted(parent: &Run) -> Result<(), ApiError> {
    let states = parent.now().states;
    if states.failed + states.partial + states.cancelled > 0 || lists_on(parent) {
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
