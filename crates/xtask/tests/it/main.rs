//! The workspace's shape, as cargo sees it.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod arrows;
mod names;
mod site;
