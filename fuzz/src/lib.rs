//! Code that the targets share: `count` counts an object, whole and in pieces, and the outcome is checked
//! against a naive reference or against the plain reader of its format.
//!
//! An input is an object as it is stored, without a frame of ours around it: a file that any tool made is a seed, and
//! what is found can be given to that tool. What is left to chance, as where an object is cut, follows from its bytes.

pub mod chance;
pub mod deflate;
pub mod gzip;
pub mod judge;
pub mod lz4;

#[path = "../../crates/count/tests/it/reference.rs"]
#[expect(clippy::unwrap_used, reason = "it is a test's")]
mod reference;

use wire::rule::Rule;
use wire::tally::Tally;

/// Decoded bytes beyond which an input is left alone: it would show nothing that a shorter one does not.
pub const TEXT_BYTES_MAX: usize = 4 << 20;

/// The tally of a plain object that holds these bytes, counted naively.
pub fn naive_tally(rule: Rule, text: &[u8]) -> Tally {
    reference::tally(rule, text)
}
