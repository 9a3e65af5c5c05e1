//! The server functions: forms in, JSON out, at `/api/<name>`.
//!
//! Every argument is optional text, so that a missing or an odd one reaches the door, which answers in a sentence.

use leptos::prelude::*;
use wire::api::{Cancelled, Changes, Deleted, Estimate, Listing, RunPage, RunSummary, Started};
use wire::row::RowEvent;

use crate::error::PageError;

/// Starts a run.
#[server(prefix = "/api", endpoint = "start_run")]
pub async fn start_run(
    #[server(flatten)]
    /// The form.
    form: wire::api::StartRun,
) -> Result<Started, PageError> {
    let started = answer(door()?.start_run(filled(form), traceparent()).await)?;
    lead_a_plain_form_to(&started.page);
    Ok(started)
}

/// Stops a run; nothing happens to one that is over.
#[server(prefix = "/api", endpoint = "cancel_run")]
pub async fn cancel_run(
    #[server(default)]
    /// The run.
    id: Option<String>,
) -> Result<Cancelled, PageError> {
    answer(door()?.cancel_run(id.unwrap_or_default()).await)
}

/// Resumes an interrupted run.
#[server(prefix = "/api", endpoint = "resume_run")]
pub async fn resume_run(
    #[server(default)]
    /// The run.
    id: Option<String>,
) -> Result<Started, PageError> {
    let started = answer(door()?.resume_run(id.unwrap_or_default()).await)?;
    lead_a_plain_form_to(&started.page);
    Ok(started)
}

/// Deletes a run that is over, with everything that is stored of it.
#[server(prefix = "/api", endpoint = "delete_run")]
pub async fn delete_run(
    #[server(default)]
    /// The run.
    id: Option<String>,
) -> Result<Deleted, PageError> {
    let deleted = answer(door()?.delete_run(id.unwrap_or_default()).await)?;
    lead_a_plain_form_to("/runs");
    Ok(deleted)
}

/// Starts a run of what an ended one did not count, or of these rows of it.
#[server(prefix = "/api", endpoint = "retry_run")]
pub async fn retry_run(
    #[server(default)]
    /// The ended run.
    id: Option<String>,
    #[server(default)]
    /// Numbers of its rows, whatever became of them, such as `0-5,9,12`.
    rows: Option<String>,
    #[server(default)]
    /// The same key is the same run.
    idempotency_key: Option<String>,
) -> Result<Started, PageError> {
    let given = |text: &String| !text.is_empty();
    let (rows, key) = (rows.filter(given), idempotency_key.filter(given));
    let started = answer(door()?.retry_run(id.unwrap_or_default(), rows, key).await)?;
    lead_a_plain_form_to(&started.page);
    Ok(started)
}

/// One LIST page below a prefix.
#[server(prefix = "/api", endpoint = "browse")]
pub async fn browse(
    #[server(default)]
    /// The bucket.
    bucket: Option<String>,
    #[server(default)]
    /// Keys begin with this.
    prefix: Option<String>,
    #[server(default)]
    /// Where the page before ended.
    token: Option<String>,
) -> Result<Listing, PageError> {
    let token = token.filter(|token| !token.is_empty());
    answer(door()?.browse(bucket.unwrap_or_default(), prefix.unwrap_or_default(), token).await)
}

/// An estimate of a run of this form.
#[server(prefix = "/api", endpoint = "estimate_run")]
pub async fn estimate_run(
    #[server(flatten)]
    /// The form.
    form: wire::api::StartRun,
) -> Result<Estimate, PageError> {
    answer(door()?.estimate_run(filled(form)).await)
}

/// A page of the history, newest first.
#[server(prefix = "/api", endpoint = "list_runs")]
pub async fn list_runs(
    #[server(default)]
    /// Runs older than this one.
    before: Option<String>,
    #[server(default)]
    /// How many, at most.
    limit: Option<String>,
) -> Result<RunPage, PageError> {
    let given = |text: &String| !text.is_empty();
    answer(door()?.list_runs(before.filter(given), limit.filter(given)).await)
}

/// One run, going on or ended.
#[server(prefix = "/api", endpoint = "read_run")]
pub async fn read_run(
    #[server(default)]
    /// The run.
    id: Option<String>,
) -> Result<RunSummary, PageError> {
    answer(door()?.run(id.unwrap_or_default()).await)
}

/// The changes since another run, or since the one whose counts it took.
#[server(prefix = "/api", endpoint = "read_changes")]
pub async fn read_changes(
    #[server(default)]
    /// The run.
    id: Option<String>,
    #[server(default)]
    /// The earlier run.
    since: Option<String>,
) -> Result<Changes, PageError> {
    let since = since.filter(|since| !since.is_empty());
    answer(door()?.changes(id.unwrap_or_default(), since).await)
}

/// The first rows of a run's ledger, at most [`ROWS_SHOWN`].
#[server(prefix = "/api", endpoint = "read_rows")]
pub async fn read_rows(
    #[server(default)]
    /// The run.
    id: Option<String>,
) -> Result<Vec<RowEvent>, PageError> {
    let rows = answer(door()?.rows(id.unwrap_or_default(), 0, ROWS_SHOWN).await)?;
    Ok(rows.into_iter().map(RowEvent::from).collect())
}

/// Ledger rows that a run's scatter page holds as a table.
pub const ROWS_SHOWN: u64 = 100;

#[cfg(feature = "ssr")]
fn door() -> Result<crate::door::SharedDoor, PageError> {
    use wire::error::{ApiError, ErrorCode};

    answer(
        use_context().ok_or_else(|| ApiError::new(ErrorCode::Internal, "the page was set up without a door")),
    )
}

/// The trace that the request says it belongs to.
#[cfg(feature = "ssr")]
fn traceparent() -> Option<String> {
    let parts = use_context::<axum::http::request::Parts>()?;
    parts.headers.get("traceparent")?.to_str().ok().map(str::to_owned)
}

#[cfg(feature = "ssr")]
fn answer<T>(result: Result<T, wire::error::ApiError>) -> Result<T, PageError> {
    result.map_err(|error| {
        // A plain form's answer leads back to its page, which shows the error.
        if !is_plain_form() {
            crate::error::set_status(error.code.status());
        }
        error.into()
    })
}

/// A form's empty fields were left empty: only a prefix means something then.
#[cfg(feature = "ssr")]
fn filled(form: wire::api::StartRun) -> wire::api::StartRun {
    let given = |field: Option<String>| field.filter(|text| !text.is_empty());
    wire::api::StartRun {
        bucket: given(form.bucket),
        prefix: form.prefix,
        grain: given(form.grain),
        rule: given(form.rule),
        max_usd: given(form.max_usd),
        max_objects: given(form.max_objects),
        max_bytes: given(form.max_bytes),
        max_seconds: given(form.max_seconds),
        suffix: given(form.suffix),
        glob: given(form.glob),
        min_size: given(form.min_size),
        max_size: given(form.max_size),
        modified_since: given(form.modified_since),
        stop_unwatched: given(form.stop_unwatched),
        recount: given(form.recount),
        idempotency_key: given(form.idempotency_key),
    }
}

/// Without JavaScript the form is an ordinary one, and its answer a page.
#[cfg(feature = "ssr")]
fn lead_a_plain_form_to(page: &str) {
    if is_plain_form() {
        leptos_axum::redirect(page);
    }
}

#[cfg(feature = "ssr")]
fn is_plain_form() -> bool {
    use axum::http::{Method, header::ACCEPT, request::Parts};

    use_context::<Parts>().is_some_and(|parts| {
        let accepted = parts.headers.get(ACCEPT).and_then(|accepted| accepted.to_str().ok());
        parts.method == Method::POST && accepted.is_some_and(|accepted| accepted.contains("text/html"))
    })
}
