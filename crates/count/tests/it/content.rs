use count::{Counted, ObjectCounter, STEP_BYTES, Scratch};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use wire::rule::Rule;

use crate::counting::{finish, push};
use crate::gzip::member;
use crate::{bzip2, lz4, reference, texts, xz, zstd};

fn count(key: &str, chunks: &[&[u8]], step_bytes: usize) -> Counted {
    let mut counter = ObjectCounter::new(Rule::Wc, key);
    let scratch = &mut Scratch::default();
    chunks.iter().for_each(|chunk| push(&mut counter, chunk, step_bytes, scratch).unwrap());
    finish(counter, step_bytes, scratch).unwrap()
}

/// The bytes are counted as they are, whatever they are, with this warning.
#[track_caller]
fn check(key: &str, bytes: &[u8], warning: Option<&str>) {
    let counted = count(key, &[bytes], STEP_BYTES);
    assert_eq!(counted.warning.as_deref(), warning, "{key}");
    assert_eq!(counted.tally, reference::tally(Rule::Wc, bytes));
}

/// Once decoded, the bytes are counted as they are, with this warning.
#[track_caller]
fn check_in_gzip(key: &str, bytes: &[u8], warning: Option<&str>) {
    let counted = count(key, &[&member(bytes, 6, 0)], STEP_BYTES);
    assert_eq!(counted.warning.as_deref(), warning, "{key}");
    let expected = reference::tally(Rule::Wc, bytes);
    assert_eq!((counted.tally.words, counted.tally.lines), (expected.words, expected.lines));
}

/// A header of tar with the name of a file, which is empty.
fn tar() -> Vec<u8> {
    let mut tar = vec![0; 1536];
    tar[..5].copy_from_slice(b"a.log");
    tar[257..263].copy_from_slice(b"ustar\0");
    tar
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn a_format_that_is_not_decoded_is_named() {
    check("a.zip", b"PK\x03\x04\x14\0 x", Some("looks like a zip archive: counted as the bytes it is"));
    check("a.gz", b"PAR1\x15\x04\0", Some("looks like a parquet file: counted as the bytes it is"));
    check("a.tar", &tar(), Some("looks like a tar archive: counted as the bytes it is"));
    check("a.log", b"\x82SNAPPY\0\0\0\0\x01", Some("looks like snappy: counted as the bytes it is"));
    check(
        "a.log",
        b"Salted__secrets",
        Some("looks like a file encrypted by openssl: counted as the bytes it is"),
    );
    check("a", b"PARTS 1 2\n", None);
}

#[test]
fn what_is_compressed_twice_is_named_with_its_inner_format() {
    let text = b"a b c\n".repeat(100);
    let again = "its decoded bytes are gzip again: compressed twice, and decoded once";
    check_in_gzip("a.log.gz", &member(&text, 6, 0), Some(again));
    check_in_gzip("a.log.gz", &member(&text, 6, 0).repeat(3), Some(again));
    let inner = |format| format!("its decoded bytes are {format}: compressed twice, and decoded once");
    check_in_gzip("a.log.gz", &zstd::frame(&text), Some(&inner("zstd")));
    check_in_gzip("a.log.gz", &lz4::frame(&text), Some(&inner("lz4")));
    check_in_gzip("a.log.gz", &bzip2::stream(&text), Some(&inner("bzip2")));
    check_in_gzip("a.log.gz", &xz::stream(&text), Some(&inner("xz")));
    check_in_gzip("a.log.gz", b"\xff\x06\0\0sNaPpY", Some(&inner("snappy")));
    check_in_gzip("a.tgz", &tar(), Some("its decoded bytes look like a tar archive: counted as those bytes"));
    let counted = count("a", &[&zstd::frame(&zstd::frame(&text))], STEP_BYTES);
    assert_eq!(
        counted.warning.as_deref(),
        Some("its decoded bytes are zstd again: compressed twice, and decoded once")
    );
}

#[test]
fn a_name_that_promises_what_is_not_decoded_is_named() {
    let named = |format| format!("named as {format}, which is not decoded: counted as the bytes it is");
    check("a.log.br", b"\x0b\x02\x80abc\x03", Some(&named("brotli")));
    check("a.log.snappy", b"\x06\x14a b c\n", Some(&named("snappy")));
    check("A.ZZ", b"text\n", Some(&named("zlib")));
    check("a.log.enc", b"text\n", Some(&named("an encrypted file")));
    check("a.br", b"", None);
    check_in_gzip(
        "a.log.br.gz",
        b"text\n",
        Some("its decoded bytes are named as brotli, which is not decoded: counted as those bytes"),
    );
    check_in_gzip("a.log.br.gz", b"", None);
    let binary = "named as gzip, but is not, and looks binary: counted as the bytes it is";
    check("a.gz", b"a\0b\n", Some(binary));
}

#[test]
fn encodings_with_a_byte_order_mark_are_named() {
    let utf16 = [b"\xff\xfe", &utf16("a b c\n")[..]].concat();
    check("a.csv", &utf16, Some("looks like UTF-16, little-endian: counted as the bytes it is"));
    check_in_gzip(
        "a.csv.gz",
        &utf16,
        Some("its decoded bytes look like UTF-16, little-endian: counted as those bytes"),
    );
    check("a.csv", b"\xef\xbb\xbfa b\n", None);
}

#[test]
fn bytes_that_no_text_has_are_binary() {
    let nul = "looks binary, with NUL bytes: counted as the bytes it is";
    check("a.csv", &utf16("a b c\n"), Some(nul));
    check("a.log", &[&b"a b\n".repeat(1_999)[..], b"a\0\n"].concat(), Some(nul));
    check("a.log", &[&b"a b\n".repeat(2_000)[..], b"a\0\n"].concat(), None);
    let controls = "looks binary, with many control characters: counted as the bytes it is";
    check("a", &(1..=255).collect::<Vec<u8>>(), Some(controls));
    check_in_gzip(
        "a.gz",
        &utf16("a b\n"),
        Some("its decoded bytes look binary, with NUL bytes: counted as those bytes"),
    );
}

#[test]
fn what_is_wrong_with_how_it_is_stored_comes_first() {
    let stored = [member(&member(b"a b\n", 6, 0), 6, 0), b"garbage".to_vec()].concat();
    let warning = count("a.gz", &[&stored], STEP_BYTES).warning.unwrap();
    let (stored, content) = warning.split_once("; ").unwrap();
    assert!(stored.ends_with("trailing garbage ignored"), "{stored}");
    assert_eq!(content, "its decoded bytes are gzip again: compressed twice, and decoded once");
}

/// Bytes of which some are taken for text and some are not, some of them longer than what is judged.
fn any_content() -> impl Strategy<Value = Vec<u8>> {
    let starts: [&[u8]; 6] = [b"", b"PK\x03\x04", b"\xff\xfe", b"\x01\x02\x03\x04", b"x\x9c", b"ORC"];
    let repeated = (texts::any_text(), 0usize..9_000).prop_map(|(text, bytes)| {
        text.iter().copied().cycle().take(if text.is_empty() { 0 } else { bytes }).collect::<Vec<u8>>()
    });
    (select(starts.to_vec()), prop_oneof![repeated, vec(any::<u8>(), 0..9_000)], vec(any::<u8>(), 0..20))
        .prop_map(|(start, middle, end)| [start, &middle, &end].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_warning_does_not_depend_on_chunks_and_steps(
        bytes in any_content(),
        cuts in vec(any::<prop::sample::Index>(), 0..6),
        step_bytes in select(vec![1usize, 300, 5_000, STEP_BYTES]),
    ) {
        for stored in [bytes.clone(), member(&bytes, 1, 0), zstd::frame(&bytes), lz4::frame(&bytes)] {
            let chunks = texts::cut(&stored, &cuts);
            let chunks: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
            prop_assert_eq!(count("a", &chunks, step_bytes), count("a", &[&stored], STEP_BYTES));
        }
    }
}
