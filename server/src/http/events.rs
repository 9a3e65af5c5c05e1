//! `GET /runs/{id}/events`: a run as server-sent events.

use std::convert::Infallible;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde::Deserialize;
use wire::error::{ApiError, ErrorCode};
use wire::rule::Grain;

use super::Site;
use super::error::Failure;
use crate::access::Granted;
use crate::pipeline::stream::{From, shown};
use crate::run::Wanted;

/// A browser waits 2 s before it comes back.
const RETRY: &[u8] = b"retry: 2000\n\n";

#[derive(Deserialize)]
pub(super) struct Asked {
    grain: Option<String>,
    invocations: Option<String>,
}

pub(super) async fn events(
    State(site): State<Site>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    Extension(granted): Extension<Granted>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let run = site.runs.get(&id).await?;
    let grain = match asked.grain.as_deref().filter(|grain| !grain.is_empty()) {
        None => run.spec.grain,
        Some(name) => name
            .parse::<Grain>()
            .map_err(|error| ApiError::new(ErrorCode::InvalidGrain, error.to_string()))?,
    };
    let invocations = asked.invocations.is_some_and(|asked| !matches!(asked.as_str(), "" | "0"));
    let from = last_seen(&headers);
    if matches!(from, From::Event(id) if run.ended_with(id)) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let sees = granted.sees();
    let seat = site.audience.seat(&run.id, sees.into())?;
    let closing = site.closing.clone();
    let mut viewer = site.runs.engine().metrics.viewers.join();
    let start = futures_util::stream::once(async { Ok::<_, Infallible>(Bytes::from_static(RETRY)) });
    let events = shown(run, Wanted { grain, invocations }, from, sees)
        .take_while(|shown| {
            if let Err(error) = shown {
                tracing::warn!(%error, "a viewer's stream ends early");
            }
            std::future::ready(shown.is_ok())
        })
        .filter_map(|shown| std::future::ready(shown.ok()))
        .map(move |event| {
            let _seated = &seat;
            viewer.note_sent(&event);
            Ok(event)
        });
    let events = start.chain(events).take_until(closing.cancelled_owned());
    let headers = [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-cache")];
    Ok((headers, [("x-accel-buffering", "no")], Body::from_stream(events)).into_response())
}

fn last_seen(headers: &HeaderMap) -> From {
    match headers.get("last-event-id").map(|id| id.to_str().ok().and_then(|id| id.trim().parse().ok())) {
        None => From::Nothing,
        Some(Some(id)) => From::Event(id),
        Some(None) => From::Event(u64::MAX),
    }
}
