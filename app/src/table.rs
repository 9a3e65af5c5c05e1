//! The table of a run's objects: which of them are chosen, in which order, which are in sight, and their text.
//!
//! Rows come in as they settle; numbers of rows and text go out. Work is done in portions, each shorter than a frame,
//! whatever a run holds; nothing here knows a browser.

pub mod choice;
pub mod export;
pub mod listing;
pub mod order;
pub mod scroll;
pub mod sieve;
