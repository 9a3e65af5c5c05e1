//! How many invocations may run at once: the process's, across all its runs, and separate for the two tiers,
//! so that cascades can't take the permits of the wordcounts that they wait for.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// One of so many permits is left by each run to the others, two at most: a run may hold its own for minutes.
const LEFT_ONE_IN: u32 = 8;
const LEFT_MAX: u32 = 2;

/// How long a cascade waits for the permits of more children, once it has one: others may hold theirs for minutes.
const GATHERING_MAX: Duration = Duration::from_secs(1);

/// The process's permits.
#[derive(Clone, Debug)]
pub struct Permits {
    wordcount: Arc<Semaphore>,
    cascade: Arc<Semaphore>,
    concurrency: u32,
}

/// Leave to invoke one cascade with some children.
#[derive(Debug)]
pub struct Granted {
    /// The cascade's own.
    pub cascade: OwnedSemaphorePermit,
    /// Its children's, to be split.
    pub wordcounts: OwnedSemaphorePermit,
}

impl Permits {
    /// Permits for this many `wordcount` invocations at once.
    pub fn new(concurrency: u32) -> Self {
        let places = concurrency as usize;
        Self {
            wordcount: Arc::new(Semaphore::new(places)),
            cascade: Arc::new(Semaphore::new(2 * places)),
            concurrency,
        }
    }

    /// `wordcount` invocations at once.
    pub fn concurrency(&self) -> u32 {
        self.concurrency
    }

    /// `wordcount` invocations of one run at once.
    pub fn of_one_run(&self) -> u32 {
        self.concurrency - (self.concurrency / LEFT_ONE_IN).min(LEFT_MAX)
    }

    /// Permits that nobody has: of `wordcount`, and of `cascade`.
    pub fn free(&self) -> (usize, usize) {
        (self.wordcount.available_permits(), self.cascade.available_permits())
    }

    /// Permits that there are: of `wordcount`, and of `cascade`.
    pub fn all(&self) -> (usize, usize) {
        let places = self.concurrency as usize;
        (places, 2 * places)
    }

    /// Waits for leave to invoke one cascade with one child, in the order of asking, and for a while with this many.
    pub async fn grant(self, children: u32) -> Granted {
        const NEVER_CLOSED: &str = "permits are never closed";
        let more = children.clamp(1, self.concurrency) - 1;
        let cascade = self.cascade.acquire_owned().await.expect(NEVER_CLOSED);
        let mut wordcounts = Arc::clone(&self.wordcount).acquire_owned().await.expect(NEVER_CLOSED);
        let gathering = Arc::clone(&self.wordcount).acquire_many_owned(more);
        let gathered = match timeout(GATHERING_MAX, gathering).await {
            Ok(gathered) => Some(gathered.expect(NEVER_CLOSED)),
            Err(_) => at_once(&self.wordcount, more),
        };
        if let Some(gathered) = gathered {
            wordcounts.merge(gathered);
        }
        Granted { cascade, wordcounts }
    }
}

/// As many permits, up to this number, as nobody has.
fn at_once(permits: &Arc<Semaphore>, count: u32) -> Option<OwnedSemaphorePermit> {
    let free = u32::try_from(permits.available_permits()).unwrap_or(u32::MAX).min(count);
    Arc::clone(permits).try_acquire_many_owned(free).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_grant_does_not_wait_long_for_more_than_one_child() {
        let permits = Permits::new(4);
        let held = permits.clone().grant(3).await;
        assert_eq!(held.wordcounts.num_permits(), 3);
        let granted = permits.clone().grant(3).await;
        assert_eq!((granted.wordcounts.num_permits(), permits.free()), (1, (0, 6)));
        drop(held);
        assert_eq!(permits.clone().grant(9).await.wordcounts.num_permits(), 3);
    }
}
