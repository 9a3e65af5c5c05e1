//! Numbers that follow from the bytes of an input, so that an input says all that a run needs.

/// A source of numbers (SplitMix64).
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The source that belongs to these bytes (their FNV-1a hash).
    pub fn of(bytes: &[u8]) -> Self {
        let hash = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        Self(bytes.iter().fold(0xcbf2_9ce4_8422_2325, hash))
    }

    /// A number below this one, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % end as u64) as usize
    }

    /// One of these.
    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// Pieces that an object is cut into at most.
const PIECES_MAX: usize = 500;

/// Cuts bytes into pieces in order, some of them empty, of one order of size from single bytes to thousands.
pub fn pieces(bytes: &[u8]) -> Vec<&[u8]> {
    let mut chance = Chance::of(bytes);
    let longest = 1 << chance.below(14);
    let mut pieces = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() && pieces.len() < PIECES_MAX {
        let (piece, behind) = rest.split_at(chance.below(longest + 1).min(rest.len()));
        pieces.push(piece);
        rest = behind;
    }
    pieces.push(rest);
    pieces
}
