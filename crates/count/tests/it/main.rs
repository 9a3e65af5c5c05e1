//! What the crate promises, seen from outside.

#![expect(clippy::unwrap_used, reason = "what is odd in a test's own helpers ends the test")]

/// Any chunks, by every rule, against references that are too slow to be wrong.
mod chunks;
/// Any cut, joined in any association, is the whole.
mod cuts;
/// Gzip objects: whole, odd, cut and damaged.
mod gzip;
/// One object from its stored bytes to its tally and its warning.
mod object;
/// Against the system's own `gzip` and `wc`, where it has them.
mod system;

/// The rules, written down as plainly as can be.
mod reference;
/// Bytes of the kinds that objects hold.
mod texts;
