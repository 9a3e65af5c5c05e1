//! `wordfall count`: exact totals, a row for every object, and messages about what can't be counted.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::oracle::{self, Counts, RULES};
use crate::program::{self, Ran};
use crate::site::interrupt;
use crate::tree::{self, Tree, gzip, text};

/// Where Debian keeps some thousand files, many of them compressed.
const DOCUMENTATION: &str = "/usr/share/doc";

/// "one two" and "three", a line each, as the codecs' own tools store them.
const CODECS: [(&str, &[u8]); 5] = [
    ("twice.gz", include_bytes!("fixtures/twice.gz")),
    ("words.bz2", include_bytes!("fixtures/words.bz2")),
    ("words.lz4", include_bytes!("fixtures/words.lz4")),
    ("words.xz", include_bytes!("fixtures/words.xz")),
    ("words.zst", include_bytes!("fixtures/words.zst")),
];

fn count(tree: &Tree, options: &[&str]) -> Ran {
    let mount = tree.mounted_as("docs");
    program::run(&[&["count", "--mount", &mount, "--json"], options].concat())
}

pub(crate) fn counts(value: &Value) -> Counts {
    let field = |name: &str| value[name].as_u64().unwrap_or_else(|| panic!("{name} of {value}"));
    Counts {
        words: field("words"),
        lines: field("lines"),
        bytes_in: field("bytes_in"),
        bytes_out: field("bytes_out"),
    }
}

#[test]
fn totals_are_those_of_the_oracle_by_every_rule() {
    let tree = Tree::varied();
    for rule in RULES {
        let ran = count(&tree, &["--rule", rule]);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), tree::REMARK), "{rule}");
        assert_eq!(counts(&ran.end()), tree.total(rule), "{rule}");
    }
}

#[test]
fn real_files_count_as_the_oracle_counts_them() {
    if !Path::new(DOCUMENTATION).is_dir() {
        return;
    }
    let mount = format!("docs={DOCUMENTATION}");
    for (rule, prefix) in [("wc", ""), ("word", "p"), ("seed", "p")] {
        let ran = program::run(&["count", "--mount", &mount, "--json", "--rule", rule, "--prefix", prefix]);
        // Symlinks among them are not listed, which is not all there is.
        let unlisted = ran.end()["unlisted"].as_u64().unwrap_or_default();
        assert_eq!(ran.code, Some(i32::from(unlisted > 0)), "{}", ran.stderr);
        let mut files = Vec::new();
        regular_files(Path::new(DOCUMENTATION), prefix, &mut files);
        let expected: Counts = files.iter().map(|file| oracle::count(file, rule)).sum();
        assert_eq!(ran.end()["states"]["counted"], files.len(), "{rule}");
        assert_eq!(counts(&ran.end()), expected, "{rule}");
    }
}

/// The contents of the files that are not empty and whose paths begin with `prefix`.
fn regular_files(directory: &Path, prefix: &str, files: &mut Vec<Vec<u8>>) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        if !entry.file_name().to_string_lossy().starts_with(prefix) {
            continue;
        }
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            regular_files(&entry.path(), "", files);
        } else if kind.is_file() && entry.metadata().unwrap().len() > 0 {
            files.push(fs::read(entry.path()).unwrap());
        }
    }
}

#[test]
fn the_end_object_has_the_fields_of_the_end_event() {
    let tree = Tree::varied();
    let ran = count(&tree, &[]);
    let lines = ran.lines();
    assert_eq!(lines.len(), 1);
    let end = lines[0].as_object().unwrap();
    let numbers = [
        "objects_found",
        "objects_done",
        "objects_failed",
        "words",
        "lines",
        "bytes_in",
        "bytes_out",
        "invocations",
        "billed_ms",
        "elapsed_ms",
    ];
    for name in numbers {
        assert!(end[name].is_u64(), "{name}");
    }
    assert_eq!((&end["fraction"], &end["listing_done"]), (&Value::from(1.0), &Value::from(true)));
    assert_eq!(end["state"], "finished");
    assert!(end["cost_usd"].as_f64().unwrap() > 0.0);
    let parts = ["wordcount_usd", "cascade_usd", "failed_usd", "requests_usd", "s3_usd"];
    let sum: f64 = parts.iter().map(|part| end["cost"][part].as_f64().unwrap()).sum();
    assert!((sum - end["cost_usd"].as_f64().unwrap()).abs() < 1e-12, "{}", end["cost"]);
    assert_eq!(end["cost"]["unreported"], 0);
    assert_eq!((&end["objects_found"], &end["objects_done"]), (&tree.len().into(), &tree.len().into()));
    let states = serde_json::json!(
        { "counted": tree.len() - 1, "partial": 0, "failed": 0, "skipped": 1, "cancelled": 0 }
    );
    assert_eq!(end["states"], states);
    assert!(!end.contains_key("error"));
}

#[test]
fn per_object_prints_one_ledger_row_for_each_object_and_then_the_end() {
    let tree = Tree::varied();
    for rule in RULES {
        let ran = count(&tree, &["--grain", "per_object", "--rule", rule]);
        let mut lines = ran.lines();
        assert_eq!(counts(&lines.pop().unwrap()), tree.total(rule));
        let rows: BTreeMap<String, Value> =
            lines.iter().map(|row| (row["key"].as_str().unwrap().to_owned(), row.clone())).collect();
        assert_eq!((lines.len() as u64, rows.len() as u64), (tree.len(), tree.len()));
        for (key, expected) in tree.counts(rule) {
            let row = &rows[&key];
            assert_eq!((counts(row), &row["state"]), (expected, &"counted".into()), "{key:?} {rule}");
            assert!(row["duration_ms"].is_u64() && row["etag"].is_string(), "{row}");
            let reason = if key == "binary.bin" { "warning".into() } else { Value::Null };
            assert_eq!(row["reason"], reason, "{row}");
        }
        assert_eq!(
            (&rows["empty.txt"]["state"], &rows["empty.txt"]["reason"]),
            (&"skipped".into(), &"empty".into())
        );
    }
}

#[test]
fn damaged_files_fail_with_their_reasons_and_the_others_count() {
    let mut tree = Tree::varied();
    let whole = gzip(&text(50_000));
    let mut wrong_sum = whole.clone();
    let sum = wrong_sum.len() - 8;
    wrong_sum[sum] ^= 1;
    tree.write("bad/crc.gz", &wrong_sum);
    tree.write("bad/cut.gz", &whole[..whole.len() / 2]);
    let ran = count(&tree, &["--grain", "per_object"]);
    assert_eq!(ran.code, Some(1));
    let lines = ran.lines();
    let failed: BTreeMap<_, _> = lines
        .iter()
        .filter(|row| row["state"] == "failed")
        .map(|row| (row["key"].as_str().unwrap(), row["reason"].as_str().unwrap()))
        .collect();
    assert_eq!(failed, BTreeMap::from([("bad/crc.gz", "corrupt"), ("bad/cut.gz", "truncated")]));
    // They have their listed sizes, which are in no total.
    for (key, bytes) in [("bad/crc.gz", wrong_sum.len()), ("bad/cut.gz", whole.len() / 2)] {
        let row = lines.iter().find(|row| row["key"] == key).unwrap();
        assert_eq!(
            (&row["bytes_in"], &row["words"], &row["bytes_out"]),
            (&bytes.into(), &0.into(), &0.into())
        );
    }
    let shown = program::run(&["count", "--mount", &tree.mounted_as("docs"), "--grain", "per_object"]).stdout;
    assert!(shown.contains("           -            - failed    bad/cut.gz\n"), "{shown}");
    let end = ran.end();
    assert_eq!((&end["state"], &end["objects_failed"]), (&"finished".into(), &2.into()));
    assert_eq!(counts(&end), tree.total("wc"));
    assert!(ran.stderr.contains("bad/crc.gz: ") && ran.stderr.contains("bad/cut.gz: "), "{}", ran.stderr);
}

#[test]
fn odd_files_count_with_a_warning_and_exit_code_0() {
    let mut tree = Tree::new();
    tree.add("plain.gz", text(100));
    tree.write("trailing.gz", &[gzip(b"a b\n"), b"garbage".to_vec()].concat());
    let ran = count(&tree, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ran.end()["words"], tree.total("wc").words + 2);
    assert!(ran.stderr.contains("plain.gz: ") && ran.stderr.contains("trailing.gz: "), "{}", ran.stderr);
}

#[test]
fn every_codec_is_read_through() {
    let mut tree = Tree::new();
    for (name, stored) in CODECS {
        tree.write(name, stored);
    }
    let ran = count(&tree, &["--grain", "per_object"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    for row in ran.lines().iter().filter(|row| row["state"] == "counted") {
        let members = if row["key"] == "twice.gz" { 2 } else { 1 };
        assert_eq!((&row["words"], &row["lines"]), (&(3 * members).into(), &(2 * members).into()), "{row}");
    }
    assert_eq!(ran.end()["states"]["counted"], CODECS.len());
}

#[test]
fn a_prefix_selects_keys_and_one_without_keys_counts_nothing() {
    let tree = Tree::varied();
    for prefix in ["hostile/", "hostile/%41", "hostile/ż", "a/b", ""] {
        let ran = count(&tree, &["--prefix", prefix]);
        let expected = tree.counts("wc").into_iter().filter(|(key, _)| key.starts_with(prefix));
        assert_eq!(ran.code, Some(0));
        assert_eq!(counts(&ran.end()), expected.map(|(_, counts)| counts).sum(), "{prefix}");
    }
    let ran = count(&tree, &["--prefix", "nothing/here"]);
    let nothing = "no object begins with the prefix \"nothing/here\"\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), nothing));
    let end = ran.end();
    assert_eq!((&end["objects_found"], &end["state"]), (&0.into(), &"finished".into()));
    assert_eq!(counts(&end), Counts::default());
    let pattern = count(&tree, &["--prefix", "*.txt"]);
    assert!(pattern.stderr.contains("--glob"), "{}", pattern.stderr);
}

#[test]
fn a_positional_url_wins_over_bucket_and_prefix() {
    let (tree, other) = (Tree::varied(), Tree::small_files(3));
    let (tree_mount, other_mount) = (tree.mounted_as("docs"), other.mounted_as("other"));
    let mounts = ["count", "--json", "--mount", &other_mount, "--mount", &tree_mount];
    let options = ["--bucket", "other", "--prefix", "0", "s3://docs/hostile/"];
    let ran = program::run(&[&mounts[..], &options].concat());
    let expected = tree.counts("wc").into_iter().filter(|(key, _)| key.starts_with("hostile/"));
    assert_eq!(counts(&ran.end()), expected.map(|(_, counts)| counts).sum());
    let ran = program::run(&[&mounts[..], &["s3://docs"]].concat());
    assert_eq!(counts(&ran.end()), tree.total("wc"));
    assert_eq!(counts(&program::run(&mounts).end()), other.total("wc"));
}

#[test]
fn people_are_told_the_totals_in_words() {
    let mut tree = Tree::varied();
    tree.write("bad.gz", &gzip(b"a b")[..15]);
    let mount = tree.mounted_as("docs");
    let ran = program::run(&["count", "--mount", &mount, "--grain", "per_object"]);
    assert_eq!(ran.code, Some(1));
    let total = tree.total("wc");
    for line in [
        "state    finished".to_owned(),
        format!("words    {}", total.words),
        format!("lines    {}", total.lines),
    ] {
        assert!(ran.stdout.lines().any(|printed| printed == line), "{line}: {}", ran.stdout);
    }
    assert!(ran.stdout.contains("would cost on AWS $"), "{}", ran.stdout);
    assert!(!ran.stdout.chars().chain(ran.stderr.chars()).any(|c| c.is_control() && c != '\n'));
}

#[test]
fn a_name_that_no_key_can_have_is_a_warning_and_exit_code_1() {
    let tree = Tree::varied();
    fs::write(tree.path().join(OsStr::from_bytes(b"caf\xe9.txt")), "not counted").unwrap();
    let ran = count(&tree, &[]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(counts(&ran.end()), tree.total("wc"));
    assert!(ran.stderr.contains("caf") && ran.stderr.contains("UTF-8"), "{}", ran.stderr);
}

#[test]
fn ctrl_c_ends_a_count_with_130_and_a_ledger_that_adds_up() {
    let tree = Tree::slow(60);
    let home = tempfile::tempdir().unwrap();
    let mount = tree.mounted_as("slow");
    let options = ["count", "--mount", &mount, "--json", "--grain", "per_object", "--concurrency", "1"];
    let mut process =
        program::command(&home, &options).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let first = lines.next().unwrap();
    interrupt(&process);
    let rows = 1 + lines.by_ref().take_while(|line| line.contains("\"key\"")).count();
    assert!(first.contains("\"key\""), "{first}");
    assert_eq!(process.wait().unwrap().code(), Some(130));
    assert_eq!(rows, 60);
}
