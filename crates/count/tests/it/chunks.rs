use count::Counter;
use proptest::prelude::*;
use wire::rule::Rule;

use crate::{reference, texts};

#[track_caller]
fn check(rule: Rule, text: &str, words: u64, lines: u64) {
    let mut counter = Counter::new(rule);
    counter.push(text.as_bytes());
    let tally = counter.summary().finish(rule);
    assert_eq!((tally.words, tally.lines), (words, lines), "{rule}: {text:?}");
}

#[test]
fn wc_counts_runs_between_whitespace_and_newlines() {
    check(Rule::Wc, "", 0, 0);
    check(Rule::Wc, "a b\n", 2, 1);
    check(Rule::Wc, " a-b\tc\x0bd\x0ce\rf ", 5, 0);
    check(Rule::Wc, "no\u{a0}break\u{2003}here", 1, 0);
    check(Rule::Wc, "\0 \x01\n", 2, 1);
}

#[test]
fn word_counts_runs_of_word_characters() {
    check(Rule::Word, "", 0, 0);
    check(Rule::Word, "GET /a_b?c=d HTTP/1.1\n", 7, 1);
    check(Rule::Word, "naïve café—ok", 2, 0);
}

#[test]
fn seed_counts_as_the_2015_program_did() {
    check(Rule::Seed, "", 1, 1);
    check(Rule::Seed, "a b\n", 3, 2);
    check(Rule::Seed, "a b\r\n", 3, 2);
    check(Rule::Seed, "a\rb", 2, 1);
    check(Rule::Seed, "a\r\r\n", 3, 2);
    check(Rule::Seed, "é", 2, 1);
    check(Rule::Seed, "😀", 3, 1);
    check(Rule::Seed, "a_9", 1, 1);
}

#[test]
fn a_return_before_a_sequence_that_is_cut_is_one_unit() {
    let mut counter = Counter::new(Rule::Seed);
    for chunk in [&b"a\r\xe2"[..], b"\x82\xac\r", b"\xe2", b"\n"] {
        counter.push(chunk);
    }
    let tally = counter.summary().finish(Rule::Seed);
    assert_eq!((tally.words, tally.lines), (6, 2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn chunks_of_any_size_count_as_the_whole(chunks in texts::any_chunks()) {
        let whole = chunks.concat();
        for rule in Rule::ALL {
            let mut counter = Counter::new(rule);
            chunks.iter().for_each(|chunk| counter.push(chunk));
            let mut tally = counter.summary().finish(rule);
            tally.bytes_in = whole.len() as u64;
            prop_assert_eq!(tally, reference::tally(rule, &whole), "{}", rule);
        }
    }

    #[test]
    fn a_long_object_counts_as_the_reference_does(
        text in texts::any_text(),
        times in 1usize..3_000,
        offset in 0usize..100,
    ) {
        let repeated: Vec<u8> = text.iter().copied().cycle().take(text.len() * times.min(100_000 / (text.len() + 1))).collect();
        let bytes = &repeated[offset.min(repeated.len())..];
        for rule in Rule::ALL {
            let mut counter = Counter::new(rule);
            counter.push(bytes);
            let mut tally = counter.summary().finish(rule);
            tally.bytes_in = bytes.len() as u64;
            prop_assert_eq!(tally, reference::tally(rule, bytes), "{}", rule);
        }
    }
}
