//! The outcome of `count` for an object, which may not depend on the pieces that it comes in.

use std::cell::RefCell;

use count::{CountError, Counted, Counter, Finish, ObjectCounter, STEP_BYTES, Scratch, Step};
use wire::rule::Rule;
use wire::tally::Tally;

use crate::chance::{Chance, pieces};

/// The outcome of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The result at its end.
    pub outcome: Result<Counted, CountError>,
    /// The tally before it ended.
    pub so_far: Tally,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// A rule for this object: which one is left to chance. The third is slow on what is not text.
pub fn any_rule(object: &[u8]) -> Rule {
    Chance::of(object).one_of(&[Rule::Wc, Rule::Word])
}

/// The start of what a warning says of decoded bytes that are no text, which stands last.
const CONTENT: &str = "its decoded bytes";

/// The outcome of an object, pushed whole. Pushed in pieces it has to be the same, and in steps of any size. Its warning
/// is that of its codec: of any bytes, many are no text.
pub fn judge(rule: Rule, object: &[u8]) -> Judged {
    let whole = judge_pieces(rule, [object]);
    let step_bytes = 1 << Chance::of(object).below(18);
    let cut = judge_steps(rule, pieces(object), step_bytes);
    assert_eq!(whole.outcome, cut.outcome, "whole, and in pieces, in steps of {step_bytes}");
    Judged { outcome: whole.outcome.map(without_content), ..whole }
}

fn without_content(counted: Counted) -> Counted {
    let warning = counted.warning.and_then(|warning| match warning.split_once(CONTENT) {
        None => Some(warning),
        Some((stored, _)) => stored.strip_suffix("; ").map(str::to_owned),
    });
    Counted { warning, ..counted }
}

/// The outcome of an object that comes in these pieces.
pub fn judge_pieces<'a>(rule: Rule, pieces: impl IntoIterator<Item = &'a [u8]>) -> Judged {
    judge_steps(rule, pieces, STEP_BYTES)
}

fn judge_steps<'a>(rule: Rule, pieces: impl IntoIterator<Item = &'a [u8]>, step_bytes: usize) -> Judged {
    SCRATCH.with_borrow_mut(|scratch| {
        let mut counter = ObjectCounter::new(rule, "object.gz");
        let mut failed = Ok(());
        for piece in pieces {
            let pushed = push(&mut counter, piece, step_bytes, scratch);
            assert!(failed.is_ok() || pushed == failed, "after an error, every call returns the same one");
            failed = pushed;
        }
        let so_far = counter.tally();
        let outcome = finish(counter, step_bytes, scratch);
        if let Err(error) = failed {
            assert_eq!(outcome.as_ref(), Err(&error), "the first error is the outcome");
        }
        Judged { outcome, so_far }
    })
}

fn push(
    counter: &mut ObjectCounter,
    mut piece: &[u8],
    step_bytes: usize,
    scratch: &mut Scratch,
) -> Result<(), CountError> {
    while counter.push(&mut piece, step_bytes, scratch)? == Step::Full {}
    assert!(piece.is_empty(), "a counter that is starved has used all");
    Ok(())
}

fn finish(
    mut counter: ObjectCounter,
    step_bytes: usize,
    scratch: &mut Scratch,
) -> Result<Counted, CountError> {
    loop {
        match counter.finish(step_bytes, scratch)? {
            Finish::Counted(counted) => return Ok(counted),
            Finish::More(more) => counter = more,
        }
    }
}

/// The outcome of an object of so many bytes that holds this text.
pub fn counted(
    rule: Rule,
    object: &[u8],
    text: &[u8],
    warning: Option<String>,
) -> Result<Counted, CountError> {
    Ok(Counted { tally: tally(rule, object, text), warning })
}

/// The tally of an object that holds this text. The counter has a target of its own, so that here it may be trusted.
pub fn tally(rule: Rule, object: &[u8], text: &[u8]) -> Tally {
    let mut counter = Counter::new(rule);
    counter.push(text);
    let mut tally = counter.summary().finish(rule);
    tally.bytes_in = object.len() as u64;
    tally
}
