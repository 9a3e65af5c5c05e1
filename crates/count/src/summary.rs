//! The counts of a part of an object, and how parts become a whole.

use std::str;

use wire::rule::Rule;
use wire::tally::{Edges, Tally};

use crate::counter::{Seed, is_continuation};

/// The counts of consecutive bytes, with what joining them to their neighbours needs.
///
/// However an object is cut, and in whatever association its parts are joined, in order: the outcome is that of
/// counting it whole. The empty summary is the neutral element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The counts, without the bytes that `edges` keeps raw and without the constants of
    /// [`finish`](Self::finish).
    pub tally: Tally,
    /// The two ends.
    pub edges: Edges,
}

impl Summary {
    /// Whether a counter of this rule could have made this summary. The caller asks this of every summary
    /// from outside, before it is joined to anything.
    pub fn fits(&self, rule: Rule) -> bool {
        let bytes = self.tally.bytes_out;
        match (&self.edges, rule) {
            (Edges::Empty, _) => bytes == 0,
            (Edges::Runs { .. }, Rule::Wc | Rule::Word) => bytes > 0,
            (Edges::Seed { head, tail }, Rule::Seed) => {
                bytes > 0 && bytes >= (head.len() + tail.len()) as u64 && is_head(head) && is_tail(tail)
            }
            (Edges::Runs { .. }, Rule::Seed) | (Edges::Seed { .. }, Rule::Wc | Rule::Word) => false,
        }
    }

    /// Joins this to what stands directly behind it.
    ///
    /// # Panics
    ///
    /// Where the two were counted by different rules; [`fits`](Self::fits) checks that beforehand.
    #[must_use]
    pub fn join(self, next: Self) -> Self {
        let bytes_in = self.tally.bytes_in.saturating_add(next.tally.bytes_in);
        let mut joined = match (self.edges, next.edges) {
            (edges, Edges::Empty) | (Edges::Empty, edges) => Self { tally: self.tally + next.tally, edges },
            (
                Edges::Runs { starts_in_word, ends_in_word: left },
                Edges::Runs { starts_in_word: right, ends_in_word },
            ) => {
                let mut tally = self.tally + next.tally;
                tally.words = tally.words.saturating_sub(u64::from(left && right));
                Self { tally, edges: Edges::Runs { starts_in_word, ends_in_word } }
            }
            (Edges::Seed { head, tail }, Edges::Seed { head: next_head, tail: next_tail }) => {
                let next = Seed::new(next.tally, next_head, next_tail);
                Seed::new(self.tally, head, tail).join(next).summary()
            }
            (Edges::Runs { .. }, Edges::Seed { .. }) | (Edges::Seed { .. }, Edges::Runs { .. }) => {
                panic!("summaries of different rules have no joint")
            }
        };
        joined.tally.bytes_in = bytes_in;
        joined
    }

    /// The tally of a whole object: with nothing before it and nothing behind it, and with what the rule adds once
    /// for each object.
    pub fn finish(self, rule: Rule) -> Tally {
        let mut tally = self.tally;
        if let Edges::Seed { head, tail } = self.edges {
            (tally.words, tally.lines) = Seed::new(tally, head, tail).finish();
        }
        match rule {
            Rule::Wc | Rule::Word => {}
            Rule::Seed => {
                tally.lines = tally.lines.saturating_add(1);
                tally.words = tally.words.saturating_add(tally.lines);
            }
        }
        tally
    }
}

fn is_head(bytes: &[u8]) -> bool {
    bytes == b"\n" || (bytes.len() <= 3 && bytes.iter().all(|&byte| is_continuation(byte)))
}

fn is_tail(bytes: &[u8]) -> bool {
    let is_prefix = |bytes| {
        str::from_utf8(bytes).is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
    };
    bytes.is_empty() || bytes == b"\r" || is_prefix(bytes)
}
