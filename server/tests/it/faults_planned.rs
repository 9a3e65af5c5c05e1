//! Whole runs under fault plans: each object has one final state, the totals are the oracle's, and no object fails
//! for a fault that passes.
//!
//! A plan decides by its seed what goes wrong, and every run is on a paused clock; a seed that fails prints how to
//! run it alone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use local::{Config, FaultPlan};
use server::runs::check_functions;
use tokio::runtime::Builder;
use tokio::time::timeout;

use crate::bench::{self, BUCKET, Bench, Counted};
use crate::oracle::Counts;
use crate::program;
use crate::tree::{Tree, gzip, text};

/// How many seeds to run, the first of them, and the plan that each is put into; set them for others.
const SEEDS: &str = "WORDFALL_TEST_SEEDS";
const SEEDS_DEFAULT: u64 = 20;
const SEED: &str = "WORDFALL_TEST_SEED";
const PLAN: &str = "WORDFALL_TEST_FAULTS";
/// The profile, on listings of several pages.
const PLAN_DEFAULT: &str = "mixed,page=50";
const OBJECTS: usize = 300;
/// Faults that may cost an object after two in a row: a length that was wrong twice is believed, and a body
/// that stands still is waited for longer than these functions have.
const MAY_COST: [&str; 2] = ["s3.length", "s3.stall"];
/// The kinds that a run meets one by one. A token that repeats ends a listing, and what is denied is not counted.
const KINDS: [&str; 34] = [
    "s3.slow_down",
    "s3.error",
    "s3.silent",
    "s3.gone",
    "s3.changed",
    "s3.cut",
    "s3.reset",
    "s3.stall",
    "s3.length",
    "list.cut",
    "list.empty",
    "list.key_count",
    "list.is_truncated",
    "list.repeated_key",
    "list.unordered",
    "lambda.throttle",
    "lambda.conflict",
    "lambda.error",
    "lambda.reset",
    "lambda.silent",
    "function.error",
    "function.crash",
    "function.timeout",
    "function.oom",
    "function.cold",
    "function.slow",
    "stream.cut",
    "stream.unfinished",
    "stream.silent",
    "reply.cut",
    "reply.duplicate",
    "reply.reorder",
    "reply.contradict",
    "reply.foreign",
];
/// A run that takes longer does not end.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// Prints how to run this seed alone, where it fails.
struct Replay(FaultPlan);

impl Drop for Replay {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let seed = self.0.seed();
            eprintln!("plan: {}\nto run it alone: cargo xtask stress faults --seed {seed}", self.0);
        }
    }
}

/// Files of all sizes, plain and compressed.
fn tree(objects: usize) -> Tree {
    let mut tree = Tree::small_files(objects - objects / 20);
    for number in 0..objects / 20 {
        let bytes = text(3_000 * (number + 1));
        let name = format!("large/{number:03}");
        if number % 2 == 0 { tree.add(&name, bytes) } else { tree.add(&(name + ".gz"), gzip(&bytes)) }
    }
    tree
}

/// The outcome of a run under a plan.
struct Ran {
    injected: BTreeMap<&'static str, u64>,
    /// Objects that were not counted though the plan left them there, by the cause.
    wronged: BTreeMap<String, usize>,
}

/// Counts the tree under a plan, and checks what must hold whatever goes wrong.
fn ran(tree: &Tree, expected: &BTreeMap<String, Counts>, plan: &FaultPlan) -> Ran {
    let _replay = Replay(plan.clone());
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mount = local::Mount { name: bench::bucket(), directory: tree.path().to_owned() };
        let config = Config { mounts: vec![mount], faults: Some(plan.clone()), ..Config::default() };
        let bench = Bench::with(config, 8, 16 << 20);
        let counted = timeout(LONGEST, bench.count()).await.expect("the run does not end");
        let uncounted = counted.check(expected);
        check_issued(&bench, &counted);
        let is_gone = |key: &str| plan.is_gone(BUCKET, key);
        let gone: BTreeSet<_> = expected.keys().filter(|key| is_gone(key)).collect();
        let counted_though_gone = gone.iter().find(|key| !uncounted.contains_key(**key));
        assert_eq!(counted_though_gone, None, "the plan let it be gone");
        let mut wronged = BTreeMap::new();
        for (key, why) in uncounted.iter().filter(|(key, why)| !is_gone(key) || *why != "failed gone") {
            let logged = counted.logs.iter().find(|log| log.key.as_ref() == Some(key));
            let cause = logged.map_or("", |log| log.text.as_str());
            let cause: Vec<_> =
                cause.split(' ').filter(|word| !is_id(word) && *word != format!("{key}:")).collect();
            *wronged.entry(format!("{why}: {}", cause.join(" "))).or_default() += 1;
        }
        bench.local.close().await;
        Ran { injected: bench.local.faults_injected(), wronged }
    })
}

/// Whether a word of a sentence is an invocation's id.
fn is_id(word: &str) -> bool {
    word.len() == 36 && word.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// Checks that every invocation that the emulator saw was issued by the run, and none came twice.
fn check_issued(bench: &Bench, counted: &Counted) {
    let invocations = counted.run.invocations();
    let issued = invocations.left_out + invocations.rows.len() as u64;
    let mut seen = BTreeSet::new();
    for entry in bench.local.journal().entries() {
        let attempt = entry.attempt.expect("an invocation of a run names its attempt");
        let number =
            attempt.strip_prefix(&format!("{}.", counted.run.id)).and_then(|rest| rest.split_once('.'));
        let number: u64 = number.expect("it is one of the run").1.parse().unwrap();
        assert!((1..=issued).contains(&number), "{attempt} of {issued}");
        assert!(seen.insert(attempt), "an attempt came twice");
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |number| number.parse().unwrap())
}

#[test]
fn whatever_a_plan_lets_fail_each_object_has_one_final_state_and_the_sums_are_exact() {
    let (first, seeds) = (setting(SEED, 0), setting(SEEDS, SEEDS_DEFAULT));
    let plan = std::env::var(PLAN).unwrap_or_else(|_| PLAN_DEFAULT.to_owned());
    let tree = tree(OBJECTS);
    let expected = tree.counts("wc");
    let (mut injected, mut wronged) = (BTreeMap::<_, u64>::new(), BTreeMap::new());
    for seed in first..first + seeds {
        let plan: FaultPlan = format!("{plan},seed={seed}").parse().unwrap();
        let ran = ran(&tree, &expected, &plan);
        println!("{plan}: {:?}", ran.injected);
        ran.injected.iter().for_each(|(kind, count)| *injected.entry(*kind).or_default() += count);
        if !ran.wronged.is_empty() {
            eprintln!("cargo xtask stress faults --seed {seed}: {:#?}", ran.wronged);
            wronged.insert(seed, ran.wronged);
        }
    }
    println!("{seeds} seeds of {plan}: {injected:#?}");
    assert!(!injected.is_empty(), "nothing went wrong");
    let seeds: Vec<_> = wronged.keys().collect();
    assert!(wronged.is_empty(), "objects failed for faults that pass, under the seeds {seeds:?}");
}

#[test]
fn every_broken_listing_is_asked_for_again_and_counted_whole() {
    let tree = tree(60);
    let expected = tree.counts("wc");
    let mut injected = BTreeSet::new();
    for seed in 0..4 {
        let plan = format!("page=10,list.broken=50%,runs=5,seed={seed}");
        let ran = ran(&tree, &expected, &plan.parse().unwrap());
        assert_eq!(ran.wronged, BTreeMap::new());
        injected.extend(ran.injected.into_keys());
    }
    assert!(injected.len() > 3, "{injected:?}");
}

#[test]
fn under_every_kind_of_fault_that_passes_every_object_is_counted() {
    let tree = tree(60);
    let expected = tree.counts("wc");
    for kind in KINDS {
        let share = if kind.starts_with("list.") { 60 } else { 20 };
        let plan = format!("page=10,{kind}={share}%,runs=2,seed=1");
        let ran = ran(&tree, &expected, &plan.parse().unwrap());
        assert!(ran.injected.keys().eq([&kind]), "{kind}: {:?}", ran.injected);
        assert!(ran.wronged.is_empty() || MAY_COST.contains(&kind), "{kind}: {:?}", ran.wronged);
    }
}

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
    assert!(checked("lambda.conflict=100%").await, "a function that is not ready yet is there");
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
