//! Zstandard (RFC 8878): frames, those to be skipped among them.
//!
//! The library takes input that stops and goes on at any byte, and checks what has a checksum. A frame's header is
//! handed to it whole and alone: a frame that it gets in one piece it would decode without asking for its window, and
//! what is refused would depend on how the object is cut. What stands behind the last frame has to be another, as for
//! `zstd -dc`. A frame's window is held for as long as the object is decoded, so that it is bounded.

use std::fmt;

use zstd_safe::zstd_sys::ZSTD_ErrorCode as Code;
use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer};

use super::allowance::{Allowance, BEGIN_BYTES};
use super::piece::Pieces;
use super::skippable::{self, Skippable};
use crate::error::CountError;

/// The magic of every frame.
pub(super) const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The largest window that is decoded is of 2 to this power bytes, 128 MiB: what `zstd` itself decodes unasked.
pub(super) const WINDOW_LOG_MAX: u32 = 27;

/// Set where a frame is one segment, and its header names no window.
const SINGLE_SEGMENT: u8 = 1 << 5;

/// Stored bytes that the library is given at a time, and the charge for each: blocks that hold little take time too.
const PIECE_BYTES: usize = 128 * 1024;
const STORED_CHARGE: usize = 8;

/// Decodes a zstd object, pushed in pieces of any size.
pub(crate) struct Zstd {
    stage: Stage,
    pieces: Pieces,
    context: DCtx<'static>,
    is_full: bool,
}

#[derive(Debug, Default)]
enum Stage {
    #[default]
    Magic,
    Flags,
    Header {
        flags: u8,
    },
    Blocks,
    Skippable(Skippable),
}

impl Zstd {
    pub(super) fn push(
        &mut self,
        stored: &mut &[u8],
        allowance: &Allowance,
        decoded: &mut [u8],
        emit: &mut dyn FnMut(&[u8]),
    ) -> Result<(), CountError> {
        while (!stored.is_empty() || self.is_full) && !allowance.is_spent() {
            let bytes_before = stored.len();
            let next = match &mut self.stage {
                Stage::Magic => self.pieces.take(stored, MAGIC.len()).map(behind_magic).transpose()?,
                Stage::Flags => self.pieces.take(stored, 1).map(|flags| Stage::Header { flags: flags[0] }),
                Stage::Header { flags } => {
                    let flags = *flags;
                    let Some(rest) = self.pieces.take(stored, header_bytes(flags)) else { continue };
                    let header = [&MAGIC, &[flags][..], rest].concat();
                    decompress(&mut self.context, &header, decoded, emit)?;
                    allowance.spend(BEGIN_BYTES);
                    Some(Stage::Blocks)
                }
                Stage::Blocks => {
                    let piece = &stored[..stored.len().min(PIECE_BYTES)];
                    let made = decompress(&mut self.context, piece, decoded, emit)?;
                    *stored = &stored[made.read_bytes..];
                    self.is_full = made.is_full && !made.is_ended;
                    made.is_ended.then_some(Stage::Magic)
                }
                Stage::Skippable(frame) => frame.push(stored).then_some(Stage::Magic),
            };
            allowance.spend(STORED_CHARGE * (bytes_before - stored.len()));
            if let Some(stage) = next {
                self.stage = stage;
            }
        }
        Ok(())
    }

    /// The object has no more bytes.
    pub(super) fn finish(self) -> Result<Option<String>, CountError> {
        let what = match self.stage {
            Stage::Magic if !self.pieces.is_begun() => return Ok(None),
            Stage::Magic | Stage::Flags | Stage::Header { .. } => "ends in the header of a frame",
            Stage::Blocks => "ends in the blocks of a frame",
            Stage::Skippable(_) => "ends in a skipped frame",
        };
        Err(CountError::Truncated(format!("zstd: {what}")))
    }
}

/// The library's outcome for a piece.
struct Made {
    read_bytes: usize,
    /// It filled what it could decode to, and may have more.
    is_full: bool,
    /// The frame is decoded to its end.
    is_ended: bool,
}

/// Decodes as much of a frame as there is room for.
fn decompress(
    context: &mut DCtx<'static>,
    stored: &[u8],
    decoded: &mut [u8],
    emit: &mut dyn FnMut(&[u8]),
) -> Result<Made, CountError> {
    let bytes_max = decoded.len();
    let mut input = InBuffer::around(stored);
    let mut output = OutBuffer::around(decoded);
    let expected_bytes = context.decompress_stream(&mut output, &mut input).map_err(error)?;
    emit(output.as_slice());
    let is_full = output.pos() == bytes_max;
    Ok(Made { read_bytes: input.pos(), is_full, is_ended: expected_bytes == 0 })
}

fn behind_magic(magic: &[u8]) -> Result<Stage, CountError> {
    match magic {
        _ if magic == MAGIC => Ok(Stage::Flags),
        _ if skippable::begins(magic) => Ok(Stage::Skippable(Skippable::default())),
        _ => Err(CountError::Corrupt("zstd: other bytes behind a frame".to_owned())),
    }
}

/// How many bytes of a header follow its flags: the window, the dictionary's id and the content's length.
fn header_bytes(flags: u8) -> usize {
    let is_single = flags & SINGLE_SEGMENT != 0;
    let dictionary = [0, 1, 2, 4][usize::from(flags & 0b11)];
    let length = [usize::from(is_single), 2, 4, 8][usize::from(flags >> 6)];
    usize::from(!is_single) + dictionary + length
}

impl Default for Zstd {
    fn default() -> Self {
        let mut context = DCtx::create();
        context
            .set_parameter(DParameter::WindowLogMax(WINDOW_LOG_MAX))
            .expect("a context that has decoded nothing takes any window that the format has");
        Self { stage: Stage::default(), pieces: Pieces::default(), context, is_full: false }
    }
}

impl fmt::Debug for Zstd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zstd").field("stage", &self.stage).finish_non_exhaustive()
    }
}

/// The library returns its error numbers negated.
fn error(code: zstd_safe::ErrorCode) -> CountError {
    let is = |expected: Code| code == (expected as usize).wrapping_neg();
    if is(Code::ZSTD_error_frameParameter_windowTooLarge) {
        return CountError::TooLarge(format!(
            "zstd frame with a window of over {} MiB",
            (1 << WINDOW_LOG_MAX) >> 20
        ));
    }
    if is(Code::ZSTD_error_memory_allocation) {
        return CountError::TooLarge("zstd frame with a window that finds no memory".to_owned());
    }
    if is(Code::ZSTD_error_dictionary_wrong) {
        return CountError::Unsupported("zstd: needs a dictionary, and none is known here".to_owned());
    }
    let is_checksum = is(Code::ZSTD_error_checksum_wrong);
    CountError::Corrupt(format!("zstd: {}", if is_checksum { "checksum mismatch" } else { "invalid data" }))
}
