//! Seats: so many for all runs together, and for each of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::run::RunId;

/// The seats of a kind.
#[derive(Debug)]
pub struct Seats {
    all_max: usize,
    of_run_max: usize,
    taken: Mutex<HashMap<RunId, usize>>,
}

/// A seat, until it is dropped.
#[derive(Debug)]
pub struct Seat {
    seats: Arc<Seats>,
    run: RunId,
}

impl Seats {
    /// So many seats, and so many of them for one run.
    pub fn new(all_max: usize, of_run_max: usize) -> Arc<Self> {
        Arc::new(Self { all_max, of_run_max, taken: Mutex::default() })
    }

    /// A seat for this run, where one is free or no more than `beyond` are taken beyond either bound.
    pub fn take(self: &Arc<Self>, run: &RunId, beyond: usize) -> Option<Seat> {
        let mut taken = self.taken();
        let (of_run, all) = (taken.get(run).copied().unwrap_or_default(), taken.values().sum::<usize>());
        if of_run >= self.of_run_max + beyond || all >= self.all_max + beyond {
            return None;
        }
        *taken.entry(run.clone()).or_default() += 1;
        drop(taken);
        Some(Seat { seats: Arc::clone(self), run: run.clone() })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<RunId, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken();
        if let Some(left) = taken.get_mut(&self.run) {
            *left -= 1;
        }
        taken.retain(|_, left| *left > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(seats: &Arc<Seats>, run: &RunId, beyond: usize) -> Vec<Seat> {
        std::iter::from_fn(|| seats.take(run, beyond)).collect()
    }

    #[test]
    fn a_run_has_so_many_seats_all_have_so_many_and_some_have_more() {
        let seats = Seats::new(5, 3);
        let [one, other, third] = [0, 1, 2].map(|_| RunId::random());
        let of_one = taken(&seats, &one, 0);
        let of_other = taken(&seats, &other, 0);
        assert_eq!((of_one.len(), of_other.len()), (3, 2));
        assert!(seats.take(&third, 0).is_none());
        let beyond = taken(&seats, &third, 1);
        assert_eq!(beyond.len(), 1);
        drop((of_one, beyond));
        assert!(seats.take(&third, 0).is_some());
        drop(of_other);
        assert!(seats.taken().is_empty());
    }
}
