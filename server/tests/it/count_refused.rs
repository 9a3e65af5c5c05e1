//! `wordfall count` of what can't be counted: exit code 2, and a sentence that says what would be right.

use crate::program::{self, run};
use crate::tree::Tree;

#[track_caller]
fn check(arguments: &[&str], variables: &[(&str, &str)], code: &str, said: &str) {
    let arguments = [&["count", "--json"], arguments].concat();
    let ran = program::run_with(&arguments, variables);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
    let (told, message) = ran.error();
    assert_eq!(told, code);
    assert!(message.contains(said), "{message}");
}

#[test]
fn wrong_words_are_refused_with_the_right_ones() {
    let tree = Tree::new();
    let mount = tree.mounted_as("docs");
    check(&["--mount", &mount, "--rule", "lines"], &[], "invalid_rule", "seed");
    check(&["--mount", &mount, "--grain", "fine"], &[], "invalid_grain", "per_object");
    check(&["--mount", &mount, "--bucket", "No_Bucket"], &[], "invalid_bucket_name", "lower-case");
    check(&["--mount", &mount, "docs/a"], &[], "invalid_request", "s3://BUCKET/PREFIX");
    check(&["--mount", &mount, "s3:///a"], &[], "invalid_bucket_name", "s3://BUCKET/PREFIX");
}

#[test]
fn a_bucket_that_is_not_mounted_names_the_other_backend() {
    let tree = Tree::new();
    let mount = tree.mounted_as("docs");
    check(&["--mount", &mount, "s3://elsewhere/a"], &[], "no_such_bucket", "--backend aws");
}

#[test]
fn a_directory_that_is_missing_is_named() {
    check(&["--mount", "docs=/nowhere/at/all"], &[], "invalid_request", "/nowhere/at/all");
}

#[test]
fn aws_needs_a_region_and_credentials() {
    let region = [("AWS_REGION", "eu-central-1")];
    check(&["--backend", "aws", "s3://bucket/a"], &[], "region_missing", "AWS_REGION");
    check(&["--backend", "aws", "s3://bucket/a"], &region, "credentials_missing", "AWS_PROFILE");
}

#[test]
fn backends_that_do_not_go_together_are_refused() {
    check(&["--backend", "aws", "--mount", "docs=/tmp"], &[], "invalid_request", "--mount");
    check(&["--functions", "aws"], &[], "invalid_request", "--s3 aws");
}

#[test]
fn errors_for_people_are_one_sentence_on_standard_error() {
    let tree = Tree::new();
    let mount = tree.mounted_as("docs");
    let ran = run(&["count", "--mount", &mount, "--rule", "lines"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    assert!(ran.stderr.starts_with("wordfall: ") && ran.stderr.lines().count() == 1, "{}", ran.stderr);
}

#[test]
fn options_that_do_not_exist_are_bad_usage() {
    assert_eq!(run(&["count", "--no-such-option"]).code, Some(2));
    assert_eq!(run(&["count", "--mount", "docs"]).code, Some(2));
    assert_eq!(run(&["count", "--concurrency", "0"]).code, Some(2));
}
