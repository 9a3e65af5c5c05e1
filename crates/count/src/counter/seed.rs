//! The 2015 program's rule, `seed`: UTF-16 code units outside `[A-Za-z0-9_]`, and `\n`s.
//!
//! The first bytes of a piece may belong to a sequence that began before it, and its last ones to a sequence that
//! ends behind it. Both are kept raw, at most three at either end, until the neighbours are known.

use std::str;

use wire::tally::{Edges, Tally};

use super::lanes::{count_pairs, flag, is_within};
use super::runs::is_ascii_word;
use crate::fastest::{Kernel, fastest};
use crate::summary::Summary;

/// Continuation bytes that a sequence can have.
const HEAD_BYTES_MAX: usize = 3;

/// Bytes that are checked and then counted while they are still in the nearest cache.
const BLOCK_BYTES: usize = 16 * 1024;

/// Text that is counted byte by byte: vectors don't pay between two damaged sequences.
const SHORT_BYTES: usize = 64;

/// Units and `\n`s between the raw ends of what was seen so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seed {
    units: u64,
    newlines: u64,
    /// All bytes, the raw ends included.
    bytes: u64,
    /// Leading continuation bytes, or a leading `\n`.
    head: Vec<u8>,
    /// The beginning of a sequence, or a `\r` that a `\n` may follow.
    tail: Vec<u8>,
}

impl Seed {
    pub(crate) fn new(tally: Tally, head: Vec<u8>, tail: Vec<u8>) -> Self {
        Self { units: tally.words, newlines: tally.lines, bytes: tally.bytes_out, head, tail }
    }

    /// Counts the bytes that come next.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let bytes = self.take_head(bytes);
        for block in bytes.chunks(BLOCK_BYTES) {
            self.bytes = self.bytes.saturating_add(block.len() as u64);
            let rest = self.settle_tail(block);
            self.push_block(rest);
        }
    }

    /// Sets what is pushed next to this apart from what came before.
    pub(crate) fn join(mut self, next: Self) -> Self {
        let head_bytes = next.head.len() as u64;
        self.push(&next.head);
        if next.bytes > head_bytes {
            self.end_tail();
            self.add(next.units, next.newlines);
            self.bytes = self.bytes.saturating_add(next.bytes - head_bytes);
            self.tail = next.tail;
        }
        self
    }

    /// Units and `\n`s, with nothing before and nothing behind.
    pub(crate) fn finish(mut self) -> (u64, u64) {
        self.end_tail();
        match self.head[..] {
            [b'\n'] => self.add(0, 1),
            _ => self.add(self.head.len() as u64, 0),
        }
        (self.units, self.newlines)
    }

    pub(crate) fn summary(&self) -> Summary {
        let tally = Tally { words: self.units, lines: self.newlines, bytes_in: 0, bytes_out: self.bytes };
        let edges = match self.bytes {
            0 => Edges::Empty,
            1.. => Edges::Seed { head: self.head.clone(), tail: self.tail.clone() },
        };
        Summary { tally, edges }
    }

    /// Takes what belongs to the head, and returns what does not.
    fn take_head<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let is_only_head = self.bytes == self.head.len() as u64;
        let head_bytes = match bytes.first() {
            Some(b'\n') if self.bytes == 0 => 1,
            Some(_) if is_only_head && self.head != b"\n" => {
                let left = HEAD_BYTES_MAX.saturating_sub(self.head.len());
                bytes.iter().take(left).take_while(|&&byte| is_continuation(byte)).count()
            }
            Some(_) | None => 0,
        };
        let (head, rest) = bytes.split_at(head_bytes);
        self.head.extend_from_slice(head);
        self.bytes = self.bytes.saturating_add(head_bytes as u64);
        rest
    }

    /// Finishes what the last block left open, as far as these bytes allow, and returns those that are left.
    fn settle_tail<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        match (self.tail.first(), bytes.first()) {
            (None, _) | (_, None) => bytes,
            (Some(b'\r'), Some(b'\n')) => {
                self.tail.clear();
                bytes
            }
            (Some(b'\r'), Some(_)) => {
                self.end_tail();
                bytes
            }
            (Some(_), Some(_)) => self.settle_sequence(bytes),
        }
    }

    /// As [`settle_tail`](Self::settle_tail), for the beginning of a sequence.
    fn settle_sequence<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        for (at, &byte) in bytes.iter().enumerate() {
            self.tail.push(byte);
            match str::from_utf8(&self.tail) {
                Ok(character) => {
                    self.add(character.encode_utf16().count() as u64, 0);
                    self.tail.clear();
                    return &bytes[at + 1..];
                }
                Err(error) if error.error_len().is_none() => {}
                Err(_) => {
                    self.end_tail();
                    return &bytes[at..];
                }
            }
        }
        &[]
    }

    /// Saturating: what comes from outside can't wrap a sum.
    fn add(&mut self, units: u64, newlines: u64) {
        self.units = self.units.saturating_add(units);
        self.newlines = self.newlines.saturating_add(newlines);
    }

    /// Nothing that follows can belong to the tail: it is one unit, `\r` or U+FFFD.
    fn end_tail(&mut self) {
        self.add(u64::from(!self.tail.is_empty()), 0);
        self.tail.clear();
    }

    fn push_block(&mut self, bytes: &[u8]) {
        let (bytes, begun) = bytes.split_at(bytes.len() - begun_bytes(bytes));
        let bytes = if begun.is_empty() { self.take_last_return(bytes) } else { bytes };
        if simdutf8::basic::from_utf8(bytes).is_ok() {
            self.push_text(bytes);
        } else {
            self.push_damaged(bytes);
        }
        self.tail.extend_from_slice(begun);
    }

    /// Keeps a `\r` at the end, which a `\n` may follow, and returns what stands before it.
    fn take_last_return<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let before = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        self.tail.extend_from_slice(&bytes[before.len()..]);
        before
    }

    /// Counts the text between damaged sequences, each of which is one unit.
    fn push_damaged(&mut self, bytes: &[u8]) {
        for chunk in bytes.utf8_chunks() {
            self.push_text(chunk.valid().as_bytes());
            self.add(u64::from(!chunk.invalid().is_empty()), 0);
        }
    }

    /// Counts valid UTF-8 with no `\r` before it.
    fn push_text(&mut self, text: &[u8]) {
        let count = Count { text };
        let (units, newlines) = if text.len() < SHORT_BYTES { count.run() } else { fastest(count) };
        self.add(units, newlines);
    }
}

/// How many of the last bytes are the beginning of a sequence that may go on.
fn begun_bytes(bytes: &[u8]) -> usize {
    let is_begun = |&last: &usize| {
        let begun = bytes.len().checked_sub(last).and_then(|start| str::from_utf8(&bytes[start..]).err());
        begun.is_some_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
    };
    (1..=3).find(is_begun).unwrap_or(0)
}

/// Units, and `\n`s, of valid UTF-8.
pub(super) struct Count<'a> {
    pub(super) text: &'a [u8],
}

impl Kernel for Count<'_> {
    type Output = (u64, u64);

    #[inline(always)]
    fn run(self) -> (u64, u64) {
        let [units, newlines, returns] = count_pairs(self.text, self.text, |byte, _| {
            let is_no_unit = is_ascii_word(byte) | is_continuation(byte) | (byte == b'\n');
            let has_two_units = is_within(byte, 0xf0, 0xff);
            let units = flag(!is_no_unit).wrapping_add(flag(has_two_units));
            [units, flag(byte == b'\n'), flag(byte == b'\r')]
        });
        (units - count_line_ends(self.text, returns), newlines)
    }
}

/// Pairs of `\r` and `\n`, looked for where there is a `\r`.
#[inline(always)]
fn count_line_ends(text: &[u8], returns: u64) -> u64 {
    if returns == 0 {
        return 0;
    }
    let [pairs] = count_pairs(&text[..text.len() - 1], &text[1..], |first, second| {
        [flag((first == b'\r') & (second == b'\n'))]
    });
    pairs
}

/// In UTF-8, a byte that no sequence begins with.
#[inline(always)]
pub(crate) fn is_continuation(byte: u8) -> bool {
    is_within(byte, 0x80, 0xbf)
}
