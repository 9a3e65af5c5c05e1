//! Gzip objects, and deflate streams as bodies of members, checked against a reference.

mod gunzip;
mod inflate;

use count::{CountError, SNIFFED_BYTES};
use gunzip::{Fault, MAGIC, gunzip, trailer};
use inflate::{Inflated, inflate};

use crate::chance::{Chance, pieces};
use crate::judge::{any_rule, counted, judge, judge_pieces, tally};

/// A header that says nothing.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// Bytes that the head of a block has at most, with codewords of one bit.
const HEAD_BYTES_MAX: usize = 64;

/// Checks a gzip object against the reference: the text, the warning, and whether it is damaged or cut.
pub fn hold_object(object: &[u8]) {
    if !object.starts_with(&MAGIC) {
        return;
    }
    let rule = any_rule(object);
    let expected = gunzip(object);
    if expected == Err(Fault::TooLong) {
        return;
    }
    match (judge(rule, object).outcome, expected) {
        (Ok(ours), Ok((text, warning))) => assert_eq!(Ok(ours), counted(rule, object, &text, warning)),
        (Err(CountError::Corrupt(_)), Err(Fault::Corrupt)) => {}
        (Err(CountError::Truncated(_)), Err(Fault::Truncated | Fault::Starved(_))) => {}
        (Err(ours), Err(Fault::Starved(stream))) if ours == refused() => {
            assert!(is_hopeless(stream), "refused, though it may go on");
        }
        (ours, expected) => panic!("ours: {ours:?}, expected: {:?}", expected.map(|(_, warning)| warning)),
    }
}

/// Checks a deflate stream, as the body of a member, against flate2: ours decodes what it decodes and refuses
/// what it refuses, with the same bytes.
pub fn hold_stream(stream: &[u8]) {
    let body = [&HEADER, stream].concat();
    let rule = any_rule(&body);
    match inflate(stream) {
        Inflated::Ended { text, stream_bytes } => {
            let member = member(&stream[..stream_bytes], &text);
            assert_eq!(judge(rule, &member).outcome, counted(rule, &member, &text, None));
            hold_object(&[&member, &stream[stream_bytes..]].concat());
        }
        Inflated::Starved { text } => {
            let judged = judge(rule, &body);
            if judged.outcome == Err(refused()) {
                return assert!(is_hopeless(stream), "refused, though it may go on");
            }
            let is_truncated = CountError::Truncated("gzip: ends in the data of a member".to_owned());
            assert_eq!(judged.outcome, Err(is_truncated));
            // Shorter ones wait until their codec is recognised.
            if body.len() >= SNIFFED_BYTES {
                assert_eq!(judged.so_far, tally(rule, &body, &text), "what was decoded before the cut");
                assert_eq!(judge_pieces(rule, pieces(&body)).so_far, judged.so_far, "the same in pieces");
            }
        }
        Inflated::Refused => assert_eq!(judge(rule, &body).outcome, Err(refused())),
        Inflated::TooLong => {}
    }
}

fn refused() -> CountError {
    CountError::Corrupt("gzip: invalid deflate data".to_owned())
}

/// Whether flate2 refuses a stream however it goes on, as far as trying shows. Ours refuses the head of a
/// block as soon as its precode has no codeword, where zlib first takes each further bit for a length of 0.
fn is_hopeless(stream: &[u8]) -> bool {
    let mut chance = Chance::of(stream);
    let ends: [u8; 6] =
        [0, 255, 0x55, chance.below(256) as u8, chance.below(256) as u8, chance.below(256) as u8];
    ends.iter().all(|&byte| inflate(&[stream, &[byte; HEAD_BYTES_MAX]].concat()) == Inflated::Refused)
}

/// A member with this stream for its body.
fn member(stream: &[u8], text: &[u8]) -> Vec<u8> {
    [&HEADER, stream, &trailer(text)].concat()
}
