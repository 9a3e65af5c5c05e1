//! `GET /runs/{id}.json`, `.ndjson`, `.csv`, `.svg`, `.png`: a run to take away.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use app::draw::view::View;
use app::table::export::Format;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName,
    IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use futures_util::{Stream, TryStreamExt};
use wire::error::{ApiError, ErrorCode};
use wire::row::Row;

use super::Site;
use super::error::Failure;
use crate::access::Granted;
use crate::pipeline::stream;
use crate::plots::{self, Asker, Kind};
use crate::run::{Run, Sees};
use crate::seats::Seat;
use crate::store::{SEGMENT_ROWS, StoreError};

/// The policy of a picture that is opened by itself: it may only show itself.
const PICTURE_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'";
/// Caching of an ended run's export: it does not change, yet clients ask for it each time, so that nobody
/// shows it once the run is deleted; a client that has it is answered in a few bytes.
const ENDED: &str = "private, no-cache";

pub(super) async fn export(
    State(site): State<Site>,
    Path((id, format)): Path<(String, String)>,
    Query(fields): Query<HashMap<String, String>>,
    Extension(granted): Extension<Granted>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let run = site.runs.get(&id).await?;
    let asker = Asker { run: run.id.clone(), source: peer.map(|peer| peer.0.0.ip()) };
    let sees = granted.sees();
    let version = plots::version(&run).map(|version| format!("W/\"{version}-{sees:?}\""));
    let is_known = version
        .as_ref()
        .is_some_and(|version| headers.get(IF_NONE_MATCH).is_some_and(|known| known == version));
    let view = View::read(|name| fields.get(name).cloned());
    let response = match format.as_str() {
        "json" | "ndjson" | "csv" | "svg" | "png" if is_known => StatusCode::NOT_MODIFIED.into_response(),
        "json" => summary(&run, sees),
        "ndjson" => rows_as(&run, Format::Ndjson, site.audience.export(&run.id, sees.into())?),
        "csv" => rows_as(&run, Format::Csv, site.audience.export(&run.id, sees.into())?),
        "svg" => {
            let svg = site.plots.picture(&run, Kind::Svg, view, asker).await?;
            picture(&run, "svg", "image/svg+xml", svg)
        }
        "png" => {
            let png = site.plots.picture(&run, Kind::Png, view, asker).await?;
            picture(&run, "png", "image/png", png)
        }
        _ => {
            let message = "a run can be had as .json, .ndjson, .csv, .svg or .png";
            return Err(ApiError::new(ErrorCode::RunNotFound, message).into());
        }
    };
    Ok((caching(version), [(VARY, "authorization, cookie")], response).into_response())
}

/// The caching headers of an answer: that of a run that goes on is of this moment.
fn caching(version: Option<String>) -> HeaderMap {
    let good = if version.is_some() { ENDED } else { "no-store" };
    let etag = version.map(|version| (ETAG, version));
    let pairs = etag.into_iter().chain([(CACHE_CONTROL, good.to_owned())]);
    pairs.map(|(name, value)| (name, value.parse().expect("ids and numbers are plain text"))).collect()
}

/// How a browser presents an export.
#[derive(Clone, Copy, Debug)]
enum Shown {
    /// It shows it.
    Inline,
    /// It saves it.
    Attachment,
}

fn named(run: &Run, shown: Shown, suffix: &str) -> [(HeaderName, String); 1] {
    let shown = match shown {
        Shown::Inline => "inline",
        Shown::Attachment => "attachment",
    };
    [(CONTENT_DISPOSITION, format!("{shown}; filename=\"wordfall-{}.{suffix}\"", run.id))]
}

/// The run as this reader may see it.
fn summary(run: &Run, sees: Sees) -> Response {
    (named(run, Shown::Inline, "json"), Json(sees.of(run.summary()))).into_response()
}

fn picture(run: &Run, suffix: &str, content_type: &'static str, bytes: Bytes) -> Response {
    let headers = [(CONTENT_TYPE, content_type), (CONTENT_SECURITY_POLICY, PICTURE_POLICY)];
    (headers, named(run, Shown::Inline, suffix), bytes).into_response()
}

fn rows_as(run: &Arc<Run>, format: Format, seat: Seat) -> Response {
    let headers = ([(CONTENT_TYPE, format.media_type())], named(run, Shown::Attachment, format.ending()));
    let chunks = segments(Arc::clone(run)).map_ok(move |rows| {
        let _seated = &seat;
        let mut chunk = Vec::new();
        rows.iter().for_each(|row| format.write(row, &mut chunk));
        Bytes::from(chunk)
    });
    let header = Bytes::from_static(format.header().as_bytes());
    let header = futures_util::stream::once(async move { Ok(header) });
    (headers.0, headers.1, Body::from_stream(futures_util::StreamExt::chain(header, chunks))).into_response()
}

/// The ledger's rows so far, a segment at a time.
fn segments(run: Arc<Run>) -> impl Stream<Item = Result<Vec<Row>, StoreError>> {
    async_stream::try_stream! {
        let total = run.rows_total();
        let mut first = 0;
        while first < total {
            let count = SEGMENT_ROWS.min(total - first);
            let rows = stream::rows(&run, first, count).await;
            // The client sees the connection cut off, and not why.
            yield rows.inspect_err(|error| tracing::warn!(run = %run.id, first, %error, "an export broke off"))?;
            first += count;
        }
    }
}
