//! The log of invocations as they begin and end. Viewers see it and the store holds it; it decides nothing.

use std::collections::HashMap;

use wire::cascade::{Batch, ChildErrorKind, Timing};
use wire::invocation::{Invocation, Outcome, Tier};
use wire::row::Object;
use wire::trace::TraceContext;

use super::settle::{Sent, Verdict};
use super::{InFlight, Pipeline};

/// Invocations whose end is awaited.
#[derive(Debug, Default)]
pub(super) struct Noted {
    /// They themselves, by attempt id.
    open: HashMap<String, Open>,
    /// Batches that were sent.
    batches: u32,
    /// Since when the run waits for permits.
    waiting_since_ms: u32,
}

/// An invocation that runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    /// As it began: the run's log may drop it before its end.
    told: Invocation,
    span: TraceContext,
    /// The span that it is within.
    parent: u64,
}

/// How an invocation ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    pub(super) error: Option<ChildErrorKind>,
    pub(super) ran: bool,
    pub(super) billed_ms: Option<u64>,
    pub(super) timing: Timing,
    /// The rows that it settled: the number of the first one, and how many.
    pub(super) rows: (u64, u64),
}

impl Noted {
    /// The invocation of this attempt, which is over.
    pub(super) fn close(&mut self, attempt: &str) -> Option<Open> {
        self.open.remove(attempt)
    }
}

impl Pipeline {
    /// There is work, and no permit for it yet.
    pub(super) fn note_waiting(&mut self) {
        self.noted.waiting_since_ms = self.now_ms();
    }

    /// A cascade is invoked, and will invoke a child for each of these batches.
    pub(super) fn note_begun(&mut self, attempt: &str, batches: &[Batch]) {
        let began_ms = self.now_ms();
        let waiting_since_ms = self.noted.waiting_since_ms;
        let all = || batches.iter().flat_map(|batch| &batch.objects);
        let cascade = Invocation {
            batch: narrow(batches.len() as u64),
            ..begun(Tier::Cascade, (waiting_since_ms, began_ms), all())
        };
        self.measure_started(&cascade);
        let number = self.run.note_invocation(cascade);
        let (span, parent) = (self.run.cascade_span(attempt), self.run.traced.span.span_id());
        let told = Invocation { number, ..cascade };
        self.noted.open.insert(attempt.to_owned(), Open { told, span, parent });
        for Batch { id, objects, .. } in batches {
            let Some(InFlight { sent: Sent { trace, .. }, .. }) = self.in_flight.get_mut(id) else {
                continue;
            };
            let batch = *trace.batch.get_or_insert_with(|| {
                self.noted.batches += 1;
                self.noted.batches - 1
            });
            let queued_ms = trace.queued_ms.unwrap_or(waiting_since_ms);
            let wordcount = Invocation {
                cascade: Some(number),
                batch,
                attempt: trace.attempts + 1,
                previous: trace.previous,
                ..begun(Tier::Wordcount, (queued_ms, began_ms), objects.iter())
            };
            let number = self.run.note_invocation(wordcount);
            trace.attempts += 1;
            trace.previous = Some(number);
            let (span, parent) = (span.child(id), span.span_id());
            let told = Invocation { number, ..wordcount };
            self.noted.open.insert(id.clone(), Open { told, span, parent });
            self.measure_started(&wordcount);
        }
    }

    /// An invocation is over.
    pub(super) fn note_ended(&self, open: Option<Open>, ended: Ended) {
        let Some(open) = open else { return };
        let now_ms = self.now_ms();
        let Ended { outcome, error, ran, billed_ms, timing, rows } = ended;
        let end = |told: &mut Invocation| {
            let began_ms = timing.took_ms.map_or(0, |ms| now_ms.saturating_sub(narrow(ms)));
            told.began_ms = began_ms.max(told.began_ms);
            told.first_ms =
                told.first_ms.or((told.tier == Tier::Wordcount && error.is_none()).then_some(now_ms));
            (told.outcome, told.error, told.ended_ms, told.ran) = (Some(outcome), error, Some(now_ms), ran);
            (told.billed_ms, told.init_ms) = (billed_ms.map(narrow), timing.init_ms.map(narrow));
            (told.first_row, told.rows) = (rows.0, narrow(rows.1));
        };
        self.end(open, end);
        if let Some(cascade) = open.told.cascade.filter(|_| error.is_none()) {
            self.run.change_invocation(cascade, |told| told.first_ms = told.first_ms.or(Some(now_ms)));
        }
    }

    /// Ends an invocation everywhere by the same change.
    fn end(&self, open: Open, change: impl Fn(&mut Invocation)) {
        let mut ended = open.told;
        change(&mut ended);
        self.measure_ended(&ended);
        self.engine.spans.invocation(open.span, open.parent, &ended);
        self.run.change_invocation(ended.number, change);
    }

    /// No answer will come for what is in flight.
    pub(super) fn note_lost(&mut self) {
        for (_, open) in std::mem::take(&mut self.noted.open) {
            let now_ms = self.now_ms();
            self.end(open, |told| (told.outcome, told.ended_ms) = (Some(Outcome::Lost), Some(now_ms)));
        }
    }

    /// Batches were given up, and their objects settled one after the other from this row on.
    pub(super) fn note_given_up(&self, batches: &[(Option<u64>, u64)], mut first_row: u64) {
        for &(previous, objects) in batches {
            if let Some(number) = previous {
                self.run.change_invocation(number, |told| {
                    if told.rows == 0 {
                        (told.first_row, told.rows) = (first_row, narrow(objects));
                    }
                });
            }
            first_row += objects;
        }
    }

    /// Records that the rest of a batch waits from now on for a retry.
    pub(super) fn note_queued(&self, verdict: &mut Verdict) {
        let now_ms = self.now_ms();
        for retry in &mut verdict.retries {
            retry.sent.trace.queued_ms = Some(now_ms);
        }
    }

    fn now_ms(&self) -> u32 {
        narrow(self.run.elapsed_ms())
    }
}

/// The invocation of a batch's previous attempt, and how many objects are in the batch now.
pub(super) fn share(sent: &Sent) -> (Option<u64>, u64) {
    (sent.trace.previous, sent.objects.len() as u64)
}

fn begun<'a>(
    tier: Tier,
    (queued_ms, began_ms): (u32, u32),
    objects: impl Iterator<Item = &'a Object> + Clone,
) -> Invocation {
    Invocation {
        number: 0,
        tier,
        outcome: None,
        error: None,
        ran: true,
        cascade: None,
        batch: 0,
        attempt: 1,
        previous: None,
        objects: narrow(objects.clone().count() as u64),
        bytes: objects.map(|object| object.size.unwrap_or_default()).fold(0, u64::saturating_add),
        first_row: 0,
        rows: 0,
        queued_ms: queued_ms.min(began_ms),
        began_ms,
        first_ms: None,
        ended_ms: None,
        init_ms: None,
        billed_ms: None,
    }
}

/// 49 days in milliseconds, and no batch has as many objects.
fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
