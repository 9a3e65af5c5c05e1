//! Rows of a run, a window at a time: the keys of those that are wanted.

use std::ops::Range;

use wire::selection::Selection;

use super::{RowsOf, SourceError, is_uncounted};
use crate::pipeline::keys::Keys;
use crate::pipeline::stream::rows;
use crate::store::SEGMENT_ROWS;

/// Keys that are held ahead of what is counted, and rows that are read for them: a window is the longer, the better
/// pages of a listing serve it.
const KEYS_AHEAD: usize = 10_000;
const ROWS_AHEAD: u64 = 20_000;

/// How far the rows of a run are read.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// The number of the first row that is not read.
    first: u64,
    keys: Vec<String>,
    rows_read: u64,
}

impl Window {
    /// Reads on until the window is full; `false` where there is nothing more. Keys that were seen are left out; those
    /// of all rows that are read are seen from then on, or of the wanted ones alone.
    pub(super) async fn read(
        &mut self,
        of: &RowsOf,
        seen: &mut Keys,
        sees_all: bool,
    ) -> Result<bool, SourceError> {
        let RowsOf { run, rows: chosen } = of;
        self.keys.clear();
        self.rows_read = 0;
        let before = self.first;
        while self.keys.len() < KEYS_AHEAD && self.rows_read < ROWS_AHEAD {
            let Some(extent) = next_extent(self.first, run.rows_total(), chosen.as_ref()) else { break };
            let read = rows(run, extent.start, extent.end - extent.start).await;
            let read = read.map_err(|why| SourceError::Rows { run: run.id.to_string(), why })?;
            self.rows_read += extent.end - extent.start;
            self.first = extent.end;
            for (number, row) in (extent.start..).zip(read) {
                let is_wanted = match chosen {
                    Some(chosen) => chosen.contains(number),
                    None => is_uncounted(&row),
                };
                let is_new = (is_wanted || sees_all) && seen.insert(&row.key);
                if is_wanted && is_new {
                    self.keys.push(row.key);
                }
            }
        }
        Ok(self.first > before)
    }

    /// The wanted keys.
    pub(super) fn take_keys(&mut self) -> Vec<String> {
        std::mem::take(&mut self.keys)
    }

    /// Rows that were read for them.
    pub(super) fn rows_read(&self) -> u64 {
        self.rows_read
    }
}

/// Adds the keys of all rows of these runs.
pub(super) async fn add_keys(of: &[RowsOf], seen: &mut Keys) -> Result<(), SourceError> {
    for RowsOf { run, .. } in of {
        let mut all = Window::default();
        let everything = RowsOf { run: run.clone(), rows: None };
        while all.read(&everything, seen, true).await? {}
    }
    Ok(())
}

/// The rows that are read next, no more than a segment has: from `first` on, or from the next chosen one.
fn next_extent(first: u64, total: u64, chosen: Option<&Selection>) -> Option<Range<u64>> {
    let first = chosen.map_or(Some(first), |chosen| chosen.next_from(first))?;
    let last = chosen.map_or(u64::MAX, Selection::last);
    let end = total.min(first.saturating_add(SEGMENT_ROWS)).min(last.saturating_add(1));
    (first < end).then_some(first..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(first: u64, total: u64, chosen: &str, expected: Option<(u64, u64)>) {
        let chosen = (!chosen.is_empty()).then(|| chosen.parse().unwrap());
        let extent = next_extent(first, total, chosen.as_ref());
        assert_eq!(extent.map(|extent| (extent.start, extent.end)), expected);
    }

    #[test]
    fn rows_are_read_a_segment_at_a_time_and_only_where_some_are_wanted() {
        check(0, 0, "", None);
        check(0, 2_500, "", Some((0, 1_000)));
        check(2_000, 2_500, "", Some((2_000, 2_500)));
        check(0, 1_000_000, "7", Some((7, 8)));
        check(8, 1_000_000, "7", None);
        check(8, 1_000_000, "7,500000-700000", Some((500_000, 501_000)));
        check(0, 10, "4-18446744073709551615", Some((4, 10)));
        check(10, 10, "4-18446744073709551615", None);
    }
}
