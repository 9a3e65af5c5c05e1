//! What travels between the page, the server and the functions, and nothing else.
//!
//! Values come in parsed and go out serialised; there is no logic here beyond what keeps a value valid.
//! The crate depends on serde alone and builds for the host, for wasm32 and for Lambda.

pub mod rule;
pub mod tally;
pub mod row;
pub mod wordcount;
pub mod cascade;
pub mod bucket;
pub mod error;
pub mod run;
pub mod event;
pub mod api;
