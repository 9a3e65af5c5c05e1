//! The workspace's shape, as cargo sees it, and its deployment.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod arrows;
mod deploy;
mod leptos;
mod names;
mod site;
