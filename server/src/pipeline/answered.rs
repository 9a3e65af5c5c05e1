//! Takes in the answers of calls.

use lambdas::call::CallError;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use wire::cascade::{ChildError, ChildErrorKind, Timing};
use wire::event::Level;
use wire::invocation::Outcome;
use wire::row::Reason;
use wire::wordcount::COUNTING;

use super::backoff::jitter;
use super::budget::Bill;
use super::invoke::Answer;
use super::noted::Ended;
use super::pushback::Course;
use super::settle::{self, PushedBack, Sent, Service, Verdict};
use super::{InFlight, Pipeline, Resting, noted};
use crate::price::Item;

impl Pipeline {
    /// Takes an answer in: its bill, its rows, and its retries.
    pub(super) fn answered(&mut self, answer: Answer) {
        self.changed = true;
        match answer {
            // An answer may overtake the end of the grace, at which its attempt was given up.
            Answer::Cascade { attempt, billed_ms, begun, item, error, init_ms } => {
                let Some(reserve) = self.cascades.remove(&attempt) else { return };
                self.purse.billed(reserve, Bill { begun, item, billed_ms, gets: Some(0) });
                self.log_cascade(&attempt, error);
                let outcome = match error {
                    None => Outcome::Answered,
                    Some(ChildErrorKind::Throttled) => Outcome::Throttled,
                    Some(_) => Outcome::Failed,
                };
                let timing = Timing { took_ms: None, init_ms };
                let ended = Ended { outcome, error, ran: begun, billed_ms, timing, rows: (0, 0) };
                let open = self.noted.close(&attempt);
                self.note_ended(open, ended);
            }
            Answer::Reply { batch, reply, billed_ms, timing } => {
                let Some(InFlight { sent, permit, reserve }) = self.in_flight.remove(&batch) else { return };
                let gets = Some(reply.gets);
                self.purse.billed(reserve, Bill { begun: true, item: Item::Wordcount, billed_ms, gets });
                if reply.counting != COUNTING {
                    self.run.note_other_counting();
                }
                self.finished(&batch, &sent);
                self.lambda_pushback.succeeded();
                let verdict = self.after_pushback(settle::reply(sent, reply), permit);
                let ended = self.ended(&verdict, None);
                self.measure_retries(None, verdict.retries.len());
                let rows = self.judged(verdict);
                let open = self.noted.close(&batch);
                self.note_ended(open, Ended { billed_ms, timing, rows, ..ended });
            }
            Answer::Error { batch, error, billed_ms, begun, timing } => {
                let Some(InFlight { sent, permit, reserve }) = self.in_flight.remove(&batch) else { return };
                self.purse.billed(reserve, Bill { begun, billed_ms, ..Bill::LOST });
                if begun && billed_ms.is_some() {
                    self.lambda_pushback.succeeded();
                }
                let verdict = self.failed(&batch, sent, &error);
                let verdict = self.after_pushback(verdict, permit);
                let ended = self.ended(&verdict, Some(error.kind));
                self.measure_retries(Some(error.kind), verdict.retries.len());
                let rows = self.judged(verdict);
                let open = self.noted.close(&batch);
                self.note_ended(open, Ended { ran: begun, billed_ms, timing, rows, ..ended });
            }
        }
    }

    /// Waits for a service that pushes back: the permit of a throttled batch is withheld as long as the batch
    /// waits, so that fewer invocations run at once. Batches that were refused for too long are given up.
    fn after_pushback(&mut self, mut verdict: Verdict, permit: OwnedSemaphorePermit) -> Verdict {
        // Whatever else became of an object, the store answered for it.
        let unanswered = [Reason::Unreachable, Reason::Function, Reason::TooLarge].map(Some);
        if verdict.settled.iter().any(|settled| !unanswered.contains(&settled.reason)) {
            self.store_pushback.succeeded();
        }
        let Some(PushedBack { by, message }) = verdict.pushback.take() else { return verdict };
        let now = Instant::now();
        let course = match by {
            Service::Store => self.store_pushback.refused(now),
            Service::Lambda => self.lambda_pushback.refused(now),
        };
        match (course, by) {
            (Course::GiveUp, _) => verdict.give_up_throttled(&message),
            (Course::Warn, Service::Store) => {
                let text =
                    "S3 pushes back: less is read at once, and what it refuses is asked for again later";
                verdict.warnings.push(format!("{text} ({message})"));
            }
            // That functions run into their concurrency is everyday, and counted.
            (Course::Warn, Service::Lambda) | (Course::Wait, _) => (),
        }
        if let Some(retry) = verdict.retries.iter().find(|retry| retry.throttled) {
            self.resting.push(Resting { until: now + retry.wait, _permit: permit });
        }
        verdict
    }

    /// Calls that ended without answering, which only a defect explains, are answered for here.
    pub(super) fn lost(&mut self) {
        let error = CallError::new(ChildErrorKind::Unreachable, "its call was lost").child;
        for sent in self.lose() {
            let (previous, _) = noted::share(&sent);
            let (first_row, rows) = self.judged(settle::error(sent, &error));
            self.note_given_up(&[(previous, rows)], first_row);
        }
    }

    /// The verdict on a failed attempt.
    fn failed(&self, attempt: &str, sent: Sent, error: &ChildError) -> Verdict {
        let told = tracing::enabled!(tracing::Level::DEBUG).then(|| sent.clone());
        let verdict = settle::error(sent, error);
        if let Some(sent) = told {
            self.log_failed(attempt, &sent, error, self.stop.is_none() && !verdict.retries.is_empty());
        }
        verdict
    }

    /// How an attempt ended, by the verdict on it.
    fn ended(&self, verdict: &Verdict, error: Option<ChildErrorKind>) -> Ended {
        let goes_again = self.stop.is_none() && !verdict.retries.is_empty();
        let outcome = match (error, goes_again) {
            (Some(ChildErrorKind::Throttled), true) => Outcome::Throttled,
            (_, true) => Outcome::Retried,
            (None, false) => Outcome::Answered,
            (Some(_), false) => Outcome::Failed,
        };
        Ended { outcome, error, ran: true, billed_ms: None, timing: Timing::default(), rows: (0, 0) }
    }

    /// Carries a verdict out. Returns the rows that it settled: the number of the first one, and how many.
    fn judged(&mut self, mut verdict: Verdict) -> (u64, u64) {
        self.note_queued(&mut verdict);
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
        let first_row = self.run.rows_total();
        self.settle(settled);
        let rows = self.run.rows_total() - first_row;
        self.stop_after_too_many_failures();
        (first_row, rows)
    }
}
