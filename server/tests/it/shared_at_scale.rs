//! Pictures of large runs, whose rows the store has.

use std::sync::Arc;
use std::time::Instant;

use app::draw::view::View;
use jiff::Timestamp;
use local::{Config, Mount};
use server::plots::{Asker, Kind, Plots};
use server::price::{Reserve, Usage};
use server::run::{Run, RunId};
use server::store::{Extent, Head, Record, SEGMENT_ROWS, Segment, Store, segment_keys};
use wire::bucket::BucketName;
use wire::event::{End, Progress, StateCounts};
use wire::row::{Row, State};
use wire::run::RunState;
use wire::tally::Tally;

use crate::bench::{self, Bench};

/// Rows of the run; set it for more.
const ROWS: &str = "WORDFALL_TEST_OBJECTS";
const ROWS_DEFAULT: u64 = 30_000;
const RESULTS: &str = "results";

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_holds_every_row_of_a_large_run() {
    let rows = std::env::var(ROWS).map_or(ROWS_DEFAULT, |rows| rows.parse().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let name = BucketName::try_from(RESULTS.to_owned()).unwrap();
    let writable = vec![Mount { name, directory: directory.path().to_owned() }];
    let bench = Bench::with(Config { writable, ..Config::default() }, 1, 1 << 20);
    let store = Store::new(&bench.engine.s3, RESULTS.to_owned());
    let run = stored(&store, rows).await;
    let plots = Plots::default();
    let asker = || Asker { run: run.id.clone(), source: None };
    for kind in [Kind::Page, Kind::Svg, Kind::Png] {
        let begun = Instant::now();
        let picture = plots.picture(&run, kind, View::default(), asker()).await.unwrap();
        println!("{rows} rows, {kind:?}: {} bytes in {:.2?}", picture.len(), begun.elapsed());
        let again = Instant::now();
        assert_eq!(plots.picture(&run, kind, View::default(), asker()).await.unwrap(), picture);
        println!("the same again in {:.2?}", again.elapsed());
    }
    // The last row is drawn: it alone lies where this view looks, and is chosen.
    let view = View::read(|field| match field {
        "point" => Some((rows - 1).to_string()),
        "x0" => Some("1e12".to_owned()),
        "x1" => Some("1e13".to_owned()),
        _ => None,
    });
    let picture = plots.picture(&run, Kind::Page, view, asker()).await.unwrap();
    assert!(String::from_utf8_lossy(&picture).contains(">the last: 7 words, 1 line</text>"));
}

/// An ended run of so many rows, of which only the last is large.
async fn stored(store: &Store, rows: u64) -> Arc<Run> {
    let id = RunId::random();
    let row = |number: u64| {
        let bytes_in = 10 + number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 1_000_000;
        let tally = Tally { words: bytes_in / (2 + number % 9), lines: 1, bytes_in, bytes_out: bytes_in };
        Row {
            key: format!("{number:08}"),
            state: State::Counted,
            reason: None,
            tally,
            duration_ms: 1,
            etag: None,
            unchanged: false,
        }
    };
    let states = StateCounts { counted: rows, ..StateCounts::default() };
    let progress = Progress { objects_found: rows, objects_done: rows, ..Progress::default() };
    let end = End { progress, state: RunState::Finished, states, error: None };
    let mut segments = Vec::new();
    for first in (0..rows).step_by(usize::try_from(SEGMENT_ROWS).unwrap()) {
        let last = (first + SEGMENT_ROWS).min(rows);
        let mut segment: Vec<Row> = (first..last).map(row).collect();
        if last == rows {
            let end = segment.last_mut().unwrap();
            "the last".clone_into(&mut end.key);
            end.tally = Tally { words: 7, lines: 1, bytes_in: 5_000_000_000_000, bytes_out: 7 };
        }
        let head = Head {
            epoch: 1,
            first,
            rows: segment.len() as u64,
            keys: segment_keys(&segment),
            now: end.clone(),
            usage: Usage::default(),
            reserved: Reserve::default(),
            authorised: None,
            counting: 1,
            ticks: 1,
            logs: Vec::new(),
            invocations: None,
        };
        let number = segments.len() as u64;
        segments.push(Extent::from(&head));
        store.create_segment(&id, number, &Segment { head, rows: segment }).await.unwrap();
    }
    let record = Record {
        id,
        spec: bench::spec(),
        started_at: Timestamp::now(),
        simulated: true,
        attached: false,
        traceparent: None,
        base: None,
        start: None,
        listed_to: None,
        end,
        logs: Vec::new(),
        ticks: 1,
        segments,
    };
    Run::ended(record, store.clone())
}
