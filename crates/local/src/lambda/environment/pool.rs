//! The environments of a function that wait for an invocation.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::task::AbortOnDropHandle;

use super::Environment;

/// How often in its time an idle environment is looked after.
const SWEEPS: u32 = 10;

/// Idle environments; those that run belong to their invocations, of which there are no more than the capacity has.
#[derive(Debug)]
pub(crate) struct Pool {
    idle: Arc<Idle>,
    idle_max: Duration,
    sweeping: OnceLock<AbortOnDropHandle<()>>,
}

#[derive(Debug, Default)]
struct Idle(Mutex<Vec<(Instant, Environment)>>);

impl Pool {
    /// No environments yet, each of which is ended once it has waited that long.
    pub(crate) fn new(idle_max: Duration) -> Self {
        Self { idle: Arc::default(), idle_max, sweeping: OnceLock::new() }
    }

    /// The one that became idle last, so that others may end; `None` where none lives.
    pub(crate) fn take(&self) -> Option<Environment> {
        let mut idle = self.idle.lock();
        while let Some((_, environment)) = idle.pop() {
            if environment.is_alive() {
                return Some(environment);
            }
        }
        None
    }

    /// Keeps one for the next invocation.
    pub(crate) fn put(&self, environment: Environment) {
        self.idle.lock().push((Instant::now(), environment));
        let idle = Arc::downgrade(&self.idle);
        self.sweeping.get_or_init(|| AbortOnDropHandle::new(tokio::spawn(sweep(idle, self.idle_max))));
    }
}

impl Idle {
    fn lock(&self) -> MutexGuard<'_, Vec<(Instant, Environment)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends those that have waited too long, and forgets those that have ended.
async fn sweep(idle: Weak<Idle>, idle_max: Duration) {
    loop {
        sleep(idle_max / SWEEPS).await;
        let Some(idle) = idle.upgrade() else { return };
        idle.lock().retain(|(since, environment)| since.elapsed() < idle_max && environment.is_alive());
    }
}
