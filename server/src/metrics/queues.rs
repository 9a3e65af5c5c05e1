//! Queues and what each waits for: sums over all runs that go on.

use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use wire::invocation::Tier;

use super::Gauges;
use crate::permits::Permits;

/// How much waits in all runs together.
#[derive(Clone, Debug)]
pub struct Queues {
    gauges: [Gauge; 7],
    permits: Gauges<1>,
    permits_free: Gauges<1>,
}

/// How much waits in one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depths {
    /// Listed objects that wait for a batch.
    pub objects: usize,
    /// About how many batches they will make.
    pub batches: u64,
    /// Batches that were sent and not answered.
    pub batches_in_flight: usize,
    /// Cascades that run.
    pub cascades_in_flight: usize,
    /// Batches that wait for a retry.
    pub retries: usize,
    /// Permits that back off since their batches were throttled.
    pub resting: usize,
    /// Rows that wait in memory for the store or for viewers.
    pub rows_held: u64,
}

/// A run's share of the sums, until this is dropped.
#[derive(Debug)]
pub struct Waiting {
    queues: Queues,
    depths: Depths,
}

impl Depths {
    fn values(self) -> [i64; 7] {
        let of = |depth: usize| i64::try_from(depth).unwrap_or(i64::MAX);
        let long = |depth: u64| i64::try_from(depth).unwrap_or(i64::MAX);
        [
            of(self.objects),
            long(self.batches),
            of(self.batches_in_flight),
            of(self.cascades_in_flight),
            of(self.retries),
            of(self.resting),
            long(self.rows_held),
        ]
    }
}

impl Queues {
    pub(super) fn registered(registry: &mut Registry) -> Self {
        let queues =
            Self { gauges: Default::default(), permits: Gauges::default(), permits_free: Gauges::default() };
        let told = [
            ("objects_waiting", "Listed objects that wait for a batch"),
            ("batches_waiting", "About how many batches they will make"),
            ("batches_in_flight", "Batches that were sent and not answered"),
            ("cascades_in_flight", "Cascades that run"),
            ("retries_waiting", "Batches that wait to be tried again"),
            ("batches_throttled", "Places that rest since their batches were throttled"),
            ("rows_held", "Rows in memory, not stored yet"),
        ];
        for ((name, help), gauge) in told.into_iter().zip(&queues.gauges) {
            registry.register(name, help, gauge.clone());
        }
        registry.register("permits", "Invocations that may run at once", queues.permits.clone());
        registry.register("permits_free", "Of these, how many more may begin", queues.permits_free.clone());
        queues
    }

    /// A run that nothing waits in yet.
    pub fn join(&self) -> Waiting {
        Waiting { queues: self.clone(), depths: Depths::default() }
    }

    pub(super) fn note_permits(&self, permits: &Permits) {
        for (gauges, (wordcount, cascade)) in
            [(&self.permits, permits.all()), (&self.permits_free, permits.free())]
        {
            for (tier, permits) in [(Tier::Wordcount, wordcount), (Tier::Cascade, cascade)] {
                let permits = i64::try_from(permits).unwrap_or(i64::MAX);
                gauges.get_or_create(&[("tier", tier.as_str())]).set(permits);
            }
        }
    }
}

impl Waiting {
    /// So much waits in the run.
    pub fn note(&mut self, depths: Depths) {
        let values = depths.values().into_iter().zip(self.depths.values());
        for (gauge, (depth, before)) in self.queues.gauges.iter().zip(values) {
            if depth != before {
                gauge.inc_by(depth - before);
            }
        }
        self.depths = depths;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.note(Depths::default());
    }
}
