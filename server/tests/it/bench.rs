//! The pipeline in this process, on an emulator whose journal and functions a test controls.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::config::{RequestChecksumCalculation, ResponseChecksumValidation};
use lambdas::call;
use local::functions::{self, Environment};
use local::{Code, Config, Function, Handler, JournalEntry, Local};
use server::backend::Backend;
use server::engine::{Engine, Stopping};
use server::permits::Permits;
use server::pipeline::{self, Job, Moment};
use server::price::Rates;
use server::request;
use server::run::Run;
use server::spans::Spans;
use tokio::sync::mpsc;
use wire::api::StartRun;
use wire::bucket::BucketName;
use wire::event::{End, Log};
use wire::row::{Row, State};
use wire::run::{Limits, RunSpec, RunState};

use crate::oracle::Counts;
use crate::tree::Tree;

/// The bucket that everything is counted in.
pub(crate) const BUCKET: &str = "docs";
/// How long a `wordcount` invocation may take.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(2);
/// The functions' memory.
pub(crate) const MEMORY_MB: u32 = 1_769;
/// No wait in these tests is longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// An emulator, and what all runs on it share.
pub(crate) struct Bench {
    pub(crate) local: Local,
    pub(crate) engine: Arc<Engine>,
    /// The real `wordcount`.
    pub(crate) wordcount: Function,
    /// The real `cascade`.
    pub(crate) cascade: Function,
}

/// The outcome of a run.
pub(crate) struct Counted {
    pub(crate) run: Arc<Run>,
    pub(crate) end: End,
    pub(crate) rows: Vec<Row>,
    pub(crate) logs: Vec<Log>,
    /// The most batches that backed off because they had been throttled.
    pub(crate) throttled: u64,
}

impl Bench {
    /// A bench on a mounted tree, with batches of so many small objects.
    pub(crate) fn on(tree: &Tree, concurrency: u32, batch_objects: u64) -> Self {
        let mount = local::Mount { name: bucket(), directory: tree.path().to_owned() };
        Self::with(Config { mounts: vec![mount], ..Config::default() }, concurrency, batch_objects << 20)
    }

    /// The same, where an invocation may take minutes.
    pub(crate) fn patient_on(tree: &Tree, concurrency: u32, batch_objects: u64) -> Self {
        let mount = local::Mount { name: bucket(), directory: tree.path().to_owned() };
        let config = Config { mounts: vec![mount], ..Config::default() };
        Self::within(config, concurrency, batch_objects << 20, Duration::from_secs(300))
    }

    /// A bench on any bucket of the name [`BUCKET`].
    pub(crate) fn with(config: Config, concurrency: u32, batch_bytes: u64) -> Self {
        Self::within(config, concurrency, batch_bytes, TIMEOUT)
    }

    fn within(config: Config, concurrency: u32, batch_bytes: u64, timeout: Duration) -> Self {
        let local = Local::new(config).unwrap();
        let s3 = aws_sdk_s3::config::Builder::from(&local.sdk_config())
            .force_path_style(true)
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .build();
        let s3 = aws_sdk_s3::Client::from_conf(s3);
        let config = aws_sdk_lambda::config::Builder::from(&local.sdk_config()).build();
        let (children, lambda) = (call::client(&config, 2 * timeout), call::client(&config, 4 * timeout));
        let environment = |timeout| Environment { memory_mb: MEMORY_MB, timeout };
        let wordcount = functions::wordcount("wordcount", &s3, environment(timeout));
        let cascade = functions::cascade("cascade", children, "wordcount", environment(3 * timeout));
        local.register(wordcount.clone());
        local.register(cascade.clone());
        let engine = Engine {
            s3,
            lambda,
            cascade_function: "cascade".to_owned(),
            wordcount_function: "wordcount".to_owned(),
            permits: Permits::new(concurrency),
            metrics: Arc::default(),
            spans: Spans::default(),
            batch_bytes,
            rates: Rates::of_memory(MEMORY_MB),
            function_timeout: timeout,
            requester_pays: false,
            simulated: true,
            unlisted: None,
            stopping: Some(stopping(&local)),
        };
        Self { local, engine: Arc::new(engine), wordcount, cascade }
    }

    /// The backend of a server on this bench.
    pub(crate) fn backend(&self) -> Backend {
        Backend {
            engine: Arc::clone(&self.engine),
            store: None,
            store_is_ours: false,
            buckets: vec![BUCKET.to_owned()],
            bucket_default: BUCKET.to_owned(),
            embedded: None,
        }
    }

    /// A job that counts the objects below the run's prefix.
    pub(crate) fn job(&self, run: &Arc<Run>, moments: Option<mpsc::Sender<Moment>>) -> Job {
        Job { moments, ..Job::new(Arc::clone(&self.engine), Arc::clone(run)) }
    }

    /// Counts the whole bucket.
    pub(crate) async fn count(&self) -> Counted {
        self.count_within(Limits::default()).await
    }

    /// Counts the bucket as far as the limits allow.
    pub(crate) async fn count_within(&self, limits: Limits) -> Counted {
        let (sender, mut moments) = mpsc::channel(16);
        let run = Run::new(RunSpec { limits, ..spec() }, true, None);
        let pipeline = tokio::spawn(pipeline::run(self.job(&run, Some(sender))));
        let (mut told, mut throttled) = (Vec::new(), 0);
        while let Some(moment) = moments.recv().await {
            if let Moment::Settled { rows, progress, .. } = moment {
                throttled = throttled.max(progress.throttled);
                told.extend(rows.into_iter().map(|(row, _)| row));
            }
        }
        pipeline.await.unwrap();
        let counted = Counted { end: run.now(), rows: told, logs: run.logs(), throttled, run };
        self.check_attempts();
        counted
    }

    /// Checks that every invocation was the server's, under an id that no other had; the questions of a
    /// server that starts have no id.
    pub(crate) fn check_attempts(&self) {
        let entries = self.local.journal().entries();
        let attempts: Vec<_> = entries.into_iter().filter_map(|entry| entry.attempt).collect();
        let different: BTreeSet<_> = attempts.iter().collect();
        assert_eq!(different.len(), attempts.len(), "an attempt's id was used twice");
    }

    /// The invocations of `wordcount` so far.
    pub(crate) fn wordcounts(&self) -> Vec<JournalEntry> {
        let mut entries = self.local.journal().entries();
        entries.retain(|entry| entry.function_name == "wordcount");
        entries
    }
}

impl Counted {
    /// Checks that the run finished, its ledger adds up, and whatever was counted is what the oracle says.
    /// Returns the keys that were not counted, with their states and reasons.
    pub(crate) fn check(&self, expected: &BTreeMap<String, Counts>) -> BTreeMap<String, String> {
        let total = self.exact(expected);
        let keys: BTreeSet<_> = self.rows.iter().map(|row| row.key.clone()).collect();
        let uncounted = self.rows.iter().filter(|row| row.state != State::Counted).map(|row| {
            let reason = row.reason.map_or("", |reason| reason.as_str());
            (row.key.clone(), format!("{} {reason}", row.state.as_str()))
        });
        assert!(keys.iter().eq(expected.keys()), "every object has a row");
        let progress = &self.end.progress;
        assert_eq!(self.end.state, RunState::Finished, "{:?}", self.end.error);
        assert_eq!((progress.words, progress.lines), (total.words, total.lines));
        assert_eq!((progress.bytes_in, progress.bytes_out), (total.bytes_in, total.bytes_out));
        assert_eq!(self.end.states.total(), progress.objects_found);
        assert_eq!((progress.objects_found, progress.objects_done), (keys.len() as u64, keys.len() as u64));
        uncounted.collect()
    }

    /// Checks that no object has two rows, and whatever was counted is what the oracle says; returns the sum.
    pub(crate) fn exact(&self, expected: &BTreeMap<String, Counts>) -> Counts {
        let mut keys = BTreeSet::new();
        for row in &self.rows {
            assert!(keys.insert(&row.key), "{} has two rows", row.key);
            assert!(row.state != State::Counted || counts(row) == expected[&row.key], "{row:?}");
        }
        self.rows.iter().filter(|row| row.state == State::Counted).map(counts).sum()
    }
}

/// As the server's start-up has it.
fn stopping(local: &Local) -> Stopping {
    let local = local.clone();
    Arc::new(move |attempts| local.stop(attempts))
}

fn counts(row: &Row) -> Counts {
    let tally = row.tally;
    Counts { words: tally.words, lines: tally.lines, bytes_in: tally.bytes_in, bytes_out: tally.bytes_out }
}

/// The handler of a function of these tests.
pub(crate) fn handler(function: &Function) -> Handler {
    match &function.code {
        Code::Handler(handler) => Arc::clone(handler),
        Code::Process(process) => panic!("{process:?} is no handler"),
    }
}

pub(crate) fn bucket() -> BucketName {
    named(BUCKET)
}

pub(crate) fn named(name: &str) -> BucketName {
    BucketName::try_from(name.to_owned()).unwrap()
}

/// The whole bucket.
pub(crate) fn spec() -> RunSpec {
    request::spec(&StartRun::default(), BUCKET).unwrap()
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "{what} does not come");
}
