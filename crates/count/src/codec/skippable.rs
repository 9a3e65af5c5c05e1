//! Frames that hold nothing to decode, the same in zstd and in lz4: a magic, a length, and bytes to be skipped.

use super::allowance::{Allowance, BEGIN_BYTES};
use super::piece::Pieces;
use super::{lz4, zstd};
use crate::error::CountError;

const MAGIC_BYTES: usize = 4;
const LENGTH_BYTES: usize = 4;

/// Whether these bytes begin with the magic of such a frame, 0x184D2A50 to 0x184D2A5F.
pub(super) fn begins(bytes: &[u8]) -> bool {
    matches!(bytes, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// A frame to be skipped, behind its magic.
#[derive(Debug, Default)]
pub(super) struct Skippable {
    pieces: Pieces,
    left: Option<usize>,
}

impl Skippable {
    /// Takes the frame's bytes off `stored`, and returns whether that was all of it.
    pub(super) fn push(&mut self, stored: &mut &[u8]) -> bool {
        if self.left.is_none() {
            let length = self.pieces.take(stored, LENGTH_BYTES).and_then(|bytes| bytes.try_into().ok());
            self.left = length.map(|bytes| u32::from_le_bytes(bytes) as usize);
        }
        let Some(left) = &mut self.left else { return false };
        let skipped = (*left).min(stored.len());
        *stored = &stored[skipped..];
        *left -= skipped;
        *left == 0
    }
}

/// Frames to be skipped at the start of an object, before its codec is known.
#[derive(Debug, Default)]
pub(crate) struct Leading {
    pieces: Pieces,
    frame: Option<Skippable>,
}

/// The kind of the first frame behind them, whose magic is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unwrapped {
    Zstd,
    Lz4,
}

impl Leading {
    /// Takes the frames off `stored`, and returns what follows them as soon as it is known.
    pub(super) fn push(
        &mut self,
        stored: &mut &[u8],
        allowance: &Allowance,
    ) -> Result<Option<Unwrapped>, CountError> {
        while !stored.is_empty() && !allowance.is_spent() {
            if let Some(frame) = &mut self.frame {
                if frame.push(stored) {
                    self.frame = None;
                }
                continue;
            }
            let Some(magic) = self.pieces.take(stored, MAGIC_BYTES) else { break };
            match magic {
                _ if magic == zstd::MAGIC => return Ok(Some(Unwrapped::Zstd)),
                _ if magic == lz4::MAGIC => return Ok(Some(Unwrapped::Lz4)),
                _ if begins(magic) => {
                    self.frame = Some(Skippable::default());
                    allowance.spend(BEGIN_BYTES);
                }
                _ => {
                    return Err(CountError::Corrupt(
                        "zstd or lz4: other bytes behind skipped frames".to_owned(),
                    ));
                }
            }
        }
        Ok(None)
    }

    /// The object has no more bytes: nothing but skipped frames is an empty text.
    pub(super) fn finish(self) -> Result<Option<String>, CountError> {
        if self.frame.is_some() || self.pieces.is_begun() {
            return Err(CountError::Truncated("zstd or lz4: ends in a skipped frame".to_owned()));
        }
        Ok(None)
    }
}
