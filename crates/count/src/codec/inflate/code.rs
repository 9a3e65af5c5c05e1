//! Huffman codes as tables: the bits that come next in, the entry of a symbol out.
//!
//! A table is looked up with its first bits; codewords that are longer lead on to a table of their own behind it.
//! Deflate sends codewords from their highest bit on, in a stream whose lowest bits come first: an index is a
//! codeword in reverse.

use super::Invalid;
use super::entry::Entry;
use super::lengths::END_OF_BLOCK;

/// Longest codeword of deflate.
const CODEWORD_BITS_MAX: u32 = 15;

/// How many codewords there are of each length.
type Counts = [u16; CODEWORD_BITS_MAX as usize + 1];

/// The codes of a block. What their tables need at most, with 286, 30 and 19 symbols, is 1,334, 402 and 128 entries
/// (zlib's `enough.c`).
#[derive(Debug, Default)]
pub(super) struct Codes {
    pub(super) literals: Table<10, 2048>,
    pub(super) distances: Table<8, 512>,
    pub(super) precode: Table<7, 128>,
    are_fixed: bool,
}

/// A table that is looked up with so many bits; the number of its entries is a power of two, so that a masked index
/// is in bounds.
#[derive(Debug)]
pub(super) struct Table<const BITS: u32, const ENTRIES: usize>([Entry; ENTRIES]);

/// Whether bits may be left without a symbol.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Incomplete {
    Refused,
    /// Where there is no codeword, or one of one bit.
    Lone,
}

impl Codes {
    /// The codes of a block that sends their lengths.
    pub(super) fn build(&mut self, literals: &[u8], distances: &[u8]) -> Result<(), Invalid> {
        self.are_fixed = false;
        if literals[END_OF_BLOCK] == 0 {
            return Err(Invalid);
        }
        self.literals.build(literals, Incomplete::Lone, literal_or_length)?;
        self.distances.build(distances, Incomplete::Lone, distance)
    }

    /// The codes of a block that sends none.
    pub(super) fn fix(&mut self) {
        if self.are_fixed {
            return;
        }
        let mut literals = [8; 288];
        literals[144..256].fill(9);
        literals[256..280].fill(7);
        self.build(&literals, &[5; 32]).expect("the fixed codes are complete");
        self.are_fixed = true;
    }
}

impl<const BITS: u32, const ENTRIES: usize> Table<BITS, ENTRIES> {
    /// The entry of the codeword that these bits begin with.
    #[inline(always)]
    pub(super) fn first(&self, bits: u64) -> Entry {
        self.0[bits as usize & ((1 << BITS) - 1)]
    }

    /// The entry that this one leads to, of the bits behind those that were looked up.
    #[inline(always)]
    pub(super) fn longer(&self, entry: Entry, behind: u64) -> Entry {
        self.0[entry.at(behind) & (ENTRIES - 1)]
    }

    /// Builds the table from the lengths of the codewords, by symbol; `entry` makes one of a symbol, and of the bits
    /// of its codeword that are left to be used.
    pub(super) fn build(
        &mut self,
        lengths: &[u8],
        incomplete: Incomplete,
        entry: impl Fn(usize, u32) -> Entry,
    ) -> Result<(), Invalid> {
        let mut counts: Counts = [0; _];
        for &length in lengths {
            counts[usize::from(length)] += 1;
        }
        counts[0] = 0;
        let unused = unused_codewords(&counts).ok_or(Invalid)?;
        if unused > 0 {
            let is_lone = counts[2..].iter().all(|&count| count == 0) && counts[1] <= 1;
            if incomplete == Incomplete::Refused || !is_lone {
                return Err(Invalid);
            }
            self.0[..1 << BITS].fill(Entry::invalid(1));
        }
        let sorted = sorted(lengths, &counts);
        let mut symbols = sorted.iter().map(|&symbol| usize::from(symbol));
        let mut codeword = 0;
        for length in 1..=BITS {
            for symbol in symbols.by_ref().take(usize::from(counts[length as usize])) {
                fill(&mut self.0[..1 << BITS], codeword, length, entry(symbol, length));
                codeword += 1;
            }
            codeword <<= 1;
        }
        self.build_longer(&counts, symbols, codeword, entry);
        Ok(())
    }

    /// The tables behind the first: one for each beginning that longer codewords have in common.
    fn build_longer(
        &mut self,
        counts: &Counts,
        mut symbols: impl Iterator<Item = usize>,
        mut codeword: usize,
        entry: impl Fn(usize, u32) -> Entry,
    ) {
        let mut table = 0..1 << BITS;
        let mut beginning = None;
        for length in BITS + 1..=CODEWORD_BITS_MAX {
            let own_bits = length - BITS;
            let count = counts[length as usize];
            for (nth, symbol) in (0..count).zip(symbols.by_ref()) {
                if beginning != Some(codeword >> own_bits) {
                    beginning = Some(codeword >> own_bits);
                    let table_bits = bits_of_longer(counts, length, BITS, count - nth);
                    table = table.end..table.end + (1 << table_bits);
                    let leads_on = Entry::of_table(table.start, table_bits, BITS);
                    fill(&mut self.0[..1 << BITS], codeword >> own_bits, BITS, leads_on);
                }
                let own = codeword & ((1 << own_bits) - 1);
                fill(&mut self.0[table.clone()], own, own_bits, entry(symbol, own_bits));
                codeword += 1;
            }
            codeword <<= 1;
        }
    }
}

impl<const BITS: u32, const ENTRIES: usize> Default for Table<BITS, ENTRIES> {
    fn default() -> Self {
        Self([Entry::default(); ENTRIES])
    }
}

/// How many of the longest codewords are unused; `None` where there are more codewords than fit.
fn unused_codewords(counts: &Counts) -> Option<u32> {
    let mut unused = 1u32;
    for &count in &counts[1..] {
        unused = (unused << 1).checked_sub(u32::from(count))?;
    }
    Some(unused)
}

/// Symbols that have a codeword, in order of their codewords; the unused entries at the end are never read.
fn sorted(lengths: &[u8], counts: &Counts) -> [u16; 288] {
    let mut next = [0; CODEWORD_BITS_MAX as usize + 2];
    for (length, &count) in counts.iter().enumerate() {
        next[length + 1] = next[length] + usize::from(count);
    }
    let mut sorted = [0; 288];
    for (symbol, &length) in (0..).zip(lengths) {
        if length > 0 {
            sorted[next[usize::from(length)]] = symbol;
            next[usize::from(length)] += 1;
        }
    }
    sorted
}

/// Enters a codeword at every index that begins with it.
fn fill(table: &mut [Entry], codeword: usize, bits: u32, entry: Entry) {
    let first = codeword.reverse_bits() >> (usize::BITS - bits);
    for at in (first..table.len()).step_by(1 << bits) {
        table[at] = entry;
    }
}

/// Bits that distinguish all codewords with one beginning, the first of which has this length, and is one of
/// so many that are left of it.
fn bits_of_longer(counts: &Counts, length: u32, table_bits: u32, left: u16) -> u32 {
    let mut bits = length - table_bits;
    let mut used = usize::from(left);
    while used < 1 << bits && table_bits + bits < CODEWORD_BITS_MAX {
        bits += 1;
        used = (used << 1) + usize::from(counts[(table_bits + bits) as usize]);
    }
    bits
}

/// Base and extra bits of the lengths, from the symbol behind [`END_OF_BLOCK`] on (RFC 1951, 3.2.5).
#[rustfmt::skip]
const LENGTHS: [(u16, u32); 29] = [
    (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0), (9, 0), (10, 0), (11, 1), (13, 1), (15, 1), (17, 1), (19, 2),
    (23, 2), (27, 2), (31, 2), (35, 3), (43, 3), (51, 3), (59, 3), (67, 4), (83, 4), (99, 4), (115, 4), (131, 5),
    (163, 5), (195, 5), (227, 5), (258, 0),
];

/// Base and extra bits of the distances.
#[rustfmt::skip]
const DISTANCES: [(u16, u32); 30] = [
    (1, 0), (2, 0), (3, 0), (4, 0), (5, 1), (7, 1), (9, 2), (13, 2), (17, 3), (25, 3), (33, 4), (49, 4), (65, 5),
    (97, 5), (129, 6), (193, 6), (257, 7), (385, 7), (513, 8), (769, 8), (1025, 9), (1537, 9), (2049, 10),
    (3073, 10), (4097, 11), (6145, 11), (8193, 12), (12289, 12), (16385, 13), (24577, 13),
];

fn literal_or_length(symbol: usize, codeword_bits: u32) -> Entry {
    match symbol {
        0..END_OF_BLOCK => Entry::of_literal(symbol, codeword_bits),
        END_OF_BLOCK => Entry::end_of_block(codeword_bits),
        _ => based(LENGTHS.get(symbol - END_OF_BLOCK - 1), codeword_bits),
    }
}

fn distance(symbol: usize, codeword_bits: u32) -> Entry {
    based(DISTANCES.get(symbol), codeword_bits)
}

fn based(meaning: Option<&(u16, u32)>, codeword_bits: u32) -> Entry {
    match meaning {
        Some(&(base, extra_bits)) => Entry::of_base(base, extra_bits, codeword_bits),
        None => Entry::invalid(codeword_bits),
    }
}
