//! Viewers of runs, and the events that they are sent.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tokio::time::Instant;

use super::{Counters, counters, seconds};

/// The names of events.
const EVENTS: [&str; 7] = ["progress", "objects", "log", "invocations", "reset", "end", "ping"];
/// The event that makes a viewer forget what it has.
const RESET: &str = "reset";

/// The metrics of viewers.
#[derive(Clone, Debug)]
pub struct Viewers {
    now: Gauge,
    events: Counters<1>,
    bytes: Counter,
    resyncs: Counter,
    first_event: Histogram,
}

/// A viewer, until this is dropped.
#[derive(Debug)]
pub struct Viewer {
    viewers: Viewers,
    /// Since when it waits for its first event.
    waits_since: Option<Instant>,
}

impl Viewers {
    pub(super) fn registered(registry: &mut Registry) -> Self {
        let viewers = Self {
            now: Gauge::default(),
            events: counters(EVENTS.map(|event| [("event", event)])),
            bytes: Counter::default(),
            resyncs: Counter::default(),
            first_event: seconds(),
        };
        registry.register("viewers", "Open event streams", viewers.now.clone());
        registry.register("events_sent", "Events that viewers were sent", viewers.events.clone());
        registry.register(
            "event_bytes",
            "Bytes of these events, before any compression",
            viewers.bytes.clone(),
        );
        let resyncs = "Viewers that were told to forget what they had, since it could not be gone on from";
        registry.register("viewer_resyncs", resyncs, viewers.resyncs.clone());
        let first_event = "From a viewer's request to its first event";
        registry.register("viewer_first_event_seconds", first_event, viewers.first_event.clone());
        viewers
    }

    /// A viewer comes.
    pub fn join(&self) -> Viewer {
        self.now.inc();
        Viewer { viewers: self.clone(), waits_since: Some(Instant::now()) }
    }
}

impl Viewer {
    /// It is sent an event, as it goes over the wire.
    pub fn note_sent(&mut self, event: &[u8]) {
        let viewers = &self.viewers;
        if let Some(since) = self.waits_since.take() {
            viewers.first_event.observe(since.elapsed().as_secs_f64());
        }
        viewers.bytes.inc_by(event.len() as u64);
        let name = event.strip_prefix(b"event: ").and_then(|rest| rest.split(|byte| *byte == b'\n').next());
        let Some(name) = EVENTS.into_iter().find(|known| Some(known.as_bytes()) == name) else { return };
        viewers.events.get_or_create(&[("event", name)]).inc();
        if name == RESET {
            viewers.resyncs.inc();
        }
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.viewers.now.dec();
    }
}
