//! Bits of a deflate stream, the lowest of each byte first.

/// Bits that are read from a piece and not yet used.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bits {
    /// The next bit is the lowest; above `count` there are zeros.
    pub(super) buffer: u64,
    /// At most 63.
    pub(super) count: u32,
}

impl Bits {
    /// Takes whole bytes off the piece, as many as there is room for.
    pub(super) fn fill(&mut self, stored: &mut &[u8]) {
        while self.count < 56
            && let Some(&byte) = stored.split_off_first()
        {
            self.buffer |= u64::from(byte) << self.count;
            self.count += 8;
        }
    }

    /// Uses the next bits, at most 32, if that many are there.
    pub(super) fn take(&mut self, count: u32) -> Option<u32> {
        if self.count < count {
            return None;
        }
        let bits = self.peek(count) as u32;
        self.skip(count);
        Some(bits)
    }

    /// The next bits, at most 32; zeros where there are fewer.
    pub(super) fn peek(self, count: u32) -> usize {
        (self.buffer & ((1 << count) - 1)) as usize
    }

    /// Uses bits that are there.
    pub(super) fn skip(&mut self, count: u32) {
        self.buffer >>= count;
        self.count -= count;
    }

    /// Leaves out what is left of a byte.
    pub(super) fn align(&mut self) {
        self.skip(self.count % 8);
    }

    /// Gives the whole bytes at the end back to the caller, and returns how many they are.
    pub(super) fn give_back(&mut self) -> usize {
        let bytes = self.count / 8;
        self.count %= 8;
        self.buffer &= (1 << self.count) - 1;
        bytes as usize
    }
}
