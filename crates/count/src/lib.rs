//! Turns the bytes of an object into its tally.
//!
//! In come bytes as they are stored, pushed in pieces of any size; out goes a [`wire::tally::Tally`], or the reason
//! why there is none. Everything between them is state that can be kept: a download that breaks goes on where it
//! stopped. Memory is bounded, whatever the length of an object, a line or a sequence of zeros, and so is the work of a
//! step.
//! Nothing here waits, opens or fetches anything.

mod object;

mod codec;
mod content;
mod warning;

mod counter;
mod fastest;
mod summary;

mod error;

pub use codec::{Codec, DECODED_BYTES, SNIFFED_BYTES, Scratch};
pub use counter::Counter;
pub use error::CountError;
pub use object::{Counted, Finish, ObjectCounter, STEP_BYTES, Step};
pub use summary::Summary;
