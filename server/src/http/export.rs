//! `GET /runs/{id}.json`, `.ndjson`, `.csv`: a run to take away.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, TryStreamExt};
use std::sync::Arc;
use wire::error::{ApiError, ErrorCode};
use wire::row::Row;

use super::Site;
use super::error::Failure;
use crate::pipeline::stream;
use crate::run::Run;
use crate::store::{SEGMENT_ROWS, StoreError};

/// The columns of `.csv`.
const CSV_HEADER: &str = "key,state,reason,words,lines,bytes_in,bytes_out,duration_ms,etag\r\n";

pub(super) async fn export(
    State(site): State<Site>,
    Path((id, format)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let run = site.runs.get(&id).await?;
    match format.as_str() {
        "json" => Ok(Json(run.summary()).into_response()),
        "ndjson" => Ok(rows_as(&run, "application/x-ndjson", "ndjson", "", ndjson)),
        "csv" => Ok(rows_as(&run, "text/csv; charset=utf-8", "csv", CSV_HEADER, csv)),
        _ => Err(ApiError::new(ErrorCode::RunNotFound, "a run can be had as .json, .ndjson or .csv").into()),
    }
}

fn rows_as(
    run: &Arc<Run>,
    content_type: &'static str,
    suffix: &str,
    header: &'static str,
    write: fn(&Row, &mut Vec<u8>),
) -> Response {
    let name = format!("attachment; filename=\"wordfall-{}.{suffix}\"", run.id);
    let headers = [(CONTENT_TYPE, content_type.to_owned()), (CONTENT_DISPOSITION, name)];
    let chunks = segments(Arc::clone(run)).map_ok(move |rows| {
        let mut chunk = Vec::new();
        rows.iter().for_each(|row| write(row, &mut chunk));
        Bytes::from(chunk)
    });
    let header = futures_util::stream::once(async move { Ok(Bytes::from_static(header.as_bytes())) });
    (headers, Body::from_stream(futures_util::StreamExt::chain(header, chunks))).into_response()
}

/// The ledger's rows so far, a segment at a time.
fn segments(run: Arc<Run>) -> impl Stream<Item = Result<Vec<Row>, StoreError>> {
    async_stream::try_stream! {
        let total = run.rows_total();
        let mut first = 0;
        while first < total {
            let count = SEGMENT_ROWS.min(total - first);
            yield stream::rows(&run, first, count).await?;
            first += count;
        }
    }
}

fn ndjson(row: &Row, out: &mut Vec<u8>) {
    serde_json::to_writer(&mut *out, row).expect("a row has string keys only");
    out.push(b'\n');
}

fn csv(row: &Row, out: &mut Vec<u8>) {
    let tally = row.tally;
    let numbers = [tally.words, tally.lines, tally.bytes_in, tally.bytes_out, row.duration_ms];
    let reason = row.reason.map_or("", |reason| reason.as_str());
    let mut fields = vec![quoted(&row.key), row.state.as_str().to_owned(), reason.to_owned()];
    fields.extend(numbers.map(|number| number.to_string()));
    fields.push(quoted(row.etag.as_deref().unwrap_or_default()));
    out.extend_from_slice(fields.join(",").as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// A field that no spreadsheet takes for a formula.
pub(super) fn quoted(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_a_formula() {
        assert_eq!(quoted("=1+1"), "\"'=1+1\"");
        assert_eq!(quoted("a \"b\",c"), "\"a \"\"b\"\",c\"");
    }
}
