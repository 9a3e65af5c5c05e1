//! Function processes that are killed while runs go on, and what is left of them when their server is gone. Where the
//! programs of these tests run processes, on Linux.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::count::counts;
use crate::program::{self, run, runs_processes};
use crate::random::Random;
use crate::site::PATIENCE;
use crate::tree::{Tree, gzip, text};

/// Runs whose processes are killed; set it for more.
const RUNS: &str = "WORDFALL_TEST_KILLED_RUNS";
/// Kills in a run: one fewer than a batch has attempts, so that none can spend them all, however long it is alone.
const KILLS_MAX: usize = 3;

/// The function processes of a program, with their names.
fn processes(of: &Child) -> BTreeMap<u32, String> {
    let ids =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    let named = ids.filter_map(|id: u32| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
        let parent: u32 = rest.split_whitespace().nth(1)?.parse().ok()?;
        let is_function = ["cascade", "wordcount"].contains(&name);
        (parent == of.id() && is_function).then(|| (id, name.to_owned()))
    });
    named.collect()
}

/// Their owner may have been quicker.
fn kill(id: u32) {
    let kill = format!("kill -9 {id}");
    drop(Command::new("sh").args(["-c", &kill]).stderr(Stdio::null()).status());
}

fn gone(ids: &BTreeSet<u32>) {
    let deadline = Instant::now() + PATIENCE;
    while let Some(id) = ids.iter().find(|id| fs::exists(format!("/proc/{id}")).unwrap()) {
        assert!(Instant::now() < deadline, "process {id} is still there");
        sleep(Duration::from_millis(10));
    }
}

/// Counts a tree while its processes are killed; how many were of each name.
fn counted_under_fire(tree: &Tree, random: &mut Random) -> BTreeMap<String, usize> {
    let home = tempfile::tempdir().unwrap();
    let mount = tree.mounted_as("docs");
    let options = ["count", "--mount", &mount, "--json", "--grain", "per_object"];
    let more = ["--functions", "processes", "--concurrency", "4", "--batch-bytes", "8388608"];
    let mut command = program::command(&home, &[&options[..], &more].concat());
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = process.stdout.take().unwrap();
    let reading = std::thread::spawn(move || {
        let mut told = String::new();
        stdout.read_to_string(&mut told).unwrap();
        told
    });
    let (mut killed, mut seen) = (BTreeMap::new(), BTreeSet::new());
    while process.try_wait().unwrap().is_none() {
        sleep(Duration::from_millis(30 + random.below(150)));
        let running = processes(&process);
        seen.extend(running.keys());
        let Some((id, name)) = running.iter().nth(random.below(running.len().max(1) as u64) as usize) else {
            continue;
        };
        if killed.values().sum::<usize>() < KILLS_MAX {
            kill(*id);
            *killed.entry(name.clone()).or_default() += 1;
        }
    }
    let output = process.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    check(tree, &reading.join().unwrap());
    gone(&seen);
    killed
}

/// Checks that each object has one row, which is the oracle's, and so are the totals.
fn check(tree: &Tree, stdout: &str) {
    let mut lines: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let end = lines.pop().unwrap();
    assert_eq!(counts(&end), tree.total("wc"));
    let expected = tree.counts("wc");
    assert_eq!(end["states"]["counted"], expected.len());
    assert_eq!(end["objects_found"], lines.len());
    let mut keys = BTreeSet::new();
    for row in &lines {
        let key = row["key"].as_str().unwrap();
        assert!(keys.insert(key), "{key} has two rows");
        assert_eq!(row["state"], "counted", "{row}");
        assert_eq!(counts(row), expected[key], "{row}");
    }
}

#[test]
fn processes_are_killed_at_random_and_every_run_is_exact() {
    if !runs_processes() || !cfg!(target_os = "linux") {
        return;
    }
    let mut tree = Tree::small_files(600);
    for number in 0..4 {
        tree.add(&format!("large-{number}.gz"), gzip(&text(6_000_000)));
    }
    let runs = std::env::var(RUNS).map_or(10, |runs| runs.parse().unwrap());
    let mut killed: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 0..runs {
        for (name, times) in counted_under_fire(&tree, &mut Random::new(seed)) {
            *killed.entry(name).or_default() += times;
        }
    }
    eprintln!("killed in {runs} runs: {killed:?}");
    assert!(killed.contains_key("cascade") && killed.contains_key("wordcount"), "{killed:?}");
}

#[test]
fn processes_die_with_a_server_that_is_killed() {
    if !runs_processes() || !cfg!(target_os = "linux") {
        return;
    }
    let tree = Tree::slow(40);
    let home = tempfile::tempdir().unwrap();
    let mount = tree.mounted_as("slow");
    let mut command = program::command(&home, &["count", "--mount", &mount, "--functions", "processes"]);
    let mut process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + PATIENCE;
    let mut running = processes(&process);
    while !running.values().any(|name| name == "wordcount") {
        assert!(Instant::now() < deadline && process.try_wait().unwrap().is_none());
        sleep(Duration::from_millis(5));
        running = processes(&process);
    }
    process.kill().unwrap();
    process.wait().unwrap();
    gone(&running.into_keys().collect());
}

#[test]
fn functions_whose_programs_are_missing_are_told_with_the_way_to_build_them() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().display().to_string();
    let options = ["count", "--functions", "processes", "--function-binaries", &folder, "--json"];
    let (code, message) = run(&options).error();
    assert_eq!(code, "functions_missing");
    assert!(message.contains("cargo build -p lambdas") && message.contains(&folder), "{message}");
    let nowhere = run(&["local", "--functions", "aws"]);
    assert_eq!(nowhere.code, Some(2));
    assert!(nowhere.stderr.contains("use --functions in-process or processes"), "{}", nowhere.stderr);
}

#[test]
fn a_further_function_does_not_take_the_name_of_another() {
    for functions in
        [&["--function", "wordcount=true"][..], &["--function", "a=true", "--function", "a=false"]]
    {
        let ran = run(&[&["local"], functions].concat());
        assert_eq!(ran.code, Some(2), "{}", ran.stdout);
        assert!(ran.stderr.contains("another function has this name"), "{}", ran.stderr);
    }
}
