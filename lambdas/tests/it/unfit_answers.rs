//! Answers that don't fit their object.

use std::io::Write;

use aws_smithy_runtime_api::client::http::HttpConnectorFuture;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use flate2::Compression;
use flate2::write::GzEncoder;
use wire::row::{Reason, State};

use crate::store::{Scripted, answer, listed, whole};

const TEXT: &[u8] = b"one two\n";
/// Of the text: CRC-32, big-endian, in base64.
const CRC: &str = "mcs8Qw==";

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// The object, of so many listed bytes, is counted exactly without remark, with so many GETs.
async fn check_counted(
    bytes: usize,
    gets: u64,
    answers: impl Fn(&HttpRequest, usize) -> HttpConnectorFuture + Send + Sync + 'static,
) {
    let reply = Scripted::new(answers).count(vec![listed(0, "a.log", "\"same\"", bytes)]).await;
    let row = &reply.objects[0];
    assert_eq!((row.state, row.reason, &row.detail), (State::Counted, None, &None));
    assert_eq!((row.tally.words, row.tally.bytes_in, reply.gets), (2, bytes as u64, gets));
}

/// The object is corrupt after so many GETs, and its row says this.
async fn check_corrupt(
    bytes: usize,
    gets: u64,
    detail: &str,
    answers: impl Fn(&HttpRequest, usize) -> HttpConnectorFuture + Send + Sync + 'static,
) {
    let reply = Scripted::new(answers).count(vec![listed(0, "a.log", "\"same\"", bytes)]).await;
    let row = &reply.objects[0];
    assert_eq!((row.state, row.reason), (State::Failed, Some(Reason::Corrupt)));
    assert!(row.detail.as_deref().is_some_and(|said| said.contains(detail)), "{:?}", row.detail);
    assert_eq!(reply.gets, gets);
}

fn with_sum(status: u16, sum: &str, more: &[(&'static str, &str)], body: &[u8]) -> HttpConnectorFuture {
    let headers = [&[("etag", "\"same\""), ("x-amz-checksum-crc32", sum)], more].concat();
    answer(status, &headers, body)
}

#[tokio::test]
async fn a_checksum_is_asked_for_and_checked() {
    check_counted(TEXT.len(), 1, |request, _| {
        assert_eq!(request.headers().get("x-amz-checksum-mode"), Some("ENABLED"));
        with_sum(200, CRC, &[("content-length", "8")], TEXT)
    })
    .await;
}

#[tokio::test]
async fn a_download_with_another_checksum_is_made_once_more() {
    check_counted(TEXT.len(), 2, |_, turn| {
        let body: &[u8] = if turn == 0 { b"one tw0\n" } else { TEXT };
        with_sum(200, CRC, &[("content-length", "8")], body)
    })
    .await;
    check_corrupt(TEXT.len(), 2, "checksum", |_, _| {
        with_sum(200, CRC, &[("content-length", "8")], b"one tw0\n")
    })
    .await;
}

#[tokio::test]
async fn the_whole_objects_checksum_is_not_that_of_a_part() {
    check_counted(TEXT.len(), 2, |_, turn| match turn {
        0 => with_sum(200, CRC, &[("content-length", "8")], &TEXT[..3]),
        _ => with_sum(206, CRC, &[("content-length", "5"), ("content-range", "bytes 3-7/8")], &TEXT[3..]),
    })
    .await;
    check_corrupt(TEXT.len(), 3, "checksum", |_, turn| match turn {
        0 => with_sum(200, CRC, &[("content-length", "8")], b"0ne"),
        1 => with_sum(206, CRC, &[("content-length", "5"), ("content-range", "bytes 3-7/8")], &TEXT[3..]),
        _ => with_sum(200, CRC, &[("content-length", "8")], b"0ne two\n"),
    })
    .await;
}

#[tokio::test]
async fn a_checksum_of_checksums_says_nothing() {
    check_counted(TEXT.len(), 1, |_, _| {
        with_sum(200, "AAAAAA==-7", &[("content-length", "8"), ("x-amz-checksum-type", "COMPOSITE")], TEXT)
    })
    .await;
}

#[tokio::test]
async fn what_a_store_decodes_on_its_way_is_asked_for_as_it_is_stored() {
    let stored = gzip(TEXT);
    let bytes = stored.len();
    check_counted(bytes, 2, move |request, _| match request.headers().get("accept-encoding") {
        Some("gzip") => whole("\"same\"", &stored),
        _ => answer(200, &[("etag", "\"same\"")], &TEXT.repeat(100)),
    })
    .await;
}

#[tokio::test]
async fn an_object_that_always_comes_with_another_length_says_both() {
    let stored_bytes = gzip(TEXT).len();
    let said = format!("800 bytes came, {stored_bytes} were listed; the store sends it without a length");
    check_corrupt(stored_bytes, 2, &said, |_, _| answer(200, &[("etag", "\"same\"")], &TEXT.repeat(100)))
        .await;
    check_corrupt(9, 2, "8 bytes came, 9 were listed", |_, _| whole("\"same\"", TEXT)).await;
    check_corrupt(
        7,
        2,
        "8 bytes came, 7 were listed; the store sends it with Content-Encoding br",
        |_, _| {
            answer(200, &[("etag", "\"same\""), ("content-length", "8"), ("content-encoding", "br")], TEXT)
        },
    )
    .await;
}

#[tokio::test]
async fn an_object_that_comes_short_without_a_length_is_not_taken_for_unreachable() {
    check_corrupt(800, 4, "8 bytes came, 800 were listed", |_, _| answer(200, &[("etag", "\"same\"")], TEXT))
        .await;
}

#[tokio::test]
async fn damage_on_the_way_is_not_the_objects() {
    let stored = gzip(TEXT);
    let mut damaged = stored.clone();
    damaged[12] ^= 0x55;
    let bytes = stored.len();
    let both = damaged.clone();
    check_counted(bytes, 2, move |_, turn| whole("\"same\"", if turn == 0 { &damaged } else { &stored }))
        .await;
    check_corrupt(bytes, 2, "", move |_, _| whole("\"same\"", &both)).await;
}

#[tokio::test]
async fn a_header_that_nobody_needs_makes_no_answer_unreadable() {
    let odd = [
        ("content-length", "8"),
        ("last-modified", "yesterday"),
        ("x-amz-object-lock-retain-until-date", "later"),
        ("x-amz-missing-meta", "some"),
    ];
    check_counted(TEXT.len(), 1, move |_, _| with_sum(200, CRC, &odd, TEXT)).await;
}
