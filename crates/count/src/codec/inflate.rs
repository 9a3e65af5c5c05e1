//! Deflate (RFC 1951): compressed bytes in, pushed in pieces of any size, decoded bytes out.
//!
//! Where there is room, symbols are decoded by the quick loop in `quick`; near the end of a piece one by one, in
//! `careful`, so that decoding can stop and go on at any bit. What was decoded last stands in the output in front of
//! what comes next, and is what matches copy from.
//!
//! Where the allowance is spent, decoding stops at a bit: whole bytes that were read and not used are given back, so that
//! fewer than eight bits are held.

mod bits;
mod careful;
mod code;
mod entry;
mod lengths;
mod output;
mod quick;
#[cfg(test)]
mod tests;

use super::allowance::Allowance;
use super::scratch::DECODED_BYTES;
use bits::Bits;
use code::Codes;
use lengths::Lengths;
use output::{Output, WINDOW_BYTES};

/// Charged for a block that brings codes of its own: building their tables takes about as long as decoding so many bytes.
const CODES_BYTES: usize = 4 * 1024;

/// No deflate stream can be this.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Invalid;

/// Decodes one stream after the other. Holds the tables of the current codes, and between two pieces up to 32 KiB of
/// what was decoded last.
#[derive(Default)]
pub(super) struct Inflater {
    bits: Bits,
    stage: Stage,
    is_final_block: bool,
    lengths: Lengths,
    codes: Box<Codes>,
    window: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default)]
enum Stage {
    #[default]
    BlockHeader,
    StoredHeader,
    Stored {
        bytes_left: usize,
    },
    /// The lengths of a block's own codes.
    Lengths,
    Symbols,
    End,
}

/// Why no more symbols are decoded.
enum Symbols {
    /// Their block ended.
    Ended,
    /// All that was there is used.
    Starved,
    /// The allowance is spent.
    Full,
}

/// The outcome of pushing a piece.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// All of it is used, and the stream goes on.
    Starved,
    /// The allowance is spent, and the stream goes on.
    Full,
    /// The stream ended; what is left of the piece belongs to what follows.
    Ended,
}

impl Inflater {
    /// Decodes the piece of a stream that comes next as far as the allowance goes, takes that off `stored`,
    /// and hands on the decoded bytes. Their receiver charges for them.
    pub(super) fn push(
        &mut self,
        stored: &mut &[u8],
        allowance: &Allowance,
        decoded: &mut [u8; DECODED_BYTES],
        emit: &mut dyn FnMut(&[u8]),
    ) -> Result<Progress, Invalid> {
        let piece = *stored;
        let mut output = Output::behind(&self.window, decoded, emit);
        let progress = self.advance(stored, &mut output, allowance);
        output.hand_on();
        self.window.clear();
        let progress = progress?;
        match progress {
            Progress::Starved => self.window.extend_from_slice(output.window()),
            // Symbols that are whole are of this piece: what stood in the buffer before it was too little for one.
            Progress::Full => {
                self.window.extend_from_slice(output.window());
                *stored = &piece[piece.len() - stored.len() - self.bits.give_back()..];
            }
            Progress::Ended => {
                *stored = &piece[piece.len() - stored.len() - self.bits.give_back()..];
                self.bits = Bits::default();
            }
        }
        Ok(progress)
    }

    fn advance(
        &mut self,
        stored: &mut &[u8],
        output: &mut Output<'_>,
        allowance: &Allowance,
    ) -> Result<Progress, Invalid> {
        loop {
            if allowance.is_spent() {
                return Ok(Progress::Full);
            }
            self.bits.fill(stored);
            let next = match &mut self.stage {
                Stage::BlockHeader => self.begin_block(allowance)?,
                Stage::StoredHeader => self.begin_stored()?,
                Stage::Stored { bytes_left } => {
                    copy_stored(bytes_left, &mut self.bits, stored, output);
                    (*bytes_left == 0).then(|| self.behind_block())
                }
                Stage::Lengths => {
                    let are_read = self.lengths.read(&mut self.bits, stored, &mut self.codes)?;
                    are_read.then_some(Stage::Symbols)
                }
                Stage::Symbols => match self.symbols(stored, output, allowance)? {
                    Symbols::Ended => Some(self.behind_block()),
                    Symbols::Starved => None,
                    Symbols::Full => return Ok(Progress::Full),
                },
                Stage::End => {
                    self.stage = Stage::BlockHeader;
                    return Ok(Progress::Ended);
                }
            };
            match next {
                Some(stage) => self.stage = stage,
                None => return Ok(Progress::Starved),
            }
        }
    }

    fn behind_block(&self) -> Stage {
        if self.is_final_block { Stage::End } else { Stage::BlockHeader }
    }

    fn begin_block(&mut self, allowance: &Allowance) -> Result<Option<Stage>, Invalid> {
        let Some(header) = self.bits.take(3) else { return Ok(None) };
        self.is_final_block = header & 1 == 1;
        match header >> 1 {
            0 => {
                self.bits.align();
                Ok(Some(Stage::StoredHeader))
            }
            1 => {
                self.codes.fix();
                Ok(Some(Stage::Symbols))
            }
            2 => {
                self.lengths = Lengths::default();
                allowance.spend(CODES_BYTES);
                Ok(Some(Stage::Lengths))
            }
            _ => Err(Invalid),
        }
    }

    fn begin_stored(&mut self) -> Result<Option<Stage>, Invalid> {
        let Some(header) = self.bits.take(32) else { return Ok(None) };
        let (length, complement) = (header as u16, (header >> 16) as u16);
        if length != !complement {
            return Err(Invalid);
        }
        Ok(Some(Stage::Stored { bytes_left: usize::from(length) }))
    }

    /// Decodes the symbols of a block.
    fn symbols(
        &mut self,
        stored: &mut &[u8],
        output: &mut Output<'_>,
        allowance: &Allowance,
    ) -> Result<Symbols, Invalid> {
        loop {
            output.make_room();
            if allowance.is_spent() {
                return Ok(Symbols::Full);
            }
            let is_ended = quick::decode(&mut self.bits, stored, &self.codes, output)?;
            if is_ended {
                return Ok(Symbols::Ended);
            }
            output.make_room();
            self.bits.fill(stored);
            match careful::decode(&mut self.bits, &self.codes, output)? {
                careful::Decoded::Symbol => {}
                careful::Decoded::EndOfBlock => return Ok(Symbols::Ended),
                careful::Decoded::Starved => return Ok(Symbols::Starved),
            }
        }
    }
}

/// Copies what is there of a block that is not compressed.
fn copy_stored(bytes_left: &mut usize, bits: &mut Bits, stored: &mut &[u8], output: &mut Output<'_>) {
    while *bytes_left > 0 {
        output.make_room();
        if let Some(byte) = bits.take(8) {
            output.push(byte as u8);
            *bytes_left -= 1;
            continue;
        }
        let bytes = (*bytes_left).min(stored.len()).min(WINDOW_BYTES);
        let Some(copied) = stored.split_off(..bytes) else { return };
        if copied.is_empty() {
            return;
        }
        output.extend(copied);
        *bytes_left -= bytes;
    }
}
