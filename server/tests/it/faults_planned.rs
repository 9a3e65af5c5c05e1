//! Runs under fault plans.

use local::Config;
use server::runs::check_functions;

use crate::bench::Bench;
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

/// Whether both functions are found to be there.
async fn checked(plan: &str) -> bool {
    let faults = Some(plan.parse().unwrap());
    let bench = Bench::with(Config { faults, ..Config::default() }, 8, 16 << 20);
    check_functions(&bench.engine).await.is_ok()
}

#[tokio::test(start_paused = true)]
async fn a_function_that_does_not_answer_a_check_at_once_is_asked_again() {
    assert!(checked("lambda.error=100%,runs=4").await);
    assert!(checked("lambda.silent=100%,runs=4").await);
    assert!(!checked("lambda.error=100%").await);
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
