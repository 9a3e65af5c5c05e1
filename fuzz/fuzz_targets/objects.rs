//! Any bytes at all, whole against in pieces: the same tally and warning, or the same error; no panic, no long wait.

#![no_main]

use fuzz::judge::judge;
use libfuzzer_sys::fuzz_target;
use wire::rule::Rule;

fuzz_target!(|data: &[u8]| {
    for rule in Rule::ALL {
        let judged = judge(rule, data);
        assert_eq!(judged.so_far.bytes_in, data.len() as u64);
    }
});
