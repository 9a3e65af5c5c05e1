//! The context that a handler gets beside its payload, and its refusals of a payload.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use wire::wordcount::{OLDEST, VERSION};

/// One attempt at one invocation.
#[derive(Clone)]
pub struct Invocation {
    /// The id that Lambda gave it.
    pub request_id: String,
    /// When the environment ends it.
    pub deadline: Instant,
    /// Where its log lines go.
    pub log: Log,
}

impl Invocation {
    /// The instant at which a handler stops working and answers: ahead of the deadline by a tenth of the time
    /// left, at most a second, and no later than `max_ms` from here.
    pub fn cutoff(&self, max_ms: Option<u64>) -> Instant {
        let begun = Instant::now();
        let left = self.deadline.saturating_duration_since(begun);
        let cutoff = begun + (left - (left / 10).min(Duration::from_secs(1)));
        max_ms.map_or(cutoff, |ms| cutoff.min(begun + Duration::from_millis(ms)))
    }
}

/// A sink for log lines.
#[derive(Clone)]
pub struct Log(Arc<dyn Fn(&str) + Send + Sync>);

impl Log {
    /// Lines go to `sink`, one call each, without their newline.
    pub fn new(sink: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(sink))
    }

    /// Writes one line.
    pub fn line(&self, line: &str) {
        (self.0)(line);
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Log")
    }
}

/// Why a handler refuses its payload. AWS reports it as a handled function error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The payload is not a request.
    #[error("invalid request: {0}")]
    Invalid(String),
    /// The payload speaks a protocol version that this function doesn't know.
    #[error(
        "functions_outdated: the request speaks version {found}, this function versions {OLDEST} to {VERSION}"
    )]
    Outdated {
        /// The request's version.
        found: u32,
    },
}

impl Refusal {
    /// The `errorType` that a caller reads.
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "InvalidRequest",
            Self::Outdated { .. } => "FunctionsOutdated",
        }
    }
}

/// Reads a payload of a known version.
pub(crate) fn parse<T: serde::de::DeserializeOwned>(payload: &[u8]) -> Result<T, Refusal> {
    #[derive(serde::Deserialize)]
    struct Versioned {
        v: Option<u32>,
    }
    let invalid = |error: serde_json::Error| Refusal::Invalid(error.to_string());
    let version: Versioned = serde_json::from_slice(payload).map_err(invalid)?;
    match version.v {
        Some(found) if !(OLDEST..=VERSION).contains(&found) => Err(Refusal::Outdated { found }),
        Some(_) | None => serde_json::from_slice(payload).map_err(invalid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_is_refused_before_it_can_be_misread() {
        for found in [0, VERSION + 1] {
            let payload = format!(r#"{{"v":{found},"bucket":["not","a","name"]}}"#);
            let refusal = parse::<wire::wordcount::Request>(payload.as_bytes()).unwrap_err();
            assert_eq!(refusal, Refusal::Outdated { found });
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_cutoff_comes_ahead_of_the_deadline() {
        let begun = Instant::now();
        let invocation = Invocation {
            request_id: String::new(),
            deadline: begun + Duration::from_secs(120),
            log: Log::new(|_| ()),
        };
        assert_eq!(invocation.cutoff(None), begun + Duration::from_secs(119));
        assert_eq!(invocation.cutoff(Some(500)), begun + Duration::from_millis(500));
    }
}
