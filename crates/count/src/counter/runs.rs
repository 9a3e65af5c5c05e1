//! The rules `wc` and `word`: words are runs of bytes of one class, lines are `\n`s.

use wire::tally::{Edges, Tally};

use super::lanes::{LANES, STEPS_MAX, count_pairs, flag, is_within, sum};
use crate::fastest::{Kernel, fastest};
use crate::summary::Summary;

/// Runs and `\n`s seen so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs {
    words: u64,
    lines: u64,
    bytes: u64,
    starts_in_word: bool,
    ends_in_word: bool,
}

/// Bytes that are classed at a time: few enough that their classes stay in the nearest cache, and that a lane can
/// sum them up.
const BLOCK_BYTES: usize = STEPS_MAX * LANES;

/// Room for the class of the byte before a block, and for no more than that.
const FRONT_BYTES: usize = 64;

/// Whether each byte of a block is in a word, as [`flag`]s. Aligned as cache lines are, so that no vector of them is
/// stored to two.
#[repr(align(64))]
struct Classes([u8; FRONT_BYTES + BLOCK_BYTES]);

/// Rule `wc`: everything but the six ASCII whitespace bytes.
#[inline(always)]
pub(super) fn is_in_wc_word(byte: u8) -> bool {
    !(is_within(byte, b'\t', b'\r') | (byte == b' '))
}

/// Rule `word`: `[A-Za-z0-9_]`, and all of what is not ASCII.
#[inline(always)]
pub(super) fn is_in_word(byte: u8) -> bool {
    is_ascii_word(byte) | (byte >= 0x80)
}

/// JavaScript's `\w`.
#[inline(always)]
pub(super) fn is_ascii_word(byte: u8) -> bool {
    is_within(byte | 0x20, b'a', b'z') | is_within(byte, b'0', b'9') | (byte == b'_')
}

impl Runs {
    /// Counts the bytes that come next, a word being a run of those that `is_in_word`.
    pub(super) fn push(&mut self, bytes: &[u8], is_in_word: impl Fn(u8) -> bool) {
        let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else { return };
        if self.bytes == 0 {
            self.starts_in_word = is_in_word(first);
        }
        let (words, lines) = fastest(Count::new(self.ends_in_word, bytes, &is_in_word));
        self.words += words;
        self.lines += lines;
        self.bytes += bytes.len() as u64;
        self.ends_in_word = is_in_word(last);
    }

    pub(super) fn summary(&self) -> Summary {
        let Self { words, lines, bytes, starts_in_word, ends_in_word } = *self;
        let edges = match bytes {
            0 => Edges::Empty,
            1.. => Edges::Runs { starts_in_word, ends_in_word },
        };
        Summary { tally: Tally { words, lines, bytes_in: 0, bytes_out: bytes }, edges }
    }
}

/// Starts of words, and `\n`s.
pub(super) struct Count<'a, IsInWord> {
    was_in_word: bool,
    bytes: &'a [u8],
    is_in_word: &'a IsInWord,
    words: u64,
    lines: u64,
}

impl<IsInWord: Fn(u8) -> bool> Kernel for Count<'_, IsInWord> {
    type Output = (u64, u64);

    /// Each byte is classed once, into a block of classes; where one of them differs from the one before it, a word
    /// starts or ends.
    #[inline(always)]
    fn run(mut self) -> (u64, u64) {
        let mut classes = Classes([0; FRONT_BYTES + BLOCK_BYTES]);
        let (blocks, rest) = self.bytes.as_chunks::<BLOCK_BYTES>();
        for block in blocks {
            self.count_block(block, &mut classes);
        }
        self.count_block(rest, &mut classes);
        (self.words, self.lines)
    }
}

impl<'a, IsInWord: Fn(u8) -> bool> Count<'a, IsInWord> {
    pub(super) fn new(was_in_word: bool, bytes: &'a [u8], is_in_word: &'a IsInWord) -> Self {
        Self { was_in_word, bytes, is_in_word, words: 0, lines: 0 }
    }

    #[inline(always)]
    fn count_block(&mut self, block: &[u8], Classes(classes): &mut Classes) {
        let end = FRONT_BYTES + block.len();
        classes[FRONT_BYTES - 1] = flag(self.was_in_word);
        self.lines += classify(block, &mut classes[FRONT_BYTES..end], self.is_in_word);
        let (before, behind) = (&classes[FRONT_BYTES - 1..end - 1], &classes[FRONT_BYTES..end]);
        let [starts] = count_pairs(before, behind, |before, behind| [!before & behind]);
        self.words += starts;
        self.was_in_word = classes[end - 1] != 0;
    }
}

/// Writes the class of each byte of a block, and returns how many are `\n`s.
#[inline(always)]
fn classify(bytes: &[u8], classes: &mut [u8], is_in_word: &impl Fn(u8) -> bool) -> u64 {
    let (bytes, bytes_left) = bytes.as_chunks::<LANES>();
    let (classes, classes_left) = classes.as_chunks_mut::<LANES>();
    let mut lanes = [0u8; LANES];
    for (&bytes, classes) in bytes.iter().zip(classes) {
        for lane in 0..LANES {
            classes[lane] = flag(is_in_word(bytes[lane]));
        }
        for lane in 0..LANES {
            lanes[lane] = lanes[lane].wrapping_sub(flag(bytes[lane] == b'\n'));
        }
    }
    let mut lines = sum(&lanes);
    for (&byte, class) in bytes_left.iter().zip(classes_left) {
        *class = flag(is_in_word(byte));
        lines += u64::from(byte == b'\n');
    }
    lines
}
