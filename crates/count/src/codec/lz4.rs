//! Lz4: frames of blocks, those to be skipped among them.
//!
//! The framing is ours, around a decoder of blocks, so that input may stop and go on at any byte: headers, blocks and
//! checksums are pieces of known length, and one that lies whole in what is pushed is used where it lies. Every
//! checksum is verified. What stands behind the last frame has to be another, as for `lz4 -dc`.
//!
//! Held for an object: a block that is pushed in parts, up to [`BLOCK_BYTES_MAX`], and the [`Window`].

mod descriptor;
mod window;

use std::hash::Hasher;

use descriptor::{Blocks, Checksum, Descriptor};
use twox_hash::XxHash32;
use window::Window;

use super::DECODED_BYTES;
use super::allowance::{Allowance, BEGIN_BYTES};
use super::piece::Pieces;
use super::skippable::{self, Skippable};
use crate::error::CountError;

/// The magic of every frame.
pub(super) const MAGIC: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];

/// The magic of a frame of the first, legacy kind.
const LEGACY_MAGIC: [u8; 4] = [0x02, 0x21, 0x4c, 0x18];

/// The largest block that the format has, as stored and decoded.
pub(super) const BLOCK_BYTES_MAX: usize = 4 << 20;

/// Of magics, checksums, and the lengths of blocks.
const NUMBER_BYTES: usize = 4;

/// Set in the length of a block that is stored as it is.
const STORED_FLAG: u32 = 1 << 31;

/// Decodes an lz4 object, pushed in pieces of any size.
#[derive(Debug, Default)]
pub(crate) struct Lz4 {
    stage: Stage,
    pieces: Pieces,
    frame: Frame,
}

/// The piece that comes next.
#[derive(Debug, Default)]
enum Stage {
    #[default]
    Magic,
    Flags,
    Descriptor([u8; descriptor::FLAGS_BYTES]),
    BlockLength,
    Block(Block),
    ContentChecksum,
    Skippable(Skippable),
}

#[derive(Clone, Copy, Debug)]
struct Block {
    bytes: usize,
    is_stored: bool,
}

/// The frame whose blocks are read.
#[derive(Debug, Default)]
struct Frame {
    descriptor: Descriptor,
    window: Window,
    content: XxHash32,
    content_bytes: u64,
}

impl Lz4 {
    pub(super) fn push(
        &mut self,
        stored: &mut &[u8],
        allowance: &Allowance,
        emit: &mut dyn FnMut(&[u8]),
    ) -> Result<(), CountError> {
        while !stored.is_empty() && !allowance.is_spent() {
            let bytes_before = stored.len();
            let next = match &mut self.stage {
                Stage::Magic => self.pieces.take(stored, NUMBER_BYTES).map(behind_magic),
                Stage::Flags => self
                    .pieces
                    .take(stored, descriptor::FLAGS_BYTES)
                    .map(|bytes| Ok(Stage::Descriptor([bytes[0], bytes[1]]))),
                Stage::Descriptor(flags) => {
                    let flags = *flags;
                    allowance.spend(BEGIN_BYTES);
                    let rest = self.pieces.take(stored, descriptor::rest_bytes(flags));
                    rest.map(|rest| self.frame.begin(flags, rest))
                }
                Stage::BlockLength => self
                    .pieces
                    .take(stored, NUMBER_BYTES)
                    .map(|bytes| self.frame.behind_length(number(bytes))),
                Stage::Block(block) => {
                    let block = *block;
                    let piece = self.pieces.take(stored, self.frame.piece_bytes(block));
                    piece.map(|piece| self.frame.decode(block, piece, emit))
                }
                Stage::ContentChecksum => {
                    self.pieces.take(stored, NUMBER_BYTES).map(|bytes| self.frame.verify(number(bytes)))
                }
                Stage::Skippable(frame) => frame.push(stored).then_some(Ok(Stage::Magic)),
            };
            if let Some(stage) = next {
                self.stage = stage?;
            }
            allowance.spend(bytes_before - stored.len());
        }
        Ok(())
    }

    /// The object has no more bytes.
    pub(super) fn finish(self) -> Result<Option<String>, CountError> {
        let what = match self.stage {
            Stage::Magic if !self.pieces.is_begun() => return Ok(None),
            Stage::Magic | Stage::Flags | Stage::Descriptor(_) => "ends in the header of a frame",
            Stage::BlockLength | Stage::Block(_) => "ends in the blocks of a frame",
            Stage::ContentChecksum => "ends in the checksum of a frame",
            Stage::Skippable(_) => "ends in a skipped frame",
        };
        Err(CountError::Truncated(format!("lz4: {what}")))
    }
}

impl Frame {
    fn begin(&mut self, flags: [u8; descriptor::FLAGS_BYTES], rest: &[u8]) -> Result<Stage, CountError> {
        self.descriptor = Descriptor::new(flags, rest)?;
        self.window.begin(self.descriptor.block_bytes_max);
        self.content = XxHash32::default();
        self.content_bytes = 0;
        Ok(Stage::BlockLength)
    }

    /// The stage behind the length of a block, which is 0 behind the last.
    fn behind_length(&self, length: u32) -> Result<Stage, CountError> {
        if length == 0 {
            return self.end();
        }
        let block = Block { bytes: (length & !STORED_FLAG) as usize, is_stored: length & STORED_FLAG != 0 };
        if block.bytes > self.descriptor.block_bytes_max {
            return Err(corrupt("block over the maximum of its frame"));
        }
        Ok(Stage::Block(block))
    }

    fn end(&self) -> Result<Stage, CountError> {
        if self.descriptor.content_bytes.is_some_and(|bytes| bytes != self.content_bytes) {
            return Err(corrupt("length mismatch"));
        }
        Ok(match self.descriptor.content_checksum {
            Checksum::Present => Stage::ContentChecksum,
            Checksum::Absent => Stage::Magic,
        })
    }

    /// The length of a block with the checksum behind it.
    fn piece_bytes(&self, block: Block) -> usize {
        match self.descriptor.block_checksum {
            Checksum::Present => block.bytes + NUMBER_BYTES,
            Checksum::Absent => block.bytes,
        }
    }

    fn decode(
        &mut self,
        block: Block,
        piece: &[u8],
        emit: &mut dyn FnMut(&[u8]),
    ) -> Result<Stage, CountError> {
        let (stored, checksum) = piece.split_at(block.bytes);
        if !checksum.is_empty() && number(checksum) != XxHash32::oneshot(0, stored) {
            return Err(corrupt("checksum mismatch of a block"));
        }
        let decoded = match (block.is_stored, self.descriptor.blocks) {
            (true, Blocks::Independent) => stored,
            (true, Blocks::Linked) => self.window.keep(stored),
            (false, blocks) => self
                .window
                .decode(stored, self.descriptor.block_bytes_max, blocks)
                .ok_or_else(|| corrupt("invalid block"))?,
        };
        self.content_bytes += decoded.len() as u64;
        // A part is still in the cache when it is counted.
        for part in decoded.chunks(DECODED_BYTES) {
            if self.descriptor.content_checksum == Checksum::Present {
                self.content.write(part);
            }
            emit(part);
        }
        Ok(Stage::BlockLength)
    }

    fn verify(&self, checksum: u32) -> Result<Stage, CountError> {
        if checksum != self.content.finish_32() {
            return Err(corrupt("checksum mismatch"));
        }
        Ok(Stage::Magic)
    }
}

fn behind_magic(magic: &[u8]) -> Result<Stage, CountError> {
    match magic {
        _ if magic == MAGIC => Ok(Stage::Flags),
        _ if magic == LEGACY_MAGIC => {
            Err(CountError::Unsupported("lz4: frame of the legacy kind behind another".to_owned()))
        }
        _ if skippable::begins(magic) => Ok(Stage::Skippable(Skippable::default())),
        _ => Err(corrupt("other bytes behind a frame")),
    }
}

fn number(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(bytes.try_into().expect("numbers are taken as pieces of their length"))
}

fn corrupt(what: &str) -> CountError {
    CountError::Corrupt(format!("lz4: {what}"))
}
