//! The state with which a run resumes after another server, or an earlier life of this one, left it.

use wire::event::StateCounts;
use wire::row::{Row, State};
use wire::tally::Tally;

use super::keys::Keys;
use super::settle::Ledger;
use crate::price::{Money, Usage};

/// Rows and sums that are settled already. A run that begins from scratch has none.
#[derive(Debug, Default)]
pub struct Begun {
    /// This server's epoch of the run, so that no attempt has the id of an earlier one.
    pub epoch: u64,
    /// The stored rows, folded.
    pub ledger: Ledger,
    /// Their keys.
    pub settled: Keys,
    /// The largest of them.
    pub last_key: Option<String>,
    /// Rows whose key stands in the ledger before them.
    pub doubled: u64,
    /// The run's usage.
    pub usage: Usage,
    /// The most that the earlier server may have used, reported or not.
    pub authorised: Money,
    /// Objects that were dispatched, and their bytes.
    pub dispatched: (u64, u64),
    /// Objects whose counts an earlier run gave.
    pub unchanged: u64,
    /// The fraction that viewers were shown last.
    pub fraction: f64,
    /// Objects that were listed when the last segment was stored.
    pub found: u64,
}

impl Begun {
    /// Takes in the rows of a stored segment.
    pub fn add(&mut self, rows: &[Row]) {
        for row in rows {
            // Rows are never taken back: a key that an earlier version counted twice stays so, and is reported.
            self.doubled += u64::from(!self.settled.insert(&row.key));
            if self.last_key.as_ref().is_none_or(|last| *last < row.key) {
                self.last_key = Some(row.key.clone());
            }
            self.ledger.restore(row);
            self.unchanged += u64::from(row.unchanged);
            if !row.unchanged && matches!(row.state, State::Counted | State::Partial | State::Failed) {
                self.dispatched.0 += 1;
                self.dispatched.1 = self.dispatched.1.saturating_add(row.tally.bytes_in);
            }
        }
    }

    /// Objects by state, and what they add up to.
    pub fn sums(&self) -> (StateCounts, Tally) {
        (self.ledger.states(), self.ledger.totals())
    }
}
