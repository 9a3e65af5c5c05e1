//! The cost of a run on AWS: one dated table, and the arithmetic over it.

mod money;
mod rates;
mod usage;

pub use money::Money;
pub use rates::{Architecture, Rates, Size};
pub use usage::{Item, Reserve, Usage};

/// When the table was last compared with AWS's price pages.
pub const PRICES_AS_OF: &str = "2026-11";

/// A GB-millisecond of an x86_64 function in us-east-1; like all of the table in ten-trillionths of a US dollar.
const GB_MS_X86_64: u128 = 166_667;
/// The same of an arm64 one.
const GB_MS_ARM64: u128 = 133_334;
/// One function request.
const REQUEST: u128 = 2_000_000;
/// One S3 LIST.
const LIST: u128 = 50_000_000;
/// One S3 GET.
const GET: u128 = 4_000_000;

#[expect(clippy::cast_precision_loss, reason = "a count beyond 2^53 is not a bill that anyone gets")]
pub(crate) fn as_f64(count: u64) -> f64 {
    count as f64
}
