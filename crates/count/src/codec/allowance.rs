//! How much one step of decoding may do.

use std::cell::Cell;

/// Charged where a member, a frame or a stream begins: setting one up takes about as long as decoding so many bytes.
pub(super) const BEGIN_BYTES: usize = 256;

/// Bytes that a step of decoding may still take: those that it decodes, and charges for what takes time
/// without decoding any, so that no input keeps a step going.
#[derive(Debug)]
pub(crate) struct Allowance {
    bytes_left: Cell<usize>,
}

impl Allowance {
    /// An allowance of so many bytes, at least one: every step gets on.
    pub(crate) fn of(bytes: usize) -> Self {
        Self { bytes_left: Cell::new(bytes.max(1)) }
    }

    pub(super) fn spend(&self, bytes: usize) {
        self.bytes_left.set(self.bytes_left.get().saturating_sub(bytes));
    }

    pub(super) fn bytes_left(&self) -> usize {
        self.bytes_left.get()
    }

    /// The step is over.
    pub(crate) fn is_spent(&self) -> bool {
        self.bytes_left.get() == 0
    }
}
