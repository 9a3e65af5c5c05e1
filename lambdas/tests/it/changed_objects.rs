//! Objects that are no longer the ones that were listed.

use aws_smithy_runtime_api::client::http::HttpConnectorFuture;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use wire::row::{Object, ObjectRow, Reason, State};
use wire::tally::Tally;
use wire::wordcount::Reply;

use crate::store::{Scripted, answer, listed, refusal, whole};

const LISTED: &[u8] = b"one two\n";
const LATER: &[u8] = b"one two\nthree\n";

fn wants(request: &HttpRequest) -> Option<&str> {
    request.headers().get("if-match")
}

/// The object as it is by now, to those who ask for no other version.
fn by_now(request: &HttpRequest, etag: &str, body: &[u8]) -> HttpConnectorFuture {
    match wants(request) {
        Some(wanted) if wanted != etag => refusal(412, "PreconditionFailed"),
        Some(_) | None => {
            let length = body.len().to_string();
            let modified = "Sun, 01 Nov 2026 00:00:00 GMT";
            answer(200, &[("etag", etag), ("content-length", &length), ("last-modified", modified)], body)
        }
    }
}

async fn counted(
    answers: impl Fn(&HttpRequest, usize) -> HttpConnectorFuture + Send + Sync + 'static,
) -> Reply {
    Scripted::new(answers).count(vec![listed(0, "a.log", "\"listed\"", LISTED.len())]).await
}

#[track_caller]
fn check_later(row: &ObjectRow) {
    assert_eq!((row.state, row.reason), (State::Counted, Some(Reason::Warning)), "{:?}", row.detail);
    let bytes = LATER.len() as u64;
    assert_eq!(row.tally, Tally { words: 3, lines: 2, bytes_in: bytes, bytes_out: bytes });
    assert_eq!(row.etag.as_deref(), Some("\"later\""));
    assert!(row.is_of_other_version(&listed(0, "a.log", "\"listed\"", 8)));
}

#[tokio::test]
async fn an_object_that_grew_is_counted_as_it_is_by_then() {
    let reply = counted(|request, _| by_now(request, "\"later\"", LATER)).await;
    check_later(&reply.objects[0]);
    let detail = reply.objects[0].detail.as_deref().unwrap();
    let expected = "it changed after it was listed and is counted as it was at 2026-11-01T00:00:00Z";
    assert_eq!((detail, reply.gets), (expected, 2));
}

#[tokio::test]
async fn a_store_that_does_not_heed_if_match_is_found_out() {
    let reply = counted(|_, _| whole("\"later\"", LATER)).await;
    check_later(&reply.objects[0]);
}

#[tokio::test]
async fn an_object_that_does_not_hold_still_is_changed() {
    let reply = counted(|request, turn| match wants(request) {
        Some(_) => refusal(412, "PreconditionFailed"),
        None => {
            let etag = format!("\"{turn}\"");
            answer(200, &[("etag", &etag), ("content-length", "1000")], b"no more")
        }
    })
    .await;
    let row = &reply.objects[0];
    assert_eq!((row.state, row.reason), (State::Failed, Some(Reason::Changed)), "{:?}", row.detail);
    assert_eq!(row.tally, Tally::default());
    assert_eq!(reply.gets, 1 + 3 * 2, "the listed version, and three others that each broke off");
}

#[tokio::test]
async fn an_object_that_was_emptied_has_nothing_to_count() {
    let reply = counted(|request, _| by_now(request, "\"empty\"", b"")).await;
    let row = &reply.objects[0];
    assert_eq!((row.state, row.reason), (State::Skipped, Some(Reason::Empty)));
    assert_eq!(row.etag.as_deref(), Some("\"empty\""));
}

/// The object is counted as listed, without remark.
async fn check_unchanged(
    etag: &str,
    gets: u64,
    answers: impl Fn(&HttpRequest, usize) -> HttpConnectorFuture + Send + Sync + 'static,
) {
    let reply = Scripted::new(answers).count(vec![listed(0, "a.log", etag, LISTED.len())]).await;
    let row = &reply.objects[0];
    assert_eq!((row.state, row.reason, &row.etag), (State::Counted, None, &None), "{:?}", row.detail);
    assert_eq!((row.tally.words, reply.gets), (2, gets));
}

#[tokio::test]
async fn quotes_are_no_change() {
    check_unchanged("same", 1, |request, _| by_now(request, "\"same\"", LISTED)).await;
    check_unchanged("\"same\"", 1, |_, _| whole("same", LISTED)).await;
}

#[tokio::test]
async fn a_store_that_refuses_every_if_match_is_asked_without() {
    check_unchanged("\"same\"", 2, |request, _| match wants(request) {
        Some(_) => refusal(412, "PreconditionFailed"),
        None => whole("\"same\"", LISTED),
    })
    .await;
}

#[tokio::test]
async fn a_body_of_no_known_version_is_not_resumed() {
    let unversioned = Object { etag: None, ..listed(0, "a.log", "", LISTED.len()) };
    let answers = |_: &HttpRequest, turn| match turn {
        0 => answer(200, &[("content-length", "8")], &LISTED[..4]),
        _ => answer(206, &[("content-length", "4"), ("content-range", "bytes 4-7/8")], b"six\n"),
    };
    let reply = Scripted::new(answers).count(vec![unversioned]).await;
    let row = &reply.objects[0];
    assert_eq!((row.state, row.reason), (State::Failed, Some(Reason::Unreachable)), "{:?}", row.detail);
    assert_eq!((row.tally, reply.gets), (Tally::default(), 1));
}

#[tokio::test]
async fn a_later_version_of_no_known_length_is_not_counted() {
    let reply = counted(|request, _| match wants(request) {
        Some(_) => refusal(412, "PreconditionFailed"),
        None => answer(200, &[("etag", "\"later\"")], LATER),
    })
    .await;
    let row = &reply.objects[0];
    assert_eq!((row.state, row.reason), (State::Failed, Some(Reason::Corrupt)), "{:?}", row.detail);
    assert!(row.detail.as_deref().is_some_and(|said| said.contains("without a length")), "{:?}", row.detail);
}
