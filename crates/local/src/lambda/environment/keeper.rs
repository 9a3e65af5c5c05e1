//! Watches over a process: its output, its memory, its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::{MissedTickBehavior, interval};

use super::group::{self, Group};
use super::memory;
use super::outputs::Outputs;

/// How often a process' memory is looked at.
const MEMORY_EVERY: Duration = Duration::from_millis(100);

/// The state of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Vitals {
    Alive,
    /// It has ended, in these words, and with this code where no signal ended it.
    Exited {
        how: String,
        code: Option<i32>,
    },
    /// It held more memory than its function has, and was killed.
    OutOfMemory,
}

/// The owner of the process.
#[derive(Debug)]
pub(super) struct Keeper {
    pub(super) group: Group,
    pub(super) outputs: Arc<Outputs>,
    pub(super) memory_bytes_max: u64,
    /// The most memory that was seen.
    pub(super) seen_bytes_max: Arc<AtomicU64>,
    pub(super) vitals: watch::Sender<Vitals>,
}

impl Keeper {
    /// Watches the process until it ends, holds too much memory or is let go, which kills it.
    pub(super) async fn keep(mut self, held: oneshot::Receiver<()>) {
        let id = self.group.id();
        let out_of_memory = tokio::select! {
            biased;
            () = self.group.exited() => false,
            _ = held => false,
            () = out_of_memory(id, self.memory_bytes_max, &self.seen_bytes_max) => true,
            () = read(&self.outputs) => false,
        };
        let status = self.group.end().await;
        let exited = Vitals::Exited {
            how: group::described(&status),
            code: status.ok().and_then(|status| status.code()),
        };
        self.outputs.drain();
        self.vitals.send_replace(if out_of_memory { Vitals::OutOfMemory } else { exited });
    }
}

/// Waits until the process has held more than that.
async fn out_of_memory(process_id: u32, memory_bytes_max: u64, seen_bytes_max: &AtomicU64) {
    let mut looking = interval(MEMORY_EVERY);
    looking.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looking.tick().await;
        let Some(held_bytes) = memory::held_bytes_max(process_id) else { continue };
        seen_bytes_max.fetch_max(held_bytes, Ordering::Relaxed);
        if held_bytes > memory_bytes_max {
            return;
        }
    }
}

/// Reads its output as long as there may be any; a process may close it and live on.
async fn read(outputs: &Outputs) {
    if let Err(error) = outputs.read().await {
        tracing::warn!(%error, "a function process' output can't be read");
    }
    std::future::pending::<()>().await;
}
