//! Stores that push back, and objects that are not the listed ones any more: nothing is lost to either.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant as WallInstant};

use futures_util::FutureExt;
use lambdas::call;
use local::{Invocation, Response};
use serde_json::Value;
use tokio::time::Instant;
use wire::event::Level;
use wire::wordcount::{Reply, Throttled};

use crate::bench::{Bench, Counted};
use crate::faults::{Answer, instead, objects};
use crate::odd_store::{Asked, OddStore, entry, page};
use crate::program::Ran;
use crate::tree::Tree;

const TEXT: &str = "one two\n";

/// A `wordcount` that S3 refused everything.
fn refused(invocation: &Invocation) -> Answer {
    let throttled = Some(Throttled { message: "SlowDown: later".to_owned(), retry_after_ms: None });
    let reply = Reply { remaining: objects(invocation), throttled, ..Reply::default() };
    async move { Ok(Response::Buffered(call::encoded(&reply).into())) }.boxed()
}

/// Counts 60 small files while S3 refuses those calls of which this holds.
async fn counted(is_refused: impl Fn(usize) -> bool + Send + Sync + 'static) -> (Counted, Tree) {
    let tree = Tree::small_files(60);
    let bench = Bench::on(&tree, 4, 16);
    bench.local.register(instead(&bench.wordcount, move |call, handler, invocation| {
        match is_refused(call) {
            true => refused(&invocation),
            false => handler(invocation),
        }
    }));
    (bench.count().await, tree)
}

fn warnings(counted: &Counted) -> usize {
    counted.logs.iter().filter(|log| log.level == Level::Warning && log.text.contains("pushes back")).count()
}

#[tokio::test(start_paused = true)]
async fn a_store_that_refuses_for_minutes_is_waited_for() {
    let (counted, tree) = counted(|call| call < 100).await;
    assert_eq!(counted.check(&tree.counts("wc")), BTreeMap::new());
    assert_eq!(warnings(&counted), 1, "it is said once");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_only_refuses_is_given_up_after_ten_minutes() {
    let begun = Instant::now();
    let (counted, tree) = counted(|_| true).await;
    let uncounted = counted.check(&tree.counts("wc"));
    assert_eq!(uncounted.len(), 60);
    assert!(uncounted.values().all(|why| why == "failed unreachable"), "{uncounted:?}");
    assert!(begun.elapsed() >= Duration::from_secs(600));
    assert_eq!(warnings(&counted), 1, "it is said once");
}

fn key(number: usize) -> String {
    format!("{number:04}.log")
}

fn texts(count: usize) -> Vec<(String, String)> {
    (0..count).map(|number| (key(number), TEXT.to_owned())).collect()
}

fn listing(count: usize) -> impl Fn(&Asked) -> (u16, String) {
    let entries: Vec<String> = (0..count).map(|number| entry(&key(number), TEXT.len())).collect();
    move |_| (200, page(&entries, None))
}

#[track_caller]
fn check(ran: &Ran, count: usize) {
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let end = ran.end();
    assert_eq!((&end["words"], &end["state"]), (&Value::from(2 * count), &Value::from("finished")), "{end}");
    assert_eq!(end["states"]["counted"], Value::from(count), "{end}");
    assert!(ran.stderr.lines().count() <= 1, "{}", ran.stderr);
}

#[test]
fn a_store_that_serves_so_many_gets_a_second_is_finished_with() {
    const RATE: usize = 200;
    let served = Mutex::new((WallInstant::now(), 0));
    let store = OddStore::refusing(texts(500), listing(500), move |_| {
        let mut served = served.lock().unwrap();
        if served.0.elapsed() >= Duration::from_secs(1) {
            *served = (WallInstant::now(), 0);
        }
        served.1 += 1;
        (served.1 > RATE).then_some(503)
    });
    check(&store.count(&[]), 500);
}

#[test]
fn one_refusal_in_ten_costs_no_object() {
    let statuses = [503, 429, 500];
    let refusals = move |get: usize| (get % 10 == 3).then_some(statuses[get / 10 % 3]);
    check(&OddStore::refusing(texts(300), listing(300), refusals).count(&[]), 300);
}

#[test]
fn a_run_that_waits_for_a_store_keeps_to_its_time() {
    let store = OddStore::refusing(texts(100), listing(100), |_| Some(503));
    let ran = store.count(&["--max-seconds", "2"]);
    let end = ran.end();
    assert_eq!((ran.code, &end["state"]), (Some(1), &Value::from("budget")), "{end}");
    assert_eq!(end["states"]["cancelled"], Value::from(100), "{end}");
}

#[test]
fn a_refusal_ends_no_run_that_has_time_left() {
    // Each object's function asks three times: nothing comes of a first and of a second invocation.
    let store = OddStore::refusing(texts(10), listing(10), |get| (get < 60).then_some(503));
    check(&store.count(&["--max-seconds", "100"]), 10);
}

#[test]
fn an_object_that_changed_since_it_was_listed_is_counted_as_it_is_by_then() {
    let store = OddStore::new(texts(2), |_| {
        let earlier = entry(&key(1), 3).replace("&quot;0001.log&quot;", "&quot;earlier&quot;");
        (200, page(&[entry(&key(0), TEXT.len()), earlier], None))
    });
    let ran = store.count(&["--grain", "per_object"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let lines = ran.lines();
    let row = lines.iter().find(|row| row["key"] == "0001.log").unwrap();
    let shown = ["state", "reason", "etag"].map(|name| row[name].as_str().unwrap());
    assert_eq!(shown, ["counted", "warning", "\"0001.log\""]);
    assert_eq!((row["bytes_in"].as_u64(), ran.end()["words"].as_u64()), (Some(8), Some(4)));
    assert!(ran.stderr.contains("it changed after it was listed"), "{}", ran.stderr);
}

#[test]
fn a_listing_that_nobody_answers_ends_with_the_time_of_its_run() {
    let store = OddStore::new(texts(1), |_| {
        std::thread::sleep(Duration::from_secs(8));
        (403, String::new())
    });
    let ran = store.count(&["--max-seconds", "1"]);
    let end = ran.end();
    assert_eq!((ran.code, &end["state"]), (Some(1), &Value::from("budget")), "{end}");
}
