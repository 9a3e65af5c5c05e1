//! Connections to the site.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// The metrics of connections.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    open: Gauge,
    refused: Counter,
}

/// An open connection, until this is dropped.
#[derive(Debug)]
pub struct Connection(Gauge);

impl Connections {
    pub(super) fn registered(registry: &mut Registry) -> Self {
        let connections = Self::default();
        registry.register("connections", "Open connections", connections.open.clone());
        let refused = "Connections and requests for which there was no place";
        registry.register("connections_refused", refused, connections.refused.clone());
        connections
    }

    /// A connection is accepted.
    pub fn note_open(&self) -> Connection {
        self.open.inc();
        Connection(self.open.clone())
    }

    /// There is no slot for one.
    pub fn note_refused(&self) {
        self.refused.inc();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.dec();
    }
}
