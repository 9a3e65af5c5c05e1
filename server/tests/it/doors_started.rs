//! Starting runs: once for each idempotency key, so many at a time, and cancelling them.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::Path;

use serde_json::Value;

use crate::program;
use crate::site::{Site, error, serve};
use crate::tree::Tree;

#[test]
fn the_same_key_and_body_start_one_run_and_another_body_is_a_conflict() {
    let tree = Tree::small_files(5);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let first = site.start(&[("idempotency_key", "k1"), ("rule", "wc")]);
    assert_eq!(site.start(&[("rule", "wc"), ("idempotency_key", "k1")]), first);
    site.ended(&first);
    assert_eq!(site.start(&[("idempotency_key", "k1"), ("rule", "wc")]), first);
    let other = site.post("/api/start_run", &[("idempotency_key", "k1"), ("rule", "word")]).send();
    let (status, code, _) = error(other);
    assert_eq!((status, code.as_str()), (409, "idempotency_conflict"));
    assert_ne!(site.start(&[("idempotency_key", "k2"), ("rule", "wc")]), first);
}

/// Whether a file below this folder holds this text.
fn is_stored(folder: &Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => is_stored(&path, text),
            false => std::fs::read(&path).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(text)),
        }
    })
}

#[test]
fn a_deleted_run_leaves_no_form_and_its_key_starts_another() {
    let tree = Tree::small_files(5);
    let mount = tree.mounted_as("docs");
    let site = Site::mounting(std::slice::from_ref(&mount));
    let form = [("idempotency_key", "k1"), ("prefix", "a-prefix-of-the-form")];
    let first = site.start(&form);
    site.ended(&first);
    assert!(is_stored(site.home.path(), "a-prefix-of-the-form"));
    assert_eq!(site.post("/api/delete_run", &[("id", &first)]).send().status, 200);
    assert!(!is_stored(site.home.path(), "a-prefix-of-the-form"));
    let second = site.start(&[("idempotency_key", "k1"), ("rule", "word")]);
    assert_ne!(second, first);
    site.ended(&second);
    // A server that was started since knows the key by the store alone.
    let site = Site::at(site.close(), &["--mount", &mount], &[]);
    assert_eq!(site.start(&[("idempotency_key", "k1"), ("rule", "word")]), second);
    assert_eq!(site.post("/api/delete_run", &[("id", &second)]).send().status, 200);
    let third = site.start(&form);
    assert!(third != first && third != second);
    assert_eq!(site.ended(&third)["state"], "finished");
    assert_eq!(error(site.get(&format!("/runs/{first}.json")).send()).1, "run_not_found");
}

#[test]
fn fifty_equal_posts_at_once_start_one_run() {
    let tree = Tree::small_files(5);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let ids: BTreeSet<String> = std::thread::scope(|scope| {
        let start = || site.start(&[("idempotency_key", "fifty"), ("prefix", "0")]);
        let posts: Vec<_> = (0..50).map(|_| scope.spawn(start)).collect();
        posts.into_iter().map(|post| post.join().unwrap()).collect()
    });
    assert_eq!(ids.len(), 1);
    assert_eq!(site.post("/api/list_runs", &[]).send().json()["runs"].as_array().unwrap().len(), 1);
}

#[test]
fn a_cancelled_run_says_so_and_one_that_is_over_stays_as_it_is() {
    let (slow, quick) = (Tree::slow(40), Tree::small_files(5));
    let site = Site::with(&[slow.mounted_as("slow"), quick.mounted_as("quick")], &["--concurrency", "1"]);
    let id = site.start(&[("bucket", "slow")]);
    let cancelled = site.post("/api/cancel_run", &[("id", &id)]).send();
    assert_eq!(cancelled.status, 200);
    assert_eq!(cancelled.json(), serde_json::json!({ "id": id, "state": "cancelled" }));
    let run = site.ended(&id);
    assert_eq!(run["state"], "cancelled");
    let states: u64 = run["states"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(run["objects_found"], states);
    let id = site.start(&[("bucket", "quick")]);
    let finished = site.ended(&id);
    assert_eq!(site.post("/api/cancel_run", &[("id", &id)]).send().json()["state"], "finished");
    assert_eq!(site.ended(&id), finished);
}

#[test]
fn more_runs_at_once_than_the_bound_are_too_many() {
    let slow = Tree::slow(40);
    let site = Site::with(&[slow.mounted_as("slow")], &["--concurrency", "1"]);
    let ids: Vec<_> = (0..server::runs::RUNNING_MAX).map(|_| site.start(&[])).collect();
    let (status, code, _) = error(site.post("/api/start_run", &[]).send());
    assert_eq!((status, code.as_str()), (429, "too_many_runs"));
    site.post("/api/cancel_run", &[("id", &ids[0])]).send();
    site.ended(&ids[0]);
    assert!(!ids.contains(&site.start(&[])));
}

#[test]
fn a_taken_port_is_a_sentence_and_exit_code_2() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ran = program::run_with(&["serve", "--data", "data"], &[("LEPTOS_SITE_ADDR", &address)]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    assert!(ran.stderr.starts_with(&format!("wordfall: {address} is taken")), "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
}

#[test]
fn a_second_server_on_the_same_data_is_refused_with_a_sentence() {
    let tree = Tree::small_files(1);
    let mount = tree.mounted_as("docs");
    let site = Site::mounting(std::slice::from_ref(&mount));
    let second = serve(&site.home, &["--mount", &mount]).output().unwrap();
    let stderr = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("another wordfall server") && stderr.contains("--data"), "{stderr}");
    assert_eq!(site.get("/healthz").send().status, 200);
}

#[test]
fn a_killed_server_leaves_its_data_usable() {
    let tree = Tree::small_files(5);
    let mount = tree.mounted_as("docs");
    let home = tempfile::tempdir().unwrap();
    let path = home.path().to_owned();
    let site = Site::at(home, &["--mount", &mount], &[]);
    let id = site.start(&[]);
    site.ended(&id);
    let home = site.kill();
    assert_eq!(home.path(), path);
    let site = Site::at(home, &["--mount", &mount], &[]);
    let second = site.start(&[]);
    assert_eq!(site.ended(&second)["state"], "finished");
}
