//! The invocations that a run reports: all that is billed and nothing else, to every viewer at any time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use local::{Function, Handler, Invocation as Call};
use serde_json::Value;
use server::pipeline;
use server::run::{INVOCATIONS_KEPT, Run};
use wire::api::StartRun;
use wire::cascade::ChildErrorKind;
use wire::invocation::{Invocation, Invocations, Outcome, Tier};
use wire::run::RunState;

use crate::bench::{Bench, spec, until};
use crate::faults::{Answer, changed, crash, instead, objects};
use crate::resumed::{slow_site, start_and_wait};
use crate::several::Shared;
use crate::site::Site;
use crate::sse::{Event, Events};
use crate::tree::{Tree, gzip, text};

/// The invocations as a viewer knows them who has seen these events.
fn folded(events: &[Event]) -> Invocations {
    let mut known = BTreeMap::new();
    let mut last = Invocations::default();
    for event in events.iter().filter(|event| event.name == "invocations") {
        last = serde_json::from_value(event.data.clone()).unwrap();
        known.extend(last.rows.drain(..).map(|told| (told.number, told)));
    }
    Invocations { rows: known.into_values().collect(), ..last }
}

/// Checks everything that must hold of an ended run's invocations, where all are stored.
fn check(told: &Invocations, progress: &Value) {
    let (rows, totals) = (&told.rows, told.totals);
    let sum = |of: fn(&Invocation) -> u64| Some(rows.iter().map(of).sum::<u64>());
    assert_eq!(sum(|told| u64::from(told.ran)), progress["invocations"].as_u64(), "{totals:?}");
    assert_eq!(Some(totals.invocations), progress["invocations"].as_u64());
    assert_eq!(sum(|told| u64::from(told.billed_ms.unwrap_or(0))), progress["billed_ms"].as_u64());
    assert_eq!(sum(|told| u64::from(told.init_ms.is_some())), Some(totals.cold_starts));
    assert!(told.left_out == 0 && rows.iter().map(|told| told.number).eq(0..rows.len() as u64));
    let of = |outcome| rows.iter().filter(|told| told.outcome == Some(outcome)).count() as u64;
    assert_eq!(
        [of(Outcome::Retried), of(Outcome::Throttled), of(Outcome::Failed), of(Outcome::Lost)],
        [totals.retried, totals.throttled, totals.failed, totals.lost]
    );
    let mut settled: Vec<u64> =
        rows.iter().flat_map(|told| told.first_row..told.first_row + u64::from(told.rows)).collect();
    settled.sort_unstable();
    assert!(settled.windows(2).all(|pair| pair[0] < pair[1]), "a row was settled by two invocations");
    for told in rows {
        let ended_ms = told.ended_ms.expect("every invocation is over");
        assert!(told.queued_ms <= told.began_ms && told.began_ms <= ended_ms, "{told:?}");
        assert!(told.first_ms.is_none_or(|first| (told.began_ms..=ended_ms).contains(&first)), "{told:?}");
        assert_eq!((told.tier == Tier::Wordcount), told.cascade.is_some(), "{told:?}");
        if let Some(cascade) = told.cascade {
            assert_eq!(rows[cascade as usize].tier, Tier::Cascade);
        }
        let previous = told.previous.map(|previous| rows[previous as usize]);
        let tried_before = previous.is_some_and(|previous| {
            previous.batch == told.batch
                && previous.attempt + 1 == told.attempt
                && matches!(previous.outcome, Some(Outcome::Retried | Outcome::Throttled | Outcome::Lost))
        });
        assert!(tried_before == (told.attempt > 1), "{told:?} after {previous:?}");
    }
}

/// Counts 60 small files with this `wordcount`, of which so many may run at once.
async fn counted(
    concurrency: Option<u32>,
    around: impl Fn(usize, Handler, Call) -> Answer + Send + Sync + 'static,
) -> (Arc<Run>, Invocations) {
    let tree = Tree::small_files(60);
    let bench = Bench::on(&tree, 4, 16);
    bench.local.register(Function { concurrency, ..instead(&bench.wordcount, around) });
    let run = Run::new(spec(), true, None);
    pipeline::run(bench.job(&run, None)).await;
    let told = run.invocations();
    check(&told, &serde_json::to_value(run.now()).unwrap());
    let (journal, ran) = (bench.local.journal().entries().len(), told.rows.iter().filter(|told| told.ran));
    assert_eq!(ran.count(), journal, "what ran is what the stand-in ran");
    (run, told)
}

#[tokio::test(start_paused = true)]
async fn what_ran_is_told_with_its_cold_starts_its_rows_and_its_bill() {
    let (run, told) = counted(None, |_, handler, call| handler(call)).await;
    assert_eq!(run.now().state, RunState::Finished);
    let rows: u64 = told.rows.iter().map(|told| u64::from(told.rows)).sum();
    assert_eq!(rows, 60, "each row is some invocation's");
    assert!(told.rows.iter().all(|told| told.outcome == Some(Outcome::Answered) && told.ran));
    assert!(told.totals.cold_starts >= 2, "an environment of each tier was started: {:?}", told.totals);
    let cascade = told.rows.iter().find(|told| told.tier == Tier::Cascade).unwrap();
    assert!(cascade.first_ms.is_some() && cascade.batch > 0);
    for row in 0..60 {
        let attempts = run.attempts_at(row);
        assert!(attempts.len() == 1 && attempts[0].tier == Tier::Wordcount, "{attempts:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_that_failed_are_told_with_what_became_of_them() {
    const POISONED: &str = "03/part-00013.txt";
    let (run, told) = counted(None, |_, handler, call| {
        let poisoned = objects(&call).iter().any(|object| object.key == POISONED);
        if poisoned { crash() } else { handler(call) }
    })
    .await;
    assert!(told.totals.retried > 0 && told.totals.failed == 1, "{:?}", told.totals);
    let failed = told.rows.iter().find(|told| told.outcome == Some(Outcome::Failed)).unwrap();
    assert_eq!((failed.error, failed.objects, failed.rows), (Some(ChildErrorKind::Died), 1, 1));
    let attempts = run.attempts_at(failed.first_row);
    assert_eq!(attempts.last(), Some(failed));
    assert!(attempts.len() > 1 && attempts.len() == failed.attempt as usize, "{attempts:?}");
    assert!(attempts.iter().all(|attempt| attempt.error == Some(ChildErrorKind::Died)));
}

#[tokio::test(start_paused = true)]
async fn what_was_turned_away_is_told_and_is_not_among_what_ran() {
    let (_, told) = counted(Some(1), |_, handler, call| {
        async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            handler(call).await
        }
        .boxed()
    })
    .await;
    let turned_away = told.rows.iter().filter(|told| told.outcome == Some(Outcome::Throttled));
    assert!(
        turned_away.clone().count() > 0 && turned_away.clone().all(|told| !told.ran),
        "{:?}",
        told.totals
    );
    let waited = told.rows.iter().filter(|told| told.attempt > 1 && told.began_ms > told.queued_ms);
    assert!(waited.count() > 0, "what goes again waited for its turn");
}

#[tokio::test(start_paused = true)]
async fn a_part_of_a_batch_that_is_tried_again_is_told_as_retried() {
    let (run, told) = counted(None, |_, handler, call| {
        changed(&handler, call, |reply| reply.objects.truncate(reply.objects.len().div_ceil(2)))
    })
    .await;
    assert_eq!(run.now().states.counted, 60);
    let retried: Vec<_> = told.rows.iter().filter(|told| told.outcome == Some(Outcome::Retried)).collect();
    assert!(retried.iter().any(|told| told.rows > 0 && told.rows < told.objects), "{retried:?}");
    let again = (0..60).filter(|row| run.attempts_at(*row).len() > 1).count();
    assert!(again > 0 && again < 60, "{again} objects were tried again");
}

#[tokio::test(start_paused = true)]
async fn what_was_in_flight_when_a_run_was_cancelled_is_lost_and_its_objects_know_it() {
    let tree = Tree::small_files(60);
    let bench = Bench::on(&tree, 4, 16);
    bench.local.register(instead(&bench.wordcount, |_, _, _| std::future::pending().boxed()));
    let run = Run::new(spec(), true, None);
    let counting = tokio::spawn(pipeline::run(bench.job(&run, None)));
    until("something in flight", || !run.invocations().rows.is_empty()).await;
    run.cancel.cancel();
    counting.await.unwrap();
    assert_eq!(run.now().state, RunState::Cancelled);
    let told = run.invocations();
    check(&told, &serde_json::to_value(run.now()).unwrap());
    assert!(told.totals.lost > 1 && told.rows.iter().all(|told| told.outcome == Some(Outcome::Lost)));
    let tried = (0..60).filter(|row| !run.attempts_at(*row).is_empty()).count();
    let asked: u32 = told.rows.iter().filter(|told| told.cascade.is_some()).map(|told| told.objects).sum();
    assert_eq!(tried as u32, asked);
}

/// A run with damaged objects, whose functions are few.
fn site(tree: &Tree) -> Site {
    Site::with(&[tree.mounted_as("docs")], &["--concurrency", "2", "--batch-bytes", "33554432"])
}

fn tree() -> Tree {
    let mut tree = Tree::small_files(700);
    let damaged = gzip(&text(500));
    (0..20).for_each(|number| tree.write(&format!("damaged/{number:03}.gz"), &damaged[..damaged.len() - 4]));
    tree
}

fn anatomy(site: &Site, id: &str, after: Option<&str>) -> Events {
    let request = site.get(&format!("/runs/{id}/events?grain=per_object&invocations=1"));
    match after {
        Some(after) => request.header("last-event-id", after).send().into(),
        None => request.send().into(),
    }
}

#[test]
fn whoever_asks_is_told_and_nobody_else() {
    let tree = tree();
    let site = site(&tree);
    let id = site.start(&[]);
    let live: Vec<Event> = anatomy(&site, &id, None).collect();
    let (late, plain): (Vec<Event>, Vec<Event>) =
        (anatomy(&site, &id, None).collect(), site.events(&id).collect());
    let run = site.ended(&id);
    check(&folded(&live), &run);
    assert_eq!(folded(&live), folded(&late));
    assert!(plain.iter().all(|event| event.name != "invocations"));
    let others = |events: &[Event]| {
        events.iter().filter(|event| event.name != "invocations").cloned().collect::<Vec<_>>()
    };
    let rows: Events = site.get(&format!("/runs/{id}/events?grain=per_object&invocations=0")).send().into();
    assert_eq!(others(&late), rows.collect::<Vec<_>>());
    assert_eq!((late[0].name.as_str(), late[1].name.as_str()), ("progress", "invocations"));
    assert_eq!(live.last().unwrap().name, "end");
}

#[test]
fn whoever_comes_back_after_any_event_knows_all_invocations() {
    let tree = tree();
    let site = site(&tree);
    let id = site.start(&[]);
    let live: Vec<Event> = anatomy(&site, &id, None).collect();
    let whole = folded(&live);
    for (index, event) in live.iter().enumerate().take(live.len() - 1).skip(1) {
        let mut events = live[..=index].to_vec();
        events.extend(anatomy(&site, &id, event.id.as_deref()));
        assert_eq!(folded(&events), whole, "after event {index}: {}", event.name);
    }
    // A viewer who breaks off again and again while the run goes on.
    let id = site.start(&[("recount", "1")]);
    let mut events: Vec<Event> = anatomy(&site, &id, None).take(2).collect();
    while events.last().unwrap().name != "end" {
        let after = events.last().unwrap().id.clone().unwrap();
        for event in anatomy(&site, &id, Some(&after)) {
            events.push(event);
            // The first event that moves the cursor is the last one of this connection.
            if events.last().unwrap().name != "invocations" {
                break;
            }
        }
    }
    check(&folded(&events), &site.ended(&id));
}

#[test]
fn an_ended_runs_invocations_outlive_its_server() {
    let tree = tree();
    let mount = tree.mounted_as("docs");
    let site = Site::mounting(std::slice::from_ref(&mount));
    let id = site.start(&[]);
    let before = folded(&anatomy(&site, &id, None).collect::<Vec<_>>());
    check(&before, &site.ended(&id));
    let site = Site::at(site.close(), &["--mount", &mount], &[]);
    let after: Vec<Event> = anatomy(&site, &id, None).collect();
    assert_eq!(folded(&after), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_server_tells_a_runs_invocations_as_far_as_they_are_stored() {
    let tree = Tree::small_files(600);
    let shared = Shared::on(&tree, Duration::from_millis(20));
    let (first, second) = (shared.server(false), shared.server(false));
    let id = first.start(&StartRun::default()).await.unwrap().id;
    let followed = second.get(&id).await.unwrap();
    until("the run's end", || followed.is_over()).await;
    let run = first.get(&id).await.unwrap();
    until("the last of it", || run.is_kept()).await;
    let told = run.invocations();
    check(&told, &serde_json::to_value(run.now()).unwrap());
    assert_eq!(followed.invocations(), told, "by what its segments tell");
    let later = shared.server(false).get(&id).await.unwrap();
    later.load_invocations().await.unwrap();
    assert_eq!(later.invocations(), told, "by what was stored at its end");
    let stored = format!("runs/{id}/invocations.json");
    shared.bench.engine.s3.delete_object().bucket("results").key(&stored).send().await.unwrap();
    let without = shared.server(false).get(&id).await.unwrap();
    without.load_invocations().await.unwrap();
    let without = without.invocations();
    assert_eq!((without.left_out, without.rows.len()), (run.now().progress.invocations, 0));
    shared.store().put_invocations(&run.id, &told).await.unwrap();
    first.delete(&id).await.unwrap();
    assert!(shared.store().invocations(&run.id).await.is_err(), "they go with their run");
}

#[test]
fn a_run_that_was_gone_on_with_tells_what_its_first_server_invoked() {
    let slow = Tree::slow(12);
    let site = slow_site(&slow, tempfile::tempdir().unwrap(), &[]);
    let id = start_and_wait(&site);
    let site = slow_site(&slow, site.kill(), &[]);
    let run = site.ended(&id);
    assert_eq!(run["state"], "finished", "{run}");
    let told = folded(&anatomy(&site, &id, None).collect::<Vec<_>>());
    assert!(told.rows.iter().all(|told| told.ended_ms.is_some()), "{told:?}");
    let lost = told.rows.iter().filter(|told| told.outcome == Some(Outcome::Lost)).count();
    let rows: u64 = told.rows.iter().map(|told| u64::from(told.rows)).sum();
    assert!(rows <= 12 && lost <= 2, "{told:?}");
    assert!(told.rows.len() < INVOCATIONS_KEPT && told.left_out == 0);
    let first =
        told.rows.iter().filter(|told| told.outcome == Some(Outcome::Answered)).map(|told| told.began_ms);
    assert!(first.is_sorted(), "times go on where the first server's ended");
}
