//! Objects whose download breaks off midway: read on from there and counted exactly, or not counted at all.

use std::io::{self, Write};
use std::iter;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream::{self, StreamExt};
use http_body::Frame;
use http_body_util::StreamBody;
use lambdas::wordcount::Wordcount;
use tokio::time::Instant;
use wire::row::{Object, Reason, State};
use wire::tally::Tally;
use wire::wordcount::Reply;

use crate::store::{self, object};

/// Times that a body may break and still be read on.
const RESUMES_MAX: usize = 3;

const BROKEN: &str = "broken";
const WHOLE: &str = "whole";
const ETAG: &str = "\"first\"";
const LATER_ETAG: &str = "\"later\"";

/// How a GET of the broken object is answered.
#[derive(Clone, Copy, Debug)]
enum Answer {
    /// With all that was asked for.
    All,
    /// An error after this many bytes.
    Breaks(usize),
    /// No more after this many bytes.
    EndsEarly(usize),
    /// The same, by a store that does not say how many there are.
    EndsUntold(usize),
    /// This many bytes, then nothing for ever.
    Stalls(usize),
    /// The object was rewritten before this GET.
    Rewritten,
    /// The same, by a store that does not heed `If-Match`.
    RewrittenUnheeded,
    /// With the object from its start, whatever range was asked for.
    FromStart,
}

/// A store whose every object holds the same bytes.
#[derive(Clone, Debug)]
struct Store {
    stored: Bytes,
    chunk_bytes: usize,
    /// For the first GETs of the broken object, in order; all others are answered in full.
    answers: Vec<Answer>,
    asked: Arc<AtomicUsize>,
}

impl HttpClient for Store {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Store {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Ok(self.answer(&request)))
    }
}

impl Store {
    fn new(stored: &[u8], chunk_bytes: usize, answers: &[Answer]) -> Self {
        Self {
            stored: Bytes::copy_from_slice(stored),
            chunk_bytes,
            answers: answers.to_vec(),
            asked: Arc::default(),
        }
    }

    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let answer = if request.uri().contains(BROKEN) {
            let turn = self.asked.fetch_add(1, Ordering::Relaxed);
            self.answers.get(turn).copied().unwrap_or(Answer::All)
        } else {
            Answer::All
        };
        let etag = match answer {
            Answer::Rewritten | Answer::RewrittenUnheeded => LATER_ETAG,
            Answer::All
            | Answer::Breaks(_)
            | Answer::EndsEarly(_)
            | Answer::EndsUntold(_)
            | Answer::Stalls(_)
            | Answer::FromStart => ETAG,
        };
        let matches = request.headers().get("if-match").is_none_or(|wanted| wanted == etag);
        if !matches && !matches!(answer, Answer::RewrittenUnheeded) {
            let body = "<Error><Code>PreconditionFailed</Code></Error>";
            return HttpResponse::new(412.try_into().unwrap(), SdkBody::from(body));
        }
        let range = request.headers().get("range").filter(|_| !matches!(answer, Answer::FromStart));
        self.found(range, etag, answer)
    }

    fn found(&self, range: Option<&str>, etag: &'static str, answer: Answer) -> HttpResponse {
        let total = self.stored.len();
        let start = range.map_or(0, |range| {
            range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap()
        });
        assert!(start < total, "a range from {start} of {total} bytes cannot be answered");
        let status: u16 = if range.is_some() { 206 } else { 200 };
        let body = body(self.stored.slice(start..), self.chunk_bytes, answer);
        let mut response = HttpResponse::new(status.try_into().unwrap(), body);
        let headers = response.headers_mut();
        headers.insert("etag", etag);
        if !matches!(answer, Answer::EndsUntold(_)) {
            headers.insert("content-length", (total - start).to_string());
        }
        if range.is_some() {
            headers.insert("content-range", format!("bytes {start}-{}/{total}", total - 1));
        }
        response
    }
}

fn body(bytes: Bytes, chunk_bytes: usize, answer: Answer) -> SdkBody {
    let sent = match answer {
        Answer::Breaks(sent) | Answer::EndsEarly(sent) | Answer::EndsUntold(sent) | Answer::Stalls(sent) => {
            bytes.slice(..sent)
        }
        Answer::All | Answer::Rewritten | Answer::RewrittenUnheeded | Answer::FromStart => bytes,
    };
    let chunks: Vec<Bytes> = (0..sent.len())
        .step_by(chunk_bytes)
        .map(|at| sent.slice(at..sent.len().min(at + chunk_bytes)))
        .collect();
    let broken = matches!(answer, Answer::Breaks(_)).then(|| Err(io::ErrorKind::ConnectionReset.into()));
    let end = if matches!(answer, Answer::Stalls(_)) {
        stream::pending().left_stream()
    } else {
        stream::empty().right_stream()
    };
    let frames =
        stream::iter(chunks.into_iter().map(|chunk| Ok(Frame::data(chunk))).chain(broken)).chain(end);
    SdkBody::from_body_1_x(StreamBody::new(frames.map(|frame: io::Result<_>| frame)))
}

/// Lets the function count these objects of the store.
async fn counted(store: Store, objects: Vec<Object>) -> Reply {
    store::count(&Wordcount::new(&store::client(store)), objects, None).await
}

/// Some 40 bytes a line, which repeat too little to be compressed away.
fn text(lines: u64) -> Vec<u8> {
    let line = |n: u64| format!("{n} {:x}  fields\tof {:x}\n", n.wrapping_mul(0x9E37_79B9_7F4A_7C15), n * n);
    (0..lines).map(line).collect::<String>().into_bytes()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Counted by the plainest means there are.
fn tally(text: &[u8], stored: &[u8]) -> Tally {
    let text = str::from_utf8(text).unwrap();
    Tally {
        words: text.split_ascii_whitespace().count() as u64,
        lines: text.matches('\n').count() as u64,
        bytes_in: stored.len() as u64,
        bytes_out: text.len() as u64,
    }
}

/// The only object is counted to this tally without remark, with this many GETs.
#[track_caller]
fn exact(reply: &Reply, expected: Tally, gets: usize, told: &str) {
    let row = &reply.objects[0];
    assert_eq!((row.state, row.reason, &row.detail), (State::Counted, None, &None), "{told}");
    assert_eq!((row.tally, reply.tally), (expected, expected), "{told}");
    assert_eq!(reply.gets, gets as u64, "{told}");
    assert!(reply.remaining.is_empty() && reply.warnings.is_empty(), "{told}");
}

/// The text, plain and as gzip, is counted exactly although its bodies come so.
async fn check(text: &[u8], chunk_bytes: usize, answers: impl Fn(usize) -> Vec<Answer>) {
    for stored in [text.to_vec(), gzip(text)] {
        let answers = answers(stored.len());
        let reply = counted(Store::new(&stored, chunk_bytes, &answers), vec![object(0, BROKEN)]).await;
        let told = format!("{} bytes in chunks of {chunk_bytes}, {answers:?}", stored.len());
        exact(&reply, tally(text, &stored), answers.len() + 1, &told);
    }
}

/// The broken object is failed for this reason, the whole one beside it alone is in the sums.
async fn check_failed(chunk_bytes: usize, answers: &[Answer], expected: Reason, gets: u64) {
    let text = text(100);
    let objects = vec![object(0, BROKEN), object(1, WHOLE)];
    let reply = counted(Store::new(&text, chunk_bytes, answers), objects).await;
    let row = &reply.objects[0];
    assert_eq!((row.state, row.reason), (State::Failed, Some(expected)), "{answers:?}: {:?}", row.detail);
    assert_eq!(row.tally, Tally::default(), "{answers:?}");
    assert_eq!(reply.objects[1].state, State::Counted, "{answers:?}");
    assert_eq!(reply.tally, tally(&text, &text), "{answers:?}");
    assert_eq!(reply.gets, gets + 1, "{answers:?}");
    assert_eq!((reply.warnings.len(), reply.remaining.len()), (1, 0), "{answers:?}");
}

#[tokio::test]
async fn an_object_that_breaks_off_once_at_any_byte_counts_as_if_it_were_whole() {
    let text = text(12);
    for at in 0..gzip(&text).len() {
        check(&text, 100, |_| vec![Answer::Breaks(at)]).await;
        check(&text, 100, |_| vec![Answer::EndsEarly(at)]).await;
    }
}

#[tokio::test]
async fn an_object_of_many_chunks_that_breaks_off_once_counts_as_if_it_were_whole() {
    let text = text(20_000);
    let cuts: [fn(usize) -> usize; 7] =
        [|_| 0, |_| 1, |_| 263, |_| 4_097, |size| size / 2, |size| size - 9, |size| size - 1];
    for cut in cuts {
        for chunk_bytes in [4_096, 65_536, 2 << 20] {
            check(&text, chunk_bytes, |size| vec![Answer::Breaks(cut(size))]).await;
        }
    }
}

#[tokio::test]
async fn bodies_that_come_a_byte_at_a_time_count_the_same() {
    let text = text(100);
    check(&text, 1, |_| vec![]).await;
    check(&text, 1, |size| vec![Answer::Breaks(size / 2), Answer::EndsEarly(1)]).await;
}

#[tokio::test(start_paused = true)]
async fn an_object_whose_download_falls_silent_is_read_on_from_there() {
    let begun = Instant::now();
    check(&text(100), 100, |size| vec![Answer::Stalls(size / 2), Answer::Stalls(0)]).await;
    assert!(begun.elapsed() < Duration::from_secs(45), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_object_whose_downloads_all_fall_silent_is_left_to_another_invocation() {
    let answers = [Answer::Stalls(100); RESUMES_MAX + 1];
    let reply = counted(Store::new(&text(100), 50, &answers), vec![object(0, BROKEN)]).await;
    assert_eq!((reply.objects.len(), reply.remaining.len()), (0, 1));
    assert!(reply.throttled.is_some_and(|throttled| throttled.message.contains("silent")));
}

#[tokio::test]
async fn an_object_whose_listed_size_alone_is_known_is_read_on_to_its_end() {
    let text = text(100);
    let listed = Object { etag: Some(ETAG.to_owned()), size: Some(text.len() as u64), ..object(0, BROKEN) };
    let store = Store::new(&text, 100, &[Answer::EndsUntold(250)]);
    let reply = counted(store, vec![listed]).await;
    exact(&reply, tally(&text, &text), 2, "listed");
}

#[tokio::test]
async fn an_object_is_read_on_as_often_as_is_stated_and_no_more() {
    let breaks = |times| iter::repeat_n(Answer::Breaks(50), times).collect::<Vec<_>>();
    check(&text(100), 20, |_| breaks(RESUMES_MAX)).await;
    let gets = RESUMES_MAX as u64 + 1;
    check_failed(20, &breaks(RESUMES_MAX + 1), Reason::Unreachable, gets).await;
    check_failed(20, &[Answer::Breaks(0); RESUMES_MAX + 1], Reason::Unreachable, gets).await;
    check_failed(20, &[Answer::EndsEarly(1); RESUMES_MAX + 1], Reason::Unreachable, gets).await;
}

/// The broken object is counted whole although its first answers were these, with a remark where it is another version.
async fn check_later(answers: &[Answer], gets: u64, etag: Option<&str>) {
    let text = text(100);
    let listed = Object { etag: Some(ETAG.to_owned()), size: Some(text.len() as u64), ..object(0, BROKEN) };
    let reply = counted(Store::new(&text, 100, answers), vec![listed]).await;
    let row = &reply.objects[0];
    let reason = etag.map(|_| Reason::Warning);
    assert_eq!((row.state, row.reason, row.etag.as_deref()), (State::Counted, reason, etag), "{answers:?}");
    assert_eq!((row.tally, reply.gets), (tally(&text, &text), gets), "{answers:?}");
}

#[tokio::test]
async fn an_object_rewritten_before_it_is_read_on_is_counted_from_its_start() {
    let later = Some(LATER_ETAG);
    check_later(&[Answer::Breaks(250), Answer::Rewritten, Answer::Rewritten], 3, later).await;
    check_later(&[Answer::Breaks(0), Answer::Rewritten, Answer::Rewritten], 3, later).await;
    check_later(&[Answer::Breaks(250), Answer::Rewritten, Answer::All], 3, None).await;
}

#[tokio::test]
async fn two_versions_are_not_mixed_by_a_store_that_does_not_heed_if_match() {
    let later = Some(LATER_ETAG);
    check_later(&[Answer::Breaks(250), Answer::RewrittenUnheeded, Answer::RewrittenUnheeded], 3, later).await;
}

#[tokio::test]
async fn nothing_is_counted_twice_by_a_store_that_does_not_heed_ranges() {
    check_failed(100, &[Answer::Breaks(250), Answer::FromStart], Reason::Unreachable, 2).await;
}

#[tokio::test(start_paused = true)]
async fn a_corrupt_object_on_a_connection_that_stalls_is_told_at_once() {
    for chunk_bytes in [300, 4_096, 65_536] {
        let mut stored = gzip(&text(20_000));
        stored[10] |= 0b110; // the first block's kind: one that does not exist
        let begun = Instant::now();
        let answers = [Answer::Stalls(chunk_bytes)];
        let reply = counted(Store::new(&stored, chunk_bytes, &answers), vec![object(0, BROKEN)]).await;
        let row = &reply.objects[0];
        assert_eq!((row.state, row.reason), (State::Failed, Some(Reason::Corrupt)), "{chunk_bytes}");
        assert_eq!(reply.tally, Tally::default(), "{chunk_bytes}");
        assert_eq!(
            (reply.gets, begun.elapsed()),
            (2, Duration::ZERO),
            "{chunk_bytes}: it is fetched once more"
        );
    }
}
