//! Cancel, and connections that close: what starts no more, and what runs on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use leptos::prelude::LeptosOptions;
use local::{Code, Function, Outcome};
use server::access::{Access, Proxy};
use server::http::audience::Audience;
use server::http::{Site, router};
use server::pipeline;
use server::run::Run;
use server::runs::Runs;
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wire::api::StartRun;
use wire::run::RunState;

use crate::bench::{BUCKET, Bench, handler, spec, until};
use crate::http::Request;
use crate::sse::Events;
use crate::tree::Tree;

/// From this long after Cancel nothing starts.
const NOTHING_STARTS_AFTER: Duration = Duration::from_millis(200);

/// A bench whose functions take a while, and a tree that would keep them busy for some ten seconds.
fn slow_bench(tree: &Tree) -> Bench {
    let bench = Bench::on(tree, 8, 2);
    let real = bench.wordcount.clone();
    let handler = handler(&real);
    let slow = move |invocation| {
        let handler = Arc::clone(&handler);
        async move {
            tokio::time::sleep(Duration::from_millis(400)).await;
            handler(invocation).await
        }
        .boxed()
    };
    bench.local.register(Function { code: Code::Handler(Arc::new(slow)), ..real });
    bench
}

/// Checks that nothing started too late after `stopped`, and all that had started came to its end.
async fn check_journal(bench: &Bench, stopped: Instant) {
    until("the end of what is in flight", || bench.local.journal().running() == 0).await;
    tokio::time::sleep_until(stopped + 2 * NOTHING_STARTS_AFTER).await;
    bench.check_attempts();
    let entries = bench.local.journal().entries();
    let mut ended_after = 0;
    for entry in entries {
        let end = entry.end.clone().unwrap();
        assert!(entry.started <= stopped + NOTHING_STARTS_AFTER, "{entry:?} started after {stopped:?}");
        assert_eq!(end.outcome, Outcome::Answered);
        ended_after += usize::from(entry.function_name == "wordcount" && end.ended > stopped);
    }
    assert!(ended_after > 0, "nothing was in flight");
}

fn check_cancelled(run: &Run, objects: u64) {
    let end = run.now();
    assert_eq!(end.state, RunState::Cancelled, "{:?}", end.error);
    assert_eq!(end.states.total(), end.progress.objects_found);
    assert!(end.progress.objects_found <= objects);
    assert!(end.states.cancelled > 0 && end.states.counted > 0, "{:?}", end.states);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_starts_after_cancel_and_what_is_in_flight_runs_on() {
    let tree = Tree::small_files(1_000);
    let bench = slow_bench(&tree);
    let run = Run::new(spec(), true, None);
    let pipeline = tokio::spawn(pipeline::run(bench.job(&run, None)));
    until("a run well under way", || bench.wordcounts().len() > 20).await;
    run.cancel.cancel();
    let stopped = Instant::now();
    pipeline.await.unwrap();
    check_journal(&bench, stopped).await;
    check_cancelled(&run, tree.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn cancel_is_answered_at_once_and_a_second_time_changes_nothing() {
    let tree = Tree::small_files(300);
    let bench = slow_bench(&tree);
    let runs = Runs::new(&bench.backend(), BUCKET.to_owned(), [BUCKET.to_owned()].into());
    let id = runs.start(&StartRun::default()).await.unwrap().id;
    until("a run under way", || bench.wordcounts().len() > 10).await;
    let stopped = Instant::now();
    assert_eq!(runs.cancel(&id).await.unwrap().state, "cancelled");
    let run = runs.get(&id).await.unwrap();
    until("the run's end", || run.is_over()).await;
    let end = run.now();
    assert_eq!(runs.cancel(&id).await.unwrap().state, "cancelled");
    check_journal(&bench, stopped).await;
    check_cancelled(&run, tree.len());
    assert_eq!(run.now(), end);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cascade_that_hangs_on_does_not_hold_a_cancelled_run() {
    let tree = Tree::small_files(40);
    let bench = Bench::on(&tree, 4, 2);
    let stuck = Arc::new(|_| std::future::pending().boxed());
    bench.local.register(Function { code: Code::Handler(stuck), ..bench.wordcount.clone() });
    let run = Run::new(spec(), true, None);
    let pipeline = tokio::spawn(pipeline::run(bench.job(&run, None)));
    until("an invocation", || !bench.wordcounts().is_empty()).await;
    run.cancel.cancel();
    pipeline.await.unwrap();
    let end = run.now();
    assert_eq!(end.state, RunState::Cancelled);
    assert_eq!((end.states.total(), end.progress.objects_found), (tree.len(), tree.len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_a_stream_cancels_its_run() {
    let tree = Tree::small_files(1_000);
    let bench = slow_bench(&tree);
    let runs = Arc::new(Runs::new(&bench.backend(), BUCKET.to_owned(), [BUCKET.to_owned()].into()));
    let address = serve(Arc::clone(&runs)).await;
    let reading = tokio::task::spawn_blocking(move || {
        let mut events: Events = Request::new(address, "GET", "/stream").send().into();
        let finished = |event: &crate::sse::Event| event.data.to_string().contains("finished keys");
        assert!(events.any(|event| finished(&event)));
    });
    reading.await.unwrap();
    let stopped = Instant::now();
    let id = runs.list(None, None).await.unwrap().runs[0].id.clone();
    let run = runs.get(&id).await.unwrap();
    until("the run's end", || run.is_over()).await;
    check_journal(&bench, stopped).await;
    check_cancelled(&run, tree.len());
}

/// The site in this process; its address.
pub(crate) async fn serve(runs: Arc<Runs>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let site = Site {
        runs,
        plots: Arc::default(),
        access: Access::new(None, Proxy::None),
        audience: Arc::new(Audience::of_connections(100)),
        readiness: Arc::default(),
        leptos: LeptosOptions::builder().output_name("wordfall").build(),
        closing: CancellationToken::new(),
    };
    tokio::spawn(async move { axum::serve(listener, router(site)).await });
    address
}
