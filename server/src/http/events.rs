//! `GET /runs/{id}/events`: a run as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use wire::error::{ApiError, ErrorCode};
use wire::rule::Grain;

use super::Site;
use super::error::Failure;
use crate::pipeline::stream::{From, Shown, shown};

/// How long a browser waits before it comes back.
const RETRY: Duration = Duration::from_millis(2_000);

#[derive(Deserialize)]
pub(super) struct Wanted {
    grain: Option<String>,
}

pub(super) async fn events(
    State(site): State<Site>,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let run = site.runs.get(&id).await?;
    let grain = match wanted.grain.as_deref().filter(|grain| !grain.is_empty()) {
        None => run.spec.grain,
        Some(name) => name
            .parse::<Grain>()
            .map_err(|error| ApiError::new(ErrorCode::InvalidGrain, error.to_string()))?,
    };
    let from = last_seen(&headers);
    if matches!(from, From::Event(id) if run.ended_with(id)) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let closing = site.closing.clone();
    let start = futures_util::stream::once(async { Ok::<_, Infallible>(Event::default().retry(RETRY)) });
    let events = shown(run, grain, from)
        .take_while(|shown| {
            if let Err(error) = shown {
                tracing::warn!(%error, "a viewer's stream ends early");
            }
            std::future::ready(shown.is_ok())
        })
        .filter_map(|shown| std::future::ready(shown.ok().map(|shown| Ok(event(&shown)))));
    let events = start.chain(events).take_until(closing.cancelled_owned());
    Ok(([("x-accel-buffering", "no")], Sse::new(events)).into_response())
}

fn last_seen(headers: &HeaderMap) -> From {
    match headers.get("last-event-id").map(|id| id.to_str().ok().and_then(|id| id.trim().parse().ok())) {
        None => From::Nothing,
        Some(Some(id)) => From::Event(id),
        Some(None) => From::Event(u64::MAX),
    }
}

fn event(shown: &Shown) -> Event {
    match shown {
        Shown::Progress(id, progress) => data("progress", progress).id(id.to_string()),
        Shown::Objects(id, objects) => data("objects", objects).id(id.to_string()),
        Shown::Reset(id) => data("reset", &serde_json::json!({})).id(id.to_string()),
        Shown::Log(id, log) => data("log", log).id(id.to_string()),
        Shown::End(id, end) => data("end", end).id(id.to_string()),
        Shown::Ping => data("ping", &serde_json::json!({})),
    }
}

fn data<T: Serialize>(name: &str, value: &T) -> Event {
    Event::default().event(name).data(serde_json::to_string(value).expect("events have string keys only"))
}
