//! `GET /metrics`: what the process counts and measures, for Prometheus.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, VARY};
use axum::response::IntoResponse;

use super::Site;
use crate::metrics::text;

pub(super) async fn metrics(State(site): State<Site>, headers: HeaderMap) -> impl IntoResponse {
    let engine = site.runs.engine();
    let open_metrics = engine.metrics.open_metrics(&engine.permits);
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let (content_type, body) = match text::accepts_open_metrics(accept) {
        true => (text::OPEN_METRICS, open_metrics),
        false => (text::PLAIN, text::plain(&open_metrics)),
    };
    ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-store"), (VARY, "accept")], body)
}
