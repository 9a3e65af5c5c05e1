use liblzma::stream::{Action, Check, Status, Stream};
use proptest::collection::vec;
use proptest::prelude::*;
use wire::rule::Rule;

use crate::counting::{
    check_behind, check_cuts, check_damage, check_error, check_parts, count, count_chunks,
};
use crate::texts;

pub(crate) fn stream(text: &[u8]) -> Vec<u8> {
    stream_of(text, Check::Crc64)
}

fn stream_of(text: &[u8], check: Check) -> Vec<u8> {
    let mut encoder = Stream::new_easy_encoder(0, check).unwrap();
    let mut bytes = Vec::with_capacity(text.len() + 1_000);
    let status = encoder.process_vec(text, &mut bytes, Action::Finish).unwrap();
    assert_eq!(status, Status::StreamEnd);
    bytes
}

/// The stream with the CRC-32 of these bytes put where it stands.
fn with_crc(mut stored: Vec<u8>, bytes: std::ops::Range<usize>, at: usize) -> Vec<u8> {
    let crc = crc32fast::hash(&stored[bytes]);
    stored[at..at + 4].copy_from_slice(&crc.to_le_bytes());
    stored
}

/// A stream whose check is of a kind that the format keeps for later, and of 4 bytes.
pub(crate) fn stream_of_unknown_check(text: &[u8]) -> Vec<u8> {
    let mut stored = stream_of(text, Check::Crc32);
    let end = stored.len();
    stored[7] = 2;
    stored[end - 3] = 2;
    with_crc(with_crc(stored, 6..8, 8), end - 8..end - 2, end - 12)
}

/// A stream with this byte in the header of its first block, where the size of the dictionary stands, or the filter.
fn stream_with(at: usize, byte: u8) -> Vec<u8> {
    let mut stored = stream(b"a b\n");
    stored[at] = byte;
    with_crc(stored, 12..20, 20)
}

#[test]
fn streams_are_counted_as_one_text_and_empty_ones_as_nothing() {
    let tally = count(&[stream(b"a b"), stream(b""), stream(b"c\n")].concat()).unwrap().tally;
    assert_eq!((tally.words, tally.lines, tally.bytes_out), (2, 1, 5));
    assert_eq!(count(&stream(b"")).unwrap().tally.words, 0);
}

#[test]
fn what_stands_behind_the_last_stream_is_judged_as_xz_does() {
    let whole = stream(b"a b\n");
    let corrupt = Err("corrupt xz: invalid data or checksum mismatch");
    check_behind(&whole, b"", Ok(None));
    check_behind(&whole, &[0; 4_000], Ok(None));
    check_behind(&whole, &[0; 3], Err("truncated xz: ends in the zeros behind a stream"));
    check_behind(&whole, b"a longer piece of garbage", corrupt);
    check_behind(&whole, &[&[0; 8][..], &stream(b"")].concat(), Ok(None));
    check_behind(&whole, b"\xfd7z", Err("truncated xz: ends in a stream"));
}

#[test]
fn a_cut_anywhere_but_between_streams_is_truncated() {
    check_cuts(&[stream(b"a b\n"), stream(&b"some more text ".repeat(50))], 6);
}

#[test]
fn a_dictionary_over_the_bound_is_refused() {
    let refused = "too large: xz stream that takes over 128 MiB to decode";
    assert_eq!(count(&stream_with(16, 29)).unwrap().tally.words, 2);
    check_error(&stream_with(16, 30), refused);
    check_error(&stream_with(16, 40), refused);
}

#[test]
fn a_filter_that_is_not_known_is_refused() {
    check_error(&stream_with(14, 0x20), "unsupported xz: filters or options that are not known here");
}

#[test]
fn every_check_is_verified_or_warned_of() {
    for check in [Check::Crc32, Check::Crc64, Check::Sha256] {
        let mut stored = stream_of(b"a b\n", check);
        assert_eq!(count(&stored).unwrap().warning, None);
        // The check stands before the index, of 8 bytes here, and the footer.
        let at = stored.len() - 12 - 8 - 1;
        stored[at] ^= 1;
        check_error(&stored, "corrupt xz: invalid data or checksum mismatch");
    }
    assert_eq!(count(&stream_of(b"a b\n", Check::None)).unwrap().warning, None);
    let counted = count(&stream_of_unknown_check(b"a b\n")).unwrap();
    let warning = "an integrity check of this xz object is of an unknown kind: not verified";
    assert_eq!((counted.tally.words, counted.warning.as_deref()), (2, Some(warning)));
}

#[test]
fn a_long_run_of_one_byte_is_decoded_in_bounded_pieces() {
    let text = vec![b'a'; 10_000_000];
    let tally = count_chunks(Rule::Wc, stream(&text).chunks(100)).unwrap().tally;
    assert_eq!((tally.words, tally.bytes_out), (1, 10_000_000));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_streams_in_any_chunks_count_as_their_text(
        texts in vec((texts::any_text(), 0usize..3), 1..4),
        cuts in vec(any::<prop::sample::Index>(), 0..10),
    ) {
        let parts: Vec<_> = texts
            .into_iter()
            .map(|(text, zeros)| { let stored = [stream(&text), vec![0; 4 * zeros]].concat(); (text, stored) })
            .collect();
        check_parts(&parts, &cuts)?;
    }

    #[test]
    fn one_damaged_bit_is_never_counted_otherwise_than_whole(
        text in texts::any_text(),
        at in any::<prop::sample::Index>(),
        bit in 0u8..8,
    ) {
        check_damage(&text, stream(&text), 6, at, bit)?;
    }
}
