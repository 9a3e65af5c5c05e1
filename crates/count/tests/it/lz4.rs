use std::io::Write;

use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
use proptest::collection::vec;
use proptest::prelude::*;
use wire::rule::Rule;

use crate::counting::{
    check_behind, check_cuts, check_damage, check_error, check_parts, count, count_chunks,
};
use crate::texts;

/// A frame of independent blocks with every checksum and its length.
pub(crate) fn frame(text: &[u8]) -> Vec<u8> {
    frame_of(text, 0b1110, BlockSize::Max64KB)
}

/// A frame of blocks of 4 MiB.
pub(crate) fn frame_of_large_blocks(text: &[u8]) -> Vec<u8> {
    frame_of(text, 0b1110, BlockSize::Max4MB)
}

const LINKED: u8 = 0b0001;
const BLOCK_CHECKSUMS: u8 = 0b0010;
const CONTENT_CHECKSUM: u8 = 0b0100;
const LENGTH: u8 = 0b1000;

fn frame_of(text: &[u8], flags: u8, block_size: BlockSize) -> Vec<u8> {
    let info = FrameInfo::new()
        .block_mode(if flags & LINKED != 0 { BlockMode::Linked } else { BlockMode::Independent })
        .block_checksums(flags & BLOCK_CHECKSUMS != 0)
        .content_checksum(flags & CONTENT_CHECKSUM != 0)
        .content_size((flags & LENGTH != 0).then_some(text.len() as u64))
        .block_size(block_size);
    let mut encoder = FrameEncoder::with_frame_info(info, vec![]);
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// A frame of linked blocks of 64 KiB without checksums, with these blocks.
fn linked(blocks: &[&[u8]]) -> Vec<u8> {
    [b"\x04\x22\x4d\x18\x40\x40\xc0", &blocks.concat()[..], b"\0\0\0\0"].concat()
}

/// Words that repeat at every distance, over many blocks.
fn long_text(bytes: usize) -> Vec<u8> {
    let words = (0u64..).map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 52);
    let mut text: Vec<u8> = words.take(bytes / 4).flat_map(|word| format!("{word} ").into_bytes()).collect();
    text.truncate(bytes);
    text
}

#[test]
fn frames_are_counted_as_one_text_and_empty_ones_as_nothing() {
    let tally = count(&[frame(b"a b"), frame(b""), frame(b"c\n")].concat()).unwrap().tally;
    assert_eq!((tally.words, tally.lines, tally.bytes_out), (2, 1, 5));
    assert_eq!(count(&frame(b"")).unwrap().tally.words, 0);
}

#[test]
fn what_stands_behind_the_last_frame_is_a_frame_or_an_error() {
    let corrupt = Err("corrupt lz4: other bytes behind a frame");
    check_behind(&frame(b"a b\n"), b"", Ok(None));
    check_behind(&frame(b"a b\n"), b"\x5f\x2a\x4d\x18\x02\0\0\0ab", Ok(None));
    check_behind(&frame(b"a b\n"), b"garbage", corrupt);
    check_behind(&frame(b"a b\n"), b"\0\0\0\0", corrupt);
    check_behind(&frame(b"a b\n"), b"\x04", Err("truncated lz4: ends in the header of a frame"));
    let legacy = Err("unsupported lz4: frame of the legacy kind behind another");
    check_behind(&frame(b"a b\n"), b"\x02\x21\x4c\x18", legacy);
}

#[test]
fn a_cut_anywhere_but_between_frames_is_truncated() {
    let skipped = b"\x50\x2a\x4d\x18\x03\0\0\0abc".to_vec();
    check_cuts(&[frame(b"a b\n"), skipped, frame(&b"some more text ".repeat(50))], 4);
}

#[test]
fn blocks_of_any_size_and_kind_count_as_their_text() {
    let text = long_text(700_000);
    let words = text.split(|&byte| byte == b' ').filter(|word| !word.is_empty()).count() as u64;
    let sizes = [BlockSize::Max64KB, BlockSize::Max256KB, BlockSize::Max1MB, BlockSize::Max4MB];
    for block_size in sizes {
        for flags in 0..16 {
            let stored = frame_of(&text, flags, block_size);
            for chunk_bytes in [7, 4_099, 100_000, stored.len()] {
                let tally = count_chunks(Rule::Wc, stored.chunks(chunk_bytes)).unwrap().tally;
                assert_eq!((tally.words, tally.bytes_out), (words, 700_000), "{flags} {block_size:?}");
            }
        }
    }
}

#[test]
fn a_linked_block_looks_back_to_stored_and_decoded_ones_64_kib_at_most() {
    let stored = |bytes: &[u8]| [&(bytes.len() as u32 | 1 << 31).to_le_bytes()[..], bytes].concat();
    let spaces = stored(&[b' '; 65_530]);
    // No literals, a match of 4 bytes at this distance, then 5 literals.
    let back = |distance: u16| [b"\x09\0\0\0\0", &distance.to_le_bytes()[..], b"\x50abcde"].concat();
    let check = |blocks: &[&[u8]], words| {
        assert_eq!(count(&linked(blocks)).map(|counted| counted.tally.words).ok(), words);
    };
    check(&[&stored(b" a b c"), &back(6)], Some(5));
    check(&[&stored(b"x y"), &spaces, &back(65_533)], Some(5));
    check(&[&stored(b"a b c"), &back(5), &back(9)], Some(7));
    check(&[&stored(b"a b"), &back(4)], None);
    check(&[&stored(b"a b c d"), &spaces, &back(65_535)], Some(7));
    check(&[&back(1)], None);
}

#[test]
fn what_the_header_says_is_held_to() {
    check_error(b"\x04\x22\x4d\x18\x40\x40\xc1", "corrupt lz4: checksum mismatch of a header");
    let with_checksum = |header: &[u8]| {
        let checksum = (twox_hash::XxHash32::oneshot(0, header) >> 8) as u8;
        [b"\x04\x22\x4d\x18", header, &[checksum]].concat()
    };
    check_error(&with_checksum(b"\x80\x40"), "corrupt lz4: unknown version or flags");
    check_error(&with_checksum(b"\x42\x40"), "corrupt lz4: unknown version or flags");
    check_error(&with_checksum(b"\x40\x30"), "corrupt lz4: unknown block size");
    check_error(&with_checksum(b"\x40\xc0"), "corrupt lz4: unknown block size");
    let dictionary = "unsupported lz4: needs a dictionary, and none is known here";
    check_error(&with_checksum(b"\x61\x40\x07\0\0\0"), dictionary);
    check_error(&linked(&[b"\x01\0\x01\0"]), "corrupt lz4: block over the maximum of its frame");
    let too_long = [&with_checksum(b"\x68\x40\x05\0\0\0\0\0\0\0")[..], b"\x04\0\0\x80a b\n\0\0\0\0"].concat();
    check_error(&too_long, "corrupt lz4: length mismatch");
}

#[test]
fn damage_is_told_by_its_kind() {
    let damaged = |at_from_end: usize| {
        let mut stored = frame(b"a b\n");
        let at = stored.len() - at_from_end;
        stored[at] ^= 1;
        stored
    };
    check_error(&damaged(1), "corrupt lz4: checksum mismatch");
    check_error(&damaged(9), "corrupt lz4: checksum mismatch of a block");
    check_error(&damaged(13), "corrupt lz4: checksum mismatch of a block");
    check_error(&linked(&[b"\x03\0\0\0\x0f\0\0"]), "corrupt lz4: invalid block");
}

#[test]
fn a_block_that_holds_more_than_its_frame_allows_is_invalid() {
    let block = [&b"\x1fa\x01\0"[..], &[255; 300], b"\0\x50abcde"].concat();
    let stored = linked(&[&(block.len() as u32).to_le_bytes(), &block]);
    check_error(&stored, "corrupt lz4: invalid block");
}

#[test]
fn a_long_run_of_one_byte_is_decoded_in_bounded_pieces() {
    let text = vec![b'a'; 30_000_000];
    let stored = frame_of(&text, CONTENT_CHECKSUM, BlockSize::Max4MB);
    let tally = count_chunks(Rule::Wc, stored.chunks(4_096)).unwrap().tally;
    assert_eq!((tally.words, tally.bytes_out), (1, 30_000_000));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_frames_in_any_chunks_count_as_their_text(
        frames in vec((texts::any_text(), 0u8..16), 1..5),
        cuts in vec(any::<prop::sample::Index>(), 0..10),
    ) {
        let parts: Vec<_> = frames
            .into_iter()
            .map(|(text, flags)| { let stored = frame_of(&text, flags, BlockSize::Max64KB); (text, stored) })
            .collect();
        check_parts(&parts, &cuts)?;
    }

    #[test]
    fn one_damaged_bit_is_never_counted_otherwise_than_whole(
        text in texts::any_text(),
        flags in 0u8..16,
        at in any::<prop::sample::Index>(),
        bit in 0u8..8,
    ) {
        let stored = frame_of(&text, flags | CONTENT_CHECKSUM, BlockSize::Max64KB);
        check_damage(&text, stored, 4, at, bit)?;
    }
}
