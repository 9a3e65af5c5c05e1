//! Limits, one at a time: what a run does with little money, and how it ends the work that it has begun.

use std::time::Duration;

use futures_util::FutureExt;
use local::{Config, Generated, JournalEntry};
use tokio::time::sleep;
use wire::run::{Limits, RunState};

use crate::bench::{self, Bench};
use crate::faults::{crash, instead};

/// A bench over this many small objects, one or two a batch, whose `wordcount` takes so long.
fn slow_bench(objects: u64, takes: Duration) -> Bench {
    let generated = vec![Generated { name: bench::bucket(), objects, seed: 2015 }];
    let bench = Bench::with(Config { generated, ..Config::default() }, 32, 2 << 20);
    let slow = instead(&bench.wordcount, move |_, handler, invocation| {
        async move {
            sleep(takes).await;
            handler(invocation).await
        }
        .boxed()
    });
    bench.local.register(slow);
    bench
}

/// The most invocations of `wordcount` that ran at one time.
fn at_once(entries: &[JournalEntry]) -> usize {
    let running = |at| {
        let runs = |entry: &&JournalEntry| entry.started <= at && entry.end.as_ref().unwrap().ended > at;
        entries.iter().filter(runs).count()
    };
    entries.iter().map(|entry| running(entry.started)).max().unwrap_or_default()
}

fn usd(max_usd: f64) -> Limits {
    Limits { max_usd: Some(max_usd), ..Limits::default() }
}

#[tokio::test(start_paused = true)]
async fn as_many_batches_go_at_once_as_the_money_pays_for() {
    let bench = slow_bench(200, Duration::from_millis(100));
    let counted = bench.count_within(usd(0.001)).await;
    assert_eq!(counted.end.states.counted, 200, "{:?}", counted.end);
    let running = at_once(&bench.wordcounts());
    assert!((8..32).contains(&running), "{running} at once");
    assert!(counted.end.progress.elapsed_ms < 3_000, "{} ms", counted.end.progress.elapsed_ms);
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_money_is_spent_keeps_what_it_has() {
    let bench = slow_bench(200, Duration::from_millis(500));
    let counted = bench.count_within(usd(0.000_3)).await;
    let end = &counted.end;
    assert_eq!((end.state, end.states.total()), (RunState::Budget, 200), "{end:?}");
    assert!(end.states.counted > 5 && end.states.counted + end.states.cancelled == 200, "{end:?}");
    assert!(end.progress.cost_usd <= 0.000_3);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_the_money_does_not_last_for_is_given_up() {
    let bench = slow_bench(1, Duration::ZERO);
    let endless = instead(&bench.wordcount, |_, _, invocation| {
        async move {
            let request: wire::wordcount::Request = serde_json::from_slice(&invocation.payload).unwrap();
            sleep(Duration::from_millis(request.max_ms.unwrap_or(1_800))).await;
            let reply = wire::wordcount::Reply { remaining: request.objects, ..Default::default() };
            Ok(local::Response::Buffered(lambdas::call::encoded(&reply).into()))
        }
        .boxed()
    });
    bench.local.register(endless);
    let counted = bench.count_within(usd(0.000_15)).await;
    assert_eq!(counted.end.state, RunState::Budget, "{:?}", counted.end);
    assert_eq!(counted.end.states.cancelled, 1, "{:?}", counted.end);
    assert!((1..5).contains(&bench.wordcounts().len()), "{}", bench.wordcounts().len());
}

#[tokio::test(start_paused = true)]
async fn what_was_dispatched_before_a_limit_is_still_tried_again_after_it() {
    let bench = slow_bench(50, Duration::ZERO);
    bench.local.register(instead(&bench.wordcount, |call, handler, invocation| match call {
        0 | 2 => crash(),
        _ => handler(invocation),
    }));
    let limits = Limits { max_objects: Some(7), ..Limits::default() };
    let end = bench.count_within(limits).await.end;
    assert_eq!(end.state, RunState::Budget);
    assert_eq!((end.states.counted + end.states.failed, end.states.cancelled), (7, 43), "{end:?}");
}

#[tokio::test(start_paused = true)]
async fn a_cost_is_told_by_what_it_went_into() {
    let bench = slow_bench(30, Duration::from_millis(50));
    let whole = bench.count().await.end.progress;
    let [wordcount, cascade] = [whole.cost.wordcount_usd, whole.cost.cascade_usd];
    assert!(wordcount > 0.0 && cascade > 0.0 && whole.cost.failed_usd == 0.0, "{:?}", whole.cost);
    assert!(whole.cost.requests_usd > 0.0 && whole.cost.s3_usd > 0.0);
    assert!((whole.cost.total_usd() - whole.cost_usd).abs() < f64::EPSILON);

    bench.local.register(instead(&bench.wordcount, |call, handler, invocation| {
        async move {
            sleep(Duration::from_millis(50)).await;
            if call == 0 { crash().await } else { handler(invocation).await }
        }
        .boxed()
    }));
    let failed = bench.count().await.end.progress.cost;
    assert!(failed.failed_usd > 0.0 && failed.unreported == 0, "{failed:?}");
    assert!(failed.unreported_usd > 0.0, "GETs of what crashed are not known");
}
