//! The functions' promises, seen from outside: the real SDK against a store that does what real ones may do.

#![expect(clippy::unwrap_used, reason = "what is odd in a test's own helpers ends the test")]

/// Objects that decode to very much: stopped in time, and no others' trouble.
mod bombs;
/// Objects whose download breaks off, stalls or meets another version.
mod broken_bodies;
/// Objects that are no longer the ones that were listed: counted as they are by then.
mod changed_objects;
/// Stores that push back: asked again, and what they refuse is left to a later invocation.
mod pushback;
/// Answers that don't fit their object: fetched once more before it is called corrupt.
mod unfit_answers;

/// A store of a few objects, and the function that reads it.
mod store;
