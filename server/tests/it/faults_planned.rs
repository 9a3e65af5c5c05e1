//! Runs under fault plans.

use crate::program;
use crate::tree::Tree;

/// `wordfall count` of a small tree under this plan.
fn count(plan: &str) -> (Tree, program::Ran) {
    let tree = Tree::small_files(40);
    let mount = tree.mounted_as("docs");
    let ran = program::run(&["count", "--json", "--mount", &mount, "--faults", plan]);
    (tree, ran)
}

#[test]
fn a_plan_of_the_command_line_reaches_functions_and_is_printed_with_its_seed() {
    let (tree, ran) = count("s3.gone=100%");
    assert!(ran.stderr.contains("to repeat them: --faults seed="), "{}", ran.stderr);
    assert!(ran.stderr.contains(",s3.gone=100%"), "{}", ran.stderr);
    assert_eq!((ran.code, &ran.end()["states"]["failed"]), (Some(1), &tree.len().into()));
}

#[test]
fn a_wrong_plan_is_refused_with_what_would_be_right() {
    for (plan, expected) in [
        ("s3.gone=2", "s3.gone=\"2\" is no share of the requests: use a percentage from 0% to 100%"),
        ("s3.fast=2%", "is no fault: use mixed, seed=N, runs=N, page=N, or KIND=SHARE"),
    ] {
        let (_, ran) = count(plan);
        assert_eq!(ran.code, Some(2));
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
    let ran = program::run(&["count", "s3://logs/", "--backend", "aws", "--faults", "mixed"]);
    assert!(ran.stderr.contains("--faults is for S3 and functions on this machine"), "{}", ran.stderr);
}
