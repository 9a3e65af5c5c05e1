//! The last invocations of a run, and in which tick each last changed: what each was asked to do, and what became of
//! it. Pure; nothing here decides anything.

use std::collections::{BTreeSet, VecDeque};

use axum::body::Bytes;
use wire::invocation::{Invocation, Invocations, Outcome, Tallied};

/// Invocations that a run keeps; older ones go.
pub const INVOCATIONS_KEPT: usize = 10_000;
/// Invocations in one `invocations` event.
const TOLD_MAX: usize = 500;

/// The position from which on changes are new to a viewer: a tick, and a number within it.
pub(in crate::run) type Mark = (u64, u64);

/// The mark of a viewer who has seen nothing.
pub(in crate::run) const START: Mark = (0, 0);

/// The location of a run's invocations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// This log.
    #[default]
    Memory,
    /// In the store, if it has them.
    Store,
}

/// The last invocations, numbered from the run's first.
#[derive(Debug, Default)]
pub struct InvocationLog {
    first: u64,
    /// Each with the tick in which it last changed.
    kept: VecDeque<(Invocation, u64)>,
    /// The same ticks, in order, with the invocations' numbers.
    changed: BTreeSet<Mark>,
    totals: Tallied,
    running: u64,
    pub(super) place: Place,
    /// The event that was encoded last, for all viewers at the same mark: from where, by which tick, and up
    /// to where.
    told: Option<(Mark, u64, Mark, Bytes)>,
}

impl InvocationLog {
    /// Bytes that it takes, about.
    pub(in crate::run) fn bytes(&self) -> usize {
        let noted = self.kept.capacity() * size_of::<(Invocation, u64)>();
        let changed = self.changed.len() * size_of::<Mark>() * 2;
        noted + changed + self.told.as_ref().map_or(0, |(.., event)| event.len())
    }

    /// Those of a run that ended, which the store may have.
    pub(in crate::run) fn in_store() -> Self {
        Self { place: Place::Store, ..Self::default() }
    }

    /// Numbers an invocation that begins.
    pub(super) fn begin(&mut self, mut invocation: Invocation, tick: u64) -> u64 {
        invocation.number = self.first + self.kept.len() as u64;
        self.running += 1;
        self.totals.at_once = self.totals.at_once.max(self.running);
        self.totals = added(self.totals, weight(&invocation));
        self.push(invocation, tick);
        invocation.number
    }

    fn push(&mut self, invocation: Invocation, tick: u64) {
        if self.kept.len() == INVOCATIONS_KEPT {
            let oldest = self.kept.pop_front();
            oldest.map(|(oldest, tick)| self.changed.remove(&(tick, oldest.number)));
            self.first += 1;
        }
        self.changed.insert((tick, invocation.number));
        self.kept.push_back((invocation, tick));
    }

    /// Changes an invocation; nothing happens where the log has dropped it.
    pub(super) fn change(&mut self, number: u64, tick: u64, change: impl FnOnce(&mut Invocation)) {
        let Some(index) = self.index(number) else { return };
        let Some((invocation, last)) = self.kept.get_mut(index) else { return };
        let before = *invocation;
        change(invocation);
        if before == *invocation {
            return;
        }
        self.changed.remove(&(*last, number));
        self.changed.insert((tick, number));
        *last = tick;
        let after = *invocation;
        if before.ended_ms.is_none() && after.ended_ms.is_some() {
            self.running = self.running.saturating_sub(1);
        }
        self.totals = added(taken(self.totals, weight(&before)), weight(&after));
    }

    /// Nobody waits any more for what still runs.
    pub(super) fn close(&mut self, tick: u64, now_ms: u32) {
        let open = self.kept.iter().filter(|(invocation, _)| invocation.ended_ms.is_none());
        for number in open.map(|(invocation, _)| invocation.number).collect::<Vec<_>>() {
            self.change(number, tick, |invocation| {
                (invocation.outcome, invocation.ended_ms) = (Some(Outcome::Lost), Some(now_ms));
            });
        }
    }

    /// Takes in the invocations that another server, or an earlier life of this one, stored.
    pub fn apply(&mut self, mut told: Invocations, tick: u64) {
        told.rows.sort_unstable_by_key(|invocation| invocation.number);
        for invocation in told.rows {
            let next = self.first + self.kept.len() as u64;
            if invocation.number < next {
                self.change(invocation.number, tick, |known| *known = invocation);
                continue;
            }
            if invocation.number > next {
                (self.kept, self.changed) = (VecDeque::new(), BTreeSet::new());
                self.first = invocation.number;
            }
            self.push(invocation, tick);
        }
        if self.kept.is_empty() {
            self.first = told.left_out;
        }
        self.totals = told.totals;
        self.running = 0;
    }

    fn index(&self, number: u64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.first)?).ok()
    }

    pub(super) fn get(&self, number: u64) -> Option<Invocation> {
        self.kept.get(self.index(number)?).map(|(invocation, _)| *invocation)
    }

    /// All that the log holds.
    pub fn all(&self) -> Invocations {
        self.of(self.kept.iter().map(|(invocation, _)| *invocation).collect())
    }

    /// The newest one of which something holds.
    pub(super) fn newest(&self, holds: impl Fn(&Invocation) -> bool) -> Option<Invocation> {
        self.kept.iter().rev().map(|(invocation, _)| *invocation).find(holds)
    }

    /// Those that changed from the mark on, and the mark for the next time: what changed in the tick that has not
    /// come yet may change in it again.
    pub(in crate::run) fn since(&self, mark: Mark, tick: u64) -> (Mark, Invocations) {
        let rows = self.changed.range(mark..).filter_map(|&(_, number)| self.get(number)).collect();
        ((tick, 0), self.of(rows))
    }

    fn of(&self, rows: Vec<Invocation>) -> Invocations {
        Invocations { left_out: self.first, totals: self.totals, rows }
    }

    /// The data of the next event for a viewer at the mark, which moves; `None` where nothing changed up to
    /// this tick. A viewer who has seen nothing gets an event even where there are no invocations.
    pub(in crate::run) fn next_event(&mut self, mark: &mut Mark, head: u64) -> Option<Bytes> {
        if let Some((from, until, end, event)) = &self.told
            && (*from, *until) == (*mark, head)
        {
            *mark = *end;
            return Some(event.clone());
        }
        let changed: Vec<Mark> = self
            .changed
            .range(*mark..)
            .take_while(|(tick, _)| *tick <= head)
            .take(TOLD_MAX)
            .copied()
            .collect();
        let end = match changed.last() {
            Some(&(tick, number)) => (tick, number + 1),
            None if *mark == START => (START.0, START.1 + 1),
            None => return None,
        };
        let told = self.of(changed.into_iter().filter_map(|(_, number)| self.get(number)).collect());
        let event = Bytes::from(serde_json::to_vec(&told).expect("events have string keys only"));
        self.told = Some((*mark, head, end, event.clone()));
        *mark = end;
        Some(event)
    }
}

/// The counts that an invocation adds to the sums.
fn weight(invocation: &Invocation) -> Tallied {
    let ended = |outcome| u64::from(invocation.outcome == Some(outcome));
    Tallied {
        invocations: u64::from(invocation.ran),
        cold_starts: u64::from(invocation.init_ms.is_some()),
        retried: ended(Outcome::Retried),
        throttled: ended(Outcome::Throttled),
        failed: ended(Outcome::Failed),
        lost: ended(Outcome::Lost),
        at_once: 0,
    }
}

fn added(totals: Tallied, more: Tallied) -> Tallied {
    Tallied {
        invocations: totals.invocations + more.invocations,
        cold_starts: totals.cold_starts + more.cold_starts,
        retried: totals.retried + more.retried,
        throttled: totals.throttled + more.throttled,
        failed: totals.failed + more.failed,
        lost: totals.lost + more.lost,
        at_once: totals.at_once,
    }
}

fn taken(totals: Tallied, less: Tallied) -> Tallied {
    Tallied {
        invocations: totals.invocations.saturating_sub(less.invocations),
        cold_starts: totals.cold_starts.saturating_sub(less.cold_starts),
        retried: totals.retried.saturating_sub(less.retried),
        throttled: totals.throttled.saturating_sub(less.throttled),
        failed: totals.failed.saturating_sub(less.failed),
        lost: totals.lost.saturating_sub(less.lost),
        at_once: totals.at_once,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::invocation::Tier;

    fn begun() -> Invocation {
        Invocation {
            number: 0,
            tier: Tier::Wordcount,
            outcome: None,
            error: None,
            ran: true,
            cascade: None,
            batch: 0,
            attempt: 1,
            previous: None,
            objects: 1,
            bytes: 1,
            first_row: 0,
            rows: 0,
            queued_ms: 0,
            began_ms: 0,
            first_ms: None,
            ended_ms: None,
            init_ms: None,
            billed_ms: None,
        }
    }

    fn end(log: &mut InvocationLog, number: u64, tick: u64, outcome: Outcome) {
        log.change(number, tick, |invocation| {
            (invocation.outcome, invocation.ended_ms) = (Some(outcome), Some(1));
        });
    }

    fn told(log: &mut InvocationLog, mark: &mut Mark, head: u64) -> Option<Vec<u64>> {
        let event = log.next_event(mark, head)?;
        let told: Invocations = serde_json::from_slice(&event).unwrap();
        Some(told.rows.into_iter().map(|invocation| invocation.number).collect())
    }

    #[test]
    fn a_viewer_is_told_what_changed_and_each_change_once() {
        let mut log = InvocationLog::default();
        let mut mark = START;
        assert_eq!(told(&mut log, &mut mark, 0), Some(vec![]));
        assert_eq!(told(&mut log, &mut mark, 0), None);
        (0..3).for_each(|_| assert!(log.begin(begun(), 1) < 2_500));
        assert_eq!(told(&mut log, &mut mark, 0), None, "not before the tick");
        assert_eq!(told(&mut log, &mut mark, 1), Some(vec![0, 1, 2]));
        end(&mut log, 1, 2, Outcome::Answered);
        let mut late = START;
        assert_eq!(told(&mut log, &mut mark, 2), Some(vec![1]));
        assert_eq!(told(&mut log, &mut late, 2), Some(vec![0, 2, 1]));
        assert_eq!((told(&mut log, &mut mark, 9), told(&mut log, &mut late, 9)), (None, None));
        let mut back = (2, 0);
        assert_eq!(told(&mut log, &mut back, 9), Some(vec![1]));
    }

    #[test]
    fn many_come_in_several_events() {
        let mut log = InvocationLog::default();
        (0..2_500).for_each(|_| assert!(log.begin(begun(), 1) < 2_500));
        let mut mark = START;
        let counts: Vec<_> =
            std::iter::from_fn(|| told(&mut log, &mut mark, 1)).map(|rows| rows.len()).collect();
        assert_eq!(counts, [500; 5]);
    }

    #[test]
    fn the_first_ones_are_left_out_of_all_but_the_sums() {
        let mut log = InvocationLog::default();
        for number in 0..INVOCATIONS_KEPT as u64 + 5 {
            assert_eq!(log.begin(begun(), number), number);
            end(&mut log, number, number, Outcome::Retried);
        }
        let all = log.all();
        assert_eq!((all.left_out, all.rows.len(), all.rows[0].number), (5, INVOCATIONS_KEPT, 5));
        assert_eq!((all.totals.retried, all.totals.at_once), (INVOCATIONS_KEPT as u64 + 5, 1));
        end(&mut log, 2, 9, Outcome::Failed);
        assert_eq!((log.totals.failed, log.changed.len()), (0, INVOCATIONS_KEPT));
    }

    #[test]
    fn what_was_told_makes_the_same_log_again() {
        let (mut log, mut other, mut mark) = (InvocationLog::default(), InvocationLog::default(), START);
        for number in 0..50 {
            log.begin(begun(), number + 1);
            end(&mut log, number / 2, number + 1, Outcome::Throttled);
            if number % 3 == 0 {
                let (next, told) = log.since(mark, number + 1);
                other.apply(told, 1);
                mark = next;
            }
        }
        let (_, told) = log.since(mark, 50);
        assert!(told.rows.len() < 10, "{} of 50 come again", told.rows.len());
        other.apply(told, 1);
        assert!(other.all() == log.all(), "{} of {}", other.kept.len(), log.kept.len());
    }

    #[test]
    fn what_nobody_waits_for_is_lost() {
        let mut log = InvocationLog::default();
        (0..2).for_each(|_| assert!(log.begin(begun(), 1) < 2_500));
        end(&mut log, 0, 1, Outcome::Answered);
        log.close(2, 7);
        let ends: Vec<_> = log.all().rows.iter().map(|told| (told.outcome, told.ended_ms)).collect();
        assert_eq!(ends, [(Some(Outcome::Answered), Some(1)), (Some(Outcome::Lost), Some(7))]);
        assert_eq!(log.totals.lost, 1);
    }
}
