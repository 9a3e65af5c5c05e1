//! `GET /runs/{id}/changes.csv`, `.ndjson`: what changed since another run, named by `since`.

use app::table::export::quoted;
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Deserialize;
use wire::api::Change;

use super::Site;
use super::error::Failure;
use crate::access::Granted;
use crate::changes::portions;

const HEADER: &str = "key,change,state,words_before,words,lines_before,lines,bytes_in_before,bytes_in\r\n";

#[derive(Deserialize)]
pub(super) struct Wanted {
    since: Option<String>,
}

pub(super) async fn csv(
    site: State<Site>,
    id: Path<String>,
    wanted: Query<Wanted>,
    granted: Extension<Granted>,
) -> Result<Response, Failure> {
    export((site, id, wanted, granted), "csv", "text/csv; charset=utf-8", HEADER, csv_line).await
}

pub(super) async fn ndjson(
    site: State<Site>,
    id: Path<String>,
    wanted: Query<Wanted>,
    granted: Extension<Granted>,
) -> Result<Response, Failure> {
    export((site, id, wanted, granted), "ndjson", "application/x-ndjson", "", json_line).await
}

type Asked = (State<Site>, Path<String>, Query<Wanted>, Extension<Granted>);

async fn export(
    (State(site), Path(id), Query(wanted), Extension(granted)): Asked,
    suffix: &str,
    content_type: &'static str,
    header: &'static str,
    write: fn(&Change, &mut Vec<u8>),
) -> Result<Response, Failure> {
    let since = wanted.since.filter(|since| !since.is_empty());
    let compared = site.runs.compared(&id, since.as_deref(), granted.sees()).await?;
    let chunks = portions(compared).map_ok(move |portion| {
        let mut chunk = Vec::new();
        portion.changes.iter().for_each(|change| write(change, &mut chunk));
        Bytes::from(chunk)
    });
    let header = stream::once(async move { Ok(Bytes::from_static(header.as_bytes())) });
    let name = format!("attachment; filename=\"wordfall-{id}-changes.{suffix}\"");
    let headers = [(CONTENT_TYPE, content_type.to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(header.chain(chunks))).into_response())
}

fn json_line(change: &Change, out: &mut Vec<u8>) {
    serde_json::to_writer(&mut *out, change).expect("a change has string keys only");
    out.push(b'\n');
}

fn csv_line(change: &Change, out: &mut Vec<u8>) {
    let numbers = [
        change.words_before,
        change.words,
        change.lines_before,
        change.lines,
        change.bytes_in_before,
        change.bytes_in,
    ];
    let state = change.state.map_or("", |state| state.as_str());
    let mut fields = vec![quoted(&change.key), change.change.as_str().to_owned(), state.to_owned()];
    fields.extend(numbers.map(|number| number.map_or_else(String::new, |number| number.to_string())));
    out.extend_from_slice(fields.join(",").as_bytes());
    out.extend_from_slice(b"\r\n");
}
