//! A stored run's rows in the order of their keys, though they lie in the order of settling.
//!
//! A listing is in the order of keys, and objects settle not long after they are listed: a segment's keys lie close
//! together. Segments are opened when the smallest of their keys comes, so that memory holds those that overlap, a
//! few of however many.

use std::collections::BTreeMap;

use wire::row::Row;

use super::{Extent, Store, StoreError};
use crate::run::RunId;

/// Rows that are held at most; a ledger so scattered that more overlap has to be read another way.
const ROWS_HELD_MAX: usize = 200_000;

/// Rows of a run by key.
#[derive(Debug)]
pub struct Sorted {
    store: Store,
    id: RunId,
    /// Segments with their numbers, the one with the smallest key last.
    unopened: Vec<(u64, Range)>,
    held: BTreeMap<String, Row>,
}

/// The smallest and the largest key of a segment.
type Range = (String, String);

impl Sorted {
    /// The rows of these segments.
    pub fn new(store: Store, id: RunId, segments: &[Extent]) -> Self {
        let ranges = (0..).zip(segments).filter_map(|(number, extent)| Some((number, extent.keys.clone()?)));
        let mut unopened: Vec<(u64, Range)> = ranges.collect();
        unopened.sort_unstable_by(|one, other| other.1.cmp(&one.1));
        Self { store, id, unopened, held: BTreeMap::new() }
    }

    /// The next row.
    ///
    /// # Errors
    /// Where the store can't give it, or too many segments overlap.
    pub async fn next(&mut self) -> Result<Option<Row>, StoreError> {
        loop {
            let next = self.held.first_key_value().map(|(key, _)| key);
            let number = match self.unopened.last() {
                Some((number, (smallest, _))) if next.is_none_or(|key| smallest <= key) => *number,
                _ => return Ok(self.held.pop_first().map(|(_, row)| row)),
            };
            self.open(number).await?;
            self.unopened.pop();
            if self.held.len() > ROWS_HELD_MAX {
                return Err(StoreError::Scattered(self.id.to_string()));
            }
        }
    }

    /// The row of this key, which is larger than any that was asked for before. Where too many segments overlap some
    /// rows are not found.
    ///
    /// # Errors
    /// Where the store can't give it.
    pub async fn find(&mut self, key: &str) -> Result<Option<Row>, StoreError> {
        while let Some((number, (_, largest))) =
            self.unopened.pop_if(|(_, (smallest, _))| smallest.as_str() <= key)
        {
            if largest.as_str() >= key && self.held.len() < ROWS_HELD_MAX {
                self.open(number).await?;
            }
        }
        while self.held.first_key_value().is_some_and(|(held, _)| held.as_str() < key) {
            self.held.pop_first();
        }
        Ok(self.held.remove(key))
    }

    async fn open(&mut self, number: u64) -> Result<(), StoreError> {
        let segment = self.store.segment(&self.id, number).await?;
        self.held.extend(segment.rows.into_iter().map(|row| (row.key.clone(), row)));
        Ok(())
    }
}
