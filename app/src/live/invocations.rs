//! The fold of a run's invocations, each in a lane of its own while it runs. Pure: the same events give the same lanes.

use std::collections::BTreeMap;

use wire::invocation::{Invocation, Invocations, Tallied, Tier};

use crate::format;

/// Invocations that a page holds; older ones go.
pub const INVOCATIONS_MAX: usize = 10_000;

/// An invocation and where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// The invocation.
    pub told: Invocation,
    /// Its lane among those of its tier, from 0.
    pub lane: usize,
}

/// The page's record of a run's invocations.
#[derive(Clone, Debug, Default)]
pub struct Anatomy {
    bars: BTreeMap<u64, Bar>,
    lanes: [Lanes; 2],
    totals: Tallied,
    left_out: u64,
    ended_ms: u32,
    is_told: bool,
    is_stale: bool,
    version: u64,
}

/// Lanes, by when each is free again; never while its last invocation runs.
#[derive(Clone, Debug, Default)]
struct Lanes {
    free_ms: Vec<Option<u32>>,
}

impl Lanes {
    /// The first lane that is free.
    fn take(&mut self, told: &Invocation) -> usize {
        let is_free = |free_ms: &Option<u32>| free_ms.is_some_and(|free| free <= told.began_ms);
        match self.free_ms.iter().position(is_free) {
            Some(lane) => {
                self.free_ms[lane] = told.ended_ms;
                lane
            }
            None => {
                self.free_ms.push(told.ended_ms);
                self.free_ms.len() - 1
            }
        }
    }
}

impl Anatomy {
    /// Takes in the invocations that changed.
    pub fn apply(&mut self, told: Invocations) {
        if std::mem::take(&mut self.is_stale) {
            *self = Self { version: self.version, ..Self::default() };
        }
        let mut is_in_order = true;
        let mut rows = told.rows;
        rows.sort_unstable_by_key(|invocation| invocation.number);
        for invocation in rows {
            is_in_order &= self.put(invocation);
        }
        while self.bars.len() > INVOCATIONS_MAX {
            self.bars.pop_first();
        }
        if !is_in_order {
            self.pack();
        }
        (self.left_out, self.totals) = (told.left_out, told.totals);
        self.is_told = true;
        self.version += 1;
    }

    /// `false` where all lanes have to be assigned again: one comes that should have had its lane before
    /// others.
    fn put(&mut self, told: Invocation) -> bool {
        self.ended_ms = self.ended_ms.max(told.ended_ms.unwrap_or_default());
        let lanes = &mut self.lanes[index(told.tier)];
        if let Some(bar) = self.bars.get_mut(&told.number) {
            let was_running = bar.told.ended_ms.is_none();
            bar.told = told;
            if was_running && let Some(free_ms) = lanes.free_ms.get_mut(bar.lane) {
                *free_ms = told.ended_ms;
            }
            return true;
        }
        let is_last = self.bars.last_key_value().is_none_or(|(last, _)| *last < told.number);
        let lane = if is_last { lanes.take(&told) } else { 0 };
        self.bars.insert(told.number, Bar { told, lane });
        is_last
    }

    fn pack(&mut self) {
        self.lanes = <[Lanes; 2]>::default();
        for bar in self.bars.values_mut() {
            bar.lane = self.lanes[index(bar.told.tier)].take(&bar.told);
        }
    }

    /// A snapshot follows; the invocations stay until it comes.
    pub fn forget(&mut self) {
        self.is_stale = true;
    }

    /// The invocations, in order of beginning.
    pub fn bars(&self) -> impl Iterator<Item = &Bar> {
        self.bars.values()
    }

    /// Lanes of a tier.
    pub fn lanes(&self, tier: Tier) -> usize {
        self.lanes[index(tier)].free_ms.len()
    }

    /// Grows whenever something changed.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Sums over all of them.
    pub fn totals(&self) -> Tallied {
        self.totals
    }

    /// Something still runs.
    pub fn is_running(&self) -> bool {
        self.lanes.iter().any(|lanes| lanes.free_ms.iter().any(Option::is_none))
    }

    /// When the last of the ended invocations ended.
    pub fn ended_ms(&self) -> u32 {
        self.ended_ms
    }

    /// The numbers in a sentence; empty before the first event. `is_over` where nothing more will come.
    pub fn caption(&self, is_over: bool) -> String {
        if !self.is_told {
            return String::new();
        }
        if self.bars.is_empty() {
            return match (self.left_out, is_over) {
                (0, true) => "No function was invoked.".to_owned(),
                (0, false) => "No function is invoked yet.".to_owned(),
                (left_out, _) => format!(
                    "This run's {} were not kept; its counts are whole without them.",
                    format::counted(left_out, "invocation")
                ),
            };
        }
        let Tallied { invocations, cold_starts, retried, throttled, failed, lost, at_once } = self.totals;
        let mut parts = vec![format::counted(invocations, "invocation")];
        let of = |number, what: &str| (number > 0).then(|| format!("{} {what}", format::exact(number)));
        parts.extend((cold_starts > 0).then(|| format::counted(cold_starts, "cold start")));
        parts.extend(of(retried, "retried"));
        parts.extend(of(throttled, "turned away"));
        parts.extend(of(failed, "failed"));
        parts.extend(of(lost, "never heard of again"));
        parts.push(format!("up to {} at once", format::exact(at_once)));
        let mut caption = parts.join(", ");
        if self.left_out > 0 {
            caption.push_str(&format!("; the first {} are not shown", format::exact(self.left_out)));
        }
        caption
    }
}

fn index(tier: Tier) -> usize {
    match tier {
        Tier::Cascade => 0,
        Tier::Wordcount => 1,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use wire::invocation::Outcome;

    pub(crate) fn told(number: u64, began_ms: u32, ended_ms: Option<u32>) -> Invocation {
        Invocation {
            number,
            tier: Tier::Wordcount,
            outcome: ended_ms.map(|_| Outcome::Answered),
            error: None,
            ran: true,
            cascade: None,
            batch: 0,
            attempt: 1,
            previous: None,
            objects: 1,
            bytes: 1,
            first_row: 0,
            rows: 1,
            queued_ms: began_ms,
            began_ms,
            first_ms: None,
            ended_ms,
            init_ms: None,
            billed_ms: None,
        }
    }

    pub(crate) fn event(rows: Vec<Invocation>) -> Invocations {
        Invocations { rows, ..Invocations::default() }
    }

    /// The lanes after these events, in order of beginning.
    #[track_caller]
    fn check(events: Vec<Vec<Invocation>>, expected: &[usize]) {
        let mut anatomy = Anatomy::default();
        events.into_iter().for_each(|rows| anatomy.apply(event(rows)));
        assert_eq!(anatomy.bars().map(|bar| bar.lane).collect::<Vec<_>>(), expected);
        let mut again = Anatomy::default();
        again.apply(event(anatomy.bars().map(|bar| bar.told).collect()));
        assert_eq!(again.bars().map(|bar| bar.lane).collect::<Vec<_>>(), expected, "for whoever comes later");
    }

    #[test]
    fn a_lane_is_taken_again_once_it_is_free() {
        check(vec![vec![told(0, 0, None), told(1, 0, None)]], &[0, 1]);
        check(vec![vec![told(0, 0, Some(5)), told(1, 4, Some(9)), told(2, 5, Some(6))]], &[0, 1, 0]);
        check(
            vec![
                vec![told(0, 0, None), told(1, 1, None)],
                vec![told(1, 1, Some(3)), told(2, 3, None)],
                vec![told(0, 0, Some(9)), told(3, 9, None)],
            ],
            &[0, 1, 1, 0],
        );
    }

    #[test]
    fn whatever_the_order_the_lanes_are_those_of_the_order_of_beginning() {
        check(vec![vec![told(1, 1, Some(3)), told(2, 3, Some(8))], vec![told(0, 0, Some(9))]], &[0, 1, 1]);
    }

    #[test]
    fn tiers_have_lanes_of_their_own() {
        let mut anatomy = Anatomy::default();
        anatomy
            .apply(event(vec![Invocation { tier: Tier::Cascade, ..told(0, 0, None) }, told(1, 0, Some(5))]));
        assert_eq!((anatomy.lanes(Tier::Cascade), anatomy.lanes(Tier::Wordcount)), (1, 1));
        assert!(anatomy.is_running());
        assert_eq!(anatomy.ended_ms(), 5);
    }

    #[test]
    fn the_first_ones_go_and_a_snapshot_takes_the_place_of_all() {
        let mut anatomy = Anatomy::default();
        let many = INVOCATIONS_MAX as u64 + 7;
        anatomy.apply(event((0..many).map(|number| told(number, 0, Some(0))).collect()));
        assert_eq!(
            (anatomy.bars().count(), anatomy.bars().next().unwrap().told.number),
            (INVOCATIONS_MAX, 7)
        );
        anatomy.forget();
        assert_eq!(anatomy.bars().count(), INVOCATIONS_MAX);
        anatomy.apply(event(vec![told(3, 0, None)]));
        assert_eq!((anatomy.bars().count(), anatomy.version()), (1, 2));
    }

    #[test]
    fn the_numbers_are_a_sentence() {
        #[track_caller]
        fn check(left_out: u64, totals: Tallied, rows: Vec<Invocation>, is_over: bool, expected: &str) {
            let mut anatomy = Anatomy::default();
            anatomy.apply(Invocations { left_out, totals, rows });
            assert_eq!(anatomy.caption(is_over), expected);
        }
        assert_eq!(Anatomy::default().caption(true), "");
        check(0, Tallied::default(), vec![], true, "No function was invoked.");
        check(0, Tallied::default(), vec![], false, "No function is invoked yet.");
        let lost = "This run's 1,200 invocations were not kept; its counts are whole without them.";
        check(1_200, Tallied::default(), vec![], true, lost);
        let one = Tallied { invocations: 1, at_once: 1, ..Tallied::default() };
        check(0, one, vec![told(0, 0, None)], false, "1 invocation, up to 1 at once");
        let many =
            Tallied { invocations: 412, cold_starts: 38, retried: 3, at_once: 64, ..Tallied::default() };
        let sentence = "412 invocations, 38 cold starts, 3 retried, up to 64 at once";
        check(0, many, vec![told(0, 0, None)], true, sentence);
        let left_out =
            "412 invocations, 38 cold starts, 3 retried, up to 64 at once; the first 5 are not shown";
        check(5, many, vec![told(5, 0, None)], true, left_out);
    }
}
