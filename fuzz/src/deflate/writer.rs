//! The blocks of a deflate stream, behind the bit that says whether a block is the last.

use super::bits::Bits;
use super::code::{self, Code, LITERALS, extra_bits_of_distance, extra_bits_of_length};
use super::{Fault, Instructions};
use crate::chance::Chance;

/// The order in which the lengths of the precode are sent.
const PRECODE_ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// Text behind which a block ends: more than the inflater has room for at a time.
const TEXT_BYTES_MAX: usize = 250_000;

/// The symbol that ends a block; those behind it are lengths.
const END_OF_BLOCK: usize = 256;

/// A stream, as far as it is written.
pub(super) struct Writer {
    pub(super) bits: Bits,
    text_bytes: usize,
    fault: Fault,
}

impl Writer {
    pub(super) fn new(fault: Fault) -> Self {
        Self { bits: Bits::default(), text_bytes: 0, fault }
    }

    pub(super) fn stored(&mut self, from: &mut Instructions<'_>, chance: &mut Chance) {
        let length = from.next() * [1, 1, 257, 7][from.next() % 4];
        self.bits.put(0b00, 2);
        self.bits.align();
        self.bits.put(length, 16);
        self.bits.put(!length & 0xffff, 16);
        for _ in 0..length {
            self.bits.put(chance.below(256), 8);
        }
        self.text_bytes += length;
    }

    pub(super) fn fixed(&mut self, from: &mut Instructions<'_>, chance: &mut Chance) {
        self.bits.put(0b01, 2);
        let mut lengths = vec![8; 288];
        lengths[144..256].fill(9);
        lengths[256..280].fill(7);
        let (literals, distances) = (Code::new(lengths), Code::new(vec![5; 32]));
        self.symbols(from, chance, &literals, &distances);
    }

    pub(super) fn dynamic(&mut self, from: &mut Instructions<'_>, chance: &mut Chance) {
        self.bits.put(0b10, 2);
        let shape = from.next();
        let mut literals = code::any_lengths(1 + from.next() + shape % 32, LITERALS, shape, chance);
        if literals[END_OF_BLOCK] == 0 {
            let given_up =
                literals.iter().position(|&length| length > 0).expect("there is one codeword at least");
            literals.swap(END_OF_BLOCK, given_up);
        }
        let shape = from.next();
        let mut distances = code::any_lengths(from.next() % 31, 30, shape, chance);
        if self.fault == Fault::Code {
            let lengths = chance.one_of(&[0, 1]);
            let lengths = if lengths == 0 { &mut literals } else { &mut distances };
            let at = chance.below(lengths.len());
            lengths[at] = chance.below(16) as u8;
        }
        self.head(from, &literals, &distances);
        self.symbols(from, chance, &Code::new(literals), &Code::new(distances));
    }

    /// The head of a block with codes of its own.
    fn head(&mut self, from: &mut Instructions<'_>, literals: &[u8], distances: &[u8]) {
        let end = |lengths: &[u8]| lengths.iter().rposition(|&length| length > 0).map_or(0, |last| last + 1);
        let literals = &literals[..end(literals).max(257)];
        let distances = &distances[..end(distances).max(1)];
        self.bits.put(literals.len() - 257, 5);
        self.bits.put(distances.len() - 1, 5);
        self.bits.put(PRECODE_ORDER.len() - 4, 4);
        // Thirteen codewords of 4 bits and six of 5 are all that there are.
        let turned = from.next();
        let lengths = (0..19).map(|symbol| if (symbol + turned) % 19 < 6 { 5 } else { 4 }).collect();
        let precode = Code::new(lengths);
        for symbol in PRECODE_ORDER {
            self.bits.put(precode.length(symbol).into(), 3);
        }
        let repeats = from.next().is_multiple_of(2);
        let mut rest = &[literals, distances].concat()[..];
        let mut last = None;
        while let Some(&length) = rest.first() {
            let run = rest.iter().take_while(|&&other| other == length).count();
            let (symbol, times, base, extra_bits) = match (length, run) {
                (0, 11..) if repeats => (18, run.min(138), 11, 7),
                (0, 3..) if repeats => (17, run.min(10), 3, 3),
                (_, 3..) if repeats && last == Some(length) => (16, run.min(6), 3, 2),
                _ => (usize::from(length), 1, 1, 0),
            };
            precode.put(symbol, &mut self.bits);
            self.bits.put(times - base, extra_bits);
            last = Some(length);
            rest = &rest[times..];
        }
    }

    fn symbols(
        &mut self,
        from: &mut Instructions<'_>,
        chance: &mut Chance,
        literals: &Code,
        distances: &Code,
    ) {
        let bytes = literals.used(0..END_OF_BLOCK);
        while !from.0.is_empty() && self.text_bytes < TEXT_BYTES_MAX {
            match from.next() {
                0..200 if bytes.is_empty() => {}
                0..120 => {
                    literals.put(bytes[from.next() % bytes.len()], &mut self.bits);
                    self.text_bytes += 1;
                }
                times @ 120..200 => {
                    for _ in 120..=times {
                        literals.put(chance.one_of(&bytes), &mut self.bits);
                        self.text_bytes += 1;
                    }
                }
                200..225 => self.copy(from, chance, literals, distances, 1),
                times @ 225..250 => self.copy(from, chance, literals, distances, (times - 224) * 8),
                _ => break,
            }
        }
        literals.put(END_OF_BLOCK, &mut self.bits);
    }

    /// Matches of one length and one distance, the extra bits of which differ.
    fn copy(
        &mut self,
        from: &mut Instructions<'_>,
        chance: &mut Chance,
        literals: &Code,
        distances: &Code,
        times: usize,
    ) {
        let may_be_wrong = self.fault == Fault::Reach;
        let lengths = literals.used(END_OF_BLOCK + 1..if may_be_wrong { 288 } else { LITERALS });
        let in_reach = |&symbol: &usize| may_be_wrong || distance_end(symbol) <= self.text_bytes + 1;
        let distances_used: Vec<usize> =
            distances.used(0..if may_be_wrong { 32 } else { 30 }).into_iter().filter(in_reach).collect();
        if lengths.is_empty() || distances_used.is_empty() {
            return;
        }
        let length = lengths[from.next() % lengths.len()];
        let distance = distances_used[from.next() % distances_used.len()];
        for _ in 0..times {
            literals.put(length, &mut self.bits);
            let extra_bits = extra_bits_of_length(length - END_OF_BLOCK - 1);
            self.bits.put(chance.below(1 << extra_bits), extra_bits);
            distances.put(distance, &mut self.bits);
            let extra_bits = extra_bits_of_distance(distance);
            self.bits.put(chance.below(1 << extra_bits), extra_bits);
            self.text_bytes += length_begin(length);
        }
    }
}

/// The least length that this symbol stands for.
fn length_begin(symbol: usize) -> usize {
    (0..symbol - END_OF_BLOCK - 1).map(|nth| 1 << extra_bits_of_length(nth)).sum::<usize>() + 3
}

/// The distance behind the largest that this symbol stands for.
fn distance_end(symbol: usize) -> usize {
    (0..=symbol).map(|symbol| 1 << extra_bits_of_distance(symbol)).sum::<usize>() + 1
}
