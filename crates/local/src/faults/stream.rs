//! Event streams that end before their time, stop, or bring what they should not.

use std::collections::VecDeque;
use std::io;

use aws_smithy_eventstream::frame::read_message_from;
use aws_smithy_types::event_stream::HeaderValue;
use bytes::Bytes;
use futures_util::stream::unfold;
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;

use super::kind::Kind;
use super::lines::Lines;
use super::{Fault, object};
use crate::lambda::answer::chunk_frames;

/// The change that is left to make to a stream.
struct Changing {
    frames: mpsc::Receiver<Bytes>,
    ready: VecDeque<io::Result<Bytes>>,
    change: Change,
    is_over: bool,
}

enum Change {
    /// Ends or stops within the frame behind so many others.
    Cut { frames_before: usize, fault: Fault },
    /// Leaves the last frame out.
    Unfinished,
    /// Changes a line of the payload.
    Lines(Lines),
}

/// The frames of an answer for so many batches, changed.
pub(crate) fn changed(
    frames: mpsc::Receiver<Bytes>,
    fault: Fault,
    batches: usize,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let change = match fault.kind {
        Kind::StreamUnfinished => Change::Unfinished,
        Kind::StreamCut | Kind::StreamSilent | Kind::LambdaReset => {
            Change::Cut { frames_before: fault.below(batches + 1), fault: fault.further() }
        }
        _ => Change::Lines(Lines::new(fault, batches)),
    };
    let changing = Changing { frames, ready: VecDeque::new(), change, is_over: false };
    unfold(changing, |mut changing| async move { Some((changing.next().await?, changing)) }).fuse()
}

impl Changing {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Some(frame);
            }
            if self.is_over {
                if matches!(&self.change, Change::Cut { fault, .. } if fault.kind == Kind::StreamSilent) {
                    // The function goes on as if its caller still read.
                    while self.frames.recv().await.is_some() {}
                    std::future::pending::<()>().await;
                }
                return None;
            }
            match self.frames.recv().await {
                Some(frame) => self.take(frame),
                None => self.is_over = true,
            }
        }
    }

    fn take(&mut self, frame: Bytes) {
        match &mut self.change {
            Change::Cut { frames_before: 0, fault } => {
                // At 0 bytes the cut is between two frames.
                let part = frame.slice(..fault.below(frame.len()));
                let is_reset = fault.kind == Kind::LambdaReset || fault.further().heads();
                self.ready.extend((!part.is_empty()).then_some(Ok(part)));
                self.ready
                    .extend((fault.kind != Kind::StreamSilent && is_reset).then(|| Err(object::reset())));
                self.is_over = true;
            }
            Change::Cut { frames_before, .. } => {
                *frames_before -= 1;
                self.ready.push_back(Ok(frame));
            }
            Change::Unfinished => match payload(&frame) {
                Some(_) => self.ready.push_back(Ok(frame)),
                None => self.is_over = true,
            },
            Change::Lines(lines) => match payload(&frame) {
                Some(payload) => {
                    let pieces = lines.push(&payload);
                    self.ready.extend(pieces.into_iter().flat_map(chunk_frames).map(Ok));
                }
                None => {
                    let pieces = lines.finish();
                    self.ready.extend(pieces.into_iter().flat_map(chunk_frames).map(Ok));
                    self.ready.push_back(Ok(frame));
                }
            },
        }
    }
}

/// The payload of a frame that carries a piece of the answer; `None` for the last one.
fn payload(frame: &Bytes) -> Option<Bytes> {
    let message = read_message_from(frame.clone()).expect("the frame is one of ours");
    let is_chunk = message.headers().iter().any(|header| {
        header.name().as_str() == ":event-type"
            && matches!(header.value(), HeaderValue::String(event) if event.as_str() == "PayloadChunk")
    });
    is_chunk.then(|| message.payload().clone())
}
