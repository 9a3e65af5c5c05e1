//! The parts that all runs of a process share: the clients, the functions' names, the permits.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::metrics::Metrics;
use crate::permits::Permits;
use crate::pipeline::plan::Sizes;
use crate::price::Rates;
use crate::spans::Spans;

/// Finds the files that a bucket holds below a prefix and the last listing left out.
pub type FindUnlisted = Arc<dyn Fn(&str, &str) -> Unlisted + Send + Sync>;

/// Files that a listing leaves out.
#[derive(Clone, Debug, Default)]
pub struct Unlisted {
    /// How many.
    pub files: u64,
    /// Those of them that `--follow-links` would look behind.
    pub links: u64,
    /// The first few, each with the reason.
    pub named: Vec<String>,
}

/// Ends the invocations of these attempts, where they run on this machine.
pub type Stopping = Arc<dyn Fn(&[String]) + Send + Sync>;

/// The shared parts.
#[derive(Clone)]
pub struct Engine {
    /// For listing.
    pub s3: aws_sdk_s3::Client,
    /// For invoking; the SDK's own retries are off.
    pub lambda: aws_sdk_lambda::Client,
    /// Name, alias or ARN.
    pub cascade_function: String,
    /// Name, alias or ARN.
    pub wordcount_function: String,
    /// The process's permits.
    pub permits: Permits,
    /// The process's metrics.
    pub metrics: Arc<Metrics>,
    /// Where spans go.
    pub spans: Spans,
    /// The weight of a full batch.
    pub batch_bytes: u64,
    /// The prices of the functions.
    pub rates: Rates,
    /// How long a `wordcount` invocation may take.
    pub function_timeout: Duration,
    /// The functions run on this machine: costs are what AWS would ask.
    pub simulated: bool,
    /// The process says with each request that it pays for the requests of buckets whose requesters pay.
    pub requester_pays: bool,
    /// Finds what a listing left out, where the buckets are directories of this machine.
    pub unlisted: Option<FindUnlisted>,
    /// Ends invocations, where the functions run on this machine. On AWS nothing ends an invocation but its
    /// time.
    pub stopping: Option<Stopping>,
}

impl Engine {
    /// How batches are cut.
    pub fn sizes(&self) -> Sizes {
        Sizes { batch_bytes: self.batch_bytes, concurrency: u64::from(self.permits.concurrency()) }
    }

    /// Ends what still runs of these attempts, where that is possible: nobody waits for it any more.
    pub fn stop(&self, attempts: &[String]) {
        if let Some(stopping) = &self.stopping {
            stopping(attempts);
        }
    }

    /// The files that a bucket holds below a prefix and the last listing left out.
    pub fn unlisted(&self, bucket: &str, prefix: &str) -> Unlisted {
        self.unlisted.as_ref().map(|unlisted| unlisted(bucket, prefix)).unwrap_or_default()
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("cascade_function", &self.cascade_function)
            .field("wordcount_function", &self.wordcount_function)
            .finish_non_exhaustive()
    }
}
