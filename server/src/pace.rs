//! How long functions are taken to need: for estimates, and for the time that a batch is given.

/// Stored bytes that a function is taken to count in a second.
const BYTES_A_SECOND: u64 = 75_000_000;
/// Milliseconds that a function is taken to spend on opening an object.
const OPEN_MS: u64 = 15;

/// Milliseconds that functions are taken to spend on so many objects of so many bytes together.
pub fn busy_ms(objects: u64, bytes: u64) -> u64 {
    let opening = objects.saturating_mul(OPEN_MS) / lambdas::wordcount::OBJECTS_AT_ONCE as u64;
    opening + bytes / (BYTES_A_SECOND / 1_000)
}
