//! The environments of a function that wait for an invocation.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::task::AbortOnDropHandle;

use super::Environment;

/// How long an environment waits for an invocation before it is ended.
const IDLE_MAX: Duration = Duration::from_secs(300);
/// How often that is looked after.
const SWEPT_EVERY: Duration = Duration::from_secs(10);

/// Idle environments; those that run belong to their invocations, of which there are no more than the capacity has.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    idle: Arc<Idle>,
    sweeping: OnceLock<AbortOnDropHandle<()>>,
}

#[derive(Debug, Default)]
struct Idle(Mutex<Vec<(Instant, Environment)>>);

impl Pool {
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
        self.sweeping.get_or_init(|| AbortOnDropHandle::new(tokio::spawn(sweep(idle))));
    }
}

impl Idle {
    fn lock(&self) -> MutexGuard<'_, Vec<(Instant, Environment)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends those that have waited too long, and forgets those that have ended.
async fn sweep(idle: Weak<Idle>) {
    loop {
        sleep(SWEPT_EVERY).await;
        let Some(idle) = idle.upgrade() else { return };
        idle.lock().retain(|(since, environment)| since.elapsed() < IDLE_MAX && environment.is_alive());
    }
}
