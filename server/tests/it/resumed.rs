//! Runs that outlive their server: killed, stopped, or taken over by another one on the same results bucket.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use server::price::{Rates, Usage};
use tempfile::TempDir;

use crate::bench::until;
use crate::count::counts;
use crate::several::{Shared, shared_site};
use crate::site::{PATIENCE, Site, error};
use crate::tree::Tree;

/// Times that a server is killed, objects of the run, and the seed of the instants; set them for more.
const KILLS: &str = "WORDFALL_TEST_KILLS";
const KILL_OBJECTS: &str = "WORDFALL_TEST_KILL_OBJECTS";
/// Kills on top where none of the others has met a run that goes on.
const KILLS_MORE: u64 = 20;
const SEED: &str = "WORDFALL_TEST_SEED";

pub(crate) fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Checks that every object has one row in a run's CSV, and the run's sums are the tree's.
fn check_whole(site: &Site, id: &str, tree: &Tree) -> Value {
    let run = site.ended(id);
    assert_eq!(run["state"], "finished", "{run}");
    assert_eq!(counts(&run), tree.total("wc"), "{run}");
    assert_eq!(
        (run["objects_found"].as_u64(), run["objects_done"].as_u64()),
        (Some(tree.len()), Some(tree.len()))
    );
    let rows = site.get(&format!("/runs/{id}.ndjson")).send().text();
    let rows: Vec<Value> = rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let keys: BTreeMap<&str, u64> =
        rows.iter().map(|row| (row["key"].as_str().unwrap(), row["words"].as_u64().unwrap())).collect();
    let expected = tree.counts("wc");
    assert_eq!((rows.len(), keys.len()), (expected.len(), expected.len()));
    for (key, words) in keys {
        assert_eq!(words, expected[key].words, "{key}");
    }
    run
}

/// The figures that the server logged when it resumed a run: rows that were stored, invocations that were
/// reported. None where it did not have to.
fn went_on_with(site: &Site, id: &str) -> Option<(u64, u64)> {
    let logs = site.events(id).filter(|event| event.name == "log");
    let texts = logs.filter_map(|log| log.data["text"].as_str().map(str::to_owned));
    let text = texts.filter(|text| text.starts_with("the run goes on")).last()?;
    let numbers: Vec<u64> = text.split([' ', ',']).filter_map(|word| word.parse().ok()).collect();
    Some((numbers[0], numbers[1]))
}

#[test]
fn a_killed_server_goes_on_with_its_runs_and_the_totals_are_exact() {
    let (kills, objects) = (setting(KILLS, 4), setting(KILL_OBJECTS, 1_500));
    let seed = setting(SEED, u64::from(std::process::id()));
    println!("{SEED}={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let tree = Tree::small_files(usize::try_from(objects).unwrap());
    let options = ["--mount", &tree.mounted_as("docs"), "--concurrency", "4", "--batch-bytes", "16777216"];
    let mut site = Site::at(tempfile::tempdir().unwrap(), &options, &[]);
    let begun = Instant::now();
    let id = site.start(&[]);
    check_whole(&site, &id, &tree);
    let whole = begun.elapsed();
    let mut gone_on = 0;
    // As many as asked for, and on until one has met a run that goes on.
    for kill in 0..kills + KILLS_MORE {
        if kill >= kills && gone_on > 0 {
            break;
        }
        let id = site.start(&[]);
        std::thread::sleep(whole.mul_f64(random.random::<f64>()));
        site = Site::at(site.kill(), &options, &[]);
        let run = check_whole(&site, &id, &tree);
        let Some((stored, invocations)) = went_on_with(&site, &id) else { continue };
        assert_eq!(run["cost"]["kills"], 1, "its bill may lack something, and says so");
        let again = run["invocations"].as_u64().unwrap() - invocations;
        // A batch has at least one object, and a cascade one batch; 4 of each can have been in flight.
        let most = 2 * (tree.len() - stored) + 8;
        assert!(again <= most, "kill {kill}: {again} invocations for {} objects", tree.len() - stored);
        println!("kill {kill}: {stored} of {} objects were stored, {again} invocations followed", tree.len());
        gone_on += 1;
    }
    println!("{gone_on} runs were interrupted");
    assert!(gone_on > 0, "no kill met a run that goes on");
}

/// A site on objects that take long, one after another.
pub(crate) fn slow_site(tree: &Tree, home: TempDir, options: &[&str]) -> Site {
    let mount = tree.mounted_as("slow");
    let options = [&["--mount", &mount, "--concurrency", "1"], options].concat();
    Site::at(home, &options, &[])
}

pub(crate) fn start_and_wait(site: &Site) -> String {
    let id = site.start(&[]);
    let mut events = site.events(&id);
    assert!(events.any(|event| event.data["objects_done"].as_u64() > Some(0)));
    id
}

#[test]
fn a_server_that_is_stopped_leaves_its_runs_to_the_next_one() {
    let mut slow = Tree::slow(3);
    (0..60).for_each(|number| slow.add(&format!("{number}.txt"), vec![b'a'; 1 << 20]));
    let site = slow_site(&slow, tempfile::tempdir().unwrap(), &["--batch-bytes", "1"]);
    let id = start_and_wait(&site);
    let site = slow_site(&slow, site.close(), &["--batch-bytes", "1"]);
    let run = site.ended(&id);
    assert_eq!((&run["state"], run["states"]["counted"].as_u64()), (&"finished".into(), Some(63)), "{run}");
    assert_eq!(run["cost"]["kills"], Value::Null, "a server that leaves a run has stored its bill");
    let logs = site.events(&id).filter(|event| event.name == "log");
    let begun = logs.filter(|log| log.data["text"].as_str().unwrap().starts_with("counting s3://slow/"));
    assert_eq!(begun.count(), 2, "the log is stored from its first line, and both servers' are told");
}

#[test]
fn an_interrupted_run_waits_where_it_is_asked_for_and_goes_on_when_it_is_resumed() {
    let slow = Tree::slow(12);
    let site = slow_site(&slow, tempfile::tempdir().unwrap(), &[]);
    let id = start_and_wait(&site);
    let other = site.start(&[]);
    let site = slow_site(&slow, site.kill(), &["--resume", "ask"]);
    let state = |site: &Site| site.get(&format!("/runs/{id}.json")).send().json()["state"].clone();
    let deadline = Instant::now() + PATIENCE;
    while state(&site) != "interrupted" {
        assert!(Instant::now() < deadline, "the run is {}", state(&site));
        std::thread::sleep(Duration::from_millis(20));
    }
    let listed = site.post("/api/list_runs", &[]).send().json();
    assert_eq!(listed["runs"][1]["state"], "interrupted");
    // A run that no server has can be cancelled all the same.
    assert_eq!(site.post("/api/cancel_run", &[("id", &other)]).send().status, 200);
    assert_eq!(site.ended(&other)["state"], "cancelled");
    let first = |event: &str| site.events(&id).find(|told| told.name == event).unwrap().data;
    assert_eq!(first("progress")["interrupted"], true);
    assert_eq!(state(&site), "interrupted", "what is stored of it does not hide that nobody has it");
    let resumed = site.post("/api/resume_run", &[("id", &id)]).send();
    assert_eq!((resumed.status, resumed.json()["id"].as_str()), (200, Some(id.as_str())));
    assert_eq!(first("progress")["interrupted"], serde_json::Value::Null);
    let (status, code, message) = error(site.post("/api/resume_run", &[("id", &id)]).send());
    assert_eq!((status, code.as_str()), (409, "run_not_interrupted"), "{message}");
    site.post("/api/cancel_run", &[("id", &id)]).send();
    assert_eq!(site.ended(&id)["state"], "cancelled");
}

#[test]
fn a_run_waits_for_a_server_that_may_count_in_its_bucket() {
    let (slow, other) = (Tree::slow(12), Tree::small_files(1));
    let site = slow_site(&slow, tempfile::tempdir().unwrap(), &[]);
    let id = start_and_wait(&site);
    let site = Site::at(site.kill(), &["--mount", &other.mounted_as("other")], &[]);
    let state = || site.get(&format!("/runs/{id}.json")).send().json()["state"].clone();
    wait(|| state() == "interrupted", "the interruption");
    let (status, code, message) = error(site.post("/api/resume_run", &[("id", &id)]).send());
    assert_eq!((status, code.as_str()), (503, "store_unavailable"), "{message}");
    assert!(message.contains("--mount slow="), "{message}");
    let site = slow_site(&slow, site.kill(), &[]);
    let run = site.ended(&id);
    assert_eq!((&run["state"], run["states"]["counted"].as_u64()), (&"finished".into(), Some(12)), "{run}");
}

#[test]
fn a_run_that_was_cancelled_stays_so_when_its_server_dies() {
    let slow = Tree::slow(40);
    let site = slow_site(&slow, tempfile::tempdir().unwrap(), &[]);
    let id = start_and_wait(&site);
    assert_eq!(site.post("/api/cancel_run", &[("id", &id)]).send().status, 200);
    let site = slow_site(&slow, site.kill(), &[]);
    let run = site.ended(&id);
    assert_eq!(run["state"], "cancelled", "{run}");
    assert!(run["states"]["counted"].as_u64() < Some(40), "{run}");
}

#[test]
fn a_retried_start_is_one_run_across_a_restart() {
    let tree = Tree::small_files(5);
    let options = ["--mount", &tree.mounted_as("docs")];
    let site = Site::at(tempfile::tempdir().unwrap(), &options, &[]);
    let id = site.start(&[("idempotency_key", "k")]);
    let site = Site::at(site.kill(), &options, &[]);
    assert_eq!(site.start(&[("idempotency_key", "k")]), id);
    let other = site.post("/api/start_run", &[("idempotency_key", "k"), ("rule", "word")]).send();
    assert_eq!(error(other).1, "idempotency_conflict");
    assert_eq!(site.ended(&id)["state"], "finished");
}

#[test]
fn a_deleted_run_is_gone_with_its_objects() {
    let tree = Tree::small_files(5);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let id = site.start(&[]);
    site.ended(&id);
    assert_eq!(site.post("/api/delete_run", &[("id", &id)]).send().status, 200);
    for path in ["", ".json", ".csv", "/events", "/scatter"] {
        assert_eq!(site.get(&format!("/runs/{id}{path}")).send().status, 404, "{path}");
    }
    assert!(site.post("/api/list_runs", &[]).send().json()["runs"].as_array().unwrap().is_empty());
}

#[test]
fn two_servers_on_one_bucket_killed_in_turn_have_one_owner_at_a_time_and_are_exact() {
    let tree = Tree::small_files(400);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (shared, variables) = runtime.block_on(Shared::served(&tree, Duration::from_millis(400)));
    let serve = || shared_site(&variables, &["--concurrency", "2"]);
    let (first, second) = (serve(), serve());
    let id = first.start(&[]);
    let done =
        |site: &Site| site.get(&format!("/runs/{id}.json")).send().json()["objects_done"].as_u64().unwrap();
    wait(|| done(&first) > 40, "a run under way");
    drop(first.kill());
    let first = serve();
    wait(|| done(&second) > 150, "the second server's going on");
    drop(second.kill());
    let run = check_whole(&first, &id, &tree);
    assert!(went_on_with(&first, &id).is_some(), "{run}");
    shared.bench.check_attempts();
    drop(runtime);
}

#[test]
fn a_limit_of_money_holds_however_often_the_server_is_killed() {
    const MAX_USD: f64 = 0.004;
    let tree = Tree::small_files(400);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (shared, variables) = runtime.block_on(Shared::served(&tree, Duration::from_millis(150)));
    let serve = || shared_site(&variables, &[]);
    let mut site = serve();
    let id = site.start(&[("max_usd", &MAX_USD.to_string())]);
    for kill in 1..=3 {
        let done = |site: &Site| site.get(&format!("/runs/{id}.json")).send().json();
        let before = done(&site)["objects_done"].as_u64().unwrap();
        let has_gone_on = || {
            let run = done(&site);
            run["objects_done"].as_u64().unwrap() > before + 8 || run["state"] == "budget"
        };
        wait(has_gone_on, &format!("progress before kill {kill}"));
        drop(site.kill());
        site = serve();
    }
    let run = site.ended(&id);
    assert_eq!(run["state"], "budget", "{run}");
    let states: u64 = run["states"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(
        (run["objects_found"].as_u64(), Some(states)),
        (run["objects_done"].as_u64(), run["objects_found"].as_u64())
    );
    let journal = shared.bench.local.journal();
    runtime.block_on(until("the end of what is in flight", || journal.running() == 0));
    let ends: Vec<_> = journal.entries().into_iter().map(|entry| entry.end.unwrap().billed_ms).collect();
    let usage = Usage {
        invocations: ends.len() as u64,
        wordcount_ms: ends.iter().sum(),
        gets: run["states"]["counted"].as_u64().unwrap(),
        ..Usage::default()
    };
    let usd = usage.cost(Rates::of_memory(1_769)).total_usd();
    println!("{usd} of {MAX_USD} US dollars were spent over 3 kills: {run}");
    assert!(usd <= MAX_USD, "{usd}");
}

fn wait(is_so: impl Fn() -> bool, what: &str) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what} does not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}
