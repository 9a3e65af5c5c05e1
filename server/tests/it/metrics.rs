//! `/metrics`: a linter's demands, the figures of runs, and nothing that a client could make grow.

use futures_util::FutureExt;
use local::Function;
use server::run::Run;

use crate::bench::Bench;
use crate::faults::{Answer, crash, instead};
use crate::http::Response;
use crate::scrape::Scrape;
use crate::site::{PATIENCE, Site};
use crate::tree::Tree;

/// Sums of fractions are as good as this.
const EXACT: f64 = 1e-9;

fn scraped(site: &Site) -> Scrape {
    let response = site.get("/metrics").send();
    assert_eq!((response.status, content_type(&response)), (200, "text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(response.headers["cache-control"], "no-store");
    Scrape::read(&response.text())
}

fn content_type(response: &Response) -> &str {
    &response.headers["content-type"]
}

#[track_caller]
fn same(told: f64, expected: f64) {
    assert!((told - expected).abs() < EXACT, "{told} is not {expected}");
}

#[test]
fn a_scrape_agrees_with_what_the_run_tells() {
    let tree = Tree::varied();
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let before = scraped(&site);
    assert_eq!(before.sum("wordfall_objects_found_total", &[]), 0.0);
    let id = site.start(&[("grain", "per_object")]);
    let run = site.ended(&id);
    let after = scraped(&site);
    let told = |name: &str| run[name].as_f64().unwrap_or_else(|| panic!("{name} of {run}"));
    let sum = |name: &str| after.sum(name, &[]);
    same(sum("wordfall_objects_found_total"), told("objects_found"));
    for (state, objects) in run["states"].as_object().unwrap() {
        same(after.sum("wordfall_objects_settled_total", &[("state", state)]), objects.as_f64().unwrap());
    }
    same(sum("wordfall_counted_stored_bytes_total"), told("bytes_in"));
    same(sum("wordfall_counted_decoded_bytes_total"), told("bytes_out"));
    same(sum("wordfall_billed_invocations_total"), told("invocations"));
    same(sum("wordfall_invocations_started_total"), told("invocations"));
    same(after.sum("wordfall_invocations_ended_total", &[("outcome", "answered")]), told("invocations"));
    same(sum("wordfall_invocation_seconds_count"), told("invocations"));
    same(sum("wordfall_billed_seconds_total"), told("billed_ms") / 1e3);
    same(sum("wordfall_cost_dollars_total"), told("cost_usd"));
    same(sum("wordfall_runs_started_total"), 1.0);
    same(after.sum("wordfall_runs_ended_total", &[("state", "finished")]), 1.0);
    same(sum("wordfall_run_first_row_seconds_count"), 1.0);
    assert!(sum("wordfall_list_page_seconds_count") >= 1.0);
    assert!(after.sum("wordfall_store_request_seconds_count", &[("operation", "write")]) >= 2.0);
    for gauge in ["runs_running", "objects_waiting", "batches_in_flight", "cascades_in_flight", "rows_held"] {
        same(sum(&format!("wordfall_{gauge}")), 0.0);
    }
    after.check_later_than(&before);
    // A second run adds to the first one's, and takes its counts.
    let second = site.ended(&site.start(&[("grain", "per_object")]));
    let later = scraped(&site);
    later.check_later_than(&after);
    same(later.sum("wordfall_objects_unchanged_total", &[]), second["objects_unchanged"].as_f64().unwrap());
    same(later.sum("wordfall_counted_stored_bytes_total", &[]), told("bytes_in"));
    let values = later.values();
    assert!(
        !values.iter().any(|value| value.contains("docs") || value.contains(&id[..]) || value.contains('/'))
    );
}

#[test]
fn viewers_and_what_they_are_sent_are_counted() {
    let tree = Tree::small_files(20);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let id = site.start(&[("grain", "per_object")]);
    site.ended(&id);
    let events: Vec<_> = site.events(&id).map(|event| event.name).collect();
    let scrape = scraped(&site);
    for name in ["progress", "objects", "log", "end"] {
        let sent = events.iter().filter(|event| *event == name).count();
        same(scrape.sum("wordfall_events_sent_total", &[("event", name)]), sent as f64);
    }
    same(scrape.sum("wordfall_viewer_first_event_seconds_count", &[]), 1.0);
    // The gauges of a connection, and of a call, fall a moment after its last byte.
    let gone = std::time::Instant::now() + PATIENCE;
    let is_over = |scrape: Scrape| {
        let permits = ["wordfall_permits_free", "wordfall_permits"].map(|name| scrape.sum(name, &[]));
        permits[0] == permits[1] && scrape.sum("wordfall_viewers", &[]) == 0.0
    };
    while !is_over(scraped(&site)) {
        assert!(std::time::Instant::now() < gone, "a viewer that is gone, or a place, is counted");
    }
    let lost = site.get(&format!("/runs/{id}/events")).header("last-event-id", "nonsense").send();
    assert!(crate::sse::Events::from(lost).any(|event| event.name == "reset"));
    same(scraped(&site).sum("wordfall_viewer_resyncs_total", &[]), 1.0);
}

#[test]
fn a_token_is_asked_of_whoever_scrapes() {
    let tree = Tree::small_files(1);
    let site = Site::with(&[tree.mounted_as("docs")], &["--token", "sixteen--letters"]);
    let without = site.get("/metrics").send();
    assert_eq!(without.status, 401, "what is spent is nobody else's business");
    let scrape = || site.get("/metrics").header("authorization", "Bearer sixteen--letters");
    assert_eq!(scrape().send().status, 200);
    let open = scrape().header("accept", "application/openmetrics-text;version=1.0.0;q=0.6,*/*;q=0.1").send();
    assert_eq!(content_type(&open), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let text = open.text();
    assert!(text.ends_with("# EOF\n") && text.contains("# TYPE wordfall_runs_started counter\n"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_counted_by_what_it_was_and_a_second_server_counts_apart() {
    let tree = Tree::small_files(40);
    let (bench, idle) = (Bench::on(&tree, 4, 8), Bench::on(&tree, 4, 8));
    let crashing = |call: usize, handler: local::Handler, invocation: local::Invocation| -> Answer {
        async move {
            // So that more of them are wanted at once than may be.
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            if call < 2 { crash().await } else { handler(invocation).await }
        }
        .boxed()
    };
    bench.local.register(Function { concurrency: Some(2), ..instead(&bench.wordcount, crashing) });
    let counted = bench.count().await;
    let scrape = read(&bench);
    let (told, states) = (counted.end.progress, counted.end.states);
    same(scrape.sum("wordfall_objects_settled_total", &[("state", "counted")]), states.counted as f64);
    let ended = |outcome| scrape.sum("wordfall_invocations_ended_total", &[("outcome", outcome)]);
    same(ended("died"), 2.0);
    assert!(ended("throttled") > 0.0, "two at once, of four that the server may begin");
    same(scrape.sum("wordfall_retries_total", &[("reason", "throttled")]), ended("throttled"));
    same(scrape.sum("wordfall_billed_invocations_total", &[]), told.invocations as f64);
    same(scrape.sum("wordfall_invocations_ended_total", &[]) - ended("throttled"), told.invocations as f64);
    same(scrape.sum("wordfall_cost_dollars_total", &[]), told.cost_usd);
    assert!(scrape.sum("wordfall_billed_seconds_total", &[("item", "failed")]) > 0.0);
    same(read(&idle).sum("wordfall_objects_found_total", &[]), 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_left_or_cancelled_leaves_no_depths_behind() {
    let tree = Tree::small_files(300);
    let bench = Bench::on(&tree, 2, 2);
    let run = Run::new(crate::bench::spec(), true, None);
    let pipeline = tokio::spawn(server::pipeline::run(bench.job(&run, None)));
    crate::bench::until("a run under way", || bench.wordcounts().len() > 10).await;
    run.leave.cancel();
    pipeline.await.unwrap();
    let scrape = read(&bench);
    same(scrape.sum("wordfall_runs_ended_total", &[("state", "left")]), 1.0);
    for gauge in
        ["runs_running", "objects_waiting", "batches_waiting", "batches_in_flight", "retries_waiting"]
    {
        same(scrape.sum(&format!("wordfall_{gauge}"), &[]), 0.0);
    }
}

fn read(bench: &Bench) -> Scrape {
    let open_metrics = bench.engine.metrics.open_metrics(&bench.engine.permits);
    Scrape::read(&server::metrics::text::plain(&open_metrics))
}
