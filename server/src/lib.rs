//! The server: the door and the pipeline.
//!
//! Requests and command lines come in; runs, their events and their pages go out. Only the start-up, in
//! [`backend`], knows whether AWS is Amazon's or this machine's.

pub mod cli;
pub mod serve;
pub mod count;
pub mod stand_in;
pub mod backend;
pub mod http;
pub mod access;
pub mod doors;
pub mod request;
pub mod runs;
pub mod run;
pub mod pipeline;
pub mod engine;
pub mod permits;
pub mod price;
pub mod store;
mod interrupt;
