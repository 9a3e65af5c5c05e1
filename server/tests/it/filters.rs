//! Filters: what is counted, what is skipped as filtered, and that the estimate says the same before.

use std::collections::BTreeMap;
use std::fs::{File, FileTimes};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::count::counts;
use crate::oracle::Counts;
use crate::program;
use crate::site::{Site, error};
use crate::tree::{Tree, gzip, text};

/// 2020-09-13 12:26:40 UTC.
const LONG_AGO: Duration = Duration::from_secs(1_600_000_000);

/// Files in folders, of sizes from 0 to 40,000 bytes, those in `old/` of the year 2020.
fn tree() -> Tree {
    let mut tree = Tree::new();
    for (number, folder) in ["logs", "logs/2026", "logs/2026/11", "old", "żółć"].iter().enumerate() {
        for size in [0, 10, 999, 1_000, 1_024, 40_000] {
            let size = if size == 0 { 0 } else { size + number };
            tree.add(&format!("{folder}/{size}.txt"), text(size));
        }
        tree.add(&format!("{folder}/{number}.log.gz"), gzip(&text(3_000 + number)));
    }
    for key in tree.keys().into_iter().filter(|key| key.starts_with("old/")) {
        let file = File::options().write(true).open(tree.path().join(key)).unwrap();
        file.set_times(FileTimes::new().set_modified(SystemTime::UNIX_EPOCH + LONG_AGO)).unwrap();
    }
    tree
}

/// A form's fields, and which keys and sizes they mean, said the plain way.
type Case = (&'static [(&'static str, &'static str)], fn(&str, u64) -> bool);

const CASES: [Case; 9] = [
    (&[("suffix", ".gz")], |key, _| key.ends_with(".gz")),
    (&[("glob", "*.gz")], |key, _| key.ends_with(".gz")),
    (&[("glob", "logs/*.txt")], |key, _| {
        key.starts_with("logs/") && key.matches('/').count() == 1 && !key.ends_with("gz")
    }),
    (&[("glob", "logs/**/1*.txt")], |key, _| {
        key.starts_with("logs/") && name(key).starts_with('1') && key.ends_with(".txt")
    }),
    (&[("glob", "{old,ż???}/*")], |key, _| key.starts_with("old/") || key.starts_with("ż")),
    (&[("min_size", "1000")], |_, size| size >= 1_000),
    (&[("min_size", "10"), ("max_size", "1K")], |_, size| (10..=1_024).contains(&size)),
    (&[("modified_since", "2020-09-14")], |key, _| !key.starts_with("old/")),
    (&[("suffix", ".txt"), ("max_size", "1000"), ("glob", "[!1]*")], |key, size| {
        key.ends_with(".txt") && size <= 1_000 && !name(key).starts_with('1')
    }),
];

fn name(key: &str) -> &str {
    key.rsplit('/').next().unwrap()
}

/// Keys with their states and reasons.
fn states(rows: &[Value]) -> BTreeMap<String, (String, String)> {
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    rows.iter().map(|row| (text(row, "key"), (text(row, "state"), text(row, "reason")))).collect()
}

fn expected(tree: &Tree, is_meant: fn(&str, u64) -> bool) -> (BTreeMap<String, (String, String)>, Counts) {
    let mut total = Counts::default();
    let mut states = BTreeMap::new();
    let counted = tree.counts("wc");
    for key in tree.keys() {
        let size = counted.get(&key).map_or(0, |counts| counts.bytes_in);
        let state = match (is_meant(&key, size), size) {
            (false, _) => ("skipped", "filtered"),
            (true, 0) => ("skipped", "empty"),
            (true, _) => {
                total = total + counted[&key];
                ("counted", "")
            }
        };
        states.insert(key, (state.0.to_owned(), state.1.to_owned()));
    }
    (states, total)
}

#[test]
fn a_filtered_run_counts_what_is_meant_and_its_estimate_said_so() {
    let tree = tree();
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    for (fields, is_meant) in CASES {
        let estimate = site.post("/api/estimate_run", fields).send().json();
        let id = site.start(fields);
        let run = site.ended(&id);
        let rows = site.get(&format!("/runs/{id}.ndjson")).send().text();
        let rows: Vec<Value> = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
        let (expected, total) = expected(&tree, is_meant);
        assert_eq!(states(&rows), expected, "{fields:?}");
        assert_eq!((counts(&run), &run["state"]), (total, &"finished".into()), "{fields:?}");
        let states = &run["states"];
        assert_eq!((&estimate["objects"], &estimate["skipped"]), (&states["counted"], &states["skipped"]));
        assert_eq!(
            (&estimate["bytes"], &estimate["complete"]),
            (&run["bytes_in"], &true.into()),
            "{fields:?}"
        );
        assert!(estimate["limit"].is_null(), "{estimate}");
    }
}

#[test]
fn the_command_line_has_the_same_filters_and_the_limits() {
    let tree = tree();
    let mount = tree.mounted_as("docs");
    for (fields, is_meant) in CASES {
        let mut options = vec!["count".to_owned(), "--json".to_owned(), "--mount".to_owned(), mount.clone()];
        for (name, value) in fields {
            options.push(format!("--{}={value}", name.replace('_', "-")));
        }
        let ran = program::run(&options.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((ran.code, counts(&ran.end())), (Some(0), expected(&tree, is_meant).1), "{options:?}");
    }
    let count = ["count", "--json", "--mount", mount.as_str()];
    for (name, value) in [("max-usd", "0"), ("max-objects", "1"), ("max-bytes", "1K"), ("max-seconds", "0")] {
        let ran = program::run(&[&count[..], &[format!("--{name}={value}").as_str()]].concat());
        assert_eq!((ran.code, &ran.end()["state"]), (Some(1), &"budget".into()), "{name}");
        let variable = format!("WORDFALL_{}", name.to_uppercase().replace('-', "_"));
        let ran = program::run_with(&count, &[(variable.as_str(), value)]);
        assert_eq!(&ran.end()["state"], "budget", "{variable}");
    }
    let ran = program::run_with(&count, &[("WORDFALL_GLOB", "*.gz"), ("WORDFALL_MIN_SIZE", "")]);
    assert_eq!(ran.end()["states"]["counted"], 5);
    let ran = program::run(&[&count[..], &["--min-size", "2X"]].concat());
    let (code, message) = ran.error();
    assert_eq!((ran.code, code.as_str()), (Some(2), "invalid_request"));
    assert!(message.contains("min_size is \"2X\"") && message.contains("powers of 1024"), "{message}");
}

#[test]
fn a_filter_that_cannot_be_read_is_a_sentence_and_starts_nothing() {
    let tree = Tree::small_files(1);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    for (name, value, part) in [
        ("glob", "[a", "close its ["),
        ("min_size", "-1", "powers of 1024"),
        ("max_size", "10 bytes", "powers of 1024"),
        ("modified_since", "2026-11-25 20:45", "2026-11-25T20:45:00Z"),
    ] {
        for path in ["/api/start_run", "/api/estimate_run"] {
            let (status, code, message) = error(site.post(path, &[(name, value)]).send());
            assert_eq!((status, code.as_str()), (400, "invalid_request"), "{name}");
            assert!(message.starts_with(&format!("{name} is ")) && message.contains(part), "{message}");
        }
    }
    assert_eq!(site.post("/api/list_runs", &[]).send().json()["runs"].as_array().unwrap().len(), 0);
}

#[test]
fn an_estimate_follows_the_limits_and_names_the_one_that_ends_the_run() {
    let tree = tree();
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    for limit in [("max_objects", "7"), ("max_bytes", "50K"), ("max_usd", "0"), ("max_seconds", "0")] {
        let estimate = site.post("/api/estimate_run", &[limit]).send().json();
        assert_eq!(estimate["limit"], limit.0);
        assert_eq!(estimate["skipped"], 5, "{estimate}");
    }
    let estimate = site.post("/api/estimate_run", &[("max_objects", "7")]).send().json();
    let run = site.ended(&site.start(&[("max_objects", "7")]));
    assert_eq!((&estimate["objects"], &estimate["bytes"]), (&run["states"]["counted"], &run["bytes_in"]));
}
