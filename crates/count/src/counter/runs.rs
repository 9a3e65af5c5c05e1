//! The rules `wc` and `word`: words are runs of bytes of one class, lines are `\n`s.

use wire::tally::{Edges, Tally};

use super::lanes::sum_pairs;
use crate::summary::Summary;

/// Runs and `\n`s seen so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs {
    words: u64,
    lines: u64,
    bytes: u64,
    starts_in_word: bool,
    ends_in_word: bool,
}

/// Rule `wc`: everything but the six ASCII whitespace bytes.
#[inline]
pub(super) fn is_in_wc_word(byte: u8) -> bool {
    (byte != b' ') & (byte.wrapping_sub(b'\t') > b'\r' - b'\t')
}

/// Rule `word`: `[A-Za-z0-9_]`, and all of what is not ASCII.
#[inline]
pub(super) fn is_in_word(byte: u8) -> bool {
    is_ascii_word(byte) | (byte >= 0x80)
}

/// JavaScript's `\w`.
#[inline]
pub(super) fn is_ascii_word(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let digit = byte.wrapping_sub(b'0') < 10;
    letter | digit | (byte == b'_')
}

impl Runs {
    /// Counts the bytes that come next, a word being a run of those that `is_in_word`.
    #[inline]
    pub(super) fn push(&mut self, bytes: &[u8], is_in_word: impl Fn(u8) -> bool) {
        let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else { return };
        if self.bytes == 0 {
            self.starts_in_word = is_in_word(first);
        }
        let before = if self.ends_in_word { b'a' } else { b' ' };
        let [words, lines] = sum_pairs(before, bytes, |before, byte| {
            [u8::from(is_in_word(byte) & !is_in_word(before)), u8::from(byte == b'\n')]
        });
        self.words += words;
        self.lines += lines;
        self.bytes += bytes.len() as u64;
        self.ends_in_word = is_in_word(last);
    }

    pub(super) fn summary(&self) -> Summary {
        let Self { words, lines, bytes, starts_in_word, ends_in_word } = *self;
        let edges = match bytes {
            0 => Edges::Empty,
            1.. => Edges::Runs { starts_in_word, ends_in_word },
        };
        Summary { tally: Tally { words, lines, bytes_in: 0, bytes_out: bytes }, edges }
    }
}
