//! The metrics of the process: what was counted and measured since it began, and how things stand.
//!
//! The registry is a value that all runs of a process share, so that two servers in one process count apart. Labels
//! have the values that are named here and no others: never a key, a bucket or a run's id.

mod connections;
mod invocations;
mod listing;
mod objects;
mod queues;
mod runs;
mod spending;
mod storing;
pub mod text;
mod viewers;

use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use wire::wordcount::{COUNTING, VERSION};

use crate::permits::Permits;
pub use connections::Connections;
pub use invocations::Invocations;
pub use listing::Listing;
pub use objects::{Objects, Settling};
pub use queues::{Depths, Queues, Waiting};
pub use runs::{Going, Runs};
pub use spending::Spending;
pub use storing::{Operation, Storing};
pub use viewers::{Viewer, Viewers};

/// Every name begins with this.
const PREFIX: &str = "wordfall";
/// Upper bounds of a histogram's buckets, in seconds: from an answer out of memory to the longest that a function runs.
const SECONDS: [f64; 16] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0];

/// Values for so many labels.
type Labels<const N: usize> = [(&'static str, &'static str); N];
/// A counter for each.
type Counters<const N: usize> = Family<Labels<N>, Counter>;
/// A counter of a quantity that has fractions.
type Amounts<const N: usize> = Family<Labels<N>, Counter<f64>>;
/// A gauge for each.
type Gauges<const N: usize> = Family<Labels<N>, Gauge>;
/// A histogram for each.
type Histograms<const N: usize> = Family<Labels<N>, Histogram, fn() -> Histogram>;

/// All families of a process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Runs.
    pub runs: Runs,
    /// Objects.
    pub objects: Objects,
    /// Listing.
    pub listing: Listing,
    /// Invocations of both functions.
    pub invocations: Invocations,
    /// Costs.
    pub spending: Spending,
    /// Queues.
    pub queues: Queues,
    /// The results bucket.
    pub storing: Storing,
    /// Viewers of runs.
    pub viewers: Viewers,
    /// Connections to the site.
    pub connections: Connections,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        about(&mut registry);
        Self {
            runs: Runs::registered(&mut registry),
            objects: Objects::registered(&mut registry),
            listing: Listing::registered(&mut registry),
            invocations: Invocations::registered(&mut registry),
            spending: Spending::registered(&mut registry),
            queues: Queues::registered(&mut registry),
            storing: Storing::registered(&mut registry),
            viewers: Viewers::registered(&mut registry),
            connections: Connections::registered(&mut registry),
            registry,
        }
    }
}

impl Metrics {
    /// All of it as OpenMetrics text, with how many permits are free.
    pub fn open_metrics(&self, permits: &Permits) -> String {
        self.queues.note_permits(permits);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)
            .expect("writing to a string does not fail");
        text
    }
}

/// Which program this is, and since when it runs.
fn about(registry: &mut Registry) {
    let build = Family::<Vec<(&'static str, String)>, Gauge>::default();
    let labels = vec![
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ("protocol", VERSION.to_string()),
        ("counting", COUNTING.to_string()),
    ];
    build.get_or_create(&labels).set(1);
    registry.register(
        "build_info",
        "The program's version, and those of its protocol and its counting",
        build,
    );
    let started = Gauge::<f64, std::sync::atomic::AtomicU64>::default();
    started.set(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64());
    registry.register("start_time_seconds", "When the process began, in seconds since 1970", started);
}

/// Counters that begin at 0 for all of these labels, so that the first event is seen as an increase.
fn counters<const N: usize>(labels: impl IntoIterator<Item = Labels<N>>) -> Counters<N> {
    let counters = Counters::default();
    labels.into_iter().for_each(|labels| drop(counters.get_or_create(&labels)));
    counters
}

/// The same for amounts.
fn amounts<const N: usize>(labels: impl IntoIterator<Item = Labels<N>>) -> Amounts<N> {
    let amounts = Amounts::default();
    labels.into_iter().for_each(|labels| drop(amounts.get_or_create(&labels)));
    amounts
}

/// A histogram of seconds.
fn seconds() -> Histogram {
    Histogram::new(SECONDS)
}

/// A histogram of seconds for each of these labels.
fn histograms<const N: usize>(labels: impl IntoIterator<Item = Labels<N>>) -> Histograms<N> {
    let histograms = Histograms::new_with_constructor(seconds as fn() -> Histogram);
    labels.into_iter().for_each(|labels| drop(histograms.get_or_create(&labels)));
    histograms
}
