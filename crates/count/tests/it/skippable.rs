use crate::counting::{check_cuts, check_error, count};
use crate::{lz4, zstd};

const SKIPPED: &[u8] = b"\x50\x2a\x4d\x18\x03\0\0\0abc";
const EMPTY: &[u8] = b"\x5f\x2a\x4d\x18\0\0\0\0";

#[track_caller]
fn check(parts: &[&[u8]], words: u64) {
    let counted = count(&parts.concat()).unwrap();
    assert_eq!((counted.tally.words, counted.warning), (words, None));
}

#[test]
fn frames_to_be_skipped_may_stand_anywhere() {
    let (zstd, lz4) = (zstd::frame(b"a b\n"), lz4::frame(b"a b\n"));
    for frame in [&zstd[..], &lz4] {
        check(&[SKIPPED, frame], 2);
        check(&[EMPTY, SKIPPED, frame, EMPTY, frame, SKIPPED], 4);
        check(&[EMPTY, frame, EMPTY], 2);
    }
}

#[test]
fn nothing_but_frames_to_be_skipped_is_an_empty_text() {
    check(&[SKIPPED], 0);
    check(&[EMPTY, EMPTY], 0);
    check(&[b"\x50\x2a\x4d\x18\xe8\x03\0\0", &[b'a'; 1_000]], 0);
}

#[test]
fn a_cut_anywhere_but_between_them_is_truncated() {
    check_cuts(&[SKIPPED.to_vec(), EMPTY.to_vec(), zstd::frame(b"a b\n")], 4);
    check_cuts(&[EMPTY.to_vec(), SKIPPED.to_vec(), lz4::frame(b"a b\n")], 4);
    check_error(b"\x50\x2a\x4d\x18\xff\xff\xff\xffabc", "truncated zstd or lz4: ends in a skipped frame");
}

#[test]
fn what_follows_them_has_to_be_a_frame() {
    let message = "corrupt zstd or lz4: other bytes behind skipped frames";
    check_error(&[SKIPPED, b"garbage"].concat(), message);
    check_error(&[SKIPPED, b"\x1f\x8b\x08\0"].concat(), message);
}
