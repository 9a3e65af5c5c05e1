//! The quick loop: symbols where neither input nor output can run out.
//!
//! One refill of the bit buffer is enough for two literals and a length, and another for a distance and the next
//! look-up. The entry of the next symbol is looked up before a match is copied, so that the two overlap. The technique
//! is that of libdeflate's fast loop.

use super::Invalid;
use super::bits::Bits;
use super::code::Codes;
use super::entry::{Entry, Kind};
use super::output::{LAST_AT, Output};
use crate::codec::scratch::DECODED_BYTES;
use crate::fastest::{Kernel, fastest};

/// Bytes that one iteration may look at: those of three refills, each of which uses 7 at most and looks at 8.
const TURN_BYTES: usize = 24;

/// Bytes of a match that are copied at a time.
const STRIDE: usize = 16;

/// Decodes symbols until the block ends, and returns true, or until input or output are near their end.
pub(super) fn decode(
    bits: &mut Bits,
    stored: &mut &[u8],
    codes: &Codes,
    output: &mut Output<'_>,
) -> Result<bool, Invalid> {
    if stored.len() < TURN_BYTES {
        return Ok(false);
    }
    let input = Input { stored, buffer: bits.buffer, count: bits.count };
    let (input, at, is_ended) = fastest(Quick { input, codes, bytes: output.bytes, at: output.at })?;
    let count = input.count & 63;
    *bits = Bits { buffer: input.buffer & ((1 << count) - 1), count };
    *stored = input.stored;
    output.at = at;
    Ok(is_ended)
}

struct Quick<'a, 'b> {
    input: Input<'a>,
    codes: &'b Codes,
    bytes: &'b mut [u8; DECODED_BYTES],
    at: usize,
}

impl<'a> Kernel for Quick<'a, '_> {
    type Output = Result<(Input<'a>, usize, bool), Invalid>;

    #[inline(always)]
    fn run(self) -> Self::Output {
        let Self { mut input, codes, bytes, mut at } = self;
        let mut is_ended = false;
        let mut entry = input.refilled(codes);
        while input.stored.len() >= TURN_BYTES && at <= LAST_AT {
            let mut before = input.take(entry);
            if entry.is_literal() {
                put(bytes, &mut at, entry);
                entry = codes.literals.first(input.buffer);
                before = input.take(entry);
                if entry.is_literal() {
                    put(bytes, &mut at, entry);
                    entry = codes.literals.first(input.buffer);
                    before = input.take(entry);
                }
            }
            if entry.is_literal() {
                put(bytes, &mut at, entry);
                entry = input.refilled(codes);
                continue;
            }
            if entry.is_exception() {
                if entry.kind() == Kind::Longer {
                    entry = codes.literals.longer(entry, input.buffer);
                    before = input.take(entry);
                }
                match entry.kind() {
                    Kind::Based => {}
                    Kind::Literal => {
                        put(bytes, &mut at, entry);
                        entry = input.refilled(codes);
                        continue;
                    }
                    Kind::EndOfBlock => {
                        is_ended = true;
                        break;
                    }
                    Kind::Longer | Kind::Invalid => return Err(Invalid),
                }
            }
            let length = entry.value(before);
            input.refill();
            let distance = input.distance(codes)?;
            entry = input.refilled(codes);
            if distance > at {
                return Err(Invalid);
            }
            copy(bytes, at, distance, length);
            at += length;
        }
        Ok((input, at, is_ended))
    }
}

/// The rest of the piece, and bits that are read from it. Above `count`, the buffer has bits that are read
/// once more; above its lowest 6 bits, `count` has anything.
struct Input<'a> {
    stored: &'a [u8],
    buffer: u64,
    count: u32,
}

impl Input<'_> {
    /// At least 56 bits from here on.
    #[inline(always)]
    fn refill(&mut self) {
        let bytes = *self.stored.first_chunk().expect("a turn has enough for all of its refills");
        self.buffer |= u64::from_le_bytes(bytes) << (self.count & 63);
        self.stored = &self.stored[(!self.count >> 3 & 7) as usize..];
        self.count |= 56;
    }

    /// Refills, and looks the next literal or length up.
    #[inline(always)]
    fn refilled(&mut self, codes: &Codes) -> Entry {
        self.refill();
        codes.literals.first(self.buffer)
    }

    /// Uses the bits of an entry, and returns those that begin with them.
    #[inline(always)]
    fn take(&mut self, entry: Entry) -> u64 {
        let before = self.buffer;
        self.buffer = before.wrapping_shr(entry.in_lowest_bits());
        self.count = self.count.wrapping_sub(entry.in_lowest_bits());
        before
    }

    #[inline(always)]
    fn distance(&mut self, codes: &Codes) -> Result<usize, Invalid> {
        let mut entry = codes.distances.first(self.buffer);
        let mut before = self.take(entry);
        if entry.is_exception() {
            if entry.kind() != Kind::Longer {
                return Err(Invalid);
            }
            entry = codes.distances.longer(entry, self.buffer);
            before = self.take(entry);
            if entry.is_exception() {
                return Err(Invalid);
            }
        }
        Ok(entry.value(before))
    }
}

#[inline(always)]
fn put(bytes: &mut [u8; DECODED_BYTES], at: &mut usize, entry: Entry) {
    bytes[*at] = entry.literal();
    *at += 1;
}

/// Copies a match, and less than [`STRIDE`] bytes of anything behind it.
#[inline(always)]
fn copy(bytes: &mut [u8; DECODED_BYTES], at: usize, distance: usize, length: usize) {
    let end = at + length;
    match distance {
        1 => {
            let byte = bytes[at - 1];
            bytes[at..end].fill(byte);
        }
        // Each stride of 8 bytes has as many right ones as the distance, and the next goes over the rest.
        2..8 => copy_strides::<8>(bytes, at, distance, end, distance),
        8..STRIDE => copy_strides::<8>(bytes, at, distance, end, 8),
        _ => copy_strides::<STRIDE>(bytes, at, distance, end, STRIDE),
    }
}

#[inline(always)]
fn copy_strides<const BYTES: usize>(
    bytes: &mut [u8; DECODED_BYTES],
    mut to: usize,
    distance: usize,
    end: usize,
    step: usize,
) {
    let mut from = to - distance;
    loop {
        let copied: [u8; BYTES] = bytes[from..from + BYTES].try_into().expect("the slice has that many");
        bytes[to..to + BYTES].copy_from_slice(&copied);
        from += step;
        to += step;
        if to >= end {
            return;
        }
    }
}
