//! Gzip and our own inflater, against `gzip`'s rules and flate2's inflater (zlib-rs): any bytes as an object, and
//! any bytes as the deflate stream of a member.

#![no_main]

use fuzz::gzip::{hold_object, hold_stream};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    hold_object(data);
    hold_stream(data);
});
