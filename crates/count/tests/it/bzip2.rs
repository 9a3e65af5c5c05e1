use std::io::Write;

use bzip2::{Compression, write::BzEncoder};
use proptest::collection::vec;
use proptest::prelude::*;
use wire::rule::Rule;

use crate::counting::{
    check_behind, check_cuts, check_damage, check_error, check_parts, count, count_chunks,
};
use crate::texts;

pub(crate) fn stream(text: &[u8]) -> Vec<u8> {
    stream_of(text, 1)
}

pub(crate) fn stream_of(text: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = BzEncoder::new(vec![], Compression::new(level));
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn streams_are_counted_as_one_text_and_empty_ones_as_nothing() {
    let tally = count(&[stream(b"a b"), stream(b""), stream(b"c\n")].concat()).unwrap().tally;
    assert_eq!((tally.words, tally.lines, tally.bytes_out), (2, 1, 5));
    assert_eq!(count(&stream(b"")).unwrap().tally.words, 0);
}

#[test]
fn a_stream_without_blocks_has_a_checksum_too() {
    let empty = stream_of(b"", 9);
    let short = [stream(b"a b\n"), stream(b" c"), empty.clone()].concat();
    assert_eq!(count(&short).unwrap().tally.words, 3);
    let damaged = |stored: &[u8], at_from_end: usize| {
        let mut stored = stored.to_vec();
        let at = stored.len() - at_from_end;
        stored[at] ^= 1;
        stored
    };
    for at_from_end in 1..=10 {
        check_error(&damaged(&short, at_from_end), "corrupt bzip2: invalid data or checksum mismatch");
    }
    check_cuts(&[stream(b"a b\n"), empty, stream(b"c")], 10);
}

#[test]
fn short_streams_behind_one_another_are_judged_as_the_first_one_is() {
    for text in [&b"a b\n"[..], &[0; 900], &b"abcd".repeat(200), &[b'x'; 4], &[b'x'; 5], &[b'x'; 259]] {
        let alone = count(&stream(text)).unwrap().tally;
        let tally = count(&stream(text).repeat(9)).unwrap().tally;
        assert_eq!((tally.bytes_out, tally.lines), (9 * alone.bytes_out, 9 * alone.lines));
        let mixed = count(&[stream(text), stream(b"")].concat().repeat(9)).unwrap().tally;
        assert_eq!((mixed.bytes_out, mixed.lines), (tally.bytes_out, tally.lines));
    }
}

#[test]
fn what_stands_behind_the_last_stream_is_judged_as_bzip2_does() {
    let whole = stream(b"a b\n");
    let garbage = |bytes| format!("{bytes} bytes behind the last bzip2 stream: trailing garbage ignored");
    check_behind(&whole, b"", Ok(None));
    check_behind(&whole, b"x", Ok(Some(&garbage(1))));
    check_behind(&whole, b"\0\0\0\0\0", Ok(Some(&garbage(5))));
    check_behind(&whole, b"BZx and more", Ok(Some(&garbage(12))));
    check_behind(&whole, b"BZh0", Ok(Some(&garbage(4))));
    check_behind(&whole, b"BZh", Err("truncated bzip2: ends in a stream"));
    check_behind(&whole, b"BZh9", Err("truncated bzip2: ends in a stream"));
    check_behind(&whole, b"BZh9garbage", Err("corrupt bzip2: invalid data or checksum mismatch"));
}

#[test]
fn a_cut_anywhere_but_between_streams_is_truncated() {
    check_cuts(&[stream(b"a b\n"), stream(&b"some more text ".repeat(50))], 10);
}

#[test]
fn a_wrong_checksum_is_corrupt() {
    let mut stored = stream(b"a b\n");
    stored[10] ^= 1;
    check_error(&stored, "corrupt bzip2: invalid data or checksum mismatch");
}

#[test]
fn many_blocks_and_long_runs_are_decoded_in_bounded_pieces() {
    let text = [vec![b'a'; 3_000_000], b" b\n".repeat(200_000)].concat();
    let tally = count_chunks(Rule::Wc, stream(&text).chunks(100)).unwrap().tally;
    assert_eq!((tally.words, tally.bytes_out), (200_001, 3_600_000));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_streams_in_any_chunks_count_as_their_text(
        streams in vec((texts::any_text(), 1u32..=9), 1..4),
        cuts in vec(any::<prop::sample::Index>(), 0..10),
    ) {
        let parts: Vec<_> = streams
            .into_iter()
            .map(|(text, level)| { let stored = stream_of(&text, level); (text, stored) })
            .collect();
        check_parts(&parts, &cuts)?;
    }

    #[test]
    fn one_damaged_bit_is_never_counted_otherwise_than_whole(
        text in texts::any_text(),
        at in any::<prop::sample::Index>(),
        bit in 0u8..8,
    ) {
        check_damage(&text, stream(&text), 10, at, bit)?;
    }

    #[test]
    fn a_damaged_bit_in_a_short_stream_behind_another_is_neither(
        text in texts::any_text(),
        at in any::<prop::sample::Index>(),
        bit in 0u8..8,
    ) {
        let first = stream(b"a b\n");
        let whole = [&b"a b\n"[..], &text].concat();
        let behind = first.len() + 10;
        check_damage(&whole, [first, stream(&text)].concat(), behind, at, bit)?;
    }
}
