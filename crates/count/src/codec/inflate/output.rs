//! The output of a deflate stream: what was decoded last in front, and room for what comes.

use super::Invalid;
use crate::codec::scratch::DECODED_BYTES;

/// How far back a match may reach.
pub(super) const WINDOW_BYTES: usize = 32 * 1024;

/// Longest match.
const MATCH_BYTES_MAX: usize = 258;

/// Bytes that the quick loop may write behind a match.
const SLOP_BYTES: usize = 32;

/// The last position from which there is room for two literals, a match, and what is written behind it.
pub(super) const LAST_AT: usize = DECODED_BYTES - 2 - MATCH_BYTES_MAX - SLOP_BYTES;

const _: () = assert!(LAST_AT >= 2 * WINDOW_BYTES, "making room makes some, for a stored piece too");

/// The output, as far as it is written.
pub(super) struct Output<'a> {
    pub(super) bytes: &'a mut [u8; DECODED_BYTES],
    /// Where the next byte goes. All before it belongs to this stream.
    pub(super) at: usize,
    /// Where the bytes begin that are not handed on yet.
    fresh_at: usize,
    emit: &'a mut dyn FnMut(&[u8]),
}

impl<'a> Output<'a> {
    /// An output that goes on behind this window.
    pub(super) fn behind(
        window: &[u8],
        bytes: &'a mut [u8; DECODED_BYTES],
        emit: &'a mut dyn FnMut(&[u8]),
    ) -> Self {
        let at = window.len();
        bytes[..at].copy_from_slice(window);
        Self { bytes, at, fresh_at: at, emit }
    }

    /// Makes room where there may be too little: hands on what was decoded, and keeps the window.
    pub(super) fn make_room(&mut self) {
        if self.at > LAST_AT - WINDOW_BYTES {
            self.hand_on();
            self.bytes.copy_within(self.at - WINDOW_BYTES..self.at, 0);
            (self.at, self.fresh_at) = (WINDOW_BYTES, WINDOW_BYTES);
        }
    }

    pub(super) fn hand_on(&mut self) {
        if self.fresh_at < self.at {
            (self.emit)(&self.bytes[self.fresh_at..self.at]);
            self.fresh_at = self.at;
        }
    }

    /// The bytes that a match may copy from.
    pub(super) fn window(&self) -> &[u8] {
        &self.bytes[self.at.saturating_sub(WINDOW_BYTES)..self.at]
    }

    pub(super) fn push(&mut self, byte: u8) {
        self.bytes[self.at] = byte;
        self.at += 1;
    }

    pub(super) fn extend(&mut self, bytes: &[u8]) {
        self.bytes[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }

    /// Copies a match byte by byte: it may overlap itself.
    pub(super) fn copy(&mut self, distance: usize, length: usize) -> Result<(), Invalid> {
        let from = self.at.checked_sub(distance).ok_or(Invalid)?;
        for at in from..from + length {
            self.push(self.bytes[at]);
        }
        Ok(())
    }
}
