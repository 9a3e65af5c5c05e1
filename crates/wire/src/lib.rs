//! Values that travel between the page, the server and the functions, and nothing else.
//!
//! Values come in parsed and go out serialised; there is no logic here beyond what keeps a value valid.
//! The crate depends on serde alone and builds for the host, for wasm32 and for Lambda.

pub mod api;
pub mod bucket;
pub mod cascade;
pub mod error;
pub mod event;
pub mod invocation;
pub mod object;
mod printable;
pub mod row;
pub mod rule;
pub mod run;
pub mod selection;
pub mod tally;
pub mod trace;
pub mod version;
pub mod wordcount;

pub use self::printable::{is_invisible, printable};
