use count::{Counter, Summary};
use proptest::collection::vec;
use proptest::prelude::*;
use wire::rule::Rule;
use wire::tally::{Edges, Tally};

use crate::{reference, texts};

fn summary(rule: Rule, bytes: &[u8]) -> Summary {
    let mut counter = Counter::new(rule);
    counter.push(bytes);
    let mut summary = counter.summary();
    summary.tally.bytes_in = bytes.len() as u64;
    summary
}

/// Joins neighbours in the order that the picks give, until one is left.
fn join_all(mut parts: Vec<Summary>, picks: &[prop::sample::Index]) -> Summary {
    let mut picks = picks.iter().cycle();
    while parts.len() > 1 {
        let at = picks.next().unwrap().index(parts.len() - 1);
        let next = parts.remove(at + 1);
        parts[at] = parts[at].clone().join(next);
    }
    parts.pop().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_cut_joined_in_any_association_is_the_whole(
        chunks in texts::any_chunks(),
        picks in vec(any::<prop::sample::Index>(), 1..16),
    ) {
        let whole = chunks.concat();
        for rule in Rule::ALL {
            let parts: Vec<Summary> = chunks.iter().map(|chunk| summary(rule, chunk)).collect();
            prop_assert!(parts.iter().all(|part| part.fits(rule)));
            let joined = join_all(parts, &picks);
            prop_assert!(joined.fits(rule));
            prop_assert_eq!(&joined, &summary(rule, &whole), "{}", rule);
            prop_assert_eq!(joined.finish(rule), reference::tally(rule, &whole), "{}", rule);
        }
    }

    #[test]
    fn every_byte_apart_is_the_whole(text in texts::any_text(), picks in vec(any::<prop::sample::Index>(), 1..16)) {
        let text = &text[..text.len().min(60)];
        for rule in Rule::ALL {
            let parts = [summary(rule, b"")].into_iter().chain(text.chunks(1).map(|byte| summary(rule, byte)));
            prop_assert_eq!(join_all(parts.collect(), &picks), summary(rule, text), "{}", rule);
        }
    }

    #[test]
    fn joining_what_fits_never_panics(
        words in any::<u64>(),
        bytes in any::<u64>(),
        head in vec(any::<u8>(), 0..4),
        tail in vec(any::<u8>(), 0..4),
    ) {
        let tally = Tally { words, lines: words, bytes_in: bytes, bytes_out: bytes };
        let summary = Summary { tally, edges: Edges::Seed { head, tail } };
        if summary.fits(Rule::Seed) {
            summary.clone().join(summary.clone()).join(summary).finish(Rule::Seed);
        }
    }
}

#[test]
fn what_no_counter_of_the_rule_makes_does_not_fit() {
    let seed = |head: &[u8], tail: &[u8], bytes_out| Summary {
        tally: Tally { bytes_out, ..Tally::default() },
        edges: Edges::Seed { head: head.to_vec(), tail: tail.to_vec() },
    };
    assert!(seed(b"\x80\x80", b"\xe2\x82", 4).fits(Rule::Seed));
    assert!(!seed(b"\x80\x80", b"\xe2\x82", 3).fits(Rule::Seed));
    assert!(!seed(b"a", b"", 9).fits(Rule::Seed));
    assert!(!seed(b"\x80\x80\x80\x80", b"", 9).fits(Rule::Seed));
    assert!(!seed(b"", b"\r\n", 9).fits(Rule::Seed));
    assert!(!seed(b"", b"\x80", 9).fits(Rule::Seed));
    assert!(!seed(b"", b"", 9).fits(Rule::Wc));
    assert!(!summary(Rule::Wc, b"a").fits(Rule::Seed));
    assert!(Summary::default().fits(Rule::Word));
}
