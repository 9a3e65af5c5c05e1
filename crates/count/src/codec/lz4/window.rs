//! The decoded bytes of lz4 blocks: the block that is decoded, and before it what linked blocks look back to.

use lz4_flex::block::{decompress_into, decompress_into_with_dict};

use super::descriptor::Blocks;

/// How far a linked block looks back.
const HISTORY_BYTES: usize = 64 * 1024;

/// Room for several small blocks, so that the history is seldom moved.
const ROOM_BYTES_MIN: usize = 256 * 1024;

/// A buffer of `HISTORY_BYTES` and one block of the largest size, or several small ones.
#[derive(Debug, Default)]
pub(super) struct Window {
    decoded: Vec<u8>,
    /// Where the history ends, and the next linked block begins.
    end: usize,
}

impl Window {
    /// Makes room for a frame of such blocks, and forgets the frames before.
    pub(super) fn begin(&mut self, block_bytes_max: usize) {
        let bytes = HISTORY_BYTES + block_bytes_max.max(ROOM_BYTES_MIN);
        if self.decoded.len() < bytes {
            self.decoded = vec![0; bytes];
        }
        self.end = 0;
    }

    /// Decodes a block; `None` where it is damaged, or longer than it may be.
    pub(super) fn decode(&mut self, stored: &[u8], block_bytes_max: usize, blocks: Blocks) -> Option<&[u8]> {
        match blocks {
            Blocks::Independent => {
                let bytes = decompress_into(stored, &mut self.decoded[..block_bytes_max]).ok()?;
                Some(&self.decoded[..bytes])
            }
            Blocks::Linked => {
                let (history, room) = self.make_room(block_bytes_max);
                let bytes = decompress_into_with_dict(stored, room, history).ok()?;
                Some(self.advance(bytes))
            }
        }
    }

    /// Keeps a linked block that is stored as it is, for those that look back to it.
    pub(super) fn keep(&mut self, stored: &[u8]) -> &[u8] {
        let (_, room) = self.make_room(stored.len());
        room.copy_from_slice(stored);
        self.advance(stored.len())
    }

    /// The history, and room for so many bytes behind it.
    fn make_room(&mut self, bytes: usize) -> (&[u8], &mut [u8]) {
        if self.decoded.len() - self.end < bytes {
            let history = self.end.saturating_sub(HISTORY_BYTES)..self.end;
            self.end = history.len();
            self.decoded.copy_within(history, 0);
        }
        let (before, behind) = self.decoded.split_at_mut(self.end);
        (&before[before.len().saturating_sub(HISTORY_BYTES)..], &mut behind[..bytes])
    }

    fn advance(&mut self, bytes: usize) -> &[u8] {
        let begin = self.end;
        self.end += bytes;
        &self.decoded[begin..self.end]
    }
}
