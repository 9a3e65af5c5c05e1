//! Functions that misbehave, one way at a time: every object is counted exactly, or named with its reason.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use lambdas::call;
use local::{Code, Function, Handler, HandlerError, Invocation, Response};
use wire::row::Object;
use wire::wordcount::{Reply, Request};

use crate::bench::Bench;
use crate::tree::Tree;

pub(crate) type Answer = BoxFuture<'static, Result<Response, HandlerError>>;

/// From this long on a cascade is taken for silent.
const SILENCE_MAX: Duration = Duration::from_secs(15);
const POISONED: &str = "03/part-00013.txt";

/// The function, with `around` in place of its handler: it is given the number of the call and the real one.
pub(crate) fn instead(
    real: &Function,
    around: impl Fn(usize, Handler, Invocation) -> Answer + Send + Sync + 'static,
) -> Function {
    let (handler, calls) = (crate::bench::handler(real), AtomicUsize::new(0));
    let handler: Handler = Arc::new(move |invocation| {
        around(calls.fetch_add(1, Ordering::SeqCst), Arc::clone(&handler), invocation)
    });
    Function { code: Code::Handler(handler), ..real.clone() }
}

/// The objects that a `wordcount` is asked for.
pub(crate) fn objects(invocation: &Invocation) -> Vec<Object> {
    serde_json::from_slice::<Request>(&invocation.payload).unwrap().objects
}

/// The real answer of a `wordcount`, changed.
pub(crate) fn changed(
    handler: &Handler,
    invocation: Invocation,
    change: impl FnOnce(&mut Reply) + Send + 'static,
) -> Answer {
    let answering = handler(invocation);
    async move {
        let Response::Buffered(bytes) = answering.await? else { panic!("wordcount answers in one piece") };
        let mut reply: Reply = serde_json::from_slice(&bytes).unwrap();
        change(&mut reply);
        Ok(Response::Buffered(call::encoded(&reply).into()))
    }
    .boxed()
}

/// A panic without a message on the terminal.
pub(crate) fn crash() -> Answer {
    async { resume_unwind(Box::new("poisoned")) }.boxed()
}

fn is_poisoned(invocation: &Invocation) -> Option<u64> {
    objects(invocation).iter().find(|object| object.key == POISONED).map(|object| object.n)
}

/// Counts 60 small files with this `wordcount`; returns the keys that were not counted.
async fn uncounted(
    around: impl Fn(usize, Handler, Invocation) -> Answer + Send + Sync + 'static,
) -> (Bench, BTreeMap<String, String>) {
    let tree = Tree::small_files(60);
    let bench = Bench::on(&tree, 4, 16);
    bench.local.register(instead(&bench.wordcount, around));
    let uncounted = bench.count().await.check(&tree.counts("wc"));
    (bench, uncounted)
}

fn poisoned_alone() -> BTreeMap<String, String> {
    BTreeMap::from([(POISONED.to_owned(), "failed function".to_owned())])
}

#[tokio::test(start_paused = true)]
async fn a_poisoned_object_is_isolated_by_halving() {
    let (_, uncounted) = uncounted(|_, handler, invocation| match is_poisoned(&invocation) {
        Some(_) => crash(),
        None => handler(invocation),
    })
    .await;
    assert_eq!(uncounted, poisoned_alone());
}

#[tokio::test(start_paused = true)]
async fn a_poisoned_object_that_the_log_names_is_isolated_at_once() {
    let (bench, uncounted) = uncounted(|_, handler, invocation| match is_poisoned(&invocation) {
        Some(n) => {
            invocation.log.line(&format!("open {n}"));
            crash()
        }
        None => handler(invocation),
    })
    .await;
    assert_eq!(uncounted, poisoned_alone());
    let crashed = |entry: &local::JournalEntry| {
        entry.end.as_ref().is_some_and(|end| end.outcome != local::Outcome::Answered)
    };
    let crashes = bench.wordcounts().iter().filter(|entry| crashed(entry)).count();
    assert!(crashes <= 1 + 8, "{crashes} invocations crashed: one with others, and the attempts at it alone");
}

#[tokio::test(start_paused = true)]
async fn an_object_that_takes_forever_fails_alone() {
    let (_, uncounted) = uncounted(|_, handler, invocation| match is_poisoned(&invocation) {
        Some(_) => std::future::pending().boxed(),
        None => handler(invocation),
    })
    .await;
    assert_eq!(uncounted, poisoned_alone());
}

#[tokio::test(start_paused = true)]
async fn a_function_that_is_throttled_all_the_time_counts_everything() {
    let tree = Tree::small_files(60);
    let bench = Bench::on(&tree, 8, 2);
    let slow = instead(&bench.wordcount, |_, handler, invocation| {
        async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            handler(invocation).await
        }
        .boxed()
    });
    bench.local.register(Function { concurrency: Some(1), ..slow });
    let counted = bench.count().await;
    assert_eq!(counted.check(&tree.counts("wc")), BTreeMap::new());
    assert!(counted.logs.iter().all(|log| !log.text.contains("smaller batches")), "429 is no function error");
    assert!(counted.throttled > 0, "that functions are turned away is told");
    assert_eq!(counted.end.progress.throttled, 0);
}

#[tokio::test(start_paused = true)]
async fn what_a_reply_omits_is_asked_again() {
    let (_, uncounted) = uncounted(|_, handler, invocation| {
        changed(&handler, invocation, |reply| reply.objects.truncate(reply.objects.len().div_ceil(2)))
    })
    .await;
    assert_eq!(uncounted, BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_never_answered_for_is_named_unreachable() {
    let (_, uncounted) = uncounted(|_, handler, invocation| match is_poisoned(&invocation) {
        Some(n) => changed(&handler, invocation, move |reply| reply.objects.retain(|row| row.n != n)),
        None => handler(invocation),
    })
    .await;
    assert_eq!(uncounted, BTreeMap::from([(POISONED.to_owned(), "failed unreachable".to_owned())]));
}

#[tokio::test(start_paused = true)]
async fn rows_that_come_twice_are_counted_once() {
    let (_, uncounted) = uncounted(|_, handler, invocation| {
        changed(&handler, invocation, |reply| reply.objects.extend(reply.objects.clone()))
    })
    .await;
    assert_eq!(uncounted, BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn rows_that_contradict_each_other_are_asked_again() {
    let (_, uncounted) = uncounted(|call, handler, invocation| match call {
        0..3 => changed(&handler, invocation, |reply| {
            let mut other = reply.objects[0].clone();
            other.tally.words += 1_000_000;
            reply.objects.push(other);
        }),
        _ => handler(invocation),
    })
    .await;
    assert_eq!(uncounted, BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn rows_that_nobody_asked_for_are_dropped() {
    let (_, uncounted) = uncounted(|call, handler, invocation| {
        let asked: Vec<u64> = objects(&invocation).iter().map(|object| object.n).collect();
        let unasked = (0..60).chain([u64::MAX]).filter(move |n| !asked.contains(n));
        changed(&handler, invocation, move |reply| {
            let mut row = reply.objects[0].clone();
            row.n = unasked.cycle().nth(call).unwrap();
            row.tally.words = 1_000_000;
            reply.objects.push(row);
        })
    })
    .await;
    assert_eq!(uncounted, BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn rows_under_wrong_numbers_are_asked_again() {
    let (_, uncounted) = uncounted(|call, handler, invocation| match call {
        0..3 => changed(&handler, invocation, |reply| {
            reply.objects.iter_mut().for_each(|row| row.n += 1_000_000);
        }),
        _ => handler(invocation),
    })
    .await;
    assert_eq!(uncounted, BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_read_is_an_error_of_the_function() {
    let (_, uncounted) = uncounted(|_, handler, invocation| match is_poisoned(&invocation) {
        Some(_) => async { Ok(Response::Buffered("no JSON".into())) }.boxed(),
        None => handler(invocation),
    })
    .await;
    assert_eq!(uncounted, poisoned_alone());
}

/// A `cascade` whose first calls, so many of them, end as `last` after one frame each.
async fn with_dying_cascades(
    calls_max: usize,
    last: impl Fn() -> Option<HandlerError> + Send + Sync + 'static,
) -> BTreeMap<String, String> {
    let tree = Tree::small_files(60);
    let bench = Bench::on(&tree, 16, 2);
    let patient = Function { timeout: SILENCE_MAX * 4, ..bench.cascade.clone() };
    bench.local.register(instead(&patient, move |call, handler, invocation| {
        let last = last();
        async move {
            match handler(invocation).await? {
                Response::Streamed(frames) if call < calls_max => {
                    let end = match last {
                        Some(error) => futures_util::stream::once(async { Err(error) }).boxed(),
                        None => futures_util::stream::pending().boxed(),
                    };
                    Ok(Response::Streamed(frames.take(1).chain(end).boxed()))
                }
                response => Ok(response),
            }
        }
        .boxed()
    }));
    bench.count().await.check(&tree.counts("wc"))
}

fn died() -> Option<HandlerError> {
    Some(HandlerError { error_type: "Runtime.ExitError".to_owned(), message: "killed".to_owned() })
}

#[tokio::test(start_paused = true)]
async fn a_cascade_that_dies_midway_loses_nothing() {
    assert_eq!(with_dying_cascades(3, died).await, BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn a_cascade_that_falls_silent_loses_nothing() {
    assert_eq!(with_dying_cascades(3, || None).await, BTreeMap::new());
}

/// The invocations of `wordcount` where every cascade takes so long to say its first word.
async fn wordcounts_after(start: Duration) -> usize {
    let tree = Tree::small_files(60);
    let bench = Bench::on(&tree, 16, 2);
    let patient = Function { timeout: SILENCE_MAX * 4, ..bench.cascade.clone() };
    bench.local.register(instead(&patient, move |_, handler, invocation| {
        tokio::time::sleep(start).then(move |()| handler(invocation)).boxed()
    }));
    assert_eq!(bench.count().await.check(&tree.counts("wc")), BTreeMap::new());
    bench.wordcounts().len()
}

#[tokio::test(start_paused = true)]
async fn a_cascade_that_takes_long_to_start_is_waited_for() {
    let once = wordcounts_after(Duration::ZERO).await;
    assert_eq!(wordcounts_after(SILENCE_MAX + Duration::from_secs(5)).await, once);
}

#[tokio::test(start_paused = true)]
async fn cascades_that_always_die_leave_every_uncounted_object_named() {
    let uncounted = with_dying_cascades(usize::MAX, died).await;
    assert!(uncounted.values().all(|why| why.starts_with("failed ")), "{uncounted:?}");
}
