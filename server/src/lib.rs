//! The server: the door and the pipeline.
//!
//! Requests and command lines come in; runs, their events and their pages go out. Only the start-up, in
//! [`backend`], knows whether AWS is Amazon's or this machine's.

pub mod access;
mod agreement;
pub mod backend;
pub mod changes;
pub mod cli;
pub mod count;
pub mod descriptors;
pub mod doors;
pub mod engine;
pub mod estimate;
pub mod http;
mod interrupt;
pub mod metrics;
pub mod output;
pub mod pace;
pub mod permits;
pub mod pipeline;
pub mod plots;
pub mod price;
pub mod request;
pub mod retry;
pub mod run;
pub mod runs;
pub mod seats;
pub mod secret;
pub mod serve;
pub mod spans;
pub mod stand_in;
pub mod store;
pub mod telemetry;
