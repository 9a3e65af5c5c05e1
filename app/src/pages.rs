//! One module for each page.

pub mod changes;
pub mod home;
pub mod missing;
pub mod run;
pub mod runs;
pub mod scatter;
