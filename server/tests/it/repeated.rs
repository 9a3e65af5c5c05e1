//! A second run of the same: counts of unchanged objects are reused, and changed objects are reported.

use serde_json::Value;

use crate::count::counts;
use crate::oracle::Counts;
use crate::site::Site;
use crate::tree::{Tree, text};

/// Runs to the end with these fields: its `.json`, and its log.
fn run(site: &Site, fields: &[(&str, &str)]) -> (Value, Vec<String>) {
    let id = site.start(fields);
    let events: Vec<_> = site.events(&id).collect();
    let logs = events.iter().filter(|event| event.name == "log");
    let logs = logs.map(|log| log.data["text"].as_str().unwrap().to_owned()).collect();
    (site.ended(&id), logs)
}

#[track_caller]
fn check(run: &(Value, Vec<String>), expected: Counts, unchanged: u64, invocations: u64) {
    let (run, logs) = run;
    assert_eq!((run["state"].as_str(), counts(run)), (Some("finished"), expected), "{run}");
    assert_eq!(run["objects_unchanged"].as_u64(), Some(unchanged), "{run}");
    assert_eq!(run["invocations"].as_u64().unwrap().min(2), invocations, "{run}");
    assert_eq!(logs.iter().any(|text| text.contains("have not changed")), unchanged > 0, "{logs:?}");
}

#[test]
fn a_second_run_of_an_unchanged_prefix_invokes_nothing_and_a_changed_object_costs_one() {
    let mut tree = Tree::varied();
    (0..1_300).for_each(|number| tree.add(&format!("many/{number}.txt"), text(number % 50 + 1)));
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let per_object = [("grain", "per_object")];
    let objects = tree.counts("wc").len() as u64;
    check(&run(&site, &per_object), tree.total("wc"), 0, 2);
    let second = run(&site, &per_object);
    check(&second, tree.total("wc"), objects, 0);
    let rows = |run: &Value| {
        let rows = site.get(&format!("/runs/{}.ndjson", run["id"].as_str().unwrap())).send().text();
        let mut rows: Vec<String> = rows.lines().map(str::to_owned).collect();
        rows.sort();
        rows
    };
    // Only what changed is counted, and from the second run's ledger, which has all of the first one's counts.
    tree.add("many/7.txt", "changed since");
    tree.add("new.txt", "one two three");
    let third = run(&site, &per_object);
    check(&third, tree.total("wc"), objects - 1, 2);
    assert_eq!(third.0["base"], second.0["id"]);
    assert_eq!(rows(&third.0).len(), rows(&second.0).len() + 1);
    check_changes(&site, &third.0, &second.0);
}

#[test]
fn counts_are_taken_only_where_they_would_be_the_same() {
    let tree = Tree::small_files(300);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    check(&run(&site, &[("grain", "per_object")]), tree.total("wc"), 0, 2);
    check(&run(&site, &[("grain", "per_object"), ("rule", "word")]), tree.total("word"), 0, 2);
    check(&run(&site, &[("grain", "total")]), tree.total("wc"), 0, 2);
    check(&run(&site, &[("grain", "per_object"), ("recount", "1")]), tree.total("wc"), 0, 2);
    // A run of less does not replace one of all.
    check(
        &run(&site, &[("grain", "per_object"), ("glob", "03/*"), ("recount", "1")]),
        tree.counted_below("03/"),
        0,
        2,
    );
    check(&run(&site, &[("grain", "per_object")]), tree.total("wc"), 300, 0);
    let (below, _) = run(&site, &[("grain", "per_object"), ("prefix", "03/")]);
    assert_eq!((below["objects_unchanged"].as_u64(), below["invocations"].as_u64()), (Some(30), Some(0)));
}

/// Checks that one object changed and one is new, by every interface.
fn check_changes(site: &Site, run: &Value, since: &Value) {
    let (id, since) = (run["id"].as_str().unwrap(), since["id"].as_str().unwrap());
    let changes = site.post("/api/read_changes", &[("id", id)]).send().json();
    let counted = ["added", "changed", "removed"].map(|kind| changes[kind].as_u64().unwrap());
    assert_eq!((counted, changes["since"].as_str()), ([1, 1, 0], Some(since)));
    let lines = site.get(&format!("/runs/{id}/changes.ndjson?since={since}")).send().text();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|line| &line["key"]).collect::<Vec<_>>(), ["many/7.txt", "new.txt"]);
    assert_eq!(changes["rows"].as_array().unwrap(), &lines);
    let csv = site.get(&format!("/runs/{since}/changes.csv?since={id}")).send().text();
    assert!(csv.contains("\"new.txt\",removed,,3,,0,,13,\r\n"), "{csv}");
    let page = site.get(&format!("/runs/{id}/changes")).send().text();
    assert!(page.contains("1 added, 1 changed, 0 removed") && page.contains("many/7.txt"), "{page}");
}
