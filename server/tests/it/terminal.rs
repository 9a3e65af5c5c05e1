//! Output for people: text from outside is shown as text, and their terminal obeys none of it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::process::Stdio;

use serde_json::Value;
use wire::is_invisible;

use crate::program::{self, Ran};
use crate::site::{interrupt, serve};
use crate::tree::Tree;

/// Colours, a line of its own, a return to the line's begin, text turned round, and what is hidden.
const HOSTILE: &str = "a\u{1b}[31m\nwordfall: fake\rb\u{202e}c\u{2066}\u{200b}\u{9b}1m\u{2028}d";
/// How all of it is shown.
const SHOWN: &str = "a\\u{1b}[31m\\nwordfall: fake\\rb\\u{202e}c\\u{2066}\\u{200b}\\u{9b}1m\\u{2028}d";

#[track_caller]
fn check_plain(text: &str) {
    let obeyed = text.chars().find(|&letter| letter != '\n' && (letter.is_control() || is_invisible(letter)));
    assert_eq!(obeyed, None, "{text:?}");
    assert!(!text.contains("\nwordfall: fake"), "{text:?}");
}

#[track_caller]
fn check(arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let ran = program::run_with(arguments, variables);
    check_plain(&ran.stdout);
    check_plain(&ran.stderr);
    ran
}

#[test]
fn keys_and_what_failed_about_them_are_shown_as_text() {
    let mut tree = Tree::new();
    tree.write(&format!("{HOSTILE}.gz"), b"\x1f\x8b\x08cut");
    tree.add(HOSTILE, "one two");
    let mount = tree.mounted_as("docs");
    let ran = check(&["count", "--grain", "per_object", "--mount", &mount], &[]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.lines().any(|line| line.ends_with(SHOWN)), "{}", ran.stdout);
    assert!(ran.stderr.starts_with(&format!("{SHOWN}.gz: ")), "{}", ran.stderr);
    let ran = program::run(&["count", "--json", "--grain", "per_object", "--mount", &mount]);
    let rows = ran.lines();
    let keys: Vec<_> = rows.iter().filter_map(|row| row["key"].as_str()).collect();
    assert!(keys.contains(&HOSTILE), "a program is given the key as it is: {keys:?}");
}

#[test]
fn names_that_can_be_no_keys_are_shown_as_text() {
    let mut tree = Tree::new();
    tree.add("good", "one");
    let name = [HOSTILE.as_bytes(), b"\xff"].concat();
    fs::write(tree.path().join(OsStr::from_bytes(&name)), "x").unwrap();
    let ran = check(&["count", "--mount", &tree.mounted_as("docs")], &[]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains(SHOWN) && ran.stderr.contains("not UTF-8"), "{}", ran.stderr);
}

#[test]
fn what_was_typed_or_set_is_shown_as_text_where_it_is_wrong() {
    let tree = Tree::small_files(1);
    let mount = tree.mounted_as("docs");
    let nowhere = format!("docs=/nowhere/{HOSTILE}");
    let odd_name = format!("{HOSTILE}=/tmp");
    let url = format!("s3://docs{HOSTILE}/x");
    let file = format!("{}/00/part-00000.txt/{HOSTILE}", tree.path().display());
    for option in ["--bucket", "--rule", "--grain", "--glob", "--min-size", "--modified-since", "--max-usd"] {
        assert_eq!(check(&["count", "--mount", &mount, option, HOSTILE], &[]).code, Some(2), "{option}");
    }
    for option in ["--s3", "--concurrency", "--results-bucket", HOSTILE] {
        assert_eq!(check(&["serve", "--mount", &mount, option, HOSTILE], &[]).code, Some(2), "{option}");
    }
    for arguments in [
        ["count", "--mount", &nowhere].as_slice(),
        &["count", "--mount", &odd_name],
        &["count", "--mount", &mount, &url],
        &["count", &url, "--no-sign-request"],
        &["count", HOSTILE],
        &[HOSTILE],
        &["retry", "--mount", &mount, HOSTILE],
        &["local", "--function", &odd_name],
        &["local", "--functions", "processes", "--function-binaries", HOSTILE],
        &["count", "--data", &file],
        &["count", "--mount", &mount, "--otlp-endpoint", HOSTILE],
    ] {
        assert_eq!(check(arguments, &[]).code, Some(2), "{arguments:?}");
    }
    for variable in ["LEPTOS_SITE_ADDR", "WORDFALL_RESUME", "WORDFALL_RETAIN", "WORDFALL_RESULTS_BUCKET"] {
        assert_eq!(check(&["serve", "--mount", &mount], &[(variable, HOSTILE)]).code, Some(2), "{variable}");
    }
    let filter = format!("server={HOSTILE}");
    let ran = check(&["count", "--mount", &mount], &[("RUST_LOG", &filter)]);
    assert!(ran.code == Some(0) && ran.stderr.contains("RUST_LOG is"), "{}", ran.stderr);
}

#[test]
fn lines_of_the_log_are_this_programs_whatever_a_run_is_of() {
    let mut tree = Tree::new();
    tree.write(&format!("{HOSTILE}.gz"), b"\x1f\x8b\x08cut");
    for (format, is_plain) in [("text", true), ("json", false)] {
        let home = tempfile::tempdir().unwrap();
        let mut command = serve(&home, &["--mount", &tree.mounted_as("docs"), "--log-format", format]);
        let mut server = command.env("RUST_LOG", "trace").stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = server.stderr.take().unwrap();
        let reading = std::thread::spawn(move || std::io::read_to_string(&mut stderr).unwrap());
        let address = crate::site::address(&mut server);
        let start = crate::http::Request::new(address, "POST", "/api/start_run");
        let id = start.form(&[("prefix", HOSTILE)]).send().json()["id"].as_str().unwrap().to_owned();
        let events = crate::http::Request::new(address, "GET", &format!("/runs/{id}/events")).send();
        assert!(crate::sse::Events::from(events).any(|event| event.name == "end"));
        interrupt(&server);
        assert!(server.wait().unwrap().success());
        let log = reading.join().unwrap();
        check_plain(&log);
        assert!(log.lines().any(|line| line.contains("a run ended")), "{log}");
        if is_plain {
            assert!(log.contains(&format!("prefix=\"{SHOWN}\"")), "{log}");
        } else {
            let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert!(
                lines.iter().any(|line| line["prefix"] == HOSTILE),
                "a program reads the prefix as it is"
            );
        }
    }
}
