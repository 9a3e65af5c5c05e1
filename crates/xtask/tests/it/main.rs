//! The workspace's shape, as cargo sees it, its deployment, and its documentation.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod arrows;
mod bounds;
mod deploy;
mod leptos;
mod names;
mod site;
