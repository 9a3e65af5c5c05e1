//! What becomes of an answer.

use lambdas::call::CallError;
use tokio::time::Instant;
use wire::cascade::ChildErrorKind;
use wire::event::Level;
use wire::wordcount::COUNTING;

use super::budget::Bill;
use super::invoke::Answer;
use super::settle::{self, Verdict};
use super::{InFlight, Pipeline, Resting};
use crate::price::Item;

impl Pipeline {
    /// Takes an answer in: its bill, what it settles, and what is to be tried again.
    pub(super) fn answered(&mut self, answer: Answer) {
        self.changed = true;
        match answer {
            // An answer may overtake the end of the grace, at which its attempt was given up.
            Answer::Cascade { attempt, billed_ms, begun, item } => {
                let Some(reserve) = self.cascades.remove(&attempt) else { return };
                self.purse.billed(reserve, Bill { begun, item, billed_ms, gets: Some(0) });
            }
            Answer::Reply { batch, reply, billed_ms } => {
                let Some(InFlight { sent, permit, reserve }) = self.in_flight.remove(&batch) else { return };
                let gets = Some(reply.gets);
                self.purse.billed(reserve, Bill { begun: true, item: Item::Wordcount, billed_ms, gets });
                drop(permit);
                if reply.counting != COUNTING {
                    self.run.note_other_counting();
                }
                self.finished(&batch, &sent);
                self.judged(settle::reply(sent, reply));
            }
            Answer::Error { batch, error, billed_ms, begun } => {
                let Some(InFlight { sent, permit, reserve }) = self.in_flight.remove(&batch) else { return };
                self.purse.billed(reserve, Bill { begun, billed_ms, ..Bill::LOST });
                let verdict = settle::error(sent, &error);
                if let (ChildErrorKind::Throttled, [retry]) = (error.kind, verdict.retries.as_slice()) {
                    self.resting.push(Resting { until: Instant::now() + retry.wait, _permit: permit });
                }
                self.judged(verdict);
            }
        }
    }

    /// Calls that ended without answering, which only a defect explains, are answered for here.
    pub(super) fn lost(&mut self) {
        let error = CallError::new(ChildErrorKind::Unreachable, "its call was lost").child;
        for sent in self.lose() {
            self.judged(settle::error(sent, &error));
        }
    }

    fn judged(&mut self, verdict: Verdict) {
        for warning in verdict.warnings {
            self.run.log(Level::Warning, warning, None);
        }
        let mut settled = verdict.settled;
        let now = Instant::now();
        for retry in verdict.retries {
            match &self.stop {
                None => self.retries.push(retry, now, jitter()),
                Some(stop) => settled.extend(stop.given_up(retry.sent.objects)),
            }
        }
        self.settle(settled);
        self.stop_after_too_many_failures();
    }
}

/// A number in 0..=1, for waits that should differ.
fn jitter() -> f64 {
    f64::from(getrandom::u32().unwrap_or_default()) / f64::from(u32::MAX)
}
