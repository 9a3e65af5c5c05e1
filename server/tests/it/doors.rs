//! The site's HTTP contract: its answers and its errors.

use serde_json::{Value, json};

use crate::count::counts;
use crate::site::{Site, error};
use crate::tree::Tree;

/// A site with the bucket `docs`, and one that is allowed but not there.
fn site(tree: &Tree) -> Site {
    Site::with(&[tree.mounted_as("docs")], &["--allow-bucket", "not-there"])
}

const UNKNOWN: &str = "00000000000000000000000000000000000000000ab";

#[test]
fn a_run_is_started_and_had_in_every_form() {
    let tree = Tree::varied();
    let site = site(&tree);
    let started = site.post("/api/start_run", &[("grain", "per_object"), ("rule", "word")]).send();
    assert_eq!((started.status, started.headers["content-type"].as_str()), (200, "application/json"));
    let started = started.json();
    let id = started["id"].as_str().unwrap();
    assert!(id.len() >= 32 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{id}");
    assert_eq!(started["events"], format!("/runs/{id}/events"));
    assert_eq!(started["page"], format!("/runs/{id}"));
    let run = site.ended(id);
    assert_eq!((counts(&run), &run["state"]), (tree.total("word"), &"finished".into()));
    assert_eq!((&run["spec"]["rule"], &run["spec"]["bucket"]), (&"word".into(), &"docs".into()));
    check_ndjson(&site, id, &tree);
    check_csv(&site, id, &tree);
    assert_eq!(site.get(&format!("/runs/{id}.svgz")).send().status, 404);
}

fn check_ndjson(site: &Site, id: &str, tree: &Tree) {
    let rows = site.get(&format!("/runs/{id}.ndjson")).send().text();
    let rows: Vec<Value> = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    assert_eq!(rows.len() as u64, tree.len());
    let expected = tree.counts("word");
    for row in rows.iter().filter(|row| row["state"] == "counted") {
        assert_eq!(counts(row), expected[row["key"].as_str().unwrap()], "{row}");
        assert!(row["etag"].is_string() && row["duration_ms"].is_u64(), "{row}");
    }
}

fn check_csv(site: &Site, id: &str, tree: &Tree) {
    let csv = site.get(&format!("/runs/{id}.csv")).send();
    assert!(csv.headers["content-type"].starts_with("text/csv"));
    let csv = csv.text();
    let mut records = csv.split("\r\n");
    assert_eq!(records.next(), Some("key,state,reason,words,lines,bytes_in,bytes_out,duration_ms,etag"));
    let expected = tree.counts("word")["log.gz"];
    let start = format!("\"log.gz\",counted,,{},{},", expected.words, expected.lines);
    assert!(records.any(|record| record.starts_with(&start)), "{start}: {csv}");
    assert!(csv.contains("\r\n\"hostile/quo\"\"te's, comma.csv\",counted,"), "{csv}");
    assert!(csv.contains("\r\n\"empty.txt\",skipped,empty,0,0,0,0,0,"), "{csv}");
}

#[test]
fn every_error_has_its_status_its_code_and_a_sentence() {
    let tree = Tree::small_files(1);
    let site = site(&tree);
    let check = |fields: &[(&str, &str)], expected: (u16, &str)| {
        let (status, code, message) = error(site.post("/api/start_run", fields).send());
        assert_eq!((status, code.as_str()), expected, "{message}");
        assert!(message.len() > 10 && !message.ends_with('.'), "{message}");
    };
    check(&[("bucket", "No Bucket")], (400, "invalid_bucket_name"));
    check(&[("bucket", "../docs")], (400, "invalid_bucket_name"));
    check(&[("rule", "lines")], (400, "invalid_rule"));
    check(&[("grain", "fine")], (400, "invalid_grain"));
    for limit in ["max_usd", "max_objects", "max_bytes", "max_seconds", "stop_unwatched"] {
        check(&[(limit, "many")], (400, "invalid_limit"));
        check(&[(limit, "-1")], (400, "invalid_limit"));
    }
    check(&[("bucket", "elsewhere")], (403, "bucket_not_allowed"));
    check(&[("bucket", "wordfall-results")], (403, "bucket_not_allowed"));
    check(&[("bucket", "not-there")], (404, "no_such_bucket"));
}

#[test]
fn a_run_that_is_not_there_is_404_everywhere() {
    let tree = Tree::small_files(1);
    let site = site(&tree);
    for id in [UNKNOWN, "x", "..", "%2e%2e"] {
        let cancel = error(site.post("/api/cancel_run", &[("id", id)]).send());
        assert_eq!((cancel.0, cancel.1.as_str()), (404, "run_not_found"), "{id}");
    }
    for path in ["/events", ".json", ".ndjson", ".csv"] {
        let (status, code, _) = error(site.get(&format!("/runs/{UNKNOWN}{path}")).send());
        assert_eq!((status, code.as_str()), (404, "run_not_found"), "{path}");
    }
    assert_eq!(site.get(&format!("/runs/{UNKNOWN}")).send().status, 404);
    assert_eq!(site.get(&format!("/runs/{UNKNOWN}/scatter")).send().status, 404);
}

#[test]
fn browse_shows_folders_and_objects_page_by_page() {
    let tree = Tree::varied();
    let site = site(&tree);
    let browse = |fields: &[(&str, &str)]| site.post("/api/browse", fields).send().json();
    let top = browse(&[("bucket", "docs"), ("prefix", "")]);
    assert_eq!(top["prefixes"], json!(["a/", "hostile/", "long/"]));
    let log = top["objects"].as_array().unwrap().iter().find(|object| object["key"] == "log.gz").unwrap();
    assert!(
        log["size"].as_u64().unwrap() > 100 && log["modified"].as_str().unwrap().starts_with("20"),
        "{log}"
    );
    assert_eq!(top["next"], Value::Null);
    let hostile = browse(&[("bucket", "docs"), ("prefix", "hostile/<")]);
    assert_eq!(hostile["prefixes"], json!(["hostile/<script>alert(1)</"]));

    let many = Tree::small_files(10_050);
    let site = Site::mounting(&[many.mounted_as("many")]);
    let first = site.post("/api/browse", &[("bucket", "many"), ("prefix", "03/")]).send().json();
    let token = first["next"].as_str().unwrap();
    let fields = [("bucket", "many"), ("prefix", "03/"), ("token", token)];
    let second = site.post("/api/browse", &fields).send().json();
    let keys = |page: &Value| page["objects"].as_array().unwrap().len();
    assert_eq!((keys(&first), keys(&second), &second["next"]), (1_000, 5, &Value::Null));
    let (status, code, _) = error(site.post("/api/browse", &[("bucket", "elsewhere")]).send());
    assert_eq!((status, code.as_str()), (403, "bucket_not_allowed"));
}

#[test]
fn an_estimate_counts_objects_and_bytes_and_starts_nothing() {
    let tree = Tree::small_files(30);
    let site = site(&tree);
    let estimate = site.post("/api/estimate_run", &[]).send().json();
    assert_eq!((&estimate["objects"], &estimate["bytes"]), (&30.into(), &tree.total("wc").bytes_in.into()));
    assert_eq!(estimate["complete"], true);
    assert!(estimate["usd"].as_f64().unwrap() > 0.0 && estimate["seconds"].is_f64(), "{estimate}");
    assert!(estimate["invocations"].as_u64().unwrap() >= 2, "{estimate}");
    let suffix = site.post("/api/estimate_run", &[("suffix", "-00007.txt")]).send().json();
    assert_eq!(suffix["objects"], 1);
    let (status, code, _) = error(site.post("/api/estimate_run", &[("rule", "lines")]).send());
    assert_eq!((status, code.as_str()), (400, "invalid_rule"));
    assert_eq!(site.post("/api/list_runs", &[]).send().json(), json!({ "runs": [], "next": null }));
}

#[test]
fn runs_are_listed_newest_first_and_page_by_page() {
    let tree = Tree::small_files(3);
    let site = site(&tree);
    let mut ids: Vec<String> = (0..5).map(|_| site.start(&[])).collect();
    ids.iter().for_each(|id| drop(site.ended(id)));
    ids.reverse();
    let mut seen = Vec::new();
    let mut before = Some(String::new());
    while let Some(id) = before {
        let page = site.post("/api/list_runs", &[("before", &id), ("limit", "2")]).send().json();
        let runs = page["runs"].as_array().unwrap();
        assert!(runs.len() <= 2);
        seen.extend(runs.iter().map(|run| run["id"].as_str().unwrap().to_owned()));
        before = page["next"].as_str().map(str::to_owned);
    }
    let by_time = |ids: &[String]| ids.iter().map(|id| id[..11].to_owned()).collect::<Vec<_>>();
    assert_eq!(by_time(&seen), by_time(&ids));
    seen.sort();
    ids.sort();
    assert_eq!(seen, ids);
}

#[test]
fn limits_end_a_run_as_budget_and_the_rest_is_told_apart() {
    let tree = Tree::small_files(300);
    let site = site(&tree);
    for limit in ["max_usd", "max_objects", "max_bytes", "max_seconds"] {
        let run = site.ended(&site.start(&[(limit, "0")]));
        assert_eq!(run["state"], "budget", "{limit}: {run}");
        assert!(run["states"]["counted"] == 0 || limit == "max_seconds", "{run}");
        assert!(run["error"].as_str().unwrap().contains(limit), "{run}");
    }
    let run = site.ended(&site.start(&[("max_objects", "7")]));
    assert_eq!((&run["state"], &run["states"]["counted"]), (&"budget".into(), &7.into()), "{run}");
    let run = site.ended(&site.start(&[("suffix", "-00007.txt")]));
    let states = json!({ "counted": 1, "partial": 0, "failed": 0, "skipped": 299, "cancelled": 0 });
    assert_eq!((&run["state"], &run["states"]), (&"finished".into(), &states));
}

#[test]
fn a_site_says_that_it_is_alive_and_ready() {
    let tree = Tree::small_files(1);
    let site = site(&tree);
    assert_eq!(site.get("/healthz").send().status, 200);
    assert_eq!(site.get("/readyz").send().status, 200);
}
