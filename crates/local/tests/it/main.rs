//! The emulator as an AWS client sees it: the SDK's own clients, in process and over loopback.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its own functions included")]

mod clients;
mod faults;
mod hostile_keys;
mod invoke;
mod limits;
mod listing;
mod mounts;
mod objects;
mod processes;
mod runtime_api;
mod signatures;
mod stand_in;
mod stopped;
mod streaming;
mod writable;
