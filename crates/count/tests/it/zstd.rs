use proptest::collection::vec;
use proptest::prelude::*;
use wire::rule::Rule;
use zstd_safe::{CCtx, CParameter};

use crate::counting::{
    check_behind, check_cuts, check_damage, check_error, check_parts, count, count_chunks,
};
use crate::texts;

/// A frame with a checksum.
pub(crate) fn frame(text: &[u8]) -> Vec<u8> {
    frame_of(text, 3, true, true)
}

fn frame_of(text: &[u8], level: i32, has_checksum: bool, has_length: bool) -> Vec<u8> {
    let mut context = CCtx::create();
    context.set_parameter(CParameter::CompressionLevel(level)).unwrap();
    context.set_parameter(CParameter::ChecksumFlag(has_checksum)).unwrap();
    context.set_parameter(CParameter::ContentSizeFlag(has_length)).unwrap();
    let mut bytes = Vec::with_capacity(zstd_safe::compress_bound(text.len()));
    context.compress2(&mut bytes, text).unwrap();
    bytes
}

/// A frame of one raw block, "a b\n", with this header behind its magic.
fn raw_frame(header: &[u8]) -> Vec<u8> {
    [b"\x28\xb5\x2f\xfd", header, b"\x21\0\0", b"a b\n"].concat()
}

#[test]
fn frames_are_counted_as_one_text_and_empty_ones_as_nothing() {
    let tally = count(&[frame(b"a b"), frame(b""), frame(b"c\n")].concat()).unwrap().tally;
    assert_eq!((tally.words, tally.lines, tally.bytes_out), (2, 1, 5));
    assert_eq!(count(&frame(b"")).unwrap().tally.words, 0);
}

#[test]
fn what_stands_behind_the_last_frame_is_a_frame_or_an_error() {
    let corrupt = Err("corrupt zstd: other bytes behind a frame");
    check_behind(&frame(b"a b\n"), b"", Ok(None));
    check_behind(&frame(b"a b\n"), b"\x5f\x2a\x4d\x18\x02\0\0\0ab", Ok(None));
    check_behind(&frame(b"a b\n"), b"garbage", corrupt);
    check_behind(&frame(b"a b\n"), b"\0\0\0\0", corrupt);
    check_behind(&frame(b"a b\n"), b"\x28", Err("truncated zstd: ends in the header of a frame"));
}

#[test]
fn a_cut_anywhere_but_between_frames_is_truncated() {
    let skipped = b"\x50\x2a\x4d\x18\x03\0\0\0abc".to_vec();
    check_cuts(&[frame(b"a b\n"), skipped, frame(&b"some more text ".repeat(50))], 4);
}

#[test]
fn a_window_over_the_bound_is_refused() {
    assert_eq!(count(&raw_frame(b"\0\x88")).unwrap().tally.words, 2);
    check_error(&raw_frame(b"\0\x89"), "too large: zstd frame with a window of over 128 MiB");
    check_error(&raw_frame(b"\0\xff"), "too large: zstd frame with a window of over 128 MiB");
    // One that also states how short its content is.
    check_error(
        &raw_frame(b"\xc0\x89\x04\0\0\0\0\0\0\0"),
        "too large: zstd frame with a window of over 128 MiB",
    );
}

#[test]
fn a_frame_that_needs_a_dictionary_is_refused() {
    check_error(&raw_frame(b"\x01\0\x07"), "unsupported zstd: needs a dictionary, and none is known here");
}

#[test]
fn headers_of_every_length_are_read() {
    let text = b"a b\n";
    for header in [
        &b"\0\x58"[..],
        b"\x20\x04",
        b"\x80\x58\x04\0\0\0",
        b"\xa0\x04\0\0\0",
        b"\xc0\x58\x04\0\0\0\0\0\0\0",
        b"\xe0\x04\0\0\0\0\0\0\0",
        b"\x03\x58\0\0\0\0",
        b"\x22\0\0\x04",
        b"\xe3\0\0\0\0\x04\0\0\0\0\0\0\0",
    ] {
        check_cuts(&[raw_frame(header), frame(text)], 4);
    }
}

#[test]
fn damage_is_told_by_its_kind() {
    let mut stored = frame(b"a b\n");
    let at = stored.len() - 1;
    stored[at] ^= 1;
    check_error(&stored, "corrupt zstd: checksum mismatch");
    check_error(b"\x28\xb5\x2f\xfd\0\0\x07\0\0", "corrupt zstd: invalid data");
}

#[test]
fn a_long_run_of_one_byte_is_decoded_in_bounded_pieces() {
    let text = vec![b'a'; 30_000_000];
    let tally = count_chunks(Rule::Wc, frame(&text).chunks(100)).unwrap().tally;
    assert_eq!((tally.words, tally.bytes_out), (1, 30_000_000));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_frames_in_any_chunks_count_as_their_text(
        frames in vec((texts::any_text(), -3i32..12, any::<bool>(), any::<bool>()), 1..5),
        cuts in vec(any::<prop::sample::Index>(), 0..10),
    ) {
        let parts: Vec<_> = frames
            .into_iter()
            .map(|(text, level, has_checksum, has_length)| {
                let stored = frame_of(&text, level, has_checksum, has_length);
                (text, stored)
            })
            .collect();
        check_parts(&parts, &cuts)?;
    }

    #[test]
    fn one_damaged_bit_is_never_counted_otherwise_than_whole(
        text in texts::any_text(),
        at in any::<prop::sample::Index>(),
        bit in 0u8..8,
    ) {
        check_damage(&text, frame(&text), 4, at, bit)?;
    }
}
