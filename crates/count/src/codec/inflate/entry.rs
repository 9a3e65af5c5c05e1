//! An entry of a table: all that decoding a symbol needs, in one number.
//!
//! | bits | literal | length or distance | longer codeword | end of block | no codeword |
//! |---|---|---|---|---|---|
//! | 0 to 7 | bits used | bits used, extra ones too | bits looked up | bits used | bits used |
//! | 8 to 12 | | bits of the codeword | bits of the table it leads to | | |
//! | 13 to 15 | | | `EXCEPTION`, `LONGER` | `EXCEPTION`, `END` | `EXCEPTION` |
//! | 16 to 30 | the byte | the base | where that table begins | | |
//! | 31 | `LITERAL` | | | | |

/// See the table above.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entry(u32);

/// The purpose of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Literal,
    /// A length or a distance: a base, and extra bits behind the codeword.
    Based,
    /// The codeword goes on in another table.
    Longer,
    EndOfBlock,
    Invalid,
}

const LITERAL: u32 = 1 << 31;
const EXCEPTION: u32 = 1 << 15;
const LONGER: u32 = 1 << 14;
const END: u32 = 1 << 13;

impl Entry {
    /// A byte, or another number that a codeword stands for without extra bits.
    pub(super) fn of_literal(literal: usize, codeword_bits: u32) -> Self {
        Self(LITERAL | (literal as u32) << 16 | codeword_bits)
    }

    pub(super) fn of_base(base: u16, extra_bits: u32, codeword_bits: u32) -> Self {
        Self(u32::from(base) << 16 | codeword_bits << 8 | (codeword_bits + extra_bits))
    }

    pub(super) fn of_table(at: usize, table_bits: u32, looked_up_bits: u32) -> Self {
        Self(EXCEPTION | LONGER | (at as u32) << 16 | table_bits << 8 | looked_up_bits)
    }

    pub(super) fn end_of_block(codeword_bits: u32) -> Self {
        Self(EXCEPTION | END | codeword_bits)
    }

    pub(super) fn invalid(codeword_bits: u32) -> Self {
        Self(EXCEPTION | codeword_bits)
    }

    #[inline(always)]
    pub(super) fn kind(self) -> Kind {
        if self.is_literal() {
            Kind::Literal
        } else if self.0 & EXCEPTION == 0 {
            Kind::Based
        } else if self.0 & LONGER != 0 {
            Kind::Longer
        } else if self.0 & END != 0 {
            Kind::EndOfBlock
        } else {
            Kind::Invalid
        }
    }

    #[inline(always)]
    pub(super) fn is_literal(self) -> bool {
        self.0 & LITERAL != 0
    }

    /// Whether the entry is no length and no distance. Not to be asked of a literal.
    #[inline(always)]
    pub(super) fn is_exception(self) -> bool {
        self.0 & EXCEPTION != 0
    }

    #[inline(always)]
    pub(super) fn literal(self) -> u8 {
        (self.0 >> 16) as u8
    }

    /// Bits of the codeword and of what stands behind it.
    #[inline(always)]
    pub(super) fn used_bits(self) -> u32 {
        self.0 & 0xff
    }

    /// The bits used, in the lowest 6 bits, with anything above: all that a shift asks for.
    #[inline(always)]
    pub(super) fn in_lowest_bits(self) -> u32 {
        self.0
    }

    /// The length or the distance, of bits that begin with its codeword.
    #[inline(always)]
    pub(super) fn value(self, before: u64) -> usize {
        let used = before & ((1 << (self.0 & 63)) - 1);
        (self.0 >> 16) as usize + (used >> (self.0 >> 8 & 31)) as usize
    }

    /// Where the entry of a longer codeword stands, of the bits behind those that were looked up.
    #[inline(always)]
    pub(super) fn at(self, behind: u64) -> usize {
        (self.0 >> 16) as usize + (behind & ((1 << (self.0 >> 8 & 31)) - 1)) as usize
    }
}
