use std::io::Write;

use flate2::{Compression, write::DeflateEncoder};
use proptest::collection::vec;
use proptest::prelude::*;
use wire::rule::Rule;

use crate::counting::{check_cuts, check_damage, check_error, check_parts, count, count_chunks};
use crate::texts;

const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;
const HEADER_CRC: u8 = 2;

/// A gzip member with the header fields that the flags name.
pub(crate) fn member(text: &[u8], level: u32, flags: u8) -> Vec<u8> {
    let mut bytes = vec![0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 255];
    if flags & EXTRA != 0 {
        bytes.extend(b"\x05\0extra");
    }
    if flags & NAME != 0 {
        bytes.extend(b"access.log\0");
    }
    if flags & COMMENT != 0 {
        bytes.extend(b"\0");
    }
    if flags & HEADER_CRC != 0 {
        bytes.extend(&crc32fast::hash(&bytes).to_le_bytes()[..2]);
    }
    let mut deflate = DeflateEncoder::new(bytes, Compression::new(level));
    deflate.write_all(text).unwrap();
    let mut bytes = deflate.finish().unwrap();
    bytes.extend(crc32fast::hash(text).to_le_bytes());
    bytes.extend((text.len() as u32).to_le_bytes());
    bytes
}

#[track_caller]
fn check_warning(behind: &[u8], warning: Option<&str>) {
    let stored = [&member(b"a b\n", 6, 0), behind].concat();
    let counted = count(&stored).unwrap();
    assert_eq!((counted.tally.words, counted.tally.bytes_in), (2, stored.len() as u64));
    assert_eq!(counted.warning.as_deref(), warning);
}

#[test]
fn members_are_counted_as_one_text_and_empty_ones_as_nothing() {
    let stored = [member(b"a b", 1, 0), member(b"", 6, NAME), member(b"c\n", 9, EXTRA | COMMENT)].concat();
    let tally = count(&stored).unwrap().tally;
    assert_eq!((tally.words, tally.lines, tally.bytes_out), (2, 1, 5));
}

#[test]
fn an_empty_text_is_counted() {
    let stored = member(b"", 6, 0);
    let tally = |rule| count_chunks(rule, [&stored[..]]).unwrap().tally;
    assert_eq!((tally(Rule::Wc).words, tally(Rule::Wc).lines), (0, 0));
    assert_eq!((tally(Rule::Seed).words, tally(Rule::Seed).lines), (1, 1));
}

#[test]
fn what_stands_behind_the_last_member_is_judged_as_gzip_does() {
    check_warning(b"", None);
    check_warning(b"\0", None);
    check_warning(&[0; 70_000], None);
    let garbage = |bytes| format!("{bytes} bytes behind the last gzip member: trailing garbage ignored");
    check_warning(b"garbage", Some(&garbage(7)));
    check_warning(b"x", Some(&garbage(1)));
    check_warning(b"\x1fx", Some(&garbage(2)));
    check_warning(b"\0\0x", Some(&garbage(1)));
    check_warning(b"\0\x1f\x8b\x08", Some(&garbage(3)));
}

#[test]
fn a_cut_anywhere_but_between_members_is_truncated() {
    let first = member(b"a b\n", 6, EXTRA | NAME | COMMENT | HEADER_CRC);
    check_cuts(&[first, member(&b"some more text ".repeat(50), 6, 0)], 2);
}

#[test]
fn a_cut_says_where_it_is() {
    let whole = member(b"a b\n", 6, 0);
    check_error(b"\x1f\x8b", "truncated gzip: ends in the header of a member");
    check_error(&whole[..12], "truncated gzip: ends in the data of a member");
    check_error(&whole[..whole.len() - 1], "truncated gzip: ends in the checksum of a member");
    check_error(&[&whole[..], b"\x1f"].concat(), "truncated gzip: ends in the header of a member");
}

#[test]
fn damage_is_told_by_its_kind() {
    let damaged = |at_from_end: usize| {
        let mut stored = member(b"a b\n", 6, 0);
        let at = stored.len() - at_from_end;
        stored[at] ^= 1;
        stored
    };
    check_error(&damaged(8), "corrupt gzip: crc mismatch");
    check_error(&damaged(4), "corrupt gzip: length mismatch");
    check_error(b"\x1f\x8b\x07\0\0\0\0\0\0\0", "corrupt gzip: unknown compression method");
    check_error(b"\x1f\x8b\x08\x20\0\0\0\0\0\0", "corrupt gzip: reserved flags set");
    check_error(b"\x1f\x8b\x08\x02\0\0\0\0\0\0\0\0", "corrupt gzip: header crc mismatch");
    check_error(b"\x1f\x8b\x08\0\0\0\0\0\0\0\x07", "corrupt gzip: invalid deflate data");
    check_error(
        &[&member(b"a", 6, 0)[..], b"\x1f\x8b\x07"].concat(),
        "corrupt gzip: unknown compression method",
    );
}

#[test]
fn a_long_run_of_one_byte_is_decoded_in_bounded_pieces() {
    let text = vec![b'a'; 30_000_000];
    let tally = count_chunks(Rule::Wc, member(&text, 9, 0).chunks(4_096)).unwrap().tally;
    assert_eq!((tally.words, tally.bytes_out), (1, 30_000_000));
}

/// The empty member that ends a BGZF object, as its specification spells it.
const BGZF_END: [u8; 28] = *b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0\x1b\0\x03\0\0\0\0\0\0\0\0\0";

/// A member with the extra field of BGZF.
fn bgzf_member(text: &[u8]) -> Vec<u8> {
    let plain = member(text, 6, 0);
    let length = u16::try_from(plain.len() + 8 - 1).unwrap();
    let mut bytes = BGZF_END[..16].to_vec();
    bytes.extend(length.to_le_bytes());
    bytes.extend(&plain[10..]);
    bytes
}

#[test]
fn a_bgzf_object_is_warned_of_where_its_end_marker_is_missing() {
    let warning = Some("no bgzf end marker: the file may be truncated");
    let check = |parts: &[&[u8]], words, warning: Option<&str>| {
        let counted = count(&parts.concat()).unwrap();
        assert_eq!((counted.tally.words, counted.warning.as_deref()), (words, warning), "{parts:x?}");
    };
    let (bgzf, plain) = (bgzf_member(b"a b\n"), member(b"c\n", 6, 0));
    check(&[&bgzf, &bgzf, &BGZF_END], 4, None);
    check(&[&BGZF_END], 0, None);
    check(&[&bgzf, &bgzf], 4, warning);
    check(&[&bgzf], 2, warning);
    check(&[&bgzf, &BGZF_END, &bgzf], 4, warning);
    check(&[&bgzf, &plain], 3, warning);
    check(&[&bgzf, &member(b"", 6, 0)], 2, warning);
    check(&[&plain, &bgzf], 3, None);
    check(&[&bgzf, b"x"], 2, Some("1 bytes behind the last gzip member: trailing garbage ignored"));
    check(&[&member(b"a b\n", 6, EXTRA)], 2, None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_members_in_any_chunks_count_as_their_text(
        texts in vec((texts::any_text(), 0u32..=9, 0u8..32), 1..5),
        padding in 0usize..5,
        cuts in vec(any::<prop::sample::Index>(), 0..10),
    ) {
        let mut parts: Vec<_> = texts
            .into_iter()
            .map(|(text, level, flags)| { let stored = member(&text, level, flags); (text, stored) })
            .collect();
        parts.push((vec![], vec![0; padding]));
        check_parts(&parts, &cuts)?;
    }

    #[test]
    fn one_damaged_bit_is_never_counted_otherwise_than_whole(
        text in texts::any_text(),
        at in any::<prop::sample::Index>(),
        bit in 0u8..8,
    ) {
        let stored = member(&text, 6, HEADER_CRC);
        check_damage(&text, stored, 2, at, bit)?;
    }
}
