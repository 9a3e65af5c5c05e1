//! Reruns of what a run did not count: exactly that, once for each idempotency key, by every interface.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use server::runs::Runs;
use tempfile::TempDir;
use wire::api::StartRun;
use wire::run::RunState;

use crate::bench::{BUCKET, Bench, until};
use crate::count::counts;
use crate::oracle;
use crate::program::{self, Ran};
use crate::site::{PATIENCE, Site, error};
use crate::tree::{Tree, gzip, text};

/// Files that count, and three damaged ones.
fn damaged() -> Tree {
    let mut tree = Tree::small_files(40);
    for key in ["bad/cut one.gz", "bad/ż <b>two</b>.gz", "bad/three.gz"] {
        let whole = gzip(&text(9_000));
        tree.write(key, &whole[..whole.len() / 2]);
    }
    tree
}

/// The second is whole by now, the third gone, and the first as bad as before. A key that begins as the gone one
/// does is another object.
fn mend(tree: &mut Tree) -> Vec<u8> {
    let mended = gzip(&text(9_000));
    tree.write("bad/ż <b>two</b>.gz", &mended);
    fs::remove_file(tree.path().join("bad/three.gz")).unwrap();
    tree.write("bad/three.gz.bak", b"another object");
    tree.write("00/added since.txt", b"not the parent's");
    mended
}

/// Waits until the emulator, which walks a folder once a second at most, has seen what was mended.
fn seen(site: &Site) {
    let deadline = Instant::now() + PATIENCE;
    while !site.post("/api/browse", &[("prefix", "bad/")]).send().text().contains("three.gz.bak") {
        assert!(Instant::now() < deadline, "the bucket does not change");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The rows of a run: its keys with their states and reasons.
fn rows(site: &Site, id: &str) -> BTreeMap<String, String> {
    let rows = site.get(&format!("/runs/{id}.ndjson")).send().text();
    let rows = rows.lines().map(|row| serde_json::from_str::<Value>(row).unwrap());
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    rows.map(|row| (text(&row, "key"), format!("{} {}", text(&row, "state"), text(&row, "reason")))).collect()
}

fn uncounted_again() -> BTreeMap<String, String> {
    let rows = [
        ("bad/cut one.gz", "failed truncated"),
        ("bad/three.gz", "failed gone"),
        ("bad/ż <b>two</b>.gz", "counted "),
    ];
    rows.map(|(key, state)| (key.to_owned(), state.to_owned())).into()
}

#[test]
fn a_retry_counts_exactly_what_failed_and_names_its_parent() {
    let mut tree = damaged();
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let form = [("rule", "word"), ("grain", "per_object"), ("max_objects", "1000"), ("glob", "**/*")];
    let parent = site.start(&form);
    assert_eq!(site.ended(&parent)["states"]["failed"], 3);
    let mended = mend(&mut tree);
    seen(&site);
    let answer = site.post("/api/retry_run", &[("id", &parent)]).send();
    assert_eq!(answer.status, 200);
    let answer = answer.json();
    let id = answer["id"].as_str().unwrap();
    assert_eq!(
        answer,
        json!({ "id": id, "events": format!("/runs/{id}/events"), "page": format!("/runs/{id}") })
    );
    let run = site.ended(id);
    assert_eq!(rows(&site, id), uncounted_again());
    assert_eq!((&run["state"], counts(&run)), (&"finished".into(), oracle::count(&mended, "word")));
    let spec = json!({
        "analysis": "wordcount", "bucket": "docs", "prefix": "", "rule": "word", "grain": "per_object",
        "max_objects": 1000, "parent": parent,
    });
    assert_eq!(run["spec"], spec);
    assert!(run["cost_usd"].as_f64().unwrap() >= 3.0 * 0.005 / 1_000.0, "each look-up is a LIST: {run}");
    // A rerun can be rerun for what is still uncounted, and the parent stays as it was.
    let third = site.post("/api/retry_run", &[("id", id)]).send().json()["id"].as_str().unwrap().to_owned();
    site.ended(&third);
    let still = uncounted_again().into_iter().filter(|(_, state)| state.starts_with("failed"));
    assert_eq!(rows(&site, &third), still.collect());
    assert_eq!(site.ended(&parent)["states"]["failed"], 3);
}

#[test]
fn equal_retries_are_one_run_and_a_used_key_is_a_conflict() {
    let tree = damaged();
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let parent = site.start(&[("idempotency_key", "parent")]);
    site.ended(&parent);
    let retry =
        |id: &str, key: &str| site.post("/api/retry_run", &[("id", id), ("idempotency_key", key)]).send();
    let ids: Vec<Value> = std::thread::scope(|scope| {
        let posts: Vec<_> =
            (0..8).map(|_| scope.spawn(|| retry(&parent, "k").json()["id"].clone())).collect();
        posts.into_iter().map(|post| post.join().unwrap()).collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0] && id.is_string()), "{ids:?}");
    let child = ids[0].as_str().unwrap();
    site.ended(child);
    assert_eq!(retry(&parent, "k").json()["id"], ids[0]);
    assert_ne!(retry(&parent, "other").json()["id"], ids[0]);
    for (id, key) in [(child, "k"), (parent.as_str(), "parent")] {
        let (status, code, _) = error(retry(id, key));
        assert_eq!((status, code.as_str()), (409, "idempotency_conflict"));
    }
    let (status, _, message) = error(retry(&parent, &"x".repeat(256)));
    assert_eq!((status, message.as_str()), (400, "idempotency_key has 256 bytes: use at most 255"));
}

#[test]
fn what_cannot_be_retried_says_why() {
    let (whole, slow) = (Tree::small_files(5), Tree::slow(40));
    let site = Site::with(&[whole.mounted_as("whole"), slow.mounted_as("slow")], &["--concurrency", "1"]);
    for id in ["x", "00000000000000000000000000000000000000000ab", ""] {
        let (status, code, _) = error(site.post("/api/retry_run", &[("id", id)]).send());
        assert_eq!((status, code.as_str()), (404, "run_not_found"), "{id}");
    }
    let finished = site.start(&[("bucket", "whole")]);
    site.ended(&finished);
    let (status, code, message) = error(site.post("/api/retry_run", &[("id", &finished)]).send());
    assert_eq!((status, code.as_str()), (400, "invalid_request"));
    assert!(message.contains("nothing to try again"), "{message}");
    let running = site.start(&[("bucket", "slow")]);
    let (status, code, message) = error(site.post("/api/retry_run", &[("id", &running)]).send());
    assert_eq!((status, code.as_str()), (409, "run_not_over"));
    assert!(message.contains("wait for its end"), "{message}");
    site.post("/api/cancel_run", &[("id", &running)]).send();
    site.ended(&running);
}

#[test]
fn what_a_limit_left_out_is_counted_by_retries_in_turn() {
    let tree = Tree::small_files(100);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let mut id = site.start(&[("max_objects", "40")]);
    let mut counted = Vec::new();
    for left in [60, 20, 0] {
        let run = site.ended(&id);
        assert_eq!(run["states"]["cancelled"], left, "{run}");
        counted.push(counts(&run));
        if left > 0 {
            id = site.post("/api/retry_run", &[("id", &id)]).send().json()["id"].as_str().unwrap().to_owned();
        }
    }
    assert_eq!(counted.into_iter().sum::<oracle::Counts>(), tree.total("wc"));
}

#[test]
fn a_plain_form_is_led_to_the_new_run() {
    let tree = damaged();
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let parent = site.start(&[]);
    site.ended(&parent);
    let page = site.get(&format!("/runs/{parent}")).send().text();
    assert!(
        page.contains("action=\"/api/retry_run\"") && page.contains("Try the 3 failed ones again"),
        "{page}"
    );
    let answer = site.post("/api/retry_run", &[("id", &parent)]).header("accept", "text/html").send();
    assert_eq!(answer.status, 302);
    let location = answer.headers["location"].clone();
    let page = site.get(&location).send().text();
    assert!(page.contains(&format!("href=\"/runs/{parent}\"")), "{page}");
}

/// `wordfall` at home, on the data that a site left there.
fn wordfall(home: &TempDir, arguments: &[&str]) -> Ran {
    let mut command: Command = program::command(home, arguments);
    command.args(["--data", "data"]).output().unwrap().into()
}

#[test]
fn the_command_line_retries_what_a_server_left_and_stores_it_there() {
    let mut tree = damaged();
    let mount = tree.mounted_as("docs");
    let site = Site::mounting(std::slice::from_ref(&mount));
    let parent = site.start(&[("grain", "per_object")]);
    site.ended(&parent);
    let mended = mend(&mut tree);
    let ran = wordfall(&site.home, &["retry", &parent, "--mount", &mount, "--json"]);
    let (code, message) = ran.error();
    assert_eq!((ran.code, code.as_str()), (Some(2), "store_unavailable"));
    assert!(
        message.contains("another wordfall server") && message.contains("POST /api/retry_run"),
        "{message}"
    );
    let home = site.close();
    let ran = wordfall(&home, &["retry", &parent, "--mount", &mount, "--json"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let end = ran.end();
    assert_eq!((counts(&end), &end["states"]["failed"]), (oracle::count(&mended, "wc"), &2.into()));
    assert_eq!(ran.lines().len(), 4, "three rows and the end");
    let id = end["id"].as_str().unwrap().to_owned();
    let ran = wordfall(&home, &["retry", &id]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("the bucket docs is not mounted"), "{}", ran.stderr);
    let ran = wordfall(&home, &["retry", "no-such-run", "--mount", &mount]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(2), "wordfall: there is no run of this id\n"));
    let site = Site::at(home, &["--mount", &mount], &[]);
    assert_eq!(rows(&site, &id), uncounted_again());
    assert_eq!(site.ended(&id)["spec"]["parent"], parent.as_str());
}

#[tokio::test]
async fn a_parent_whose_rows_are_not_kept_fails_the_retry_with_a_sentence() {
    let tree = Tree::small_files(30);
    let bench = Bench::on(&tree, 4, 4);
    let runs = Runs::new(&bench.backend(), BUCKET.to_owned(), HashSet::from([BUCKET.to_owned()]));
    let form = StartRun { max_objects: Some("10".to_owned()), ..StartRun::default() };
    let parent = runs.get(&runs.start(&form).await.unwrap().id).await.unwrap();
    until("the parent's end", || parent.is_kept()).await;
    let child = runs.get(&runs.retry(parent.id.as_str(), None, None).await.unwrap().id).await.unwrap();
    until("the retry's end", || child.is_over()).await;
    let end = child.now();
    assert_eq!((end.state, end.states.total()), (RunState::Failed, 0));
    let sentence = format!("the rows of the run {} can't be read: it is not stored", parent.id);
    assert_eq!(end.error, Some(sentence));
}

#[test]
fn many_objects_are_found_on_pages_and_go_in_batches_as_the_first_time() {
    const FILES: usize = 900;
    let mut tree = Tree::new();
    let whole = gzip(&text(500));
    let key = |number: usize| format!("{:02}/bad-{number:04}.gz", number % 7);
    (0..FILES).for_each(|number| tree.write(&key(number), &whole[..whole.len() / 2]));
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let parent = site.start(&[]);
    let before = site.ended(&parent);
    assert_eq!(before["states"]["failed"], FILES, "{before}");
    (1..FILES).for_each(|number| tree.write(&key(number), &whole));
    fs::remove_file(tree.path().join(key(0))).unwrap();
    (0..50).for_each(|number| tree.write(&format!("03/new-{number}.txt"), b"not the parent's"));
    let id = site.post("/api/retry_run", &[("id", &parent)]).send().json()["id"].as_str().unwrap().to_owned();
    let run = site.ended(&id);
    assert_eq!(
        (&run["states"]["counted"], &run["states"]["failed"]),
        (&(FILES - 1).into(), &1.into()),
        "{run}"
    );
    assert_eq!(rows(&site, &id)[&key(0)], "failed gone");
    let lists = |run: &Value| {
        let gets = run["states"]["counted"].as_f64().unwrap() + run["states"]["failed"].as_f64().unwrap();
        (run["cost"]["s3_usd"].as_f64().unwrap() - gets * 0.000_000_4) / 0.000_005
    };
    // The check, one page, and one look-up of what is not on it.
    assert!(lists(&run) < 4.0, "{} LISTs: {run}", lists(&run));
    let invocations = |run: &Value| run["invocations"].as_u64().unwrap();
    assert!(invocations(&run) <= invocations(&before), "{} of {}", invocations(&run), invocations(&before));
}
