//! An invocation's log, of which only the end is kept.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Bytes of the log that a caller may ask for.
pub(super) const TAIL_BYTES: usize = 4096;

/// The log of one invocation. Clones write to the same log.
#[derive(Clone, Default)]
pub struct LogTail(Arc<Mutex<Vec<u8>>>);

impl LogTail {
    /// Adds a line.
    pub fn line(&self, text: &str) {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.extend_from_slice(text.as_bytes());
        log.push(b'\n');
        // Not with every line: each time, all that is left would move.
        if log.len() > 2 * TAIL_BYTES {
            let surplus = log.len() - TAIL_BYTES;
            log.drain(..surplus);
        }
    }

    /// Forgets what was written.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The last 4 KB.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log[log.len().saturating_sub(TAIL_BYTES)..].to_vec()
    }
}

impl fmt::Debug for LogTail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LogTail").field(&String::from_utf8_lossy(&self.bytes())).finish()
    }
}

/// How long an invocation took and what is billed for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) duration: Duration,
    /// Where the invocation started its environment.
    pub(crate) init: Option<Duration>,
    pub(crate) memory_mb: u32,
    /// The most that its process held; `None` where unknown, and for a handler, which shares this process.
    pub(crate) memory_mb_max: Option<u64>,
}

impl Usage {
    /// Whole milliseconds, rounded up; starting the environment is billed too.
    pub(crate) fn billed_ms(&self) -> u64 {
        let billed = self.duration + self.init.unwrap_or_default();
        u64::try_from(billed.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }

    /// The REPORT line. Where "Max Memory Used" is not known it is the whole.
    pub(crate) fn report(&self, request_id: &str, status: Option<&str>) -> String {
        let Self { memory_mb, memory_mb_max, .. } = *self;
        let used_mb = memory_mb_max.map_or(u64::from(memory_mb), |used_mb| used_mb.min(u64::from(memory_mb)));
        let mut line = format!(
            "REPORT RequestId: {request_id}\tDuration: {:.2} ms\tBilled Duration: {} ms\t\
             Memory Size: {memory_mb} MB\tMax Memory Used: {used_mb} MB\t",
            milliseconds(self.duration),
            self.billed_ms(),
        );
        if let Some(init) = self.init {
            line += &format!("Init Duration: {:.2} ms\t", milliseconds(init));
        }
        if let Some(status) = status {
            line += &format!("Status: {status}");
        }
        line
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
