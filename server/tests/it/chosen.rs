//! Selected rows of a run, and their rerun: exactly these, whatever became of them before.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::count::counts;
use crate::oracle;
use crate::site::{Site, error};
use crate::tree::{Tree, gzip, text};

/// Files that count, one damaged, one empty.
fn mixed() -> Tree {
    let mut tree = Tree::small_files(30);
    let whole = gzip(&text(9_000));
    tree.write("bad/cut.gz", &whole[..whole.len() / 2]);
    tree.write("empty.txt", b"");
    tree
}

/// The rows of a run in order of settling: key and state.
fn rows(site: &Site, id: &str) -> Vec<(String, String)> {
    let rows = site.get(&format!("/runs/{id}.ndjson")).send().text();
    let rows = rows.lines().map(|row| serde_json::from_str::<Value>(row).unwrap());
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    rows.map(|row| (text(&row, "key"), text(&row, "state"))).collect()
}

fn again(site: &Site, parent: &str, rows: &str, key: &str) -> crate::http::Response {
    site.post("/api/retry_run", &[("id", parent), ("rows", rows), ("idempotency_key", key)]).send()
}

fn id(answer: crate::http::Response) -> String {
    assert_eq!(answer.status, 200);
    answer.json()["id"].as_str().unwrap().to_owned()
}

#[test]
fn chosen_rows_are_counted_again_whatever_became_of_them() {
    let tree = mixed();
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    // By rows, so that the parent's counts would be there to be taken.
    let parent = site.start(&[("grain", "per_object"), ("rule", "word")]);
    site.ended(&parent);
    let held = rows(&site, &parent);
    let number = |state: &str| held.iter().position(|row| row.1 == state).unwrap();
    let (failed, skipped) = (number("failed"), number("skipped"));
    let counted: Vec<usize> = (0..held.len()).filter(|n| held[*n].1 == "counted").collect();
    let chosen = [counted[0], counted[1], counted[20], failed, skipped];
    let text = chosen.map(|number| number.to_string()).join(",");
    let child = id(again(&site, &parent, &text, ""));
    let run = site.ended(&child);
    let expected: BTreeSet<_> = chosen.iter().map(|number| held[*number].clone()).collect();
    assert_eq!(rows(&site, &child).into_iter().collect::<BTreeSet<_>>(), expected);
    let known = tree.counts("word");
    let sum: oracle::Counts = [0, 1, 20].map(|at| known[&held[counted[at]].0]).into_iter().sum();
    assert_eq!((&run["state"], counts(&run)), (&"finished".into(), sum));
    assert_eq!((&run["spec"]["parent"], &run["states"]["counted"]), (&parent.as_str().into(), &3.into()));
    let named: wire::selection::Selection = run["spec"]["rows"].as_str().unwrap().parse().unwrap();
    assert!(named.count() == 5 && chosen.iter().all(|number| named.contains(*number as u64)), "{named}");
    assert!(run["billed_ms"].as_u64().unwrap() > 0, "counted objects are counted anew: {run}");
    let page = site.get(&format!("/runs/{child}")).send().text();
    assert!(page.contains("5 chosen objects"), "{page}");
}

#[test]
fn a_range_may_hold_the_whole_run() {
    let tree = Tree::small_files(40);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let parent = site.start(&[]);
    site.ended(&parent);
    let child = id(again(&site, &parent, "0-39", ""));
    assert_eq!(counts(&site.ended(&child)), tree.total("wc"));
}

#[test]
fn wrong_rows_are_refused_with_a_sentence() {
    let tree = Tree::small_files(5);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let parent = site.start(&[]);
    site.ended(&parent);
    let long = "1,".repeat(wire::selection::SELECTION_BYTES_MAX / 2 + 1);
    let cases = [
        ("5", "there is no row 5: this run has the rows 0 to 4: choose among these"),
        ("0-18446744073709551615", "there is no row 18446744073709551615: this run has the rows 0 to 4"),
        ("4-2", "\"4-2\" names no rows: use numbers and ranges that rise, for example 0-5,9,12"),
        ("a<b>", "\"a<b>\" names no rows: use numbers and ranges that rise"),
        (",", "no rows are named: name them by number, for example 0-5,9,12"),
        (&long, "the rows take 65538 bytes to name: name rows in at most 65536"),
    ];
    for (rows, expected) in cases {
        let (status, code, message) = error(again(&site, &parent, rows, ""));
        assert_eq!((status, code.as_str()), (400, "invalid_request"));
        assert!(message.starts_with(expected), "{message}");
    }
    let (status, code, _) = error(again(&site, "nobody", "1", ""));
    assert_eq!((status, code.as_str()), (404, "run_not_found"));
}

#[test]
fn equal_choices_are_one_run_and_another_choice_is_a_conflict() {
    let tree = Tree::small_files(20);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let parent = site.start(&[]);
    site.ended(&parent);
    let first = id(again(&site, &parent, "1-3", "k"));
    assert_eq!(id(again(&site, &parent, "3,2,1", "k")), first, "the same rows, said otherwise");
    for rows in ["1-4", ""] {
        let (status, code, _) = error(again(&site, &parent, rows, "k"));
        assert_eq!((status, code.as_str()), (409, "idempotency_conflict"));
    }
    site.ended(&first);
    let site = Site::at(site.close(), &["--mount", &tree.mounted_as("docs")], &[]);
    assert_eq!(id(again(&site, &parent, "1-3", "k")), first, "the store remembers");
}
