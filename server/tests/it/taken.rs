//! Runs that change hands between servers of one process, and what is stored of them at any moment.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use jiff::SignedDuration;
use server::pipeline::stream::{From, shown};
use server::run::{Run, RunId, Sees, Wanted};
use server::runs::{Resume, Runs};
use tokio::task::JoinHandle;
use wire::api::StartRun;
use wire::error::ErrorCode;
use wire::event::End;
use wire::row::{Row, State};
use wire::rule::Grain;
use wire::run::RunState;
use wire::tally::Tally;

use crate::bench::{spec, until};
use crate::several::Shared;
use crate::site::PATIENCE;
use crate::tree::Tree;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_has_lost_its_run_adds_nothing_to_it() {
    let tree = Tree::small_files(1_200);
    let shared = Shared::on(&tree, Duration::from_millis(20));
    let (first, second) = (shared.server(false), shared.server(true));
    let id = first.start(&StartRun::default()).await.unwrap().id;
    let lost = first.get(&id).await.unwrap();
    until("a run under way", || lost.now().progress.objects_done > 200).await;
    let watching = tokio::spawn(Arc::clone(&second).watch(Resume::Auto));
    until("the loss of the run", || lost.is_abandoned()).await;
    assert!(!lost.is_over());
    let run = second.get(&id).await.unwrap();
    until("the run's end", || run.is_over() && run.is_kept()).await;
    watching.abort();
    let end = run.now();
    assert_eq!((end.state, end.states.counted), (RunState::Finished, tree.len()), "{:?}", end.error);
    assert_eq!((end.progress.words, end.progress.lines), (tree.total("wc").words, tree.total("wc").lines));
    let rows = server::pipeline::stream::rows(&run, 0, run.rows_total()).await.unwrap();
    let keys: BTreeMap<_, _> = rows.iter().map(|row| (row.key.as_str(), row.tally.words)).collect();
    assert_eq!((rows.len() as u64, keys.len() as u64), (tree.len(), tree.len()));
    shared.bench.check_attempts();
}

#[tokio::test(flavor = "multi_thread")]
async fn any_server_shows_a_run_that_another_one_has() {
    let tree = Tree::small_files(600);
    let shared = Shared::on(&tree, Duration::from_millis(20));
    let (first, second) = (shared.server(false), shared.server(false));
    let id = first.start(&StartRun::default()).await.unwrap().id;
    let followed = second.get(&id).await.unwrap();
    assert!(!followed.is_over());
    until("the run's end", || followed.is_over()).await;
    let run = first.get(&id).await.unwrap();
    until("the last of it", || run.is_kept()).await;
    assert_eq!((followed.now(), followed.rows_total()), (run.now(), tree.len()));
    assert_eq!(second.list(None, None).await.unwrap().runs, first.list(None, None).await.unwrap().runs);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_runs_are_let_go_and_those_that_go_on_are_not() {
    let tree = Tree::small_files(600);
    let shared = Shared::on(&tree, Duration::from_millis(100));
    let server = shared.server(false);
    let over =
        server.start(&StartRun { prefix: Some("none".to_owned()), ..StartRun::default() }).await.unwrap().id;
    let run = server.get(&over).await.unwrap();
    until("the run's end", || run.is_over()).await;
    let going_on = server.start(&StartRun::default()).await.unwrap().id;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let sweeping = tokio::spawn(Arc::clone(&server).retain(SignedDuration::from_millis(10)));
    let store = shared.store();
    let deadline = Instant::now() + PATIENCE;
    while store.ids(None, 10).await.unwrap().len() > 1 || server.get(&over).await.is_ok() {
        assert!(Instant::now() < deadline, "the run is not let go");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    sweeping.abort();
    assert_eq!(store.ids(None, 10).await.unwrap()[0].as_str(), going_on);
    let run = server.get(&going_on).await.unwrap();
    until("the other run's end", || run.is_over()).await;
    assert_eq!(run.now().states.counted, tree.len());
}

fn row(key: &str) -> Row {
    let tally = Tally::default();
    Row {
        key: key.to_owned(),
        state: State::Counted,
        reason: None,
        tally,
        duration_ms: 0,
        etag: None,
        unchanged: false,
    }
}

/// A run that no server runs.
fn bare() -> Arc<Run> {
    Run::named(RunId::random(), spec(), false, None, None)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_answer_was_lost_is_done_when_it_is_tried_again() {
    let shared = Shared::on(&Tree::small_files(1), Duration::ZERO);
    let (store, run) = (shared.store(), bare());
    store.create_lease(&run.id, "a").await.unwrap();
    assert!(
        store.create_lease(&run.id, "a").await.is_ok() && store.create_lease(&run.id, "b").await.is_err()
    );
    let first = store.create_record(&run.record()).await.unwrap();
    assert_eq!(store.create_record(&run.record()).await.unwrap(), first);
    run.push_row(row("a"));
    let (segment, _) = run.next_segment(1, 0, None);
    for _ in 0..2 {
        store.create_segment(&run.id, 0, &segment).await.unwrap();
    }
    // A larger one of the same server is not what is there.
    run.push_row(row("b"));
    let (larger, _) = run.next_segment(1, 0, None);
    assert!(store.create_segment(&run.id, 0, &larger).await.is_err());
}

#[test]
fn a_record_says_that_a_run_is_over_once_its_segments_are_stored() {
    let run = bare();
    (0..5_000).for_each(|n| run.push_row(row(&n.to_string())));
    run.end(End { state: RunState::Finished, ..run.now() });
    assert_ne!(run.record().end.state, RunState::Finished);
    assert_eq!(run.last_record().end.state, RunState::Finished);
}

/// All events that a viewer gets, as text.
async fn events_of(run: Arc<Run>) -> String {
    let events: Vec<_> = shown(run, Wanted::of(Grain::PerObject), From::Nothing, Sees::All).collect().await;
    events.into_iter().map(|event| String::from_utf8(event.unwrap().to_vec()).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_watches_on_another_server_or_on_one_that_lost_the_run_sees_its_end() {
    let tree = Tree::small_files(800);
    let shared = Shared::on(&tree, Duration::from_millis(20));
    let (first, second) = (shared.server(false), shared.server(true));
    let id = first.start(&StartRun::default()).await.unwrap().id;
    let lost = first.get(&id).await.unwrap();
    until("a run under way", || lost.now().progress.objects_done > 100).await;
    let watching = tokio::spawn(Arc::clone(&second).watch(Resume::Auto));
    until("the loss of the run", || lost.is_abandoned()).await;
    let (one, two) = (first.get(&id).await.unwrap(), first.get(&id).await.unwrap());
    assert!(Arc::ptr_eq(&one, &two), "one follower serves all");
    let events = events_of(one).await;
    assert!(events.contains("event: end") && events.contains(&format!("\"counted\":{}", tree.len())));
    until_state(&first, &id, RunState::Finished).await;
    let again = events_of(first.get(&id).await.unwrap()).await;
    assert!(again.contains("event: end"));
    assert_eq!(first.delete(&id).await.unwrap().id, id);
    watching.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_another_server_goes_on_with_is_interrupted_no_more() {
    let tree = Tree::small_files(3_000);
    let shared = Shared::on(&tree, Duration::from_millis(50));
    let (first, asks, third) = (shared.server(false), shared.server(false), shared.server(false));
    let id = first.start(&StartRun::default()).await.unwrap().id;
    let run = first.get(&id).await.unwrap();
    until("a run under way", || run.now().progress.objects_done > 10).await;
    let asking = tokio::spawn(Arc::clone(&asks).watch(Resume::Ask));
    first.leave_all();
    first.closed().await;
    until_state(&asks, &id, RunState::Interrupted).await;
    let watching = tokio::spawn(Arc::clone(&third).watch(Resume::Auto));
    until_state(&asks, &id, RunState::Running).await;
    assert_eq!(asks.delete(&id).await.unwrap_err().code, ErrorCode::RunNotOver);
    assert_eq!(asks.resume(&id).await.unwrap_err().code, ErrorCode::RunNotInterrupted);
    assert_eq!(third.cancel(&id).await.unwrap().state, "cancelled");
    until_state(&asks, &id, RunState::Cancelled).await;
    [asking, watching].iter().for_each(JoinHandle::abort);
}

/// Waits until this server shows the run in this state.
async fn until_state(runs: &Runs, id: &str, state: RunState) {
    let (id, deadline) = (RunId::try_from(id.to_owned()).unwrap(), Instant::now() + PATIENCE);
    loop {
        let found = runs.summary(&id).await.unwrap().end.state;
        if found == state {
            return;
        }
        assert!(Instant::now() < deadline, "the run is {found:?} and not {state:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_with_a_gap_is_not_gone_on_with() {
    let tree = Tree::small_files(1_500);
    let shared = Shared::on(&tree, Duration::from_millis(150));
    let (first, second) = (shared.server(false), shared.server(true));
    let store = shared.store();
    let id = first.start(&StartRun::default()).await.unwrap().id;
    let run = first.get(&id).await.unwrap();
    until("some segments", || run.segments().len() >= 3).await;
    assert!(!run.is_over());
    first.leave_all();
    first.closed().await;
    let gap = format!("runs/{id}/ledger/{:08}.ndjson", 1);
    shared.bench.engine.s3.delete_object().bucket("results").key(gap).send().await.unwrap();
    let watching = tokio::spawn(Arc::clone(&second).watch(Resume::Auto));
    until_state(&second, &id, RunState::Interrupted).await;
    assert!(store.segment(&run.id, 1).await.is_err(), "nothing is put into the hole");
    assert!(!store.record(&run.id).await.unwrap().0.end.state.is_over());
    watching.abort();
}
