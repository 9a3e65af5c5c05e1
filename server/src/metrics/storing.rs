//! The results bucket, and the leases in it.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

use super::{Counters, Histograms, counters, histograms};

/// A kind of request to the results bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Reads an object.
    Read,
    /// Writes an object.
    Write,
    /// Deletes an object.
    Delete,
    /// Lists keys.
    List,
}

impl Operation {
    const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Delete, Self::List];

    fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::List => "list",
        }
    }
}

/// The metrics of the results bucket.
#[derive(Clone, Debug)]
pub struct Storing {
    duration: Histograms<1>,
    errors: Counters<1>,
    leases_lost: Counter,
}

impl Default for Storing {
    fn default() -> Self {
        let operations = || Operation::ALL.map(|operation| [("operation", operation.as_str())]);
        Self {
            duration: histograms(operations()),
            errors: counters(operations()),
            leases_lost: Counter::default(),
        }
    }
}

impl Storing {
    pub(super) fn registered(registry: &mut Registry) -> Self {
        let storing = Self::default();
        let duration = "Requests of the results bucket, their attempts by the SDK included";
        registry.register("store_request_seconds", duration, storing.duration.clone());
        let errors = "Requests that the results bucket did not do; where it is as it should be, or another server was \
                      first, that is none";
        registry.register("store_errors", errors, storing.errors.clone());
        let leases_lost = "Runs that another server took over while this one had them";
        registry.register("leases_lost", leases_lost, storing.leases_lost.clone());
        storing
    }

    /// A request took that long.
    pub fn note_request(&self, operation: Operation, took: Duration) {
        self.duration.get_or_create(&[("operation", operation.as_str())]).observe(took.as_secs_f64());
    }

    /// A request failed.
    pub fn note_error(&self, operation: Operation) {
        self.errors.get_or_create(&[("operation", operation.as_str())]).inc();
    }

    /// Another server has a run that this one had.
    pub fn note_lease_lost(&self) {
        self.leases_lost.inc();
    }
}
