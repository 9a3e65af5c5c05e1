//! Many objects: exact, stored to the last row, and in memory that does not grow with them.

use std::fs;
use std::io::BufRead;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use local::{Config, Generated, Mount};
use server::runs::Runs;
use server::store::Store;
use tokio::task::spawn_blocking;
use wire::api::StartRun;

use crate::bench::{self, BUCKET, Bench, named};
use crate::http::Request;
use crate::stopping::serve;

/// Objects to count; set it for more.
const OBJECTS: &str = "WORDFALL_TEST_OBJECTS";
const OBJECTS_DEFAULT: u64 = 30_000;
/// Set in a process that runs one test alone, so that its memory is that test's.
const ALONE: &str = "WORDFALL_TEST_ALONE";
/// Memory that counting, storing and exporting any number of objects may take.
const RESIDENT_BYTES_MAX: u64 = 256 << 20;
/// How often memory is looked at.
const LOOK: Duration = Duration::from_millis(20);

#[test]
fn a_large_bucket_is_counted_stored_and_exported_exactly_in_bounded_memory() {
    if std::env::var_os(ALONE).is_some() {
        return tokio::runtime::Runtime::new().unwrap().block_on(measured());
    }
    let name = "scale::a_large_bucket_is_counted_stored_and_exported_exactly_in_bounded_memory";
    let mut alone = Command::new(std::env::current_exe().unwrap());
    let output = alone.args(["--exact", name, "--nocapture"]).env(ALONE, "1").output().unwrap();
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

async fn measured() {
    let objects = std::env::var(OBJECTS).map_or(OBJECTS_DEFAULT, |objects| objects.parse().unwrap());
    let peak = Arc::new(AtomicU64::new(0));
    let looking = tokio::spawn(look(Arc::clone(&peak)));
    let results = tempfile::tempdir().unwrap();
    let writable = vec![Mount { name: named("results"), directory: results.path().to_owned() }];
    let generated = vec![Generated { name: bench::bucket(), objects, seed: 2015 }];
    let bench = Bench::with(Config { generated, writable, ..Config::default() }, 8, 128 << 20);
    let store = Some(Store::new(&bench.engine.s3, "results".to_owned()));
    let backend = server::backend::Backend { store, ..bench.backend() };
    let runs = Arc::new(Runs::new(&backend, BUCKET.to_owned(), [BUCKET.to_owned()].into()));
    let address = serve(Arc::clone(&runs)).await;

    let form = StartRun { grain: Some("per_object".to_owned()), ..StartRun::default() };
    let first = counted(&runs, &bench, &form, objects, &peak).await;
    // Nothing has changed since: the same sums, and no invocation.
    let second = counted(&runs, &bench, &form, objects, &peak).await;
    let end = runs.get(&second).await.unwrap().now();
    assert_eq!((end.progress.invocations, end.progress.objects_unchanged), (0, objects));
    for id in [first, second] {
        let begun = Instant::now();
        let rows = spawn_blocking(move || csv_words(address, &id)).await.unwrap();
        assert_eq!(rows, (objects, end.progress.words));
        println!("exported in {:.1} s, peak {} MiB", begun.elapsed().as_secs_f64(), mib(&peak));
    }
    looking.abort();
    assert!(peak.load(Ordering::Relaxed) < RESIDENT_BYTES_MAX, "{} MiB", mib(&peak));
}

async fn counted(runs: &Arc<Runs>, bench: &Bench, form: &StartRun, objects: u64, peak: &AtomicU64) -> String {
    let begun = Instant::now();
    let id = runs.start(form).await.unwrap().id;
    let run = runs.get(&id).await.unwrap();
    while !run.is_over() {
        tokio::time::sleep(LOOK).await;
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!("{objects} objects in {seconds:.1} s, peak {} MiB", mib(peak));
    let (end, expected) = (run.now(), bench.local.totals(BUCKET).unwrap());
    assert_eq!((end.states.counted, end.states.total()), (objects, objects));
    assert_eq!((end.progress.words, end.progress.lines), (expected.words, expected.lines));
    assert_eq!((end.progress.bytes_in, end.progress.bytes_out), (expected.bytes, expected.bytes));
    id
}

/// Rows of a run's CSV, and their words; keys rise or fall, but none comes twice in a row.
fn csv_words(address: SocketAddr, id: &str) -> (u64, u64) {
    let response = Request::new(address, "GET", &format!("/runs/{id}.csv")).send();
    let (mut rows, mut words, mut last) = (0, 0, String::new());
    for line in response.body.lines().skip(1) {
        let line = line.unwrap();
        let fields: Vec<&str> = line.split(',').collect();
        assert_ne!(fields[0], last);
        fields[0].clone_into(&mut last);
        rows += 1;
        words += fields[3].parse::<u64>().unwrap();
    }
    (rows, words)
}

async fn look(peak: Arc<AtomicU64>) {
    loop {
        peak.fetch_max(resident_bytes(), Ordering::Relaxed);
        tokio::time::sleep(LOOK).await;
    }
}

fn mib(bytes: &AtomicU64) -> u64 {
    bytes.load(Ordering::Relaxed) >> 20
}

fn resident_bytes() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    let resident: u64 = pages.split(' ').nth(1).unwrap().parse().unwrap();
    resident * 4_096
}
