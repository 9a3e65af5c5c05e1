use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// The outcome of a stream, with the bytes behind it.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Ended { decoded: Vec<u8>, unused_bytes: usize },
    Starved { decoded: Vec<u8> },
    Invalid,
}

fn ours<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, step_bytes: usize) -> Outcome {
    let mut inflater = Inflater::default();
    let mut buffer = Box::new([0; DECODED_BYTES]);
    let mut decoded = Vec::new();
    let mut unused_bytes = None;
    for mut piece in pieces {
        if let Some(bytes) = &mut unused_bytes {
            *bytes += piece.len();
            continue;
        }
        loop {
            let allowance = Allowance::of(step_bytes);
            let mut emit = |bytes: &[u8]| {
                allowance.spend(bytes.len());
                decoded.extend_from_slice(bytes);
            };
            match inflater.push(&mut piece, &allowance, &mut buffer, &mut emit) {
                Ok(Progress::Full) => continue,
                Ok(Progress::Starved) => assert!(piece.is_empty()),
                Ok(Progress::Ended) => unused_bytes = Some(piece.len()),
                Err(Invalid) => return Outcome::Invalid,
            }
            break;
        }
    }
    match unused_bytes {
        Some(unused_bytes) => Outcome::Ended { decoded, unused_bytes },
        None => Outcome::Starved { decoded },
    }
}

fn theirs(stream: &[u8]) -> Outcome {
    let mut inflater = Decompress::new(false);
    let mut decoded = Vec::new();
    loop {
        decoded.reserve(64 * 1024);
        let (read, room) = (inflater.total_in() as usize, decoded.capacity() - decoded.len());
        match inflater.decompress_vec(&stream[read..], &mut decoded, FlushDecompress::None) {
            Ok(Status::StreamEnd) => {
                let unused_bytes = stream.len() - inflater.total_in() as usize;
                return Outcome::Ended { decoded, unused_bytes };
            }
            Ok(_) if inflater.total_in() as usize == stream.len() && room > 0 => {
                if decoded.len() < decoded.capacity() {
                    return Outcome::Starved { decoded };
                }
            }
            Ok(_) => {}
            Err(_) => return Outcome::Invalid,
        }
    }
}

fn deflated(text: &[u8], level: u32) -> Vec<u8> {
    let mut stream = Vec::with_capacity(text.len() * 2 + 1024);
    let status = Compress::new(Compression::new(level), false)
        .compress_vec(text, &mut stream, FlushCompress::Finish)
        .expect("compressing does not fail");
    assert_eq!(status, Status::StreamEnd);
    stream
}

#[track_caller]
fn check(stream: &[u8], piece_bytes: usize) {
    let whole = ours([stream], usize::MAX);
    assert_eq!(whole, theirs(stream));
    assert_eq!(whole, ours(stream.chunks(piece_bytes), usize::MAX));
    assert_eq!(whole, ours([stream], 1));
    assert_eq!(whole, ours(stream.chunks(piece_bytes), 1));
}

/// Text that matches near and far, at every distance that copying treats separately.
fn any_text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        vec(any::<u8>(), 0..40),
        "[a-e ]{0,40}".prop_map(String::into_bytes),
        (any::<u8>(), 1usize..400).prop_map(|(byte, times)| vec![byte; times]),
        (vec(any::<u8>(), 2..20), 1usize..60).prop_map(|(bytes, times)| bytes.repeat(times)),
    ];
    let repeated = |(pieces, times): (Vec<Vec<u8>>, usize)| pieces.concat().repeat(times);
    (vec(piece, 0..30), 1usize..30).prop_map(repeated)
}

#[test]
fn every_kind_of_block_is_refused_where_zlib_refuses_it() {
    let stored = [&[1, 3, 0, 0xfc, 0xff][..], b"abc", b"behind"].concat();
    check(&stored, 1);
    check(&[1, 3, 0, 0xfc, 0xfe, 0], 1);
    check(&[0b111], 1);
    check(&[0b011, 0], 1);
    check(&[], 1);
    for first in 0..=255 {
        for second in 0..=255 {
            check(&[first, second, 0xed, 0xfd, 0x3a, 0x55, 0xaa, 0x0f, 0xf0, 0x33], 3);
        }
    }
}

#[test]
fn a_match_may_not_reach_before_the_stream() {
    let stream = deflated(&b"0123456789".repeat(20), 9);
    for at in 0..stream.len() {
        for bit in 0..8 {
            let mut stream = stream.clone();
            stream[at] ^= 1 << bit;
            check(&stream, 2);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_was_compressed_comes_back(text in any_text(), level in 0u32..=9, piece_bytes in 1usize..5_000) {
        let stream = [deflated(&text, level), b"behind".to_vec()].concat();
        let decoded = Outcome::Ended { decoded: text, unused_bytes: 6 };
        for step_bytes in [1, 5_000, usize::MAX] {
            prop_assert_eq!(&ours(stream.chunks(piece_bytes), step_bytes), &decoded);
        }
    }

    #[test]
    fn damage_is_judged_as_zlib_judges_it(
        text in any_text(),
        level in 1u32..=9,
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        piece_bytes in 1usize..5_000,
    ) {
        let mut stream = deflated(&text, level);
        let at = at.index(stream.len());
        stream[at] = byte;
        check(&stream, piece_bytes);
    }

    #[test]
    fn any_bytes_are_judged_as_zlib_judges_them(stream in vec(any::<u8>(), 0..300), piece_bytes in 1usize..300) {
        check(&stream, piece_bytes);
    }
}
