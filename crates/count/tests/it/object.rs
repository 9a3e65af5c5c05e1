use count::{Counted, ObjectCounter, SNIFFED_BYTES, STEP_BYTES, Scratch};
use proptest::prelude::*;
use proptest::sample::select;
use wire::row::Reason;
use wire::rule::Rule;

use crate::counting::{finish, push};
use crate::gzip::member;
use crate::{bzip2, lz4, reference, texts, xz, zstd};

fn count(key: &str, stored: &[u8]) -> Counted {
    let mut counter = ObjectCounter::new(Rule::Wc, key);
    let mut scratch = Scratch::default();
    push(&mut counter, stored, STEP_BYTES, &mut scratch).unwrap();
    finish(counter, STEP_BYTES, &mut scratch).unwrap()
}

#[track_caller]
fn check(key: &str, stored: &[u8], words: u64, warning: Option<&str>) {
    let counted = count(key, stored);
    assert_eq!((counted.tally.words, counted.warning.as_deref()), (words, warning));
    assert_eq!(counted.tally.bytes_in, stored.len() as u64);
}

#[test]
fn the_bytes_tell_the_codec_and_the_name_does_not() {
    let stored = member(b"a b c\n", 6, 0);
    check("a.gz", &stored, 3, None);
    check("a.txt", &stored, 3, None);
    check("a.txt", b"a b c\n", 3, None);
    let misnamed = "named as gzip, but is not: counted as plain text";
    check("a.gz", b"a b c\n", 3, Some(misnamed));
    check("a.TGZ", b"a b c\n", 3, Some(misnamed));
    check("a.gzip", b"\x1f", 1, Some(misnamed));
    check("a.zst", b"a b c\n", 3, Some("named as zstd, but is not: counted as plain text"));
    check("a.LZ4", b"a b c\n", 3, Some("named as lz4, but is not: counted as plain text"));
    check("a.tbz2", b"BZh9 is a level", 4, Some("named as bzip2, but is not: counted as plain text"));
    check("a.xz", b"xz", 1, Some("named as xz, but is not: counted as plain text"));
    check("a.gz", &zstd::frame(b"a b c\n"), 3, None);
    check("a.bz2", &xz::stream(b"a b c\n"), 3, None);
}

#[test]
fn tiny_objects_are_plain() {
    check("a", b"", 0, None);
    check("a.gz", b"", 0, None);
    check("a", b"\x1f", 1, None);
    check("a", b"ab", 1, None);
    check("a", b"a\nb", 2, None);
}

#[test]
fn a_failed_object_stays_failed() {
    let mut stored = member(b"a b c\n", 6, 0);
    let at = stored.len() - 1;
    stored[at] = 9;
    stored.resize(400, 0);
    let mut counter = ObjectCounter::new(Rule::Wc, "a.gz");
    let scratch = &mut Scratch::default();
    let error = push(&mut counter, &stored, STEP_BYTES, scratch).unwrap_err();
    assert_eq!(error.reason(), Reason::Corrupt);
    assert_eq!(push(&mut counter, b"more", STEP_BYTES, scratch), Err(error.clone()));
    assert_eq!(counter.tally().bytes_in, 404);
    assert_eq!(finish(counter, STEP_BYTES, scratch), Err(error));
}

#[test]
fn what_was_counted_so_far_is_told() {
    let mut counter = ObjectCounter::new(Rule::Wc, "a.log");
    let scratch = &mut Scratch::default();
    push(&mut counter, &b"a b\n".repeat(100), STEP_BYTES, scratch).unwrap();
    let tally = counter.tally();
    assert_eq!((tally.words, tally.lines, tally.bytes_in), (200, 100, 400));
    push(&mut counter, b"c", STEP_BYTES, scratch).unwrap();
    assert_eq!(finish(counter, STEP_BYTES, scratch).unwrap().tally.words, 201);
}

#[test]
fn a_counter_goes_to_another_thread_in_the_middle_of_an_object() {
    let text = b"a b c\n".repeat(1_000);
    for stored in
        [member(&text, 6, 0), zstd::frame(&text), lz4::frame(&text), bzip2::stream(&text), xz::stream(&text)]
    {
        let (start, end) = stored.split_at(stored.len() / 2);
        let mut counter = ObjectCounter::new(Rule::Wc, "a");
        push(&mut counter, start, STEP_BYTES, &mut Scratch::default()).unwrap();
        let end = end.to_vec();
        let counted = std::thread::spawn(move || {
            let scratch = &mut Scratch::default();
            push(&mut counter, &end, STEP_BYTES, scratch).and_then(|()| finish(counter, STEP_BYTES, scratch))
        });
        assert_eq!(counted.join().unwrap().unwrap().tally.words, 3_000);
    }
}

#[test]
fn objects_that_take_turns_with_one_scratch_do_not_mix() {
    let (first, second) = (b"a b c\n".repeat(40_000), b"dd ee\n".repeat(40_000));
    let scratch = &mut Scratch::default();
    let stored = [member(&first, 6, 0), zstd::frame(&second), xz::stream(&first), bzip2::stream(&second)];
    let mut counters = stored.each_ref().map(|_| ObjectCounter::new(Rule::Wc, "a"));
    let longest = stored.iter().map(Vec::len).max().unwrap();
    for at in (0..longest).step_by(SNIFFED_BYTES + 1) {
        for (counter, stored) in counters.iter_mut().zip(&stored) {
            let chunk = &stored[at.min(stored.len())..(at + SNIFFED_BYTES + 1).min(stored.len())];
            push(counter, chunk, STEP_BYTES, scratch).unwrap();
        }
    }
    let words = counters.map(|counter| finish(counter, STEP_BYTES, scratch).unwrap().tally.words);
    assert_eq!(words, [120_000, 80_000, 120_000, 80_000]);
}

/// First bytes of objects that are not plain.
const STARTS: [&[u8]; 11] = [
    b"",
    b"\x1f\x8b\x08\0\0\0\0\0\0\0",
    b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0",
    b"\x28\xb5\x2f\xfd",
    b"\x28\xb5\x2f\xfd\0\x58",
    b"\x04\x22\x4d\x18",
    b"\x04\x22\x4d\x18\x40\x40\xc0",
    b"\x04\x22\x4d\x18\x60\x40\x82",
    b"\x50\x2a\x4d\x18\x01\0\0\0",
    b"BZh91AY&SY",
    b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46\x02\0\x21\x01",
];

proptest! {
    #[test]
    fn a_plain_object_counts_as_its_bytes(chunks in texts::any_chunks()) {
        let whole = chunks.concat();
        prop_assume!(!STARTS[1..].iter().any(|start| whole.starts_with(&start[..2])));
        for rule in Rule::ALL {
            let mut counter = ObjectCounter::new(rule, "a.log");
            let scratch = &mut Scratch::default();
            chunks.iter().for_each(|chunk| push(&mut counter, chunk, 100, scratch).unwrap());
            prop_assert_eq!(finish(counter, 100, scratch).unwrap().tally, reference::tally(rule, &whole));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_048))]

    #[test]
    fn no_bytes_make_it_panic(
        start in select(&STARTS[..]),
        stored in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let mut counter = ObjectCounter::new(Rule::Seed, "a.gz");
        let scratch = &mut Scratch::default();
        if push(&mut counter, &[start, &stored].concat(), STEP_BYTES, scratch).is_ok() {
            finish(counter, STEP_BYTES, scratch).ok();
        }
    }
}
