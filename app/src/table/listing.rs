//! The table's list: the chosen rows in the order of a column, updated as rows settle.

use crate::live::rows::Rows;
use crate::table::choice::Choice;
use crate::table::order::{Column, Order, Sorting};
use crate::table::sieve::{Sieve, Sums};

/// Rows that are looked at in one step.
const LOOKED_AT_ONCE: usize = 50_000;

/// A choice of rows and their order. While they are sorted, those are listed that were before.
#[derive(Debug, Default)]
pub struct Listing {
    choice: Choice,
    order: Order,
    sieve: Sieve,
    sorting: Option<Sorting>,
    /// Chosen rows that were taken to be sorted.
    taken: usize,
    /// The rows as last sorted.
    sorted: Vec<u32>,
}

impl Listing {
    /// Lists other rows.
    pub fn choose(&mut self, choice: Choice) {
        self.choice = choice;
        self.sieve = Sieve::new(choice);
        self.sort();
    }

    /// Lists them in another order.
    pub fn put_in(&mut self, order: Order) {
        let is_turned = order.column == self.order.column;
        self.order = order;
        if !is_turned {
            self.sort();
        }
    }

    /// Forgets all rows: others take their numbers.
    pub fn forget(&mut self) {
        self.sorted.clear();
        self.choose(self.choice);
    }

    /// Works on for some milliseconds; true where nothing is left to do. Rows that came after all were sorted wait
    /// until `may_resort`.
    pub fn step(&mut self, rows: &Rows, may_resort: bool) -> bool {
        if !self.sieve.take(rows, LOOKED_AT_ONCE) {
            return false;
        }
        let Some(sorting) = &mut self.sorting else { return true };
        let is_sorted = !sorting.rows().is_empty() || self.taken == 0;
        if self.taken < self.sieve.rows().len() && is_sorted {
            if self.taken > 0 && !may_resort {
                return true;
            }
            sorting.add(&self.sieve.rows()[self.taken..]);
            self.taken = self.sieve.rows().len();
        } else if is_sorted && self.sorted.len() == self.taken {
            return true;
        }
        if !sorting.step(rows) {
            return false;
        }
        self.sorted = sorting.rows().to_vec();
        self.taken == self.sieve.rows().len()
    }

    /// Rows listed.
    pub fn len(&self) -> usize {
        self.listed().len()
    }

    /// Nothing is listed.
    pub fn is_empty(&self) -> bool {
        self.listed().is_empty()
    }

    /// The number of the row at a position.
    pub fn number_at(&self, position: usize) -> Option<u32> {
        let listed = self.listed();
        let at = if self.order.turned { listed.len().checked_sub(position + 1)? } else { position };
        listed.get(at).copied()
    }

    /// The position of the row of a number.
    pub fn position_of(&self, number: u32) -> Option<usize> {
        let listed = self.listed();
        let at = match self.order.column {
            Column::Number => listed.binary_search(&number).ok()?,
            _ => listed.iter().position(|listed| *listed == number)?,
        };
        Some(if self.order.turned { listed.len() - at - 1 } else { at })
    }

    /// The numbers of the chosen rows, rising.
    pub fn chosen(&self) -> &[u32] {
        self.sieve.rows()
    }

    /// Their sums.
    pub fn sums(&self) -> Sums {
        self.sieve.sums()
    }

    /// Objects in the chosen part of the plot by kind.
    pub fn kinds(&self) -> [u64; 3] {
        self.sieve.kinds()
    }

    fn listed(&self) -> &[u32] {
        if self.sorting.is_some() { &self.sorted } else { self.sieve.rows() }
    }

    fn sort(&mut self) {
        self.taken = 0;
        self.sorting = match self.order.column {
            Column::Number => None,
            column => Some(Sorting::new(column)),
        };
        if self.sorting.is_none() {
            self.sorted = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::row::{RowEvent, State};

    fn rows(words: &[u64]) -> Rows {
        let mut rows = Rows::default();
        for &words in words {
            let state = if words == 0 { State::Failed } else { State::Counted };
            rows.push(&RowEvent(format!("k{words}"), words, 1, 1, 1, 1, state, None));
        }
        rows
    }

    fn listed(listing: &Listing) -> Vec<u32> {
        (0..listing.len()).map_while(|position| listing.number_at(position)).collect()
    }

    fn work(listing: &mut Listing, rows: &Rows) {
        while !listing.step(rows, true) {}
    }

    const BY_WORDS: Order = Order { column: Column::Words, turned: false };

    #[test]
    fn rows_are_listed_in_their_order_and_turned() {
        let (rows, mut listing) = (rows(&[5, 0, 9, 3]), Listing::default());
        work(&mut listing, &rows);
        assert_eq!(listed(&listing), [0, 1, 2, 3]);
        listing.put_in(BY_WORDS);
        work(&mut listing, &rows);
        assert_eq!(listed(&listing), [1, 3, 0, 2]);
        assert_eq!((listing.position_of(0), listing.number_at(4)), (Some(2), None));
        listing.put_in(Order { turned: true, ..BY_WORDS });
        assert!(listing.step(&rows, true), "nothing is sorted anew");
        assert_eq!((listed(&listing), listing.position_of(0)), (vec![2, 0, 3, 1], Some(1)));
        listing.choose(Choice::failed());
        work(&mut listing, &rows);
        assert_eq!((listed(&listing), listing.kinds()), (vec![1], [3, 1, 0]));
        listing.choose(Choice { kinds: [false, false, true], region: None });
        work(&mut listing, &rows);
        assert!(listing.is_empty());
    }

    #[test]
    fn rows_that_come_later_are_put_in_their_places_in_time() {
        let mut listing = Listing::default();
        listing.put_in(BY_WORDS);
        work(&mut listing, &rows(&[5, 3]));
        let more = rows(&[5, 3, 4]);
        assert!(listing.step(&more, false));
        assert_eq!((listed(&listing), listing.sums().objects), (vec![1, 0], 3));
        work(&mut listing, &more);
        assert_eq!(listed(&listing), [1, 2, 0]);
        listing.forget();
        work(&mut listing, &rows(&[7]));
        assert_eq!(listed(&listing), [0]);
    }
}
