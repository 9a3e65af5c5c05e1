//! A function's summary at an invocation's end: one line of JSON, which CloudWatch Logs Insights can query.
//!
//! It is written last and short, so that a log's tail still names the objects that were open when a function died.

use std::collections::BTreeMap;

use serde::Serialize;
use tokio::time::Instant;
use wire::cascade::{ChildErrorKind, Frame};
use wire::trace::TraceContext;

use crate::invocation::Invocation;

/// Characters of an id from outside that a line shows.
const ID_CHARS_MAX: usize = 120;

/// The invocation that a line is about.
#[derive(Debug, Serialize)]
struct About {
    /// The function.
    wordfall: &'static str,
    request_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    span_id: Option<String>,
}

impl About {
    fn new(
        wordfall: &'static str,
        invocation: &Invocation,
        attempt: Option<&str>,
        traceparent: Option<&str>,
    ) -> Self {
        let trace = traceparent.and_then(TraceContext::parse);
        Self {
            wordfall,
            request_id: short(&invocation.request_id),
            attempt: attempt.map(short),
            trace_id: trace.map(|trace| format!("{:032x}", trace.trace_id())),
            span_id: trace.map(|trace| format!("{:016x}", trace.span_id())),
        }
    }
}

fn short(id: &str) -> String {
    id.chars().take(ID_CHARS_MAX).collect()
}

/// The summary of a `wordcount`.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Counted {
    /// Objects that it was asked for.
    pub(crate) objects: u64,
    /// Of these counted.
    pub(crate) counted: u64,
    /// Of these with another final state.
    pub(crate) uncounted: u64,
    /// Of these left over.
    pub(crate) remaining: u64,
    /// Bytes as stored, of what was counted.
    pub(crate) bytes_in: u64,
    /// Bytes as decoded, of what was counted.
    pub(crate) bytes_out: u64,
    /// S3 GET requests made.
    pub(crate) gets: u64,
}

/// The summary of a `cascade`, which grows as frames pass.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Children {
    children: u64,
    answered: u64,
    throttled: u64,
    errors: BTreeMap<&'static str, u64>,
    cold_starts: u64,
    billed_ms: u64,
}

impl Children {
    /// A summary of so many children.
    pub(crate) fn of(children: usize) -> Self {
        Self { children: children as u64, ..Self::default() }
    }

    /// A child's answer.
    pub(crate) fn add(&mut self, frame: &Frame) {
        let (billed_ms, timing) = match frame {
            Frame::Reply { billed_ms, timing, .. } => {
                self.answered += 1;
                (billed_ms, timing)
            }
            Frame::Error { error, billed_ms, timing, .. } => {
                self.throttled += u64::from(error.kind == ChildErrorKind::Throttled);
                *self.errors.entry(error.kind.as_str()).or_default() += 1;
                (billed_ms, timing)
            }
            Frame::Beat { .. } => return,
        };
        self.billed_ms = self.billed_ms.saturating_add(billed_ms.unwrap_or_default());
        self.cold_starts += u64::from(timing.init_ms.is_some());
    }
}

/// One line: the invocation, its summary, and how long it took.
#[derive(Debug, Serialize)]
struct Line<'a, T> {
    #[serde(flatten)]
    about: About,
    #[serde(flatten)]
    told: &'a T,
    took_ms: u64,
}

/// Writes a function's line.
pub(crate) fn write<T: Serialize>(
    function: &'static str,
    invocation: &Invocation,
    (attempt, traceparent): (Option<&str>, Option<&str>),
    told: &T,
    begun: Instant,
) {
    let about = About::new(function, invocation, attempt, traceparent);
    let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let line = serde_json::to_string(&Line { about, told, took_ms });
    invocation.log.line(&line.expect("a summary has string keys only"));
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use wire::cascade::{ChildError, Timing};

    use super::*;
    use crate::invocation::Log;

    /// A tail has room for this, the REPORT line, and a hundred objects that were open.
    const LINE_BYTES_MAX: usize = 1024;

    fn written<T: Serialize>(told: &T, attempt: &str, traceparent: &str) -> String {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        let invocation = Invocation {
            request_id: "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned(),
            deadline: Instant::now() + Duration::from_secs(1),
            log: Log::new(move |line| sink.lock().unwrap().push(line.to_owned())),
        };
        write("wordcount", &invocation, (Some(attempt), Some(traceparent)), told, Instant::now());
        let mut lines = std::mem::take(&mut *lines.lock().unwrap());
        assert_eq!(lines.len(), 1);
        lines.remove(0)
    }

    #[test]
    fn whatever_is_told_is_one_short_line_that_names_no_object_as_open() {
        let most = Counted {
            objects: u64::MAX,
            counted: u64::MAX,
            uncounted: u64::MAX,
            remaining: u64::MAX,
            bytes_in: u64::MAX,
            bytes_out: u64::MAX,
            gets: u64::MAX,
        };
        let line = written(&most, &"\nopen 7\u{1}".repeat(1_000), &"open 9".repeat(1_000));
        assert!(line.len() <= LINE_BYTES_MAX, "{} bytes: {line}", line.len());
        assert!(line.starts_with(r#"{"wordfall":"wordcount","request_id":""#), "{line}");
        assert!(!line.contains('\n') && !line.contains("trace_id"), "{line}");
    }

    #[test]
    fn a_trace_is_told_by_its_ids() {
        let line = written(&Counted::default(), "a.1.2", &TraceContext::root(0xabc, "x").to_string());
        let told: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(told["trace_id"], "00000000000000000000000000000abc");
        assert_eq!((&told["attempt"], &told["objects"]), (&"a.1.2".into(), &0.into()));
    }

    #[test]
    fn children_are_told_by_what_became_of_them() {
        let mut children = Children::of(3);
        let timing = Timing { took_ms: Some(1), init_ms: Some(9) };
        children.add(&Frame::Reply {
            batch: "a".into(),
            reply: Default::default(),
            billed_ms: Some(5),
            timing,
        });
        let error = ChildError {
            kind: ChildErrorKind::Throttled,
            message: "m".to_owned(),
            retry_after_ms: None,
            open: Vec::new(),
        };
        children.add(&Frame::Error { batch: "b".into(), error, billed_ms: None, timing: Timing::default() });
        children.add(&Frame::Beat { beat: 1 });
        let told = serde_json::to_value(&children).unwrap();
        let expected = serde_json::json!({
            "children": 3, "answered": 1, "throttled": 1, "errors": {"throttled": 1}, "cold_starts": 1, "billed_ms": 5
        });
        assert_eq!(told, expected);
    }
}
