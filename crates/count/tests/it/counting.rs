use count::{CountError, Counted, Finish, ObjectCounter, STEP_BYTES, Scratch, Step};
use proptest::prelude::*;
use wire::rule::Rule;

use crate::{reference, texts};

pub(crate) fn count_chunks<'a>(
    rule: Rule,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Counted, CountError> {
    count_steps(rule, chunks, STEP_BYTES)
}

/// Counts in steps of so many bytes.
pub(crate) fn count_steps<'a>(
    rule: Rule,
    chunks: impl IntoIterator<Item = &'a [u8]>,
    step_bytes: usize,
) -> Result<Counted, CountError> {
    let mut counter = ObjectCounter::new(rule, "a");
    let mut scratch = Scratch::default();
    for chunk in chunks {
        push(&mut counter, chunk, step_bytes, &mut scratch)?;
    }
    finish(counter, step_bytes, &mut scratch)
}

/// Counts a chunk to its end, in as many steps as that takes.
pub(crate) fn push(
    counter: &mut ObjectCounter,
    mut chunk: &[u8],
    step_bytes: usize,
    scratch: &mut Scratch,
) -> Result<(), CountError> {
    while counter.push(&mut chunk, step_bytes, scratch)? == Step::Full {}
    assert!(chunk.is_empty(), "a step ends with bytes left or starved, not both");
    Ok(())
}

/// The end of an object, in as many steps as that takes.
pub(crate) fn finish(
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

/// Counts the object whole, byte by byte and in the shortest steps, which has to be the same.
#[track_caller]
pub(crate) fn count(stored: &[u8]) -> Result<Counted, CountError> {
    let whole = count_chunks(Rule::Wc, [stored]);
    assert_eq!(whole, count_chunks(Rule::Wc, stored.chunks(1)));
    assert_eq!(whole, count_steps(Rule::Wc, [stored], 1));
    assert_eq!(whole, count_steps(Rule::Wc, stored.chunks(1), 1));
    whole
}

#[track_caller]
pub(crate) fn check_error(stored: &[u8], message: &str) {
    assert_eq!(count(stored).unwrap_err().to_string(), message);
}

/// Checks that what stands behind this whole object, of two words, is judged so.
#[track_caller]
pub(crate) fn check_behind(whole: &[u8], behind: &[u8], expected: Result<Option<&str>, &str>) {
    let stored = [whole, behind].concat();
    match (count(&stored), expected) {
        (Ok(counted), Ok(warning)) => {
            assert_eq!((counted.tally.words, counted.tally.bytes_in), (2, stored.len() as u64));
            assert_eq!(counted.warning.as_deref(), warning);
        }
        (Err(error), Err(message)) => assert_eq!(error.to_string(), message),
        (counted, _) => panic!("{counted:?}, not {expected:?}"),
    }
}

/// A cut from this byte on is an error that says so, or stands at the end of one of the parts.
#[track_caller]
pub(crate) fn check_cuts(parts: &[Vec<u8>], first_cut: usize) {
    let stored = parts.concat();
    let mut ends = vec![];
    for end in first_cut..=stored.len() {
        match count(&stored[..end]) {
            Ok(_) => ends.push(end),
            Err(error) => assert!(matches!(error, CountError::Truncated(_)), "{end}: {error}"),
        }
    }
    let expected = parts.iter().scan(0, |end, part| {
        *end += part.len();
        Some(*end)
    });
    assert_eq!(ends, expected.collect::<Vec<_>>());
}

/// The parts in these chunks count as their text by every rule, with nothing to warn of.
pub(crate) fn check_parts(
    parts: &[(Vec<u8>, Vec<u8>)],
    cuts: &[prop::sample::Index],
) -> Result<(), TestCaseError> {
    let text: Vec<u8> = parts.iter().flat_map(|(text, _)| text.clone()).collect();
    let stored: Vec<u8> = parts.iter().flat_map(|(_, stored)| stored.clone()).collect();
    let chunks = texts::cut(&stored, cuts);
    for rule in Rule::ALL {
        let mut tally = reference::tally(rule, &text);
        tally.bytes_in = stored.len() as u64;
        for step_bytes in [1, 1_000, STEP_BYTES] {
            let counted = count_steps(rule, chunks.iter().map(Vec::as_slice), step_bytes);
            // Of any bytes, some are no text.
            let warning = counted.as_ref().unwrap().warning.clone();
            prop_assert!(warning.as_ref().is_none_or(|warning| warning.starts_with("its decoded bytes ")));
            prop_assert_eq!(counted, Ok(Counted { tally, warning }), "steps of {}", step_bytes);
        }
    }
    Ok(())
}

/// With one bit flipped, from this byte on, the object counts as its text or not at all.
pub(crate) fn check_damage(
    text: &[u8],
    mut stored: Vec<u8>,
    first_byte: usize,
    at: prop::sample::Index,
    bit: u8,
) -> Result<(), TestCaseError> {
    let at = at.index(stored.len() - first_byte) + first_byte;
    stored[at] ^= 1 << bit;
    if let Ok(counted) = count(&stored) {
        let mut tally = reference::tally(Rule::Wc, text);
        tally.bytes_in = stored.len() as u64;
        prop_assert_eq!(counted.tally, tally);
    }
    Ok(())
}
