//! Lz4 against lz4_flex's frame reader: any bytes as an object, and frames written as the input instructs.
//!
//! The reader is no judge of everything. It takes a cut before the length of a block, and four other bytes behind a
//! frame, for the end, and a block that holds nothing ends a read; it leaves frames to be skipped to its caller; and
//! it reads frames of the legacy kind, which are refused here, and fails an assertion of its own behind one.
//! So what ours counts is checked against it in full, and what ours finds damaged has to be an error of it.

#![no_main]

use std::io::Read;

use count::CountError;
use fuzz::TEXT_BYTES_MAX;
use fuzz::judge::{any_rule, counted, judge};
use fuzz::lz4::{MAGIC, frame};
use libfuzzer_sys::fuzz_target;
use lz4_flex::frame::{Error, FrameDecoder};

fuzz_target!(|data: &[u8]| {
    if data.starts_with(&MAGIC) {
        hold_object(data);
    }
    hold_frame(data);
});

/// The reader's outcome for an object.
enum Outcome {
    Text(Vec<u8>),
    Refused,
    TooLong,
}

fn hold_object(object: &[u8]) {
    let rule = any_rule(object);
    let ours = match judge(rule, object).outcome {
        Err(CountError::Unsupported(_)) => return,
        ours => ours,
    };
    match (ours, read(object)) {
        (_, Outcome::TooLong) => {}
        (Ok(ours), Outcome::Text(text)) => assert_eq!(Ok(ours), counted(rule, object, &text, None)),
        (Ok(ours), Outcome::Refused) => panic!("refused by the reader only: {ours:?}"),
        (Err(CountError::Truncated(_)), Outcome::Text(_)) => {}
        (Err(ours), Outcome::Text(_)) => {
            let is_passed_over = CountError::Corrupt("lz4: other bytes behind a frame".to_owned());
            assert_eq!(ours, is_passed_over, "refused by ours only");
        }
        (Err(_), Outcome::Refused) => {}
    }
}

fn read(object: &[u8]) -> Outcome {
    let mut decoder = FrameDecoder::new(object);
    let mut text = Vec::new();
    while !decoder.get_ref().is_empty() {
        let read = decoder.by_ref().take(TEXT_BYTES_MAX as u64 + 1).read_to_end(&mut text);
        if read.is_err_and(|error| !skip(&mut decoder, &error)) {
            return Outcome::Refused;
        }
        if text.len() > TEXT_BYTES_MAX {
            return Outcome::TooLong;
        }
    }
    Outcome::Text(text)
}

/// Skips a frame where it is one to be skipped.
fn skip(decoder: &mut FrameDecoder<&[u8]>, error: &std::io::Error) -> bool {
    let is_skippable = error.get_ref().and_then(|error| error.downcast_ref());
    let Some(&Error::SkippableFrame(bytes)) = is_skippable else { return false };
    decoder.get_mut().split_off(..bytes as usize).is_some()
}

/// Frames whose checksums are right: each is counted where the reader reads it, and truncated wherever it is cut.
fn hold_frame(instructions: &[u8]) {
    let Some((object, text)) = frame(instructions) else { return };
    let rule = any_rule(&object);
    assert_eq!(judge(rule, &object).outcome, counted(rule, &object, &text, None));
    let cut = fuzz::chance::Chance::of(&object).below(object.len());
    if cut >= MAGIC.len() {
        let outcome = judge(rule, &object[..cut]).outcome;
        assert!(matches!(outcome, Err(CountError::Truncated(_))), "cut at {cut}: {outcome:?}");
    }
}
