//! A run's limits in money, bytes and time: nothing begins that could take it past one.

mod purse;
mod terms;

use std::time::Duration;

use tokio::time::Instant;
use wire::row::Object;

use super::settle::{Retry, Sent};
use super::stop::Stop;
use super::{InFlight, Pipeline, Settled};
use crate::pace::busy_ms;
use crate::price::Reserve;
pub(super) use purse::{Bill, Purse};
pub(super) use terms::Terms;
use terms::{HOP_MS, MS_MIN, START_MS};

impl Pipeline {
    /// Something can be dispatched, if only to learn that nothing can any more.
    pub(super) fn may_spend(&self) -> bool {
        self.time_left_ms() >= MS_MIN && (self.purse.may_go() || !self.is_waiting())
    }

    /// Whether the next page may be asked for. A run that can neither list nor do anything else is over.
    pub(super) fn may_list(&mut self) -> bool {
        if !self.wants_page() || self.purse.reserve_page() {
            return self.wants_page();
        }
        if !self.is_waiting() && self.plan.waiting() == 0 && self.retries.is_empty() {
            self.halt(Stop::budget("max_usd"));
        }
        false
    }

    /// Fits a batch into a cascade call with these limits so far: the batch gets as many milliseconds as its
    /// work asks for and the limits leave. Where they leave none it waits for what is in flight; where
    /// nothing is in flight, it goes smaller and shorter, or is given up.
    pub(super) fn fitted(&mut self, mut sent: Sent, terms: &mut Terms) -> Option<Sent> {
        let left_ms = self.time_left_ms();
        // What a store refused may get more time, and needs no more than before.
        let least_ms = match sent.throttles {
            0 => MS_MIN.max(sent.time.least_ms / 2 + 1),
            _ => MS_MIN,
        };
        if left_ms < MS_MIN {
            return self.put_back(sent);
        }
        if left_ms < least_ms {
            return self.give_up(sent, Stop::budget("max_seconds"));
        }
        let wanted_ms = self.wanted_ms(&sent).clamp(least_ms, left_ms);
        let (mut ms, mut objects) = (wanted_ms, sent.objects.len() as u64);
        let fits = |ms, objects| self.purse.fits(terms.with(ms, objects).reserve());
        if !fits(ms, objects) {
            if self.is_waiting() || !terms.is_empty() {
                self.purse.wait_for(Terms::default().with(ms, objects).reserve());
                return self.put_back(sent);
            }
            while !fits(least_ms, objects) && objects > 1 {
                objects /= 2;
            }
            let Some(affordable) = terms::largest(least_ms, wanted_ms, |ms| fits(ms, objects)) else {
                return self.cannot_pay_for(sent);
            };
            ms = affordable;
            self.keep_first(&mut sent, objects);
        }
        sent.time.given_ms = (ms < self.whole_ms()).then_some(ms);
        *terms = terms.with(ms, objects);
        Some(sent)
    }

    /// The most that an attempt at a batch may cost.
    pub(super) fn reserve_for(&mut self, sent: &Sent) -> Reserve {
        let ms = sent.time.given_ms.unwrap_or_else(|| self.whole_ms());
        self.reserved(terms::child(ms, sent.objects.len() as u64))
    }

    /// The most that a cascade call itself may cost.
    pub(super) fn reserve_for_cascade(&mut self, terms: &Terms) -> Reserve {
        self.reserved(terms.cascade())
    }

    fn reserved(&mut self, reserve: Reserve) -> Reserve {
        let fits = self.purse.reserve(reserve);
        debug_assert!(fits, "what is begun was fitted before");
        reserve
    }

    /// How long a cascade waits for its children; as long as it can where nothing limits it.
    pub(super) fn wait_ms(&self, terms: &Terms) -> Option<u64> {
        let limits = self.run.spec.limits;
        (limits.max_usd.is_some() || limits.max_seconds.is_some()).then(|| terms.wait_ms())
    }

    /// Gives up all that is in flight, whose bills will never come; returns the batches.
    pub(super) fn lose(&mut self) -> Vec<Sent> {
        self.purse.lose();
        self.note_lost();
        self.cascades.clear();
        self.in_flight.drain().map(|(_, InFlight { sent, .. })| sent).collect()
    }

    /// Something is in flight, and its bill may leave more than was reserved; or the store has not recorded
    /// yet all that the run may use.
    fn is_waiting(&self) -> bool {
        !self.in_flight.is_empty() || !self.cascades.is_empty() || self.purse.is_held()
    }

    fn whole_ms(&self) -> u64 {
        u64::try_from(self.engine.function_timeout.as_millis()).unwrap_or(u64::MAX)
    }

    fn wanted_ms(&self, sent: &Sent) -> u64 {
        if self.run.spec.limits.max_usd.is_none() {
            return self.whole_ms();
        }
        let bytes = sent.objects.iter().map(|object| object.size.unwrap_or_default()).sum();
        let fair_ms = terms::fair_ms(busy_ms(sent.objects.len() as u64, bytes));
        fair_ms.max(sent.time.least_ms).min(self.whole_ms())
    }

    /// Milliseconds that a child may be given, so that even one that begins late does not begin after
    /// `max_seconds`.
    fn time_left_ms(&self) -> u64 {
        let Some(ends) = self.ends_by_limit() else { return u64::MAX };
        let left = ends.saturating_duration_since(Instant::now());
        let left = left.saturating_sub(Duration::from_millis(START_MS + HOP_MS));
        u64::try_from(left.as_millis()).unwrap_or(u64::MAX)
    }

    /// Nothing is in flight and there is not enough money for the least of it. A batch that asked for more
    /// time, because less did not suffice, does not keep others from going.
    fn cannot_pay_for(&mut self, sent: Sent) -> Option<Sent> {
        let stop = Stop::budget("max_usd");
        if sent.time.least_ms > 0 && sent.throttles == 0 {
            return self.give_up(sent, stop);
        }
        self.put_back(sent);
        self.halt(stop);
        None
    }

    fn give_up(&mut self, sent: Sent, stop: Stop) -> Option<Sent> {
        let given_up: Vec<Settled> = stop.given_up(sent.objects).collect();
        self.settle(given_up);
        self.short = Some(stop);
        None
    }

    pub(super) fn put_back(&mut self, sent: Sent) -> Option<Sent> {
        self.retries.push(Retry::at_once(sent), Instant::now(), 0.0);
        None
    }

    /// Leaves the first so many objects in the batch and requeues the others.
    fn keep_first(&mut self, sent: &mut Sent, objects: u64) {
        let rest =
            sent.objects.split_off(usize::try_from(objects).unwrap_or(usize::MAX).min(sent.objects.len()));
        if !rest.is_empty() {
            self.put_back(Sent { objects: rest, ..*sent });
        }
    }

    /// Those of the objects that `max_bytes` leaves room for; the others, which will never fit, are given up.
    pub(super) fn within_bytes(&mut self, objects: Vec<Object>) -> Vec<Object> {
        let Some(max) = self.run.spec.limits.max_bytes else { return objects };
        let mut bytes = self.dispatched.bytes;
        let (fitting, over): (Vec<_>, Vec<_>) = objects.into_iter().partition(|object| {
            // An object of unknown size may have any.
            let size = object.size.unwrap_or(u64::MAX);
            let fits = bytes.checked_add(size).is_some_and(|sum| sum <= max);
            bytes += if fits { size } else { 0 };
            fits
        });
        if !over.is_empty() {
            let stop = Stop::budget("max_bytes");
            let given_up: Vec<Settled> = stop.given_up(over).collect();
            self.settle(given_up);
            self.short = Some(stop);
        }
        fitting
    }
}
