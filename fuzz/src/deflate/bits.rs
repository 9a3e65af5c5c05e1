//! Bits on their way into bytes, the lowest of each byte first.

/// Bits that were put.
#[derive(Debug, Default)]
pub(super) struct Bits {
    bytes: Vec<u8>,
    pending: u64,
    pending_bits: u32,
}

impl Bits {
    /// Puts the lowest bits of a number, at most 32.
    pub(super) fn put(&mut self, number: usize, bits: u32) {
        self.pending |= (number as u64 & ((1 << bits) - 1)) << self.pending_bits;
        self.pending_bits += bits;
        while self.pending_bits >= 8 {
            self.bytes.push(self.pending as u8);
            self.pending >>= 8;
            self.pending_bits -= 8;
        }
    }

    /// Fills an unfinished byte with zeros.
    pub(super) fn align(&mut self) {
        self.put(0, self.pending_bits.wrapping_neg() % 8);
    }

    /// The bytes, the last one filled with zeros.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        self.align();
        self.bytes
    }
}
