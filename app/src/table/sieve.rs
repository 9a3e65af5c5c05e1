//! The numbers of the chosen rows, and their sums, as far as rows were looked at.

use wire::row::State;

use crate::draw::measure::Numbers;
use crate::draw::tone::Kind;
use crate::live::rows::Rows;
use crate::table::choice::{Choice, place_of};

/// Sums over objects. Words, lines and bytes are those of counted objects alone, as in a run's totals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Objects.
    pub objects: u64,
    /// Of them counted.
    pub counted: u64,
    /// Words.
    pub words: u64,
    /// Lines.
    pub lines: u64,
    /// Bytes as stored.
    pub bytes_in: u64,
    /// Bytes decoded.
    pub bytes_out: u64,
}

impl Sums {
    fn add(&mut self, numbers: &Numbers) {
        self.objects += 1;
        if numbers.state == State::Counted {
            self.counted += 1;
            self.words = self.words.saturating_add(numbers.words);
            self.lines = self.lines.saturating_add(numbers.lines);
            self.bytes_in = self.bytes_in.saturating_add(numbers.bytes_in);
            self.bytes_out = self.bytes_out.saturating_add(numbers.bytes_out);
        }
    }
}

/// Rows looked at, and those of them that are chosen.
#[derive(Clone, Debug, Default)]
pub struct Sieve {
    choice: Choice,
    seen: usize,
    rows: Vec<u32>,
    sums: Sums,
    kinds: [u64; 3],
}

impl Sieve {
    /// Nothing looked at.
    pub fn new(choice: Choice) -> Self {
        Self { choice, ..Self::default() }
    }

    /// Looks at the next rows, `many` at most; true where none are left.
    pub fn take(&mut self, rows: &Rows, many: usize) -> bool {
        let mut left = many;
        for slice in rows.slices_from(self.seen) {
            for numbers in slice.iter().take(left) {
                self.look_at(numbers);
            }
            left -= slice.len().min(left);
            if left == 0 {
                break;
            }
        }
        self.seen >= rows.len()
    }

    /// The numbers of the chosen rows, rising.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// Their sums.
    pub fn sums(&self) -> Sums {
        self.sums
    }

    /// Objects in the chosen part of the plot by kind, chosen or not.
    pub fn kinds(&self) -> [u64; 3] {
        self.kinds
    }

    /// Rows looked at.
    pub fn seen(&self) -> usize {
        self.seen
    }

    fn look_at(&mut self, numbers: &Numbers) {
        let number = self.seen as u32;
        self.seen += 1;
        if self.choice.region.is_some_and(|region| !region.holds(numbers)) {
            return;
        }
        let kind = place_of(Kind::from(numbers.state));
        self.kinds[kind] += 1;
        if self.choice.kinds[kind] {
            self.rows.push(number);
            self.sums.add(numbers);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::row::RowEvent;

    fn rows(states: &[State]) -> Rows {
        let mut rows = Rows::default();
        for (number, &state) in states.iter().enumerate() {
            let words = 10 + number as u64;
            rows.push(&RowEvent(format!("k{number}"), words, 2, 3, 4, 5, state, None));
        }
        rows
    }

    #[track_caller]
    fn check(kinds: [bool; 3], expected: &[u32], words: u64) {
        let states = [State::Counted, State::Failed, State::Skipped, State::Partial, State::Counted];
        let rows = rows(&states);
        for many in [1, 2, 100] {
            let mut sieve = Sieve::new(Choice { kinds, ..Choice::default() });
            while !sieve.take(&rows, many) {}
            assert_eq!((sieve.rows(), sieve.sums().words), (expected, words));
            assert_eq!((sieve.kinds(), sieve.sums().objects), ([2, 2, 1], expected.len() as u64));
        }
    }

    #[test]
    fn chosen_rows_are_found_in_portions_and_counted_ones_summed() {
        check([true; 3], &[0, 1, 2, 3, 4], 24);
        check([true, false, false], &[0, 4], 24);
        check([false, true, false], &[1, 3], 0);
        check([false; 3], &[], 0);
    }

    #[test]
    fn rows_that_settle_later_are_looked_at_then() {
        let mut sieve = Sieve::default();
        assert!(sieve.take(&rows(&[]), 10));
        assert!(sieve.take(&rows(&[State::Counted]), 10));
        assert!(sieve.take(&rows(&[State::Counted, State::Failed]), 10));
        assert_eq!((sieve.rows(), sieve.seen()), (&[0, 1][..], 2));
    }
}
