//! Tallies, and how those of pieces are joined.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

/// Words, lines and bytes of something counted whole. Saturating: a hostile reply can't wrap a total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Words, by the run's rule.
    pub words: u64,
    /// Lines, by the run's rule.
    pub lines: u64,
    /// Bytes as stored.
    pub bytes_in: u64,
    /// Bytes after decoding.
    pub bytes_out: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.words = self.words.saturating_add(other.words);
        self.lines = self.lines.saturating_add(other.lines);
        self.bytes_in = self.bytes_in.saturating_add(other.bytes_in);
        self.bytes_out = self.bytes_out.saturating_add(other.bytes_out);
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), Add::add)
    }
}

/// The two ends of a piece, as far as joining it to its neighbours needs them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edges {
    /// The piece holds no bytes.
    #[default]
    Empty,
    /// Rules `wc` and `word`: whether the first and the last byte belong to a word.
    Runs {
        /// The first byte belongs to a word.
        starts_in_word: bool,
        /// The last byte belongs to a word.
        ends_in_word: bool,
    },
    /// Rule `seed`: the raw bytes at either end that only a neighbour can settle.
    Seed {
        /// Up to 3 leading continuation bytes, or a leading `\n`.
        head: Vec<u8>,
        /// Up to 3 trailing bytes: an incomplete but valid UTF-8 prefix, or a `\r`.
        tail: Vec<u8>,
    },
}

/// The answer for one span: the range that was really counted, and its counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// First byte counted, as stored.
    pub start: u64,
    /// One past the last byte counted, as stored.
    pub end: u64,
    /// The counts between them, without the constant that finishing an object may add.
    pub tally: Tally,
    /// The ends, for joining.
    pub edges: Edges,
}
