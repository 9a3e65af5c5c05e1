//! One object of a run in detail: its row, its counts, the attempts at it, its log lines.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::oracle::Counts;
use crate::resumed::{slow_site, start_and_wait};
use crate::site::{Site, error};
use crate::tree::{Tree, gzip, text};

fn detail(site: &Site, id: &str, n: usize) -> Value {
    let response = site.get(&format!("/runs/{id}/objects/{n}")).send();
    assert_eq!((response.status, response.headers["content-type"].as_str()), (200, "application/json"));
    response.json()
}

fn rows(site: &Site, id: &str) -> Vec<Value> {
    let rows = site.get(&format!("/runs/{id}.ndjson")).send().text();
    rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The row as in `.ndjson`, and what stands beside it.
#[track_caller]
fn check(detail: &Value, row: &Value, n: usize) {
    for (name, value) in row.as_object().unwrap() {
        assert_eq!(&detail[name], value, "{name}");
    }
    assert_eq!(detail["n"], n);
    let spans = detail["spans"].as_array().unwrap();
    let counted = row["state"] == "counted" || row["state"] == "partial";
    assert_eq!(spans.len(), usize::from(counted), "{detail}");
    for span in spans {
        assert_eq!((&span["start"], &span["end"]), (&json!(0), &row["bytes_in"]));
        assert_eq!((&span["words"], &span["lines"]), (&row["words"], &row["lines"]));
    }
    let attempts = detail["attempts"].as_array().unwrap();
    assert_eq!(attempts.is_empty(), detail["note"].is_string(), "{detail}");
    let numbers: Vec<_> = attempts.iter().map(|attempt| attempt["attempt"].as_u64().unwrap()).collect();
    assert!(numbers.iter().copied().eq(1..=numbers.len() as u64), "{detail}");
    for log in detail["log"].as_array().unwrap() {
        assert_eq!(log["key"], row["key"]);
    }
}

#[test]
fn every_object_is_told_in_detail_while_its_server_lives_and_after() {
    let mut tree = Tree::small_files(30);
    let damaged = gzip(&text(500));
    tree.write("damaged.gz", &damaged[..damaged.len() - 4]);
    tree.write("empty.txt", b"");
    tree.add("plain.txt", text(200));
    tree.add("stored.gz", gzip(&text(300)));
    let mount = tree.mounted_as("docs");
    let site = Site::with(std::slice::from_ref(&mount), &["--token", "sixteen--letters"]);
    let started =
        site.post("/api/start_run", &[]).header("authorization", "Bearer sixteen--letters").send().json();
    let id = started["id"].as_str().unwrap().to_owned();
    site.ended(&id);
    let before = whole(&site, &id, &tree);
    let options = ["--mount", &mount, "--token", "sixteen--letters"];
    let site = Site::at(site.close(), &options, &[]);
    assert_eq!(whole(&site, &id, &tree), before);
}

/// The details of every object of that run, which are as they must be.
fn whole(site: &Site, id: &str, tree: &Tree) -> Vec<Value> {
    let rows = rows(site, id);
    let details: Vec<Value> = (0..rows.len()).map(|n| detail(site, id, n)).collect();
    (0..rows.len()).for_each(|n| check(&details[n], &rows[n], n));
    let of = |key: &str| details.iter().find(|detail| detail["key"] == key).unwrap();
    let failed = of("damaged.gz");
    assert_eq!((&failed["reason"], failed["attempts"].as_array().unwrap().len()), (&json!("truncated"), 1));
    assert_eq!(failed["attempts"][0]["outcome"], "answered", "the function did as it was asked");
    assert_eq!(failed["log"][0]["level"], "error");
    assert_eq!(of("empty.txt")["note"], "there was nothing to count of it");
    let expected: BTreeMap<String, Counts> = tree.counts("wc");
    for key in ["plain.txt", "stored.gz"] {
        let span = &of(key)["spans"][0];
        assert_eq!(span["words"].as_u64(), Some(expected[key].words));
        assert_eq!(span["invocation"], of(key)["attempts"][0]["invocation"]);
        assert!(of(key)["attempts"][0]["billed_ms"].as_u64() > Some(0));
    }
    details
}

#[test]
fn what_is_no_object_of_a_run_is_a_sentence() {
    let tree = Tree::small_files(3);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let id = site.start(&[]);
    site.ended(&id);
    for n in ["3", "-1", "1.5", "x", "99999999999999999999999"] {
        let (status, code, message) = error(site.get(&format!("/runs/{id}/objects/{n}")).send());
        assert_eq!((status, code.as_str()), (404, "object_not_found"), "{n}");
        assert!(message.contains("from 0 to 2"), "{message}");
    }
    let unknown = format!("/runs/{}/objects/0", "0".repeat(43));
    assert_eq!(error(site.get(&unknown).send()).1, "run_not_found");
    let empty = site.start(&[("prefix", "nothing")]);
    site.ended(&empty);
    assert_eq!(error(site.get(&format!("/runs/{empty}/objects/0")).send()).1, "object_not_found");
}

#[test]
fn counts_that_were_taken_say_from_where_and_a_killed_servers_attempts_are_known() {
    let tree = Tree::small_files(3);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let first = site.start(&[("grain", "per_object")]);
    site.ended(&first);
    let id = site.start(&[("grain", "per_object")]);
    site.ended(&id);
    let taken = detail(&site, &id, 0);
    assert_eq!(taken["unchanged"], true);
    assert!(taken["note"].as_str().unwrap().contains(&first), "{taken}");
    let slow = Tree::slow(4);
    let site = slow_site(&slow, tempfile::tempdir().unwrap(), &["--batch-bytes", "1"]);
    let id = start_and_wait(&site);
    let site = slow_site(&slow, site.kill(), &["--batch-bytes", "1"]);
    site.ended(&id);
    let rows = rows(&site, &id);
    for (n, row) in rows.iter().enumerate() {
        let detail = detail(&site, &id, n);
        check(&detail, row, n);
        assert_eq!(detail["spans"].as_array().unwrap().len(), 1);
    }
}
