//! A cascade's streamed answer.

use std::collections::VecDeque;

use aws_sdk_lambda::primitives::event_stream::EventReceiver;
use aws_sdk_lambda::types::InvokeWithResponseStreamResponseEvent as Event;
use aws_sdk_lambda::types::error::InvokeWithResponseStreamResponseEventError as EventError;
use wire::cascade::{ChildErrorKind, Frame};

use super::error::CallError;
use super::lines::Lines;
use super::report;
use crate::cause::causes;

/// A cascade that was invoked.
#[derive(Debug)]
pub struct CascadeCall {
    events: EventReceiver<Event, EventError>,
    lines: Lines,
    frames: VecDeque<Frame>,
    end: Option<CascadeEnd>,
}

/// How a cascade's invocation ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CascadeEnd {
    /// Its own billed milliseconds; `None` where they were not reported.
    pub billed_ms: Option<u64>,
    /// Milliseconds that starting its environment took, where it had to.
    pub init_ms: Option<u64>,
}

impl CascadeCall {
    pub(super) fn new(events: EventReceiver<Event, EventError>) -> Self {
        Self { events, lines: Lines::default(), frames: VecDeque::new(), end: None }
    }

    /// The next frame, or `None` when the cascade is done; then [`Self::end`] holds its bill. Not safe to
    /// drop midway: wrap it in a timeout only to give the whole call up.
    ///
    /// # Errors
    /// A [`CallError`] where the stream broke, the cascade failed or its answer can't be read.
    pub async fn next(&mut self) -> Result<Option<Frame>, CallError> {
        loop {
            if let Some(frame) = self.frames.pop_front() {
                return Ok(Some(frame));
            }
            if self.end.is_some() {
                return Ok(None);
            }
            match self.events.recv().await {
                Ok(Some(event)) => self.take(event)?,
                Ok(None) => return Err(broken("it ended without InvokeComplete")),
                Err(error) => return Err(broken(&causes(&error))),
            }
        }
    }

    /// How it ended, once [`Self::next`] has answered `None`.
    pub fn end(&self) -> Option<&CascadeEnd> {
        self.end.as_ref()
    }

    fn take(&mut self, event: Event) -> Result<(), CallError> {
        match event {
            Event::PayloadChunk(chunk) => {
                let bytes = chunk.payload().map(AsRef::as_ref).unwrap_or_default();
                let lines = self.lines.push(bytes).map_err(|_| broken("a line of it is too long"))?;
                for line in lines.iter().filter(|line| !line.is_empty()) {
                    let frame = serde_json::from_slice(line).map_err(|error| broken(&error.to_string()))?;
                    self.frames.push_back(spoken(frame));
                }
                Ok(())
            }
            Event::InvokeComplete(complete) => {
                let tail = report::decode_tail(complete.log_result());
                match complete.error_code() {
                    Some(code) => Err(failed(code, complete.error_details().unwrap_or_default(), &tail)),
                    None => {
                        let (billed_ms, init_ms) = (report::billed_ms(&tail), report::init_ms(&tail));
                        self.end = Some(CascadeEnd { billed_ms, init_ms });
                        Ok(())
                    }
                }
            }
            _ => Ok(()),
        }
    }
}

/// The frame, if this program speaks the version of its reply; else the error that says so.
fn spoken(frame: Frame) -> Frame {
    match frame {
        Frame::Reply { batch, reply, billed_ms, timing } => {
            match CallError::check_version(reply.v, billed_ms) {
                Ok(()) => Frame::Reply { batch, reply, billed_ms, timing },
                Err(CallError { child: error, .. }) => Frame::Error { batch, error, billed_ms, timing },
            }
        }
        Frame::Error { .. } | Frame::Beat { .. } => frame,
    }
}

fn broken(why: &str) -> CallError {
    CallError::new(ChildErrorKind::Unreachable, format!("the cascade's answer broke off: {why}"))
}

/// AWS sends the error's type as the code; the details are its payload, or just its message.
fn failed(code: &str, details: &str, tail: &str) -> CallError {
    let payload = match serde_json::from_str::<serde_json::Value>(details) {
        Ok(payload) if payload.is_object() => payload,
        _ => serde_json::json!({ "errorType": code, "errorMessage": details }),
    };
    let mut error = CallError::from_function(payload.to_string().as_bytes(), tail);
    // A cascade that died says nothing against its batches: they are retried as they are.
    if matches!(error.child.kind, ChildErrorKind::Function | ChildErrorKind::Died) {
        error.child.kind = ChildErrorKind::Unreachable;
    }
    error
}

#[cfg(test)]
mod tests {
    use wire::wordcount::VERSION;

    use super::*;

    #[track_caller]
    fn check(v: u32, expected: Option<ChildErrorKind>) {
        let line = format!(
            r#"{{"batch":"a","reply":{{"v":{v},"words":1,"lines":1,"bytes_in":1,"bytes_out":1}},"billed_ms":9}}"#
        );
        let refused = match spoken(serde_json::from_str(&line).unwrap()) {
            Frame::Error { error, billed_ms, .. } => {
                assert_eq!(billed_ms, Some(9));
                Some(error.kind)
            }
            Frame::Reply { .. } | Frame::Beat { .. } => None,
        };
        assert_eq!(refused, expected);
    }

    #[test]
    fn a_reply_of_a_version_that_is_not_spoken_here_is_refused() {
        check(VERSION, None);
        check(VERSION + 1, Some(ChildErrorKind::Outdated));
        check(0, Some(ChildErrorKind::Outdated));
    }
}
