//! Where an invocation's answer goes, piece by piece, and how much of it may go there.

use bytes::{Bytes, BytesMut};
use tokio::sync::{mpsc, oneshot};

use super::answer::{Ended, chunk_frames};
use super::request::LogKind;
use super::{PAYLOAD_BYTES_MAX, STREAM_BYTES_MAX};

/// The receiver of an invocation's answer.
#[derive(Debug)]
pub(crate) enum Output {
    /// A caller that takes it in one piece.
    Buffered(oneshot::Sender<Ended>),
    /// A caller that takes frames as they are produced.
    Streamed(mpsc::Sender<Bytes>, LogKind),
    /// Nobody.
    Discarded,
}

/// The response sink of an invocation, and what it has passed on.
#[derive(Debug)]
pub(crate) struct Outlet<'a> {
    output: &'a Output,
    gathered: BytesMut,
    bytes: usize,
    /// Pieces that still go out; those behind them are lost.
    pieces_left: usize,
}

/// The answer has more bytes than these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLarge(pub(crate) usize);

impl<'a> Outlet<'a> {
    /// A sink for so many pieces at most.
    pub(crate) fn new(output: &'a Output, pieces_max: usize) -> Self {
        Self { output, gathered: BytesMut::new(), bytes: 0, pieces_left: pieces_max }
    }

    /// Passes a piece on, or holds it for a caller that takes all at once. A caller that hung up stops
    /// nothing: its pieces are dropped.
    pub(crate) async fn push(&mut self, piece: Bytes) -> Result<(), TooLarge> {
        self.bytes += piece.len();
        let bytes_max = match self.output {
            Output::Buffered(_) | Output::Discarded => PAYLOAD_BYTES_MAX,
            Output::Streamed(..) => STREAM_BYTES_MAX,
        };
        if self.bytes > bytes_max {
            return Err(TooLarge(bytes_max));
        }
        let Some(pieces_left) = self.pieces_left.checked_sub(1) else { return Ok(()) };
        self.pieces_left = pieces_left;
        match self.output {
            Output::Streamed(frames, _) => send(frames, piece).await,
            Output::Buffered(_) => self.gathered.extend_from_slice(&piece),
            Output::Discarded => {}
        }
        Ok(())
    }

    /// The pieces that were held.
    pub(crate) fn gathered(self) -> Bytes {
        self.gathered.freeze()
    }
}

async fn send(frames: &mpsc::Sender<Bytes>, piece: Bytes) {
    for frame in chunk_frames(piece) {
        if frames.send(frame).await.is_err() {
            return;
        }
    }
}
