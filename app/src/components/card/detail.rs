//! The server's details of one object beyond its row, as lines of text.

use wire::event::Level;
use wire::object::{Attempt, ObjectDetail, Span};

use crate::format;

/// Lines of each kind that a card shows at most.
const LINES_MAX: usize = 100;

/// An object's lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// The version that was counted.
    pub etag: Option<String>,
    /// Byte ranges that were counted apart.
    pub spans: Vec<String>,
    /// Tries of the functions that had it; where there are none, why.
    pub attempts: Vec<String>,
    /// Lines about it in the run's log.
    pub log: Vec<String>,
}

impl From<ObjectDetail> for Detail {
    fn from(detail: ObjectDetail) -> Self {
        let attempts = detail.attempts.iter().map(attempt).chain(detail.note);
        let log = detail.log.into_iter().map(|line| format!("{}: {}", level(line.level), line.text));
        Self {
            etag: detail.row.etag,
            spans: bounded(detail.spans.iter().map(span)),
            attempts: bounded(attempts),
            log: bounded(log),
        }
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Info => "info",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

/// The first lines, and how many there are besides.
fn bounded(lines: impl Iterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<_> = lines.collect();
    if lines.len() > LINES_MAX {
        let more = lines.len() - LINES_MAX;
        lines.truncate(LINES_MAX);
        lines.push(format!("and {} more", format::exact(more as u64)));
    }
    lines
}

fn span(span: &Span) -> String {
    let (start, end) = (format::exact(span.start), format::exact(span.end));
    let (words, lines) =
        (format::counted(span.tally.words, "word"), format::counted(span.tally.lines, "line"));
    let by = span.invocation.map(|number| format!(", by invocation {number}")).unwrap_or_default();
    format!("bytes {start} to {end}: {words}, {lines}{by}")
}

fn attempt(attempt: &Attempt) -> String {
    let milliseconds = |what: &str, ms: Option<u32>| Some(format!("{what} {}", format::duration(ms?.into())));
    let parts = [
        Some(format!("attempt {} by invocation {}", attempt.attempt, attempt.invocation)),
        Some(attempt.outcome.map_or("running", |outcome| outcome.as_str()).to_owned()),
        attempt.error.map(|error| error.as_str().replace('_', " ")),
        milliseconds("took", attempt.duration_ms),
        milliseconds("cold start", attempt.init_ms),
        milliseconds("billed", attempt.billed_ms),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(more: &serde_json::Value, expected: [&[&str]; 3]) {
        let mut answer = json!({
            "key": "k", "state": "counted", "reason": null, "words": 3, "lines": 1, "bytes_in": 1_000,
            "bytes_out": 1_000, "duration_ms": 1, "etag": "\"e\"", "n": 7, "spans": [], "attempts": [], "log": [],
        });
        answer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let detail: ObjectDetail = serde_json::from_value(answer).unwrap();
        let Detail { spans, attempts, log, .. } = Detail::from(detail);
        assert_eq!(
            [spans, attempts, log].map(|lines| lines.join("|")),
            expected.map(|lines| lines.join("|"))
        );
    }

    #[test]
    fn what_is_known_is_told_in_lines() {
        let tally = json!({"words": 3, "lines": 1, "bytes_in": 1_000, "bytes_out": 1_000});
        let mut span = json!({"start": 0, "end": 1_000, "invocation": 4});
        span.as_object_mut().unwrap().extend(tally.as_object().unwrap().clone());
        let attempt = json!({
            "invocation": 4, "cascade": 1, "batch": 2, "attempt": 2, "outcome": "retried", "error": null, "objects": 9,
            "bytes": 9_000, "queued_ms": 1, "began_ms": 10, "ended_ms": 250, "duration_ms": 240, "init_ms": null,
            "billed_ms": 231,
        });
        check(
            &json!({"spans": [span], "attempts": [attempt], "log": [{"level": "warning", "text": "odd"}]}),
            [
                &["bytes 0 to 1,000: 3 words, 1 line, by invocation 4"],
                &["attempt 2 by invocation 4, retried, took 240 ms, billed 231 ms"],
                &["warning: odd"],
            ],
        );
    }

    #[test]
    fn why_there_is_no_attempt_stands_in_its_place() {
        check(&json!({"note": "it has not changed"}), [&[], &["it has not changed"], &[]]);
    }

    #[test]
    fn lines_are_bounded() {
        let lines = bounded((0..LINES_MAX + 7).map(|number| number.to_string()));
        assert_eq!((lines.len(), lines[LINES_MAX].as_str()), (LINES_MAX + 1, "and 7 more"));
    }
}
