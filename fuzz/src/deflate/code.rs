//! Huffman codes as deflate has them: lengths of codewords by symbol.

use std::ops::Range;

use super::bits::Bits;
use crate::chance::Chance;

/// Symbols that a code of literals and lengths may have.
pub(super) const LITERALS: usize = 286;

const CODEWORD_BITS_MAX: u8 = 15;

/// The codeword of each symbol.
#[derive(Debug)]
pub(super) struct Code {
    lengths: Vec<u8>,
    codewords: Vec<u16>,
}

impl Code {
    /// The code of these lengths (RFC 1951, 3.2.2), whatever they are.
    pub(super) fn new(lengths: Vec<u8>) -> Self {
        let mut codewords = vec![0; lengths.len()];
        let mut codeword = 0u16;
        for length in 1..=CODEWORD_BITS_MAX {
            codeword = codeword.wrapping_shl(1);
            for (symbol, _) in lengths.iter().enumerate().filter(|&(_, &other)| other == length) {
                codewords[symbol] = codeword.reverse_bits() >> (16 - length);
                codeword = codeword.wrapping_add(1);
            }
        }
        Self { lengths, codewords }
    }

    pub(super) fn length(&self, symbol: usize) -> u8 {
        self.lengths[symbol]
    }

    pub(super) fn put(&self, symbol: usize, bits: &mut Bits) {
        bits.put(self.codewords[symbol].into(), self.lengths[symbol].into());
    }

    /// Those of these symbols that have a codeword.
    pub(super) fn used(&self, symbols: Range<usize>) -> Vec<usize> {
        symbols.filter(|&symbol| self.lengths.get(symbol).is_some_and(|&length| length > 0)).collect()
    }
}

/// Lengths for a complete code of so many codewords, spread over the symbols; a lone codeword has one bit.
pub(super) fn any_lengths(codewords: usize, symbols: usize, shape: usize, chance: &mut Chance) -> Vec<u8> {
    let codewords = codewords.min(symbols);
    let mut leaves = vec![0u8];
    while leaves.len() < codewords {
        let may_grow = |at: &usize| leaves[*at] < CODEWORD_BITS_MAX;
        let at = match shape % 4 {
            0 => (0..leaves.len()).min_by_key(|&at| leaves[at]),
            1 => (0..leaves.len()).rev().filter(may_grow).max_by_key(|&at| leaves[at]),
            2 => (0..8).map(|_| chance.below(leaves.len())).filter(may_grow).max_by_key(|&at| leaves[at]),
            _ => Some(chance.below(leaves.len())).filter(may_grow),
        };
        if let Some(at) = at {
            leaves[at] += 1;
            leaves.push(leaves[at]);
        }
    }
    // None of these has a divisor in common with 286 or with 30: no symbol is met twice.
    let stride = [1, 7, 17, 29][shape / 4 % 4];
    let first = chance.below(symbols);
    let mut lengths = vec![0; symbols];
    for (nth, &leaf) in leaves.iter().take(codewords).enumerate() {
        lengths[(first + nth * stride) % symbols] = leaf.max(1);
    }
    lengths
}

/// Of the length symbols, counted from the first.
pub(super) fn extra_bits_of_length(nth: usize) -> u32 {
    match nth {
        0..8 | 28.. => 0,
        _ => (nth as u32 - 4) / 4,
    }
}

pub(super) fn extra_bits_of_distance(symbol: usize) -> u32 {
    match symbol {
        0..4 | 30.. => 0,
        _ => (symbol as u32 - 2) / 2,
    }
}
