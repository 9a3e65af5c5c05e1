//! A listing is input from outside: cut, doubled, endless or unordered ones lose nothing and count nothing twice.

use serde_json::Value;

use crate::odd_store::{Asked, OddStore, entry, page};
use crate::program::Ran;

const TEXT: &str = "one two\n";

fn key(number: usize) -> String {
    format!("{number:04}.log")
}

fn objects(count: usize) -> Vec<(String, String)> {
    (0..count).map(|number| (key(number), TEXT.to_owned())).collect()
}

fn entries(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(|number| entry(&key(number), TEXT.len())).collect()
}

/// The page at a token that is the number of its first object.
fn paged(asked: &Asked, count: usize, page_keys: usize) -> String {
    let first = asked.token.as_ref().map_or(0, |token| token.parse().unwrap());
    let end = count.min(first + page_keys);
    page(&entries(first..end), (end < count).then(|| end.to_string()).as_deref())
}

/// Checks that each of so many objects is counted, and none twice.
#[track_caller]
fn check(ran: &Ran, count: usize) {
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let end = ran.end();
    let found = ["objects_found", "words", "lines"].map(|name| end[name].as_u64().unwrap());
    assert_eq!(found, [count as u64, 2 * count as u64, count as u64], "{end}");
    assert_eq!((&end["state"], &end["listing_done"]), (&Value::from("finished"), &Value::from(true)));
}

#[test]
fn a_page_that_is_cut_off_is_asked_for_again() {
    const PAGES: usize = 16;
    let store = OddStore::new(objects(PAGES), |asked| {
        let whole = paged(asked, PAGES, 1);
        // Every page is cut once, each at another position.
        let page: usize = asked.token.as_ref().map_or(0, |token| token.parse().unwrap());
        let is_first_try = !asked.is_check && asked.number == 2 * page;
        let end = if is_first_try { whole.len() * page / PAGES } else { whole.len() };
        (200, whole[..end].to_owned())
    });
    check(&store.count(&[]), PAGES);
    assert_eq!(store.lists(), 2 * PAGES);
}

#[test]
fn a_store_that_fails_or_pushes_back_is_asked_again() {
    let statuses = [503, 429, 500, 503, 200];
    let store = OddStore::new(objects(3), move |asked| match statuses.get(asked.number) {
        Some(200) => (200, String::new()),
        Some(status) if !asked.is_check => (*status, "<Error><Code>SlowDown</Code></Error>".to_owned()),
        _ => (200, paged(asked, 3, 2)),
    });
    let ran = store.count(&[]);
    check(&ran, 3);
    assert_eq!(store.lists(), 7);
    // Each LIST is paid for, that of the check too, and a GET of each object.
    let usd = 8.0 * 0.000_005 + 3.0 * 0.000_000_4;
    assert!((ran.end()["cost"]["s3_usd"].as_f64().unwrap() - usd).abs() < 1e-12, "{}", ran.end());
}

#[test]
fn an_answer_beyond_any_page_is_not_read_to_its_end() {
    let store = OddStore::new(objects(3), |asked| {
        let padding = if asked.number == 0 && !asked.is_check { 17 << 20 } else { 0 };
        (200, paged(asked, 3, 3).replace("<IsTruncated>", &format!("{}<IsTruncated>", " ".repeat(padding))))
    });
    check(&store.count(&[]), 3);
    assert_eq!(store.lists(), 2);
}

#[test]
fn a_key_that_is_listed_twice_counts_once() {
    let overlapping = OddStore::new(objects(10), |asked| {
        let first = asked.token.as_ref().map_or(0, |token| token.parse::<usize>().unwrap());
        let end = 10.min(first + 4);
        (200, page(&entries(first.saturating_sub(1)..end), (end < 10).then(|| end.to_string()).as_deref()))
    });
    check(&overlapping.count(&[]), 10);
    let doubled = OddStore::new(objects(3), |_| (200, page(&entries([0, 1, 1, 2, 0]), None)));
    let ran = doubled.count(&["--grain", "per_object"]);
    check(&ran, 3);
    assert_eq!(ran.lines().len(), 4, "{}", ran.stdout);
}

#[test]
fn a_listing_in_any_order_is_counted_whole() {
    let numbers = |page: usize| (0..40).map(move |n| (n * 17 + page * 40) % 120);
    let store = OddStore::new(objects(120), move |asked| {
        let at: usize = asked.token.as_ref().map_or(0, |token| token.parse().unwrap());
        (200, page(&entries(numbers(at)), (at < 2).then(|| (at + 1).to_string()).as_deref()))
    });
    let distinct: std::collections::BTreeSet<_> = (0..3).flat_map(numbers).collect();
    check(&store.count(&[]), distinct.len());
}

#[test]
fn a_listing_without_an_end_is_an_error() {
    for why in ["same token", "only keys that were listed before", "brought nothing"] {
        let store = OddStore::new(objects(5), move |asked| {
            let next = if why == "same token" { "again".to_owned() } else { asked.number.to_string() };
            let listed = if why == "brought nothing" { 0..0 } else { 0..5 };
            (200, page(&entries(listed), Some(&next)))
        });
        let ran = store.count(&[]);
        let end = ran.end();
        assert_eq!((ran.code, &end["state"]), (Some(1), &Value::from("failed")), "{}", ran.stderr);
        assert!(end["error"].as_str().unwrap().contains(why), "{end}");
    }
}

#[test]
fn an_object_of_unknown_size_is_read() {
    let without = |key: &str, more: &str| format!("<Contents><Key>{key}</Key>{more}</Contents>");
    let date = "<LastModified>2026-11-01T00:00:00</LastModified>";
    let stored = [("a.log", TEXT), ("dated.log", TEXT), ("dir/", TEXT), ("empty.log", ""), ("marker/", "")];
    let entries: Vec<_> = stored
        .iter()
        .map(|(key, text)| match *key {
            "dir/" => entry(key, text.len()),
            "dated.log" => without(key, &format!("{date}<Size>{}</Size>", text.len())),
            _ => without(key, ""),
        })
        .collect();
    let stored = stored.map(|(key, text)| (key.to_owned(), text.to_owned()));
    let store = OddStore::new(stored, move |_| (200, page(&entries, None)));
    let ran = store.count(&["--grain", "per_object"]);
    let end = ran.end();
    assert_eq!((ran.code, &end["words"]), (Some(0), &Value::from(6)), "{end} {}", ran.stderr);
    assert_eq!((&end["states"]["counted"], &end["states"]["skipped"]), (&3.into(), &2.into()), "{end}");
}
