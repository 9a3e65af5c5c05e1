//! Our own inflater against flate2's (zlib-rs): deflate streams that are written as the input instructs, with codes,
//! matches and blocks that mutations of a stream would not find.

#![no_main]

use fuzz::deflate::stream;
use fuzz::gzip::hold_stream;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    hold_stream(&stream(data));
});
