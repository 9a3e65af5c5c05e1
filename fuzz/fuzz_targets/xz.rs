//! Xz against the `liblzma` crate's reader of many streams, with the same bound on memory: the same text, or both
//! refuse. An integrity check of an unknown kind is warned of by ours, and ignored by the reader.

#![no_main]

use std::io::Read;

use fuzz::TEXT_BYTES_MAX;
use fuzz::judge::{any_rule, counted, judge};
use libfuzzer_sys::fuzz_target;
use liblzma::bufread::XzDecoder;
use liblzma::stream::{CONCATENATED, Stream};

const MAGIC: &[u8] = b"\xfd7zXZ\0";

/// Memory that decoding may take.
const MEMORY_BYTES_MAX: u64 = 128 << 20;

fuzz_target!(|data: &[u8]| {
    if data.starts_with(MAGIC) {
        hold_object(data);
    }
});

fn hold_object(object: &[u8]) {
    let rule = any_rule(object);
    let stream =
        Stream::new_stream_decoder(MEMORY_BYTES_MAX, CONCATENATED).expect("the flag is the library's own");
    let mut text = Vec::new();
    let reader = XzDecoder::new_stream(object, stream);
    let read = reader.take(TEXT_BYTES_MAX as u64 + 1).read_to_end(&mut text);
    if text.len() > TEXT_BYTES_MAX {
        return;
    }
    match (judge(rule, object).outcome, read) {
        (Ok(ours), Ok(_)) => {
            let expected = counted(rule, object, &text, ours.warning.clone());
            assert_eq!(Ok(ours), expected);
        }
        (Err(_), Err(_)) => {}
        (ours, theirs) => panic!("ours: {ours:?}, theirs: {theirs:?}"),
    }
}
