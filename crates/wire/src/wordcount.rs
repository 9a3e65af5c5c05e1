//! The payloads of the `wordcount` function.

use serde::{Deserialize, Serialize};

use crate::row::{Object, ObjectRow};
use crate::rule::{Grain, Rule};
use crate::tally::Tally;

/// The protocol's version; a peer that speaks a newer one is refused.
pub const VERSION: u32 = 1;

/// The oldest version that is still understood; a peer that speaks an older one is refused.
pub const OLDEST: u32 = 1;

/// The version of the counting itself: raised whenever the same bytes may count differently, or with another
/// warning, so that older counts are not reused.
pub const COUNTING: u32 = 2;

pub(crate) fn version() -> u32 {
    VERSION
}

/// Objects for one invocation to count. Either `keys` or `objects` names them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Protocol version; absent means 1.
    #[serde(default = "version")]
    pub v: u32,
    /// The bucket that holds them.
    pub bucket: String,
    /// The minimal form: keys, numbered from 0 in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// The full form, as the cascade sends it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<Object>,
    /// A row for every object, or only for what was not counted.
    #[serde(default)]
    pub grain: Grain,
    /// The word rule.
    #[serde(default)]
    pub rule: Rule,
    /// The attempt's id, as the server issued it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<String>,
    /// Milliseconds after which the function answers what it has; its own deadline where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_ms: Option<u64>,
    /// The requester pays for GETs, and each GET says so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub requester_pays: bool,
    /// The span that is this invocation, as a W3C `traceparent`, for the function's log; ignored if invalid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

/// The reply of one invocation. The sums are always there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Protocol version.
    #[serde(default = "version")]
    pub v: u32,
    /// Sums over what was counted.
    #[serde(flatten)]
    pub tally: Tally,
    /// A row for every finished object; in grain `total` only for what is not `counted`.
    #[serde(default)]
    pub objects: Vec<ObjectRow>,
    /// Objects that were not begun, or not finished and can be begun again.
    #[serde(default)]
    pub remaining: Vec<Object>,
    /// Sentences for the log.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// The version of the counting; absent means 0, which is none.
    #[serde(default)]
    pub counting: u32,
    /// S3 GET requests made, for the cost.
    #[serde(default)]
    pub gets: u64,
    /// The store pushed back: why objects are left in `remaining`, some of them for that alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttled: Option<Throttled>,
}

/// How a store pushed back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Throttled {
    /// The store's sentence.
    pub message: String,
    /// Milliseconds that the store asked to be left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl Default for Reply {
    /// An empty reply, in our version.
    fn default() -> Self {
        Self {
            v: VERSION,
            tally: Tally::default(),
            objects: Vec::new(),
            remaining: Vec::new(),
            warnings: Vec::new(),
            counting: 0,
            gets: 0,
            throttled: None,
        }
    }
}
