//! Objects that decode to far more than they are: what ends a run ends them too, and so does the end of the program.

use std::fs;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use local::Outcome;
use server::pipeline;
use server::run::Run;
use wire::run::{Limits, RunSpec, RunState};

use crate::bench::{Bench, spec, until};
use crate::program;
use crate::remote::Remote;
use crate::site::{PATIENCE, Site};
use crate::tree::Tree;

/// A stream of bzip2 that decodes to 45 MB of zeros.
const STREAM: [u8; 50] = *b"BZh91AY&SY\xc9\x01\xb6\xc8\x01X\xab@ \xc0\x00\x10\x00\x00\x08 \x000\xcc\x05)\xa6RHRlT\x92\x14\x9e.\xe4\x8ap\xa1!\x92\x03m\x90";

/// Streams of a bomb: 450 GB, which take minutes.
const STREAMS: usize = 10_000;

/// A program that gets a signal to end does so far sooner, on a machine that is busy with nothing else.
const ENDS_WITHIN: Duration = Duration::from_secs(20);

/// Processor time after which a program is taken to decode.
const BUSY_TICKS: i64 = 30;

fn bombs(count: usize) -> Tree {
    let mut tree = Tree::new();
    for number in 0..count {
        tree.add(&format!("{number}.bz2"), STREAM.repeat(STREAMS));
    }
    tree
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_cancelled_run_decodes_ends_with_it() {
    let tree = bombs(12);
    let bench = Bench::patient_on(&tree, 8, 2);
    let run = Run::new(spec(), true, None);
    let pipeline = tokio::spawn(pipeline::run(bench.job(&run, None)));
    until("an invocation", || !bench.wordcounts().is_empty()).await;
    run.cancel.cancel();
    pipeline.await.unwrap();
    assert_eq!(run.now().state, RunState::Cancelled);
    until("the end of what is in flight", || bench.local.journal().running() == 0).await;
    let outcomes: Vec<_> = bench.wordcounts().into_iter().map(|entry| entry.end.unwrap().outcome).collect();
    assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Stopped), "{outcomes:?}");
    bench.check_attempts();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_decodes_ends_with_its_time() {
    let tree = bombs(12);
    let bench = Bench::patient_on(&tree, 8, 2);
    let counted = bench.count_within(Limits { max_seconds: Some(2), ..Limits::default() }).await;
    assert_eq!(counted.end.state, RunState::Budget, "{:?}", counted.end);
    assert_eq!((counted.end.states.counted, counted.end.states.total()), (0, 12));
    until("the end of what is in flight", || bench.local.journal().running() == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bombs_leave_room_for_another_run() {
    let mut tree = bombs(40);
    let bench = Bench::patient_on(&tree, 8, 1);
    let run = Run::new(spec(), true, None);
    let pipeline = tokio::spawn(pipeline::run(bench.job(&run, None)));
    until("as many invocations as it may have", || bench.wordcounts().len() == 7).await;
    tree.write("small.txt", b"a b c");
    let other = Run::new(RunSpec { prefix: "small".to_owned(), ..spec() }, true, None);
    pipeline::run(bench.job(&other, None)).await;
    assert_eq!((other.now().state, other.now().progress.words), (RunState::Finished, 3));
    assert!(!run.has_ended());
    run.cancel.cancel();
    pipeline.await.unwrap();
}

#[test]
fn a_site_that_decodes_is_gone_when_it_is_told_to_end() {
    for signal in ["TERM", "INT"] {
        let tree = bombs(12);
        let mut site = Site::mounting(&[tree.mounted_as("docs")]);
        let id = site.start(&[("bucket", "docs")]);
        decodes(site.process());
        assert_eq!(site.get("/healthz").send().status, 200);
        assert!(ended(site.process(), signal).success());
        // The run is left, and resumed when its server is there again.
        let again = Site::at(site.leave(), &["--mount", &tree.mounted_as("docs")], &[]);
        assert_eq!(again.post("/api/cancel_run", &[("id", &id)]).send().status, 200);
        assert_eq!(again.ended(&id)["state"], "cancelled");
    }
}

#[test]
fn a_count_that_decodes_is_gone_when_it_is_told_to_end() {
    for signal in ["TERM", "INT"] {
        let tree = bombs(12);
        let home = tempfile::tempdir().unwrap();
        let mount = tree.mounted_as("docs");
        let mut command = program::command(&home, &["count", "--mount", &mount]);
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        decodes(&process);
        assert_eq!(ended(&mut process, signal).code(), Some(130));
    }
}

#[test]
fn a_stand_in_that_decodes_is_gone_when_it_is_told_to_end() {
    let tree = bombs(12);
    let mut remote = Remote::mounting(&tree);
    let home = tempfile::tempdir().unwrap();
    let mut command = program::command(&home, &["count", "s3://docs", "--backend", "aws"]);
    command.envs(remote.variables("", "")).stdout(Stdio::null()).stderr(Stdio::null());
    let mut client = command.spawn().unwrap();
    decodes(&remote.process);
    assert!(ended(&mut remote.process, "TERM").success());
    assert_eq!(ended(&mut client, "INT").code(), Some(130));
}

/// Sends a program the signal to end, and waits until it has.
fn ended(process: &mut Child, signal: &str) -> ExitStatus {
    ended_within(ENDS_WITHIN, process, signal)
}

/// Sends a program the signal to end, and waits until it has, no longer than this.
pub(crate) fn ended_within(time_max: Duration, process: &mut Child, signal: &str) -> ExitStatus {
    let kill = format!("kill -{signal} {}", process.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    let deadline = Instant::now() + time_max;
    loop {
        if let Some(status) = process.try_wait().unwrap() {
            return status;
        }
        assert!(Instant::now() < deadline, "the program is still there after SIG{signal}");
        sleep(Duration::from_millis(10));
    }
}

/// Waits until a program, or a function process of it, has been busy for a while: where that can't be
/// measured, until it had time for it.
fn decodes(process: &Child) {
    let deadline = Instant::now() + PATIENCE;
    while cfg!(target_os = "linux") && busy_ticks(process.id()) < BUSY_TICKS {
        assert!(Instant::now() < deadline, "the program does nothing");
        sleep(Duration::from_millis(20));
    }
}

/// Processor time of a process and of its children that run, in ticks of the system's clock.
fn busy_ticks(id: u32) -> i64 {
    let ids =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    let ticks = |of: u32| {
        let stat = fs::read_to_string(format!("/proc/{of}/stat")).ok()?;
        let fields: Vec<i64> = stat
            .rsplit_once(')')?
            .1
            .split_whitespace()
            .skip(1)
            .filter_map(|field| field.parse().ok())
            .collect();
        (of == id || fields[0] == i64::from(id)).then(|| fields[10] + fields[11])
    };
    ids.filter_map(ticks).sum()
}
