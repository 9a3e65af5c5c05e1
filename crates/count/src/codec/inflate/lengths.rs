//! The head of a block with codes of its own: the lengths of their codewords, themselves sent by a code, the precode.

use super::Invalid;
use super::bits::Bits;
use super::careful::look_up;
use super::code::{Codes, Incomplete};
use super::entry::Entry;

/// The symbol that ends a block; the literals are below it and the lengths above.
pub(super) const END_OF_BLOCK: usize = 256;

/// Symbols that a block may have codewords for. zlib refuses more, though the format has room for 32 of each.
const LITERALS_MAX: usize = 286;
const DISTANCES_MAX: usize = 30;

/// The order in which the lengths of the precode are sent.
const PRECODE_ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// The symbol of the precode that repeats the last length; those behind it repeat zero.
const REPEAT: u8 = 16;
/// How often the repeating symbols do so at least, and the extra bits that say how much more.
const REPEATS: [(usize, u32); 3] = [(3, 2), (3, 3), (11, 7)];

/// Lengths, as far as they are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lengths {
    part: Part,
    counts: Counts,
    /// Those of the precode, then those of both codes, which are sent as one list.
    lengths: [u8; LENGTHS_MAX],
    read: usize,
}

const LENGTHS_MAX: usize = LITERALS_MAX + DISTANCES_MAX;

#[derive(Clone, Copy, Debug, Default)]
enum Part {
    #[default]
    Counts,
    Precode,
    Both,
}

/// How many lengths of each code are sent.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    literals: usize,
    distances: usize,
    precode: usize,
}

impl Default for Lengths {
    fn default() -> Self {
        Self { part: Part::default(), counts: Counts::default(), lengths: [0; _], read: 0 }
    }
}

impl Lengths {
    /// Reads on, and returns whether the codes are built.
    pub(super) fn read(
        &mut self,
        bits: &mut Bits,
        stored: &mut &[u8],
        codes: &mut Codes,
    ) -> Result<bool, Invalid> {
        loop {
            bits.fill(stored);
            let is_read = match self.part {
                Part::Counts => self.read_counts(bits)?,
                Part::Precode => self.read_precode(bits),
                Part::Both => self.read_both(bits, codes)?,
            };
            if !is_read {
                return Ok(false);
            }
            match self.part {
                Part::Counts => self.part = Part::Precode,
                Part::Precode if self.read < self.counts.precode => {}
                Part::Precode => {
                    let lengths = &self.lengths[..PRECODE_ORDER.len()];
                    codes.precode.build(lengths, Incomplete::Refused, Entry::of_literal)?;
                    (self.part, self.read) = (Part::Both, 0);
                }
                Part::Both if self.read < self.counts.literals + self.counts.distances => {}
                Part::Both => {
                    let (literals, rest) = self.lengths.split_at(self.counts.literals);
                    codes.build(literals, &rest[..self.counts.distances])?;
                    return Ok(true);
                }
            }
        }
    }

    fn read_counts(&mut self, bits: &mut Bits) -> Result<bool, Invalid> {
        let Some(counts) = bits.take(14) else { return Ok(false) };
        self.counts = Counts {
            literals: (counts & 31) as usize + 257,
            distances: (counts >> 5 & 31) as usize + 1,
            precode: (counts >> 10) as usize + 4,
        };
        if self.counts.literals > LITERALS_MAX || self.counts.distances > DISTANCES_MAX {
            return Err(Invalid);
        }
        Ok(true)
    }

    fn read_precode(&mut self, bits: &mut Bits) -> bool {
        let Some(length) = bits.take(3) else { return false };
        self.lengths[PRECODE_ORDER[self.read]] = length as u8;
        self.read += 1;
        true
    }

    /// Reads one length, or one that is repeated.
    fn read_both(&mut self, bits: &mut Bits, codes: &Codes) -> Result<bool, Invalid> {
        let mut ahead = *bits;
        let Some((entry, _)) = look_up(&mut ahead, &codes.precode) else { return Ok(false) };
        let symbol = entry.literal();
        let (length, times) = match symbol.checked_sub(REPEAT) {
            None => (symbol, 1),
            Some(repeat) => {
                let (times, extra_bits) = REPEATS[usize::from(repeat)];
                let Some(more) = ahead.take(extra_bits) else { return Ok(false) };
                let last = self.read.checked_sub(1).map(|last| self.lengths[last]);
                let length = if repeat == 0 { last.ok_or(Invalid)? } else { 0 };
                (length, times + more as usize)
            }
        };
        let end = self.read + times;
        if end > self.counts.literals + self.counts.distances {
            return Err(Invalid);
        }
        self.lengths[self.read..end].fill(length);
        self.read = end;
        *bits = ahead;
        Ok(true)
    }
}
