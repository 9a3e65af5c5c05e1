//! A run's rows in order of settling, of which memory holds only the end.

use std::collections::VecDeque;

use wire::row::Row;

/// Capacity, in rows, that an empty log keeps.
const PLACES_KEPT: usize = 1_000;

/// Rows numbered from 0; the first ones may have been let go.
#[derive(Debug, Default)]
pub struct RowLog {
    first: u64,
    rows: VecDeque<Row>,
}

impl RowLog {
    /// A log whose rows before number `first` are elsewhere.
    pub fn starting_at(first: u64) -> Self {
        Self { first, rows: VecDeque::new() }
    }

    /// Adds a row.
    pub fn push(&mut self, row: Row) {
        self.rows.push_back(row);
    }

    /// Rows so far, those let go included.
    pub fn total(&self) -> u64 {
        self.first + self.rows.len() as u64
    }

    /// The number of the first row held.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// At most `limit` rows from number `first` on; `None` where `first` was let go.
    pub fn range(&self, first: u64, limit: u64) -> Option<Vec<Row>> {
        let skipped = usize::try_from(first.checked_sub(self.first)?).ok()?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Some(self.rows.iter().skip(skipped).take(limit).cloned().collect())
    }

    /// Lets the rows before number `first` go.
    pub fn forget_before(&mut self, first: u64) {
        let gone = first.saturating_sub(self.first).min(self.rows.len() as u64);
        self.rows.drain(..usize::try_from(gone).unwrap_or(usize::MAX));
        self.first += gone;
        if self.rows.is_empty() {
            self.rows.shrink_to(PLACES_KEPT);
        }
    }

    /// Bytes that it takes, the rows' texts aside.
    pub fn bytes(&self) -> usize {
        self.rows.capacity() * size_of::<Row>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::row::State;
    use wire::tally::Tally;

    fn log(count: u64) -> RowLog {
        let mut log = RowLog::default();
        for n in 0..count {
            let (key, tally) = (n.to_string(), Tally::default());
            log.push(Row {
                key,
                state: State::Counted,
                reason: None,
                tally,
                duration_ms: 0,
                etag: None,
                unchanged: false,
            });
        }
        log
    }

    #[track_caller]
    fn check(rows: Option<Vec<Row>>, expected: Option<&[&str]>) {
        let keys = rows.map(|rows| rows.into_iter().map(|row| row.key).collect::<Vec<_>>());
        assert_eq!(
            keys.as_deref(),
            expected.map(|keys| keys.iter().map(|&key| key.to_owned()).collect::<Vec<_>>()).as_deref()
        );
    }

    #[test]
    fn rows_keep_their_numbers_when_others_are_let_go() {
        let mut log = log(5);
        log.forget_before(3);
        assert_eq!((log.first(), log.total()), (3, 5));
        check(log.range(3, 1), Some(&["3"]));
        check(log.range(4, 10), Some(&["4"]));
        check(log.range(5, 10), Some(&[]));
        check(log.range(2, 1), None);
    }

    #[test]
    fn rows_that_are_let_go_take_no_memory() {
        let mut log = log(100_000);
        log.forget_before(99_999);
        assert!(log.bytes() >= 100_000 * size_of::<Row>());
        log.forget_before(100_000);
        assert!(log.bytes() <= PLACES_KEPT * size_of::<Row>());
    }

    #[test]
    fn no_more_is_let_go_than_there_is() {
        let mut log = log(2);
        log.forget_before(9);
        assert_eq!((log.first(), log.total()), (2, 2));
    }
}
