//! Objects that are found and reach their final states.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use wire::row::{Reason, State};
use wire::tally::Tally;

use super::{Counters, counters};

/// The label where there is no reason.
const NONE: &str = "none";
/// Every reason.
const REASONS: [Reason; 17] = [
    Reason::Warning,
    Reason::Deadline,
    Reason::Gone,
    Reason::Changed,
    Reason::Denied,
    Reason::Archived,
    Reason::Corrupt,
    Reason::Truncated,
    Reason::TooLarge,
    Reason::Function,
    Reason::Unreachable,
    Reason::Empty,
    Reason::Marker,
    Reason::Filtered,
    Reason::Cancelled,
    Reason::Budget,
    Reason::TooManyFailures,
];

/// The metrics of objects.
#[derive(Clone, Debug)]
pub struct Objects {
    found: Counter,
    settled: Counters<2>,
    unchanged: Counter,
    stored_bytes: Counter,
    decoded_bytes: Counter,
}

/// Objects that reach their final states together: counted here first, so that many take one look at the registry.
#[derive(Debug, Default)]
pub struct Settling {
    kinds: Vec<((State, Option<Reason>), u64)>,
    unchanged: u64,
    stored_bytes: u64,
    decoded_bytes: u64,
}

impl Settling {
    /// Takes an object in.
    pub fn add(&mut self, state: State, reason: Option<Reason>, tally: Tally, is_unchanged: bool) {
        match self.kinds.iter_mut().find(|(kind, _)| *kind == (state, reason)) {
            Some((_, objects)) => *objects += 1,
            None => self.kinds.push(((state, reason), 1)),
        }
        if is_unchanged {
            self.unchanged += 1;
        } else if state == State::Counted {
            self.stored_bytes += tally.bytes_in;
            self.decoded_bytes += tally.bytes_out;
        }
    }
}

impl Objects {
    pub(super) fn registered(registry: &mut Registry) -> Self {
        let with_reason = REASONS.map(|reason| labels(reason.state(), Some(reason)));
        let objects = Self {
            found: Counter::default(),
            settled: counters(with_reason.into_iter().chain([labels(State::Counted, None)])),
            unchanged: Counter::default(),
            stored_bytes: Counter::default(),
            decoded_bytes: Counter::default(),
        };
        registry.register("objects_found", "Objects that were listed", objects.found.clone());
        let settled = "Objects that reached a final state, by it and its reason";
        registry.register("objects_settled", settled, objects.settled.clone());
        let unchanged = "Objects whose counts were taken from an earlier run";
        registry.register("objects_unchanged", unchanged, objects.unchanged.clone());
        let stored = "Bytes as stored of the objects that functions counted";
        registry.register("counted_stored_bytes", stored, objects.stored_bytes.clone());
        let decoded = "Bytes as decoded of the objects that functions counted";
        registry.register("counted_decoded_bytes", decoded, objects.decoded_bytes.clone());
        objects
    }

    /// So many more were listed.
    pub fn note_found(&self, objects: u64) {
        self.found.inc_by(objects);
    }

    /// These reached their final states.
    pub fn note_settled(&self, settling: Settling) {
        for ((state, reason), objects) in settling.kinds {
            self.settled.get_or_create(&labels(state, reason)).inc_by(objects);
        }
        self.unchanged.inc_by(settling.unchanged);
        self.stored_bytes.inc_by(settling.stored_bytes);
        self.decoded_bytes.inc_by(settling.decoded_bytes);
    }
}

fn labels(state: State, reason: Option<Reason>) -> super::Labels<2> {
    [("state", state.as_str()), ("reason", reason.map_or(NONE, Reason::as_str))]
}
