//! Many objects: exact, in memory that does not grow with them.

use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use local::{Config, Generated};
use server::pipeline::{self, Job};
use server::run::Run;

use crate::bench::{self, BUCKET, Bench};

/// Objects to count; set it for more.
const OBJECTS: &str = "WORDFALL_TEST_OBJECTS";
const OBJECTS_DEFAULT: u64 = 30_000;
/// Set in a process that runs one test alone, so that its memory is that test's.
const ALONE: &str = "WORDFALL_TEST_ALONE";
/// Memory is compared from here on.
const WARM_OBJECTS: u64 = 20_000;
/// Memory that may come on top while the others are counted.
const GROWTH_BYTES_MAX: u64 = 64 << 20;

#[test]
fn a_large_bucket_is_counted_exactly_in_memory_that_does_not_grow_with_it() {
    if std::env::var_os(ALONE).is_some() {
        return tokio::runtime::Runtime::new().unwrap().block_on(measured());
    }
    let name = "scale::a_large_bucket_is_counted_exactly_in_memory_that_does_not_grow_with_it";
    let mut alone = Command::new(std::env::current_exe().unwrap());
    let output = alone.args(["--exact", name, "--nocapture"]).env(ALONE, "1").output().unwrap();
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

async fn measured() {
    let objects = std::env::var(OBJECTS).map_or(OBJECTS_DEFAULT, |objects| objects.parse().unwrap());
    let generated = vec![Generated { name: bench::bucket(), objects, seed: 2015 }];
    let bench = Bench::with(Config { generated, ..Config::default() }, 8, 128 << 20);
    let run = Run::new(bench::spec(), true, None);
    let begun = Instant::now();
    let pipeline = tokio::spawn(pipeline::run(Job::new(Arc::clone(&bench.engine), Arc::clone(&run))));
    while run.now().progress.objects_done < WARM_OBJECTS.min(objects) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let warm_bytes = resident_bytes();
    pipeline.await.unwrap();
    let growth_bytes = resident_bytes().saturating_sub(warm_bytes);
    println!(
        "{objects} objects in {:.1} s; resident {} MiB at {WARM_OBJECTS}, {} MiB more at the end",
        begun.elapsed().as_secs_f64(),
        warm_bytes >> 20,
        growth_bytes >> 20
    );
    let (end, expected) = (run.now(), bench.local.totals(BUCKET).unwrap());
    assert_eq!((end.states.counted, end.states.total()), (objects, objects));
    assert_eq!((end.progress.words, end.progress.lines), (expected.words, expected.lines));
    assert_eq!((end.progress.bytes_in, end.progress.bytes_out), (expected.bytes, expected.bytes));
    assert!(growth_bytes < GROWTH_BYTES_MAX, "{growth_bytes} bytes");
}

fn resident_bytes() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    let resident: u64 = pages.split(' ').nth(1).unwrap().parse().unwrap();
    resident * 4_096
}
