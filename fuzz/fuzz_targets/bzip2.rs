//! Bzip2 against the `bzip2` crate's reader, stream by stream: the same text, or both refuse.
//!
//! What stands behind a stream and is not the start of another is ignored with a warning, as `bzip2 -dc`
//! does. The crate's reader of many streams would refuse it, so that this target separates the streams.

#![no_main]

use std::io::{ErrorKind, Read};

use bzip2::bufread::BzDecoder;
use count::CountError;
use fuzz::TEXT_BYTES_MAX;
use fuzz::judge::{any_rule, counted, judge};
use libfuzzer_sys::fuzz_target;

/// A stream begins with these and its level, and then with a block or with its end.
const MAGIC: &[u8] = b"BZh";
const BLOCK_MAGIC: &[u8] = b"1AY&SY";
const END_MAGIC: &[u8] = b"\x17rE8P\x90";

fuzz_target!(|data: &[u8]| {
    if let Some([b'1'..=b'9', behind @ ..]) = data.strip_prefix(MAGIC)
        && (behind.starts_with(BLOCK_MAGIC) || behind.starts_with(END_MAGIC))
    {
        hold_object(data);
    }
});

fn hold_object(object: &[u8]) {
    let rule = any_rule(object);
    let mut text = Vec::new();
    let mut rest = object;
    let mut warning = None;
    let mut read = Ok(());
    while !rest.is_empty() && read.is_ok() {
        if rest.len() < object.len() && !may_begin_stream(rest) {
            let bytes = rest.len();
            warning = Some(format!("{bytes} bytes behind the last bzip2 stream: trailing garbage ignored"));
            break;
        }
        let mut reader = BzDecoder::new(rest);
        read = reader.by_ref().take(TEXT_BYTES_MAX as u64 + 1).read_to_end(&mut text).map(|_| ());
        if text.len() > TEXT_BYTES_MAX {
            return;
        }
        rest = reader.into_inner();
    }
    match (judge(rule, object).outcome, read) {
        (Ok(ours), Ok(())) => assert_eq!(Ok(ours), counted(rule, object, &text, warning)),
        (Err(CountError::Truncated(what)), Err(error)) => {
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{what}");
        }
        (Err(_), Err(error)) => assert_ne!(error.kind(), ErrorKind::UnexpectedEof),
        (ours, theirs) => panic!("ours: {ours:?}, theirs: {theirs:?}"),
    }
}

/// Whether bytes behind a stream are the start of another, as far as they go.
fn may_begin_stream(bytes: &[u8]) -> bool {
    let magic = &bytes[..bytes.len().min(MAGIC.len())];
    MAGIC.starts_with(magic) && bytes.get(MAGIC.len()).is_none_or(|level| matches!(level, b'1'..=b'9'))
}
