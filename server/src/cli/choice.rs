//! The options that choose objects: filters, limits, and the run whose uncounted objects are tried again.

use clap::Args;
use clap::builder::BoolishValueParser;
use wire::bucket::BucketName;

use super::{Place, bucket};

/// Which of the listed objects are counted: those that fit all of these.
#[derive(Clone, Debug, Args)]
pub struct Filters {
    /// Count only keys that end with this.
    #[arg(long, value_name = "TEXT", env = "WORDFALL_SUFFIX")]
    pub suffix: Option<String>,
    /// Count only keys that this pattern matches: without a / their names, what follows the last /, with one whole
    /// keys. * and ? don't match a /, ** does; [a-z], [!a-z], {a,b}; \ takes a character for itself.
    #[arg(long, value_name = "PATTERN", env = "WORDFALL_GLOB")]
    pub glob: Option<String>,
    /// Count only objects of so many stored bytes or more; K, M, G and T are powers of 1024.
    #[arg(long, value_name = "SIZE", env = "WORDFALL_MIN_SIZE")]
    pub min_size: Option<String>,
    /// Count only objects of so many stored bytes or fewer; K, M, G and T are powers of 1024.
    #[arg(long, value_name = "SIZE", env = "WORDFALL_MAX_SIZE")]
    pub max_size: Option<String>,
    /// Count only objects modified since then: 2026-11-25, from 00:00 UTC on, or 2026-11-25T20:45:00Z.
    #[arg(long, value_name = "TIME", env = "WORDFALL_MODIFIED_SINCE")]
    pub modified_since: Option<String>,
}

/// Where a run stops, whatever is left.
#[derive(Clone, Debug, Args)]
pub struct Limits {
    /// Spend no more than this, in US dollars.
    #[arg(long, value_name = "USD", env = "WORDFALL_MAX_USD")]
    pub max_usd: Option<String>,
    /// Count no more objects than this.
    #[arg(long, value_name = "COUNT", env = "WORDFALL_MAX_OBJECTS")]
    pub max_objects: Option<String>,
    /// Read no more stored bytes than this; K, M, G and T are powers of 1024.
    #[arg(long, value_name = "SIZE", env = "WORDFALL_MAX_BYTES")]
    pub max_bytes: Option<String>,
    /// Stop after so many seconds.
    #[arg(long, value_name = "SECONDS", env = "WORDFALL_MAX_SECONDS")]
    pub max_seconds: Option<String>,
}

/// Options of `wordfall retry`. Bucket, rule, grain and limits are the earlier run's.
#[derive(Debug, Args)]
pub struct Retry {
    /// The run whose objects are tried again: those that failed, were read in part, or were never dispatched.
    #[arg(value_name = "ID")]
    pub id: String,
    /// Where buckets and functions are.
    #[command(flatten)]
    pub place: Place,
    /// The bucket that runs are stored in; by default an embedded one under --data.
    #[arg(long, value_name = "NAME", env = "WORDFALL_RESULTS_BUCKET", value_parser = bucket)]
    pub results_bucket: Option<BucketName>,
    /// Print one JSON object, and errors as JSON.
    #[arg(long, env = "WORDFALL_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
}
