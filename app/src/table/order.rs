//! Rows in the order of a column, sorted in portions, so that a million of them never hold the page up.

use std::cmp::Ordering;
use std::collections::VecDeque;

use wire::row::State;

use crate::live::rows::Rows;

/// Rows that are sorted at once, and merged at once: a few milliseconds' work each.
const SORTED_AT_ONCE: usize = 4_096;
const MERGED_AT_ONCE: usize = 16_384;

/// A column of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Column {
    /// The order of settling.
    #[default]
    Number,
    /// The key.
    Key,
    /// The state, failed ones last.
    State,
    /// Words.
    Words,
    /// Lines.
    Lines,
    /// Bytes as stored.
    BytesIn,
    /// Bytes decoded.
    BytesOut,
    /// Milliseconds.
    Duration,
}

impl Column {
    /// Every column that is shown.
    pub const ALL: [Self; 8] = [
        Self::Number,
        Self::Key,
        Self::State,
        Self::Words,
        Self::Lines,
        Self::BytesIn,
        Self::BytesOut,
        Self::Duration,
    ];

    /// Its label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Number => "No.",
            Self::Key => "Key",
            Self::State => "State",
            Self::Words => "Words",
            Self::Lines => "Lines",
            Self::BytesIn => "Stored",
            Self::BytesOut => "Decoded",
            Self::Duration => "Time",
        }
    }

    /// It holds numbers.
    pub fn is_number(self) -> bool {
        !matches!(self, Self::Key | Self::State)
    }

    /// How it is sorted first: the largest numbers are those that are looked for.
    pub fn first_turned(self) -> bool {
        !matches!(self, Self::Number | Self::Key)
    }

    fn compare(self, rows: &Rows, one: u32, other: u32) -> Ordering {
        let (first, second) = (one as usize, other as usize);
        let number = |at: usize| {
            rows.numbers(at).map(|numbers| match self {
                Self::Number | Self::Key => 0,
                Self::State => rank(numbers.state),
                Self::Words => numbers.words,
                Self::Lines => numbers.lines,
                Self::BytesIn => numbers.bytes_in,
                Self::BytesOut => numbers.bytes_out,
                Self::Duration => numbers.duration_ms,
            })
        };
        let ordering = match self {
            Self::Number => Ordering::Equal,
            Self::Key => rows.key(first).cmp(&rows.key(second)),
            _ => number(first).cmp(&number(second)),
        };
        ordering.then(one.cmp(&other))
    }
}

/// How much there is to say about a state.
fn rank(state: State) -> u64 {
    match state {
        State::Counted => 0,
        State::Skipped => 1,
        State::Cancelled => 2,
        State::Partial => 3,
        State::Failed => 4,
    }
}

/// A column, from its smallest on or turned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// The column.
    pub column: Column,
    /// The largest first.
    pub turned: bool,
}

impl Order {
    /// The order that a press on a column's head asks for: by that column, or the present one reversed.
    pub fn pressed(self, column: Column) -> Self {
        let turned = if self.column == column { !self.turned } else { column.first_turned() };
        Self { column, turned }
    }
}

/// Rows being sorted by a column: sorted portions, which are merged by twos.
#[derive(Debug)]
pub struct Sorting {
    column: Column,
    raw: Vec<u32>,
    sorted: VecDeque<Vec<u32>>,
    merge: Option<Merge>,
}

#[derive(Debug)]
struct Merge {
    one: Vec<u32>,
    other: Vec<u32>,
    at: (usize, usize),
    merged: Vec<u32>,
}

impl Sorting {
    /// Nothing to sort.
    pub fn new(column: Column) -> Self {
        Self { column, raw: Vec::new(), sorted: VecDeque::new(), merge: None }
    }

    /// Takes rows to be sorted with those that are.
    pub fn add(&mut self, numbers: &[u32]) {
        self.raw.extend_from_slice(numbers);
    }

    /// Sorts on for some milliseconds; true where all is sorted.
    pub fn step(&mut self, rows: &Rows) -> bool {
        if let Some(merge) = &mut self.merge {
            if merge.step(self.column, rows) {
                let merged = self.merge.take().map(|merge| merge.merged);
                self.sorted.extend(merged);
            }
        } else if !self.raw.is_empty() {
            let rest = self.raw.len().saturating_sub(SORTED_AT_ONCE);
            let mut portion = self.raw.split_off(rest);
            portion.sort_unstable_by(|one, other| self.column.compare(rows, *one, *other));
            self.sorted.push_front(portion);
        } else if self.sorted.len() > 1
            && let (Some(one), Some(other)) = (self.sorted.pop_front(), self.sorted.pop_front())
        {
            let merged = Vec::with_capacity(one.len() + other.len());
            self.merge = Some(Merge { one, other, at: (0, 0), merged });
        }
        self.is_done()
    }

    /// The rows in order; nothing before all of them are.
    pub fn rows(&self) -> &[u32] {
        match self.sorted.front() {
            Some(sorted) if self.is_done() => sorted,
            _ => &[],
        }
    }

    fn is_done(&self) -> bool {
        self.raw.is_empty() && self.merge.is_none() && self.sorted.len() <= 1
    }
}

impl Merge {
    fn step(&mut self, column: Column, rows: &Rows) -> bool {
        let (mut one, mut other) = self.at;
        for _ in 0..MERGED_AT_ONCE {
            let next = match (self.one.get(one), self.other.get(other)) {
                (Some(&first), Some(&second)) if column.compare(rows, first, second).is_le() => {
                    one += 1;
                    first
                }
                (_, Some(&second)) => {
                    other += 1;
                    second
                }
                (Some(&first), None) => {
                    one += 1;
                    first
                }
                (None, None) => return true,
            };
            self.merged.push(next);
        }
        self.at = (one, other);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::row::RowEvent;

    fn rows(many: u64) -> Rows {
        let mut rows = Rows::default();
        for number in 0..many {
            let odd = number.wrapping_mul(6_364_136_223_846_793_005) >> 40;
            let state = State::ALL[odd as usize % 5];
            rows.push(&RowEvent(format!("{odd:x}"), odd % 1_000, odd, number, 7, odd % 3, state, None));
        }
        rows
    }

    #[track_caller]
    fn check(column: Column, many: u64, portions: &[usize]) {
        let rows = rows(many);
        let numbers: Vec<u32> = (0..many as u32).collect();
        let mut sorting = Sorting::new(column);
        let mut begin = 0;
        for &end in portions {
            sorting.add(&numbers[begin..end]);
            while !sorting.step(&rows) {}
            begin = end;
        }
        sorting.add(&numbers[begin..]);
        while !sorting.step(&rows) {
            assert!(sorting.rows().is_empty());
        }
        let mut expected = numbers;
        expected.sort_by(|one, other| column.compare(&rows, *one, *other));
        assert_eq!(sorting.rows(), expected);
    }

    #[test]
    fn portions_come_to_one_order() {
        for column in Column::ALL {
            check(column, 3, &[]);
            check(column, 50_000, &[]);
            check(column, 20_000, &[1, 2, 9_000, 19_999]);
        }
        check(Column::Key, 0, &[]);
    }

    #[test]
    fn equal_rows_stay_in_the_order_of_settling() {
        let rows = rows(100);
        let mut sorting = Sorting::new(Column::BytesOut);
        sorting.add(&[5, 3, 9]);
        while !sorting.step(&rows) {}
        assert_eq!(sorting.rows(), [3, 5, 9]);
    }

    #[test]
    fn a_second_press_turns_the_order_round() {
        let order = Order::default().pressed(Column::Words);
        assert_eq!(order, Order { column: Column::Words, turned: true });
        assert_eq!(order.pressed(Column::Words), Order { column: Column::Words, turned: false });
        assert_eq!(order.pressed(Column::Key), Order { column: Column::Key, turned: false });
    }
}
