//! The crate's promises, seen from outside.

#![expect(clippy::unwrap_used, reason = "what is odd in a test's own helpers ends the test")]

/// Bzip2 objects: whole, odd, cut and damaged.
mod bzip2;
/// Any chunks, by every rule, against references that are too slow to be wrong.
mod chunks;
/// Objects whose bytes are no text: counted as they are, with a warning.
mod content;
/// Any cut, joined in any association, is the whole.
mod cuts;
/// Gzip objects: whole, odd, cut and damaged.
mod gzip;
/// Lz4 objects: whole, odd, cut and damaged.
mod lz4;
/// One object from its stored bytes to its tally and its warning.
mod object;
/// Frames to be skipped, which zstd and lz4 have in common.
mod skippable;
/// Steps of bounded work, whatever an object decodes to.
mod steps;
/// Against the system's own `wc`, `gzip`, `zstd`, `lz4`, `bzip2` and `xz`, where it has them.
mod system;
/// Xz objects: whole, odd, cut and damaged.
mod xz;
/// Zstd objects: whole, odd, cut and damaged.
mod zstd;

/// Checks that every codec has to pass.
mod counting;
/// The rules, written down as plainly as can be.
mod reference;
/// Bytes of the kinds that objects hold.
mod texts;
