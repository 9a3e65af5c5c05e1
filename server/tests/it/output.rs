//! Standard output and standard error whose readers leave, or that can't be written.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::program;
use crate::tree::Tree;

/// Objects whose rows are more than a pipe holds, each of them with a remark.
const OBJECTS: usize = 1_500;

fn remarkable() -> Tree {
    let mut tree = Tree::new();
    for number in 0..OBJECTS {
        tree.add(&format!("{number:05}.log.gz"), "one two\n");
    }
    tree
}

fn count(home: &tempfile::TempDir, tree: &Tree, options: &[&str]) -> Command {
    let mount = tree.mounted_as("docs");
    program::command(home, &[&["count", "--mount", mount.as_str()], options].concat())
}

#[test]
fn a_reader_of_rows_that_leaves_ends_the_program_without_a_word() {
    let (tree, home) = (remarkable(), tempfile::tempdir().unwrap());
    for options in [["--grain", "per_object", "--json"].as_slice(), &["--grain", "per_object"]] {
        let mut command = count(&home, &tree, options);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut row = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut row).unwrap();
        assert!(row.contains(".log.gz"), "{row}");
        let output = process.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(141), "{stderr}");
        let other: Vec<_> = stderr.lines().filter(|line| !line.contains(".log.gz: named as gzip")).collect();
        assert!(other.is_empty(), "{other:?}");
    }
}

#[test]
fn a_reader_of_remarks_that_leaves_costs_no_total() {
    let (tree, home) = (remarkable(), tempfile::tempdir().unwrap());
    for format in ["json", "text"] {
        let mut command = count(&home, &tree, &["--json"]);
        command.env("RUST_LOG", "server=debug").env("WORDFALL_LOG_FORMAT", format);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(process.stderr.take());
        let mut stdout = String::new();
        process.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        assert_eq!(process.wait().unwrap().code(), Some(0));
        let end: Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!((&end["words"], &end["state"]), (&(2 * OBJECTS).into(), &"finished".into()));
    }
}

#[test]
fn output_that_cannot_be_written_is_a_sentence_and_exit_code_2() {
    let (tree, home) = (Tree::small_files(3), tempfile::tempdir().unwrap());
    for options in [["--grain", "total"], ["--grain", "per_object"]] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = count(&home, &tree, &options).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let sentence = "wordfall: can't write to standard output: No space left on device (os error 28)\n";
        assert_eq!(String::from_utf8(output.stderr).unwrap(), sentence);
    }
}

#[test]
fn help_that_nobody_reads_ends_without_a_word() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [["help", "count"].as_slice(), &["--help"], &["--version"], &["count", "--nonsense"]] {
        let mut command = program::command(&home, arguments);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(process.stdout.take());
        let output = process.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let expected = if arguments.contains(&"--nonsense") { [2, 2] } else { [0, 141] };
        assert!(expected.contains(&output.status.code().unwrap()), "{stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = program::command(&home, &["--help"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}
