//! Counting in memory, against the newline count of the memchr crate.

use std::hint::black_box;

use count::Counter;
use wire::rule::Rule;

use crate::arguments::Scale;
use crate::race::{Contender, race, timed};
use crate::table::{Amount, Line, Table};
use crate::texts::Text;

/// Bytes that stay in a processor's second cache, and are counted over and over.
const CACHED_BYTES: usize = 128 * 1024;

pub(crate) fn measure(text: &Text, scale: Scale, table: &mut Table) {
    for rule in Rule::ALL {
        let least = match rule {
            Rule::Wc => Some(0.7),
            Rule::Word | Rule::Seed => None,
        };
        measure_rule(text, rule, &text.bytes, least, scale, table);
    }
    let cached = &text.bytes[..CACHED_BYTES.min(text.bytes.len())];
    measure_rule(text, Rule::Wc, cached, None, scale, table);
}

fn measure_rule(
    text: &Text,
    rule: Rule,
    bytes: &[u8],
    at_least: Option<f64>,
    scale: Scale,
    table: &mut Table,
) {
    let turns = (text.bytes.len() / bytes.len().max(1)).max(1);
    let mut contenders: [Contender<'_>; 2] = [
        timed(|| {
            for _ in 0..turns {
                let mut counter = Counter::new(rule);
                counter.push(black_box(bytes));
                black_box(counter.summary());
            }
            Ok(())
        }),
        timed(|| {
            for _ in 0..turns {
                black_box(memchr::memchr_iter(b'\n', black_box(bytes)).count());
            }
            Ok(())
        }),
    ];
    let best = race(scale.rounds(), &mut contenders).expect("counting in memory does not fail");
    let place = if bytes.len() == text.bytes.len() { "in memory" } else { "in cache" };
    table.line(&Line {
        text: &text.name,
        what: &format!("{rule} {place}"),
        against: "newlines by memchr",
        amount: Amount::Bytes(bytes.len() * turns),
        ours: best[0],
        theirs: best[1],
        at_least,
    });
}
