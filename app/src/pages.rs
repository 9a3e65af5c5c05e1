//! One module for each page.

pub mod changes;
pub mod home;
pub mod missing;
#[cfg(feature = "ssr")]
mod preview;
pub mod run;
pub mod runs;
pub mod scatter;
