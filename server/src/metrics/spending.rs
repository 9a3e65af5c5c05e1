//! Billed costs: taken from each run's `Purse` and from nothing else, so that they add up with what runs
//! report.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

use super::{Amounts, Counters, amounts, counters};
use crate::price::{Rates, Usage};

/// The parts of a cost.
const ITEMS: [&str; 5] = ["wordcount", "cascade", "failed", "requests", "s3"];

/// The metrics of costs.
#[derive(Clone, Debug)]
pub struct Spending {
    invocations: Counter,
    unreported: Counter,
    seconds: Amounts<1>,
    requests: Counters<1>,
    dollars: Amounts<1>,
}

impl Spending {
    pub(super) fn registered(registry: &mut Registry) -> Self {
        let spending = Self {
            invocations: Counter::default(),
            unreported: Counter::default(),
            seconds: amounts(ITEMS.into_iter().take(3).map(|item| [("item", item)])),
            requests: counters(["get", "list"].map(|operation| [("operation", operation)])),
            dollars: amounts(ITEMS.map(|item| [("item", item)])),
        };
        let invocations = "Invocations that ran, or may have";
        registry.register("billed_invocations", invocations, spending.invocations.clone());
        let unreported = "Invocations that ended without reporting their bill";
        registry.register("unreported_invocations", unreported, spending.unreported.clone());
        let seconds = "Billed seconds that were reported, by what they went into";
        registry.register("billed_seconds", seconds, spending.seconds.clone());
        let requests = "S3 requests that runs made of the buckets that they count in";
        registry.register("s3_requests", requests, spending.requests.clone());
        let dollars =
            "What runs cost, in US dollars by the price table; on local functions what AWS would have asked";
        registry.register("cost_dollars", dollars, spending.dollars.clone());
        spending
    }

    /// A run has used this, and that much of it when it was asked last.
    pub fn note_used(&self, usage: &Usage, before: &Usage, rates: Rates) {
        if usage == before {
            return;
        }
        let more = |of: fn(&Usage) -> u64| of(usage).saturating_sub(of(before));
        self.invocations.inc_by(more(|usage| usage.invocations));
        self.unreported.inc_by(more(|usage| usage.unreported));
        self.requests.get_or_create(&[("operation", "get")]).inc_by(more(|usage| usage.gets));
        self.requests.get_or_create(&[("operation", "list")]).inc_by(more(|usage| usage.lists));
        let ms = |usage: &Usage| [usage.wordcount_ms, usage.cascade_ms, usage.failed_ms];
        for (item, (ms, ms_before)) in ITEMS.into_iter().zip(ms(usage).into_iter().zip(ms(before))) {
            let seconds = crate::price::as_f64(ms.saturating_sub(ms_before)) / 1e3;
            self.seconds.get_or_create(&[("item", item)]).inc_by(seconds);
        }
        let (dollars, dollars_before) = (parts(usage, rates), parts(before, rates));
        for (item, (dollars, dollars_before)) in
            ITEMS.into_iter().zip(dollars.into_iter().zip(dollars_before))
        {
            self.dollars.get_or_create(&[("item", item)]).inc_by((dollars - dollars_before).max(0.0));
        }
    }
}

fn parts(usage: &Usage, rates: Rates) -> [f64; 5] {
    let cost = usage.cost(rates);
    [cost.wordcount_usd, cost.cascade_usd, cost.failed_usd, cost.requests_usd, cost.s3_usd]
}
