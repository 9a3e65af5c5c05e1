//! The counter of each rule against the naive reference: any bytes, pushed whole, pushed in pieces, and as the joined
//! summaries of the pieces.

#![no_main]

use count::{Counter, Summary};
use fuzz::chance::{Chance, pieces};
use fuzz::naive_tally;
use libfuzzer_sys::fuzz_target;
use wire::rule::Rule;

/// Texts of up to this length are cut at every position.
const CUT_EVERYWHERE_BYTES: usize = 48;

/// Longer than the blocks that the kernels go by.
const LONG_BYTES_MAX: usize = 50_000;

fuzz_target!(|data: &[u8]| {
    for rule in Rule::ALL {
        hold(rule, data);
    }
    let mut chance = Chance::of(data);
    if !data.is_empty() && chance.below(8) == 0 {
        let bytes = chance.below(LONG_BYTES_MAX);
        let long: Vec<u8> = data.iter().copied().cycle().take(bytes).collect();
        hold(chance.one_of(&Rule::ALL), &long);
    }
});

fn hold(rule: Rule, text: &[u8]) {
    hold_pieces(rule, text, &[text]);
    hold_pieces(rule, text, &pieces(text));
    if text.len() <= CUT_EVERYWHERE_BYTES {
        for cut in 0..=text.len() {
            let (left, right) = text.split_at(cut);
            hold_pieces(rule, text, &[left, right]);
        }
    }
}

fn hold_pieces(rule: Rule, text: &[u8], pieces: &[&[u8]]) {
    let mut counter = Counter::new(rule);
    for piece in pieces {
        counter.push(piece);
    }
    check(rule, text, counter.summary(), "pushed");
    let parts: Vec<Summary> = pieces.iter().map(|piece| part(rule, piece)).collect();
    check(rule, text, joined(&parts), "joined");
    let from_left = parts.iter().cloned().fold(Summary::default(), Summary::join);
    check(rule, text, from_left, "joined from the left");
    let from_right = parts.into_iter().rev().fold(Summary::default(), |joined, part| part.join(joined));
    check(rule, text, from_right, "joined from the right");
}

fn part(rule: Rule, piece: &[u8]) -> Summary {
    let mut counter = Counter::new(rule);
    counter.push(piece);
    counter.summary()
}

/// The parts joined as a tree of halves.
fn joined(parts: &[Summary]) -> Summary {
    match parts {
        [] => Summary::default(),
        [part] => part.clone(),
        _ => {
            let (left, right) = parts.split_at(parts.len() / 2);
            joined(left).join(joined(right))
        }
    }
}

fn check(rule: Rule, text: &[u8], summary: Summary, how: &str) {
    assert!(summary.fits(rule), "{rule}, {how}: {summary:?}");
    let mut tally = summary.finish(rule);
    tally.bytes_in = text.len() as u64;
    assert_eq!(tally, naive_tally(rule, text), "{rule}, {how}");
}
