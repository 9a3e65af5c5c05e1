//! How many invocations may run at once: the process's, across all its runs, and separate for the two tiers,
//! so that cascades can't take the places of what they wait for.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

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

    /// Permits that nobody has: of `wordcount`, and of `cascade`.
    pub fn free(&self) -> (usize, usize) {
        (self.wordcount.available_permits(), self.cascade.available_permits())
    }

    /// Permits that there are: of `wordcount`, and of `cascade`.
    pub fn all(&self) -> (usize, usize) {
        let places = self.concurrency as usize;
        (places, 2 * places)
    }

    /// Waits for leave to invoke one cascade with this many children, in the order of asking.
    pub async fn grant(self, children: u32) -> Granted {
        let children = children.clamp(1, self.concurrency);
        let cascade = self.cascade.acquire_owned().await.expect("permits are never closed");
        let wordcounts = self.wordcount.acquire_many_owned(children).await.expect("permits are never closed");
        Granted { cascade, wordcounts }
    }
}
