//! Stores that push back: refused GETs are sent again, and what is refused then is left to a later invocation.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::HttpConnectorFuture;
use aws_smithy_runtime_api::client::result::ConnectorError;
use lambdas::wordcount::{OBJECTS_AT_ONCE, Wordcount};
use tokio::time::Instant;
use wire::row::{Object, State};
use wire::wordcount::Reply;

use crate::store::{Scripted, answer, client, count, object, refusal, whole};

const TEXT: &[u8] = b"one two\n";

fn objects(number: u64) -> Vec<Object> {
    (0..number).map(|n| object(n, &format!("{n}.txt"))).collect()
}

fn silence() -> HttpConnectorFuture {
    HttpConnectorFuture::new(std::future::pending())
}

fn reset() -> HttpConnectorFuture {
    let error = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    HttpConnectorFuture::ready(Err(ConnectorError::io(error.into())))
}

#[track_caller]
fn check_counted(reply: &Reply, objects: u64, gets: u64) {
    assert_eq!(reply.objects.len() as u64, objects);
    assert!(reply.objects.iter().all(|row| row.state == State::Counted && row.reason.is_none()));
    assert_eq!((reply.tally.words, reply.gets, &reply.throttled), (2 * objects, gets, &None));
    assert!(reply.remaining.is_empty() && reply.warnings.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_refused_object_is_asked_for_again() {
    for status in [429, 500, 502, 503, 504] {
        let store = Scripted::new(move |_, turn| match turn {
            0 | 1 => refusal(status, ""),
            _ => whole("\"a\"", TEXT),
        });
        check_counted(&store.count(objects(1)).await, 1, 3);
    }
    let store = Scripted::new(|_, turn| if turn < 2 { reset() } else { whole("\"a\"", TEXT) });
    check_counted(&store.count(objects(1)).await, 1, 3);
}

#[tokio::test(start_paused = true)]
async fn refusals_by_chance_cost_nobody_an_object() {
    let store = Scripted::new(|_, turn| match turn % 10 {
        3 => refusal(503, "SlowDown"),
        _ => whole("\"a\"", TEXT),
    });
    check_counted(&store.count(objects(900)).await, 900, 1_000);
}

#[tokio::test(start_paused = true)]
async fn what_a_store_refuses_is_left_and_no_further_object_is_begun() {
    let begun = Instant::now();
    let reply = Scripted::new(|_, _| refusal(503, "SlowDown")).count(objects(100)).await;
    assert!(reply.objects.is_empty() && reply.tally.words == 0);
    assert_eq!(reply.remaining, objects(100));
    assert_eq!(reply.gets, 3 * OBJECTS_AT_ONCE as u64, "each object that was begun had three GETs");
    let throttled = reply.throttled.unwrap();
    assert_eq!((throttled.message.as_str(), throttled.retry_after_ms), ("SlowDown: m", None));
    assert!(begun.elapsed() < Duration::from_secs(2), "waiting is the server's, where nobody pays for it");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_the_store_asks_for_is_passed_on_and_not_spent() {
    let begun = Instant::now();
    let store = Scripted::new(|_, _| answer(503, &[("retry-after", "7")], b""));
    let reply = store.count(objects(1)).await;
    assert_eq!((reply.remaining.len(), reply.gets), (1, 1));
    assert_eq!(reply.throttled.unwrap().retry_after_ms, Some(7_000));
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_get_that_is_never_answered_is_sent_again() {
    let begun = Instant::now();
    let store = Scripted::new(|_, turn| if turn == 0 { silence() } else { whole("\"a\"", TEXT) });
    check_counted(&store.count(objects(1)).await, 1, 2);
    assert!(begun.elapsed() < Duration::from_secs(6));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_silent_does_not_hold_the_function() {
    let begun = Instant::now();
    let reply = Scripted::new(|_, _| silence()).count(objects(1)).await;
    assert_eq!((reply.objects.len(), reply.remaining.len(), reply.gets), (0, 1, 3));
    assert!(reply.throttled.is_some());
    assert!(begun.elapsed() < Duration::from_secs(70), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_takes_long_is_waited_for_longer_each_time() {
    let slow = |_: &_, _| {
        HttpConnectorFuture::new(async {
            tokio::time::sleep(Duration::from_secs(30)).await;
            whole("\"a\"", TEXT).await
        })
    };
    check_counted(&Scripted::new(slow).count(objects(1)).await, 1, 3);
}

#[tokio::test(start_paused = true)]
async fn a_silent_store_is_not_taken_for_a_large_object_however_soon_the_time_ends() {
    for max_ms in [2_500, 5_500, 6_500, 20_000] {
        let function = Wordcount::new(&client(Scripted::new(|_, _| silence())));
        let reply = count(&function, objects(1), Some(max_ms)).await;
        assert_eq!((reply.objects.len(), reply.remaining.len()), (0, 1), "{max_ms}");
        assert!(reply.throttled.is_some(), "{max_ms}");
    }
}
