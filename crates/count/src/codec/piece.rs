//! Pieces of a format that have a known length, put together from what is pushed.

/// Takes pieces off what is pushed, one after the other; holds what there is of a piece that is not whole yet.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    held: Vec<u8>,
    is_whole: bool,
}

impl Pieces {
    /// The next piece, of so many bytes, once it is there: where it was pushed, if it lies there whole, so that most
    /// pieces are never copied. Takes off `stored` what it used.
    pub(super) fn take<'piece, 'stored: 'piece>(
        &'piece mut self,
        stored: &mut &'stored [u8],
        bytes: usize,
    ) -> Option<&'piece [u8]> {
        if self.is_whole {
            self.held.clear();
            self.is_whole = false;
        }
        let missing = bytes - self.held.len();
        if self.held.is_empty() && stored.len() >= bytes {
            return stored.split_off(..bytes);
        }
        self.held.reserve_exact(missing);
        self.held.extend(stored.split_off(..missing.min(stored.len())).unwrap_or_default());
        self.is_whole = self.held.len() == bytes;
        self.is_whole.then_some(&self.held)
    }

    /// Whether a piece is begun and not whole.
    pub(super) fn is_begun(&self) -> bool {
        !self.is_whole && !self.held.is_empty()
    }
}
