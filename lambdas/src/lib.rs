//! The two functions, `cascade` and `wordcount`, and the typed calls to them.
//!
//! A payload comes in, an answer goes out; the handlers neither know nor care whether AWS, a process of this
//! machine or the server itself runs them. They keep no state between invocations, retry no invocation and
//! queue nothing.

pub mod call;
pub mod cascade;
pub mod cause;
pub mod environment;
pub mod invocation;
mod summary;
pub mod version;
pub mod wordcount;
