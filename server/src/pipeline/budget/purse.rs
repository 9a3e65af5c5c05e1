//! A run's money: what was billed, what may still be, and the limit. Pure.
//!
//! Every invocation and every LIST is reserved before it begins, at the most that it may cost. Its bill
//! replaces the reservation; where no bill ever comes, the reservation stays.

use crate::price::{Item, Money, Rates, Reserve, Usage};

/// No function runs longer, whatever it reports.
const BILLED_MS_MAX: u64 = 16 * 60 * 1_000;

/// A run's money.
#[derive(Clone, Debug)]
pub(in crate::pipeline) struct Purse {
    rates: Rates,
    max: Option<Money>,
    usage: Usage,
    reserved: Reserve,
    page: Page,
    /// LISTs that a page may take.
    lists_a_page: u64,
    needed: Money,
    /// The part of the limit that may be used; all of it where `None`.
    authorised: Option<Money>,
    /// The most that another server may have used without a bill.
    lost: Money,
    /// The sum that is spent or reserved, together with what did not fit.
    wanted: Money,
}

/// Whether the next page of the listing is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Page {
    Unpaid,
    Reserved,
}

/// The bill of an invocation that is over, as far as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pipeline) struct Bill {
    /// It ran, or may have.
    pub(in crate::pipeline) begun: bool,
    /// The work that its time went into.
    pub(in crate::pipeline) item: Item,
    /// Its billed milliseconds, where they were reported.
    pub(in crate::pipeline) billed_ms: Option<u64>,
    /// Its GETs, where they were reported.
    pub(in crate::pipeline) gets: Option<u64>,
}

impl Bill {
    /// It may have run, and no bill will ever come.
    pub(in crate::pipeline) const LOST: Self =
        Self { begun: true, item: Item::Failure, billed_ms: None, gets: None };
}

impl Purse {
    /// A budget that has used `usage` already; a page of objects takes so many LISTs at most.
    pub(in crate::pipeline) fn new(
        max_usd: Option<f64>,
        rates: Rates,
        usage: Usage,
        lists_a_page: u64,
    ) -> Self {
        Self {
            rates,
            max: max_usd.map(Money::from_usd),
            usage,
            reserved: Reserve::default(),
            page: Page::Unpaid,
            lists_a_page,
            needed: Money::default(),
            authorised: None,
            lost: Money::default(),
            wanted: Money::default(),
        }
    }

    /// Counts all that another server was authorised to use as spent.
    pub(in crate::pipeline) fn lose_up_to(&mut self, authorised: Money) {
        self.lost = authorised.without(self.usage.money_max(self.rates));
    }

    /// Nothing is used beyond this until more is authorised.
    pub(in crate::pipeline) fn authorise(&mut self, authorised: Option<Money>) {
        self.authorised = authorised;
    }

    /// The limit is higher than the sum that is authorised.
    pub(in crate::pipeline) fn is_held(&self) -> bool {
        matches!((self.max, self.authorised), (Some(max), Some(authorised)) if authorised < max)
    }

    /// The sum that should be authorised, for what is gone and for what did not fit.
    pub(in crate::pipeline) fn wanted(&self) -> Money {
        self.wanted.max(self.gone())
    }

    /// The sum that is spent or reserved.
    pub(in crate::pipeline) fn gone(&self) -> Money {
        self.usage.money_max(self.rates) + self.reserved.money(self.rates) + self.lost
    }

    /// The sum that was billed so far.
    pub(in crate::pipeline) fn usage(&self) -> &Usage {
        &self.usage
    }

    /// The most that running invocations may still use.
    pub(in crate::pipeline) fn reserved(&self) -> Reserve {
        self.reserved
    }

    /// The money that is neither spent nor reserved; `None` without a limit.
    pub(in crate::pipeline) fn left(&self) -> Option<Money> {
        let max = self.max?;
        Some(self.authorised.map_or(max, |authorised| authorised.min(max)).without(self.gone()))
    }

    /// Whether there is enough for this as well.
    pub(in crate::pipeline) fn fits(&self, reserve: Reserve) -> bool {
        self.left().is_none_or(|left| reserve.money(self.rates) <= left)
    }

    /// Sets so much aside, if there is enough.
    pub(in crate::pipeline) fn reserve(&mut self, reserve: Reserve) -> bool {
        let fits = self.fits(reserve);
        if fits {
            self.reserved = self.reserved + reserve;
        } else {
            self.wanted = self.gone() + reserve.money(self.rates);
        }
        fits
    }

    /// Lets nothing go before there is enough money for this; anything may go, if this is nothing.
    pub(in crate::pipeline) fn wait_for(&mut self, reserve: Reserve) {
        self.needed = reserve.money(self.rates);
        self.wanted = self.gone() + self.needed;
    }

    /// There is enough for the reservation that was waited for.
    pub(in crate::pipeline) fn may_go(&self) -> bool {
        self.left().is_none_or(|left| self.needed <= left)
    }

    /// Books the bill of an invocation instead of its reservation.
    pub(in crate::pipeline) fn billed(&mut self, reserve: Reserve, bill: Bill) {
        self.reserved = self.reserved - reserve;
        if !bill.begun {
            return;
        }
        self.usage.invocations += 1;
        match bill.billed_ms.map(|ms| ms.min(BILLED_MS_MAX)) {
            Some(ms) => {
                *match bill.item {
                    Item::Wordcount => &mut self.usage.wordcount_ms,
                    Item::Cascade => &mut self.usage.cascade_ms,
                    Item::Failure => &mut self.usage.failed_ms,
                } += ms;
            }
            None => {
                self.usage.unreported += 1;
                self.usage.untold.ms = self.usage.untold.ms.saturating_add(reserve.ms);
            }
        }
        match bill.gets {
            Some(gets) => self.usage.gets = self.usage.gets.saturating_add(gets),
            None => self.usage.untold.gets += reserve.gets,
        }
    }

    /// No bill will come for any reservation, the LIST aside.
    pub(super) fn lose(&mut self) {
        let page = if self.page == Page::Reserved { self.page_reserve() } else { Reserve::default() };
        self.usage = self.usage.with_lost(self.reserved - page);
        self.reserved = page;
    }

    /// Sets a LIST aside, if there is enough and none is yet.
    pub(in crate::pipeline) fn reserve_page(&mut self) -> bool {
        if self.page == Page::Unpaid && self.reserve(self.page_reserve()) {
            self.page = Page::Reserved;
        }
        self.page == Page::Reserved
    }

    fn page_reserve(&self) -> Reserve {
        Reserve { lists: self.lists_a_page, ..Reserve::default() }
    }

    /// So many of the reserved LISTs were made, or may have been.
    pub(in crate::pipeline) fn listed(&mut self, lists: u64) {
        if self.page == Page::Reserved {
            self.page = Page::Unpaid;
            self.reserved = self.reserved - self.page_reserve();
            self.usage.lists += lists.min(self.lists_a_page);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MEMORY_MB: u32 = 1_769;

    /// An event of a budget; a `usize` picks one of the reservations, a share in 0..=100 the part of it that
    /// is billed.
    #[derive(Clone, Debug)]
    enum Event {
        Reserve { ms: u64, gets: u64 },
        Page,
        Billed { pick: usize, share: u64, item: Item },
        Untold { pick: usize },
        Throttled { pick: usize },
        Lost { pick: usize },
        AllLost,
    }

    fn event() -> impl Strategy<Value = Event> {
        let item = prop_oneof![Just(Item::Wordcount), Just(Item::Cascade), Just(Item::Failure)];
        prop_oneof![
            4 => (0..5_000_u64, 0..200_u64).prop_map(|(ms, gets)| Event::Reserve { ms, gets }),
            1 => Just(Event::Page),
            3 => (any::<usize>(), 0..=100_u64, item)
                .prop_map(|(pick, share, item)| Event::Billed { pick, share, item }),
            1 => any::<usize>().prop_map(|pick| Event::Untold { pick }),
            1 => any::<usize>().prop_map(|pick| Event::Throttled { pick }),
            1 => any::<usize>().prop_map(|pick| Event::Lost { pick }),
            1 => Just(Event::AllLost),
        ]
    }

    fn is_told(event: &&Event) -> bool {
        !matches!(event, Event::Untold { .. } | Event::Lost { .. } | Event::AllLost)
    }

    fn taken(open: &mut Vec<Reserve>, pick: usize) -> Option<Reserve> {
        (!open.is_empty()).then(|| open.swap_remove(pick % open.len()))
    }

    fn happen(purse: &mut Purse, open: &mut Vec<Reserve>, event: &Event) {
        let (pick, bill) = match *event {
            Event::Reserve { ms, gets } => {
                let reserve = Reserve { invocations: 1, ms, gets, lists: 0 };
                open.extend(purse.reserve(reserve).then_some(reserve));
                return;
            }
            Event::Page => {
                if purse.reserve_page() {
                    purse.listed(1);
                }
                return;
            }
            Event::Billed { pick, share, item } => {
                let Some(reserve) = taken(open, pick) else { return };
                let of = |most: u64| Some(most * share / 100);
                let bill = Bill { begun: true, item, billed_ms: of(reserve.ms), gets: of(reserve.gets) };
                return purse.billed(reserve, bill);
            }
            Event::AllLost => {
                open.clear();
                return purse.lose();
            }
            Event::Untold { pick } => (pick, Bill { billed_ms: Some(0), ..Bill::LOST }),
            Event::Throttled { pick } => (pick, Bill { begun: false, ..Bill::LOST }),
            Event::Lost { pick } => (pick, Bill::LOST),
        };
        if let Some(reserve) = taken(open, pick) {
            purse.billed(reserve, bill);
        }
    }

    proptest! {
        #[test]
        fn what_is_spent_and_reserved_never_passes_the_limit(
            max_usd in 0.0..0.002_f64,
            events in prop::collection::vec(event(), 0..200),
        ) {
            let rates = Rates::of_memory(MEMORY_MB);
            let mut purse = Purse::new(Some(max_usd), rates, Usage::default(), 1);
            let mut open = Vec::new();
            for event in &events {
                happen(&mut purse, &mut open, event);
                let reserved = open.iter().fold(Reserve::default(), |sum, reserve| sum + *reserve);
                prop_assert_eq!(purse.reserved, reserved);
                let gone = purse.usage.money_max(rates) + reserved.money(rates);
                prop_assert!(gone <= Money::from_usd(max_usd), "{} of {}", gone.usd(), max_usd);
            }
        }

        #[test]
        fn a_purse_whose_bills_all_came_holds_nothing_back(
            events in prop::collection::vec(event(), 0..100),
        ) {
            let mut purse = Purse::new(Some(1.0), Rates::of_memory(MEMORY_MB), Usage::default(), 1);
            let mut open = Vec::new();
            for event in events.iter().filter(is_told) {
                happen(&mut purse, &mut open, event);
            }
            while !open.is_empty() {
                happen(&mut purse, &mut open, &Event::Billed { pick: 0, share: 50, item: Item::Wordcount });
            }
            prop_assert_eq!((purse.reserved, purse.usage.untold), (Reserve::default(), Reserve::default()));
            prop_assert_eq!(purse.usage.unreported, 0);
        }
    }

    #[test]
    fn what_waits_goes_when_enough_has_come_back() {
        let second = Reserve { invocations: 1, ms: 1_000, ..Reserve::default() };
        let mut purse = Purse::new(Some(0.000_05), Rates::of_memory(1_024), Usage::default(), 1);
        assert!(purse.reserve(second) && purse.reserve(second) && !purse.reserve(second));
        purse.wait_for(second);
        assert!(!purse.may_go());
        let bill = Bill { begun: true, item: Item::Wordcount, billed_ms: Some(10), gets: Some(0) };
        purse.billed(second, bill);
        assert!(purse.may_go());
    }
}
