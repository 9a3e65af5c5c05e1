//! The ledger: which of the listed objects are settled, and the fold over them.

use wire::event::StateCounts;
use wire::row::{Object, Reason, Row, State};
use wire::tally::Tally;

/// An object in its final state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The object.
    pub object: Object,
    /// Its state.
    pub state: State,
    /// Why.
    pub reason: Option<Reason>,
    /// The why in a sentence.
    pub detail: Option<String>,
    /// Its counts.
    pub tally: Tally,
    /// Milliseconds spent on it.
    pub duration_ms: u64,
    /// An earlier run counted it.
    pub unchanged: bool,
}

impl From<Settled> for Row {
    fn from(settled: Settled) -> Self {
        let Settled { object, state, reason, tally, duration_ms, unchanged, .. } = settled;
        Self { key: object.key, state, reason, tally, duration_ms, etag: object.etag, unchanged }
    }
}

/// Totals, and a bit for each listed object.
#[derive(Debug, Default)]
pub struct Ledger {
    settled: Vec<u64>,
    found: u64,
    states: StateCounts,
    totals: Tally,
}

impl Ledger {
    /// Numbers a newly listed object.
    pub fn list(&mut self) -> u64 {
        let n = self.found;
        self.found += 1;
        if n.is_multiple_of(64) {
            self.settled.push(0);
        }
        n
    }

    /// Takes a row of an earlier life of the run: an object that is listed and settled.
    pub fn restore(&mut self, row: &Row) {
        let n = self.list();
        self.take(n, row.state, row.tally);
    }

    /// Takes a final state. `false`, and nothing changes, where the object is settled already or was never
    /// listed.
    pub fn settle(&mut self, settled: &Settled) -> bool {
        self.take(settled.object.n, settled.state, settled.tally)
    }

    fn take(&mut self, n: u64, state: State, tally: Tally) -> bool {
        let bit = 1 << (n % 64);
        let Some(word) = usize::try_from(n / 64).ok().and_then(|index| self.settled.get_mut(index)) else {
            return false;
        };
        if n >= self.found || *word & bit != 0 {
            return false;
        }
        *word |= bit;
        self.states.add(state);
        if state == State::Counted {
            self.totals += tally;
        }
        true
    }

    /// Objects listed.
    pub fn found(&self) -> u64 {
        self.found
    }

    /// Objects in any final state.
    pub fn done(&self) -> u64 {
        self.states.total()
    }

    /// Objects by final state.
    pub fn states(&self) -> StateCounts {
        self.states
    }

    /// Sums over what was counted.
    pub fn totals(&self) -> Tally {
        self.totals
    }

    /// Every listed object has its final state, by both ways of counting.
    pub fn adds_up(&self) -> bool {
        let bits: u64 = self.settled.iter().map(|word| u64::from(word.count_ones())).sum();
        bits == self.found && self.states.total() == self.found
    }
}
