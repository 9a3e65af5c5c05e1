//! `GET /runs/{id}/objects/{n}`: one object of a run in detail, by its row's number.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderName;
use axum::http::header::CACHE_CONTROL;
use axum::{Extension, Json};
use wire::error::{ApiError, ErrorCode};
use wire::object::{Attempt, ObjectDetail, Span};
use wire::row::{Row, State as ObjectState};

use super::Site;
use super::error::Failure;
use crate::access::Granted;
use crate::pipeline::stream;
use crate::run::{INVOCATIONS_KEPT, Run, Sees};
use crate::store::StoreError;

type Answer = ([(HeaderName, &'static str); 1], Json<ObjectDetail>);

pub(super) async fn object(
    State(site): State<Site>,
    Path((id, n)): Path<(String, String)>,
    Extension(granted): Extension<Granted>,
) -> Result<Answer, Failure> {
    let run = site.runs.get(&id).await?;
    let rows = run.rows_total();
    let number = n.parse::<u64>().ok().filter(|number| *number < rows);
    let number = number.ok_or_else(|| {
        let message = match rows {
            0 => "no object of this run has its final state yet: look again when some are done".to_owned(),
            _ => format!("there is no object {n}: those of this run are numbered from 0 to {}", rows - 1),
        };
        ApiError::new(ErrorCode::ObjectNotFound, message)
    })?;
    let detail = detail(&run, number, granted.sees())
        .await
        .map_err(|error| ApiError::new(ErrorCode::StoreUnavailable, error.to_string()))?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(detail)))
}

async fn detail(run: &Arc<Run>, n: u64, sees: Sees) -> Result<ObjectDetail, StoreError> {
    run.load_invocations().await?;
    let row = stream::rows(run, n, 1).await?.remove(0);
    let attempts: Vec<Attempt> = run.attempts_at(n).into_iter().map(Attempt::from).collect();
    let by = attempts.last().map(|attempt| attempt.invocation);
    let note = attempts.is_empty().then(|| sees.text(run, why_none(run, &row)));
    let log = run.logs().into_iter().filter(|line| line.key.as_deref() == Some(&row.key));
    let log = log.map(|line| sees.line(run, line)).collect();
    Ok(ObjectDetail { spans: spans(&row, by), row, n, attempts, note, log })
}

/// An object is counted in one piece, from its first byte.
fn spans(row: &Row, invocation: Option<u64>) -> Vec<Span> {
    let span = Span { start: 0, end: row.tally.bytes_in, tally: row.tally, invocation };
    match row.state {
        ObjectState::Counted | ObjectState::Partial => vec![span],
        ObjectState::Failed | ObjectState::Skipped | ObjectState::Cancelled => Vec::new(),
    }
}

fn why_none(run: &Run, row: &Row) -> String {
    match row.state {
        _ if row.unchanged => match run.base() {
            Some(base) => format!("it has not changed since run {base}, whose counts these are"),
            None => "it has not changed since an earlier run, whose counts these are".to_owned(),
        },
        ObjectState::Skipped => "there was nothing to count of it".to_owned(),
        ObjectState::Cancelled => "the run stopped before it was counted".to_owned(),
        ObjectState::Counted | ObjectState::Partial | ObjectState::Failed => {
            format!("its attempts are not kept: a run keeps its last {INVOCATIONS_KEPT} invocations")
        }
    }
}
