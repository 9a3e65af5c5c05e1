use count::{Counted, ObjectCounter};
use proptest::prelude::*;
use wire::row::Reason;
use wire::rule::Rule;

use crate::gzip::member;
use crate::{reference, texts};

fn count(key: &str, stored: &[u8]) -> Counted {
    let mut counter = ObjectCounter::new(Rule::Wc, key);
    counter.push(stored).unwrap();
    counter.finish().unwrap()
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
fn a_format_that_is_not_decoded_is_named() {
    check("a.zip", b"PK\x03\x04\x14\0 x", 2, Some("looks like zip: counted as the bytes it is"));
    check("a.gz", b"PAR1\x15\x04\0", 1, Some("looks like parquet: counted as the bytes it is"));
    check("a", b"PARTS 1 2\n", 3, None);
}

#[test]
fn a_failed_object_stays_failed() {
    let mut stored = member(b"a b c\n", 6, 0);
    let at = stored.len() - 1;
    stored[at] = 9;
    stored.resize(400, 0);
    let mut counter = ObjectCounter::new(Rule::Wc, "a.gz");
    let error = counter.push(&stored).unwrap_err();
    assert_eq!(error.reason(), Reason::Corrupt);
    assert_eq!(counter.push(b"more"), Err(error.clone()));
    assert_eq!(counter.finish(), Err(error));
}

#[test]
fn what_was_counted_so_far_is_told() {
    let mut counter = ObjectCounter::new(Rule::Wc, "a.log");
    counter.push(&b"a b\n".repeat(100)).unwrap();
    let tally = counter.tally();
    assert_eq!((tally.words, tally.lines, tally.bytes_in), (200, 100, 400));
    counter.push(b"c").unwrap();
    assert_eq!(counter.finish().unwrap().tally.words, 201);
}

#[test]
fn a_counter_goes_to_another_thread_in_the_middle_of_an_object() {
    let stored = member(b"a b c\n", 6, 0);
    let (start, end) = stored.split_at(15);
    let mut counter = ObjectCounter::new(Rule::Wc, "a.gz");
    counter.push(start).unwrap();
    let end = end.to_vec();
    let counted = std::thread::spawn(move || counter.push(&end).and_then(|()| counter.finish()));
    assert_eq!(counted.join().unwrap().unwrap().tally.words, 3);
}

proptest! {
    #[test]
    fn a_plain_object_counts_as_its_bytes(chunks in texts::any_chunks()) {
        let whole = chunks.concat();
        prop_assume!(!whole.starts_with(b"\x1f\x8b"));
        for rule in Rule::ALL {
            let mut counter = ObjectCounter::new(rule, "a.log");
            chunks.iter().for_each(|chunk| counter.push(chunk).unwrap());
            prop_assert_eq!(counter.finish().unwrap().tally, reference::tally(rule, &whole));
        }
    }

    #[test]
    fn no_bytes_make_it_panic(stored in prop::collection::vec(any::<u8>(), 0..400), is_gzip in any::<bool>()) {
        let start: &[u8] = if is_gzip { b"\x1f\x8b\x08\0\0\0\0\0\0\0" } else { b"" };
        let mut counter = ObjectCounter::new(Rule::Seed, "a.gz");
        if counter.push(&[start, &stored].concat()).is_ok() {
            counter.finish().ok();
        }
    }
}
