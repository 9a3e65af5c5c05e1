//! S3 and Lambda on this machine, behind the real AWS SDK.
//!
//! In come the SDK's own HTTP requests, in process or over loopback; out go the answers that AWS would give,
//! its refusals included: signatures are checked, pages are cut, limits hold.
//! It never follows a symlink, never joins a key to a path and never writes to a mounted directory.

mod config;
mod connector;
mod faults;
mod function;
pub mod functions;
mod lambda;
mod launch;
mod local;
pub mod private;
mod s3;
pub mod sample;
mod serve;
mod service;

pub use self::config::{Config, Generated, Keypair, Links, LocalError, Mount};
pub use self::faults::{FaultPlan, FaultPlanError};
pub use self::function::{Code, Function, Handler, HandlerError, Invocation, Process, Response};
pub use self::lambda::environment::INIT_MAX;
pub use self::lambda::journal::{Journal, JournalEnd, JournalEntry, Outcome};
pub use self::lambda::log::LogTail;
pub use self::launch::launch_if_asked;
pub use self::local::Local;
pub use self::s3::generated::Totals;
pub use self::s3::unlisted::Unlisted;

/// The region that all buckets and functions are in.
pub const REGION: &str = "us-east-1";

fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}
