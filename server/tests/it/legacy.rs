//! `/stream`, read as a client of 2015 reads it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::site::{Site, error};
use crate::sse::Event;
use crate::tree::{Tree, gzip, text};

/// The messages of a stream, of which the last has to be the final one.
fn messages(site: &Site, query: &str) -> Vec<Value> {
    let events: crate::sse::Events = site.get(&format!("/stream{query}")).send().into();
    let mut events: Vec<Event> = events.collect();
    let last = events.pop().unwrap();
    assert_eq!((last.id.as_deref(), &last.data), (Some("final"), &serde_json::json!({ "complete": true })));
    assert!(events.iter().all(|event| event.name == "message" && event.id.is_none()));
    events.into_iter().map(|event| event.data).collect()
}

fn logs(messages: &[Value]) -> Vec<&str> {
    messages.iter().filter_map(|message| message.get("logdata")?.as_str()).collect()
}

fn warnings(messages: &[Value]) -> Vec<&str> {
    logs(messages).into_iter().filter(|log| log.starts_with("WARNING: ")).collect()
}

/// The arrays of numbers, and that keysDone and keysDispatched grow, the first never past the second.
fn arrays(messages: &[Value]) -> Vec<Vec<Value>> {
    let arrays: Vec<Vec<Value>> = messages.iter().filter_map(Value::as_array).cloned().collect();
    let keys: Vec<_> =
        arrays.iter().map(|array| (array[0].as_u64().unwrap(), array[1].as_u64().unwrap())).collect();
    assert!(keys.iter().all(|(done, dispatched)| done <= dispatched), "{keys:?}");
    assert!(keys.is_sorted_by_key(|(done, _)| *done) && keys.is_sorted_by_key(|(_, sent)| *sent), "{keys:?}");
    arrays
}

#[test]
fn aggregated_totals_grow_to_the_seed_rules() {
    let tree = Tree::varied();
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    for query in ["?prefix=", "", "?no_agg="] {
        let messages = messages(&site, query);
        let arrays = arrays(&messages);
        assert!(arrays.iter().all(|array| array.len() == 5 && array.iter().all(Value::is_u64)));
        let (last, expected) = (arrays.last().unwrap(), tree.total("seed"));
        assert_eq!(last[..4], [tree.len(), tree.len(), expected.words, expected.lines].map(Value::from));
        assert!(last[4].as_u64().unwrap() > 0, "something is billed");
        for column in 2..5 {
            assert!(arrays.is_sorted_by_key(|array| array[column].as_u64()));
        }
        assert!(messages.iter().all(|message| message.is_array() || message.is_object()));
    }
}

#[test]
fn granular_mode_tells_every_object_once() {
    let tree = Tree::varied();
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let messages = messages(&site, "?prefix=&no_agg=1");
    let arrays = arrays(&messages);
    let done: Vec<u64> = arrays.iter().map(|array| array[0].as_u64().unwrap()).collect();
    assert_eq!(done, (1..=tree.len()).collect::<Vec<_>>());
    assert_eq!(arrays.last().unwrap()[1], tree.len());
    let told: BTreeMap<&str, (u64, u64)> = arrays
        .iter()
        .map(|array| (array[2].as_str().unwrap(), (array[3].as_u64().unwrap(), array[4].as_u64().unwrap())))
        .collect();
    assert_eq!(told.len() as u64, tree.len());
    for (key, expected) in tree.counts("seed") {
        assert_eq!(told[key.as_str()], (expected.words, expected.lines), "{key:?}");
    }
}

#[test]
fn the_log_names_each_lambda_and_its_keys() {
    let tree = Tree::small_files(40);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let messages = messages(&site, "?prefix=");
    let logs = logs(&messages);
    let invoked: Vec<_> = logs.iter().filter_map(|log| log.strip_prefix("Invoking lambda ")).collect();
    let mut keys = Vec::new();
    for log in logs.iter().filter_map(|log| log.strip_prefix("Lambda ")) {
        let (id, finished) = log.split_once(" finished keys ").unwrap();
        assert!(invoked.contains(&id), "{id}");
        keys.extend(serde_json::from_str::<Vec<String>>(finished).unwrap());
    }
    keys.sort();
    assert!(keys.iter().eq(tree.counts("seed").keys()));
}

#[test]
fn a_failed_object_is_a_warning_and_counts_as_done() {
    let mut tree = Tree::varied();
    tree.write("bad/cut.gz", &gzip(&text(9_000))[..200]);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    for query in ["?prefix=", "?prefix=&no_agg=1"] {
        let messages = messages(&site, query);
        // That binary.bin is no text is said too.
        let (counted, failed): (Vec<_>, Vec<_>) =
            warnings(&messages).into_iter().partition(|warning| warning.starts_with("WARNING: binary.bin: "));
        assert_eq!((counted.len(), failed.len()), (1, 1), "{failed:?}");
        assert!(failed[0].starts_with("WARNING: bad/cut.gz: "), "{failed:?}");
        assert_eq!(arrays(&messages).last().unwrap()[1], tree.len() + 1);
    }
    let aggregated = arrays(&messages(&site, ""));
    assert_eq!(aggregated.last().unwrap()[0], tree.len() + 1);
    assert_eq!(aggregated.last().unwrap()[2], tree.total("seed").words);
}

#[test]
fn bucket_prefix_and_rule_can_be_named() {
    let (tree, other) = (Tree::varied(), Tree::small_files(30));
    let site = Site::mounting(&[tree.mounted_as("docs"), other.mounted_as("other")]);
    let messages = messages(&site, "?bucket=other&prefix=03%2F&rule=wc");
    let expected: u64 = other
        .counts("wc")
        .iter()
        .filter(|(key, _)| key.starts_with("03/"))
        .map(|(_, counts)| counts.words)
        .sum();
    assert_eq!(arrays(&messages).last().unwrap()[..3], [3, 3, expected].map(Value::from));
}

#[test]
fn nothing_to_count_completes_too() {
    let tree = Tree::varied();
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    for query in ["?prefix=nothing/here", "?prefix=nothing/here&no_agg=1"] {
        let messages = messages(&site, query);
        assert!(warnings(&messages).is_empty());
        assert!(arrays(&messages).iter().all(|array| array[0] == 0));
    }
}

#[test]
fn a_missing_bucket_is_a_warning_and_complete() {
    let tree = Tree::small_files(1);
    let site = Site::with(&[tree.mounted_as("docs")], &["--allow-bucket", "not-there"]);
    for query in ["?bucket=not-there", "?bucket=elsewhere", "?bucket=No_Bucket", "?rule=lines"] {
        let messages = messages(&site, query);
        assert_eq!((messages.len(), warnings(&messages).len()), (1, 1), "{messages:?}");
    }
}

#[test]
fn a_reconnect_and_another_site_start_nothing() {
    let tree = Tree::small_files(1);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    for id in ["final", "", "7"] {
        assert_eq!(site.get("/stream").header("last-event-id", id).send().status, 204);
    }
    for from in ["cross-site", "same-site"] {
        let (status, code, _) = error(site.get("/stream").header("sec-fetch-site", from).send());
        assert_eq!((status, code.as_str()), (403, "forbidden_origin"));
    }
    assert_eq!(site.post("/api/list_runs", &[]).send().json()["runs"], serde_json::json!([]));
    for from in ["same-origin", "none"] {
        assert_eq!(site.get("/stream").header("sec-fetch-site", from).send().status, 200);
    }
}
