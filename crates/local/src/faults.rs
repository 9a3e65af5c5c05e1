//! Faults by plan: requests come in, and those that the plan chooses go wrong where S3 and Lambda answer, below the
//! connector and the socket alike, so that they reach functions as they reach the server.
//!
//! A decision is a hash of the seed, the kind of fault, what the request is about, and how often that was asked for
//! before; it never depends on time or on the order of threads. Buckets that are written are left alone.

mod invoke;
mod kind;
mod lines;
mod listing;
mod object;
mod plan;
mod rows;
mod store;
mod stream;
mod subject;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use self::invoke::{Invoked, Mishap, of_stream};
pub(crate) use self::kind::Kind;
pub use self::plan::{FaultPlan, FaultPlanError};
pub(crate) use self::store::PageKeys;
use self::subject::Subject;

/// Subjects whose requests are numbered; beyond them all are numbered from the first again.
const SUBJECTS_MAX: usize = 1_000_000;

/// A plan at work. Clones share what they have seen.
#[derive(Clone, Debug)]
pub(crate) struct Faults(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    plan: FaultPlan,
    /// The buckets whose requests may go wrong.
    buckets: BTreeSet<String>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    subjects: HashMap<Subject, Occurrences>,
    injected: BTreeMap<Kind, u64>,
}

/// The requests of one subject so far.
#[derive(Clone, Copy, Debug, Default)]
struct Occurrences {
    number: u32,
    faults_in_a_row: u32,
}

/// A fault of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: Kind,
    /// The number that its details are drawn from.
    draw: u64,
}

impl Faults {
    /// A plan for requests of these buckets and for all invocations.
    pub(crate) fn new(plan: FaultPlan, buckets: BTreeSet<String>) -> Self {
        Self(Arc::new(Shared { plan, buckets, seen: Mutex::default() }))
    }

    /// How many faults there were so far, by the names of their kinds.
    pub(crate) fn injected(&self) -> BTreeMap<&'static str, u64> {
        self.seen().injected.iter().map(|(kind, count)| (kind.name(), *count)).collect()
    }

    /// The fault of this request of the subject, if any; the kinds that it can have are tried in order, and
    /// the first that applies decides.
    fn decide(&self, kinds: &[Kind], subject: Subject) -> Option<Fault> {
        let (plan, mut seen) = (&self.0.plan, self.seen());
        if seen.subjects.len() >= SUBJECTS_MAX {
            seen.subjects.clear();
        }
        let occurrences = seen.subjects.entry(subject).or_default();
        let is_spared = plan.runs.is_some_and(|runs| occurrences.faults_in_a_row >= runs);
        let kinds = kinds.iter().filter(|kind| kind.is_lasting() || !is_spared);
        let mut faults = kinds.filter_map(|&kind| {
            plan.draw(kind, subject, occurrences.number).map(|draw| Fault { kind, draw }.chosen())
        });
        let fault = faults.next();
        occurrences.number = occurrences.number.wrapping_add(1);
        occurrences.faults_in_a_row = if fault.is_some() { occurrences.faults_in_a_row + 1 } else { 0 };
        if let Some(fault) = fault {
            *seen.injected.entry(fault.kind).or_default() += 1;
        }
        fault
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fault {
    /// One kind of those that it stands for.
    fn chosen(mut self) -> Self {
        if self.kind == Kind::ListBroken {
            let broken = Kind::BROKEN_LISTINGS;
            self.kind = broken[self.below(broken.len())];
            self.draw = subject::mix(&[self.draw]);
        }
        self
    }

    /// A number below `bound`; 0 where that is 0.
    fn below(self, bound: usize) -> usize {
        usize::try_from(self.draw % (bound.max(1) as u64)).expect("it is below a usize")
    }

    /// The fault with another draw, for a further detail.
    fn further(self) -> Self {
        Self { draw: subject::mix(&[self.draw]), ..self }
    }

    /// A coin toss.
    fn heads(self) -> bool {
        self.below(2) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(plan: &str) -> Faults {
        Faults::new(plan.parse().unwrap(), BTreeSet::new())
    }

    fn decisions(faults: &Faults, kinds: &[Kind], key: &str, requests: usize) -> Vec<Option<Kind>> {
        let subject = Subject::object("docs", key);
        (0..requests).map(|_| faults.decide(kinds, subject).map(|fault| fault.kind)).collect()
    }

    #[test]
    fn the_same_plan_decides_the_same_in_any_order() {
        let (one, other) = (faults("mixed,seed=3"), faults("mixed,seed=3"));
        let [mut a, mut b] = [Vec::new(), Vec::new()];
        for number in 0..500 {
            a.push(decisions(&one, &Kind::OF_GET, &number.to_string(), 3));
            b.push(decisions(&other, &Kind::OF_GET, &(499 - number).to_string(), 3));
        }
        b.reverse();
        assert_eq!(a, b);
        assert_eq!(one.injected(), other.injected());
        let elsewhere = faults("mixed,seed=4");
        let c: Vec<_> =
            (0..500).map(|number| decisions(&elsewhere, &Kind::OF_GET, &number.to_string(), 3)).collect();
        assert_ne!(a, c);
    }

    #[test]
    fn shares_are_kept_to() {
        let faults = faults("s3.slow_down=10%,s3.gone=0.5%,seed=1");
        (0..20_000).for_each(|number| drop(decisions(&faults, &Kind::OF_GET, &number.to_string(), 1)));
        let injected = faults.injected();
        assert!((1_800..2_200).contains(&injected["s3.slow_down"]), "{injected:?}");
        assert!((60..140).contains(&injected["s3.gone"]), "{injected:?}");
    }

    #[test]
    fn what_passes_is_drawn_again_and_what_lasts_is_not() {
        let faults = faults("s3.reset=50%,s3.gone=50%,seed=1");
        for number in 0..100 {
            let (key, kinds) = (number.to_string(), [Kind::StoreGone, Kind::StoreReset]);
            let found = decisions(&faults, &kinds, &key, 20);
            let is_gone = faults.0.plan.is_gone("docs", &key);
            assert!(found.iter().all(|kind| (*kind == Some(Kind::StoreGone)) == is_gone), "{found:?}");
            assert!(is_gone || found.contains(&None), "{found:?}");
        }
    }

    #[test]
    fn no_more_faults_in_a_row_than_the_plan_says() {
        let found = decisions(&faults("s3.reset=100%,runs=2"), &Kind::OF_GET, "a", 6);
        let (reset, none) = (Some(Kind::StoreReset), None);
        assert_eq!(found, [reset, reset, none, reset, reset, none]);
    }

    #[test]
    fn a_broken_listing_is_one_of_all_kinds() {
        let faults = faults("list.broken=100%,seed=1");
        (0..200).for_each(|number| drop(decisions(&faults, &Kind::OF_LIST, &number.to_string(), 1)));
        let found: Vec<_> = faults.injected().into_keys().collect();
        assert_eq!(found, Kind::BROKEN_LISTINGS.map(Kind::name));
    }
}
