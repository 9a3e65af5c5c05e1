//! Zstd against the `zstd` crate's reader: the same text, or both refuse.
//!
//! The reader is given a few bytes at a time, since the library decodes a frame that it gets in one piece without
//! asking for its window. An object whose first frame that is not skipped is not zstd's is left to other targets:
//! ours takes it for lz4 where it is that, and for nothing but skipped frames where there is none.

#![no_main]

use std::io::{BufReader, ErrorKind, Read};

use count::CountError;
use fuzz::TEXT_BYTES_MAX;
use fuzz::judge::{any_rule, counted, judge};
use libfuzzer_sys::fuzz_target;
use zstd::stream::read::Decoder;

const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Bytes that the reader is given at a time: fewer than any frame has.
const READ_BYTES: usize = 5;

fuzz_target!(|data: &[u8]| {
    if behind_skippable(data).is_some_and(|behind| behind.starts_with(&MAGIC)) {
        hold_object(data);
    }
});

fn behind_skippable(mut object: &[u8]) -> Option<&[u8]> {
    while let [0x50..=0x5f, 0x2a, 0x4d, 0x18, b0, b1, b2, b3, behind @ ..] = object {
        object = behind.get(u32::from_le_bytes([*b0, *b1, *b2, *b3]) as usize..)?;
    }
    Some(object)
}

fn hold_object(object: &[u8]) {
    let rule = any_rule(object);
    let mut text = Vec::new();
    let reader = Decoder::with_buffer(BufReader::with_capacity(READ_BYTES, object));
    let read = reader.expect("a context is made").take(TEXT_BYTES_MAX as u64 + 1).read_to_end(&mut text);
    if text.len() > TEXT_BYTES_MAX {
        return;
    }
    match (judge(rule, object).outcome, read) {
        (Ok(ours), Ok(_)) => assert_eq!(Ok(ours), counted(rule, object, &text, None)),
        // Ours judges a header when it has all of it, and a magic too.
        (Err(CountError::Truncated(what)), Err(error)) if what != "zstd: ends in the header of a frame" => {
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{what}");
        }
        (Err(CountError::Truncated(_)), Err(_)) => {}
        (Err(_), Err(error)) => assert_ne!(error.kind(), ErrorKind::UnexpectedEof),
        (ours, theirs) => panic!("ours: {ours:?}, theirs: {theirs:?}"),
    }
}
