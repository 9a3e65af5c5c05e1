//! A run's rows as the page holds them: in portions that never move, keys in one text each, numbers side by side.
//!
//! A million rows are some 50 bytes each beside their keys, and adding one copies none of those before it.

use wire::row::RowEvent;

use crate::draw::measure::Numbers;

/// Rows of a portion.
const PORTION: usize = 4096;

/// Rows in order of settling.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    portions: Vec<Portion>,
    len: usize,
}

#[derive(Clone, Debug, Default)]
struct Portion {
    keys: String,
    /// Where each row's key ends in `keys`.
    ends: Vec<usize>,
    numbers: Vec<Numbers>,
}

impl Portion {
    fn key(&self, at: usize) -> Option<&str> {
        let begin = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.keys.get(begin..*self.ends.get(at)?)
    }
}

impl Rows {
    /// Rows held.
    pub fn len(&self) -> usize {
        self.len
    }

    /// No rows.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Adds a row; its number is how many there were.
    pub fn push(&mut self, row: &RowEvent) {
        if self.len.is_multiple_of(PORTION) {
            self.portions.push(Portion {
                keys: String::new(),
                ends: Vec::with_capacity(PORTION),
                numbers: Vec::with_capacity(PORTION),
            });
        }
        if let Some(portion) = self.portions.last_mut() {
            portion.keys.push_str(&row.0);
            portion.ends.push(portion.keys.len());
            portion.numbers.push(Numbers::from(row));
            self.len += 1;
        }
    }

    /// A row's key.
    pub fn key(&self, number: usize) -> Option<&str> {
        self.portions.get(number / PORTION)?.key(number % PORTION)
    }

    /// A row's numbers.
    pub fn numbers(&self, number: usize) -> Option<Numbers> {
        self.portions.get(number / PORTION)?.numbers.get(number % PORTION).copied()
    }

    /// A row as it came.
    pub fn get(&self, number: usize) -> Option<RowEvent> {
        let Numbers { words, lines, bytes_in, bytes_out, duration_ms, state, reason } =
            self.numbers(number)?;
        let key = self.key(number)?.to_owned();
        Some(RowEvent(key, words, lines, bytes_in, bytes_out, duration_ms, state, reason))
    }

    /// The numbers from a row on, in slices as long as they lie side by side.
    pub fn slices_from(&self, number: usize) -> impl Iterator<Item = &[Numbers]> {
        let (first, within) = (number / PORTION, number % PORTION);
        let portions = self.portions.iter().skip(first).enumerate();
        portions.map(move |(at, portion)| match at {
            0 => portion.numbers.get(within..).unwrap_or_default(),
            _ => &portion.numbers[..],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::row::{Reason, State};

    fn row(number: usize) -> RowEvent {
        let key = format!("k/ö/{number}");
        RowEvent(key, number as u64, 1, 2, 3, 4, State::Failed, Some(Reason::Corrupt))
    }

    #[test]
    fn rows_come_back_as_they_came() {
        let mut rows = Rows::default();
        let many = 2 * PORTION + 3;
        (0..many).for_each(|number| rows.push(&row(number)));
        assert_eq!(rows.len(), many);
        for number in [0, 1, PORTION - 1, PORTION, many - 1] {
            assert_eq!(rows.get(number), Some(row(number)));
        }
        assert_eq!((rows.get(many), rows.key(many), rows.numbers(usize::MAX)), (None, None, None));
        rows.clear();
        assert!(rows.is_empty() && rows.get(0).is_none());
    }

    #[test]
    fn slices_leave_nothing_out() {
        let mut rows = Rows::default();
        (0..2 * PORTION + 3).for_each(|number| rows.push(&row(number)));
        let words_from = |first| {
            rows.slices_from(first).flatten().map(|numbers| numbers.words as usize).collect::<Vec<_>>()
        };
        for first in [0, 5, PORTION, 2 * PORTION + 2, 2 * PORTION + 3, 9 * PORTION] {
            assert_eq!(words_from(first), (first..2 * PORTION + 3).collect::<Vec<_>>());
        }
    }
}
