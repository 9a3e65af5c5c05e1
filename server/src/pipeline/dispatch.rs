//! From a grant to a cascade call.

use tokio::sync::OwnedSemaphorePermit;
use wire::cascade::{Batch, Request};
use wire::rule::Grain;
use wire::wordcount::VERSION;

use super::budget::Terms;
use super::plan::{children, payload_bytes};
use super::stop::Stop;
use super::{InFlight, Moment, Pipeline, Sent, invoke};
use crate::permits::Granted;
use crate::price::Reserve;
use tokio::time::Instant;

/// Bytes of one cascade's encoded payload at most; Lambda takes 6 MB.
const CASCADE_PAYLOAD_BYTES_MAX: usize = 5 * 1024 * 1024;

impl Pipeline {
    /// Children for the next cascade: about the square root of the number of batches that are left so far.
    pub(super) fn children_wanted(&self) -> u32 {
        let left = self.plan.batches_left() + self.retries.len() as u64;
        children(left, self.engine.permits.concurrency()).min(self.permits_left())
    }

    /// Permits that the run may still take: the others are for other runs.
    pub(super) fn permits_left(&self) -> u32 {
        let held = self.in_flight.len() + self.resting.len();
        self.engine.permits.of_one_run().saturating_sub(u32::try_from(held).unwrap_or(u32::MAX))
    }

    /// Uses a grant: dispatches as many batches as it has permits for, as there are, and as the run can pay
    /// for.
    pub(super) fn dispatch(&mut self, granted: Granted) {
        let Granted { cascade, mut wordcounts } = granted;
        if !self.run.may_dispatch() {
            return;
        }
        self.changed = true;
        self.purse.wait_for(Reserve::default());
        let (mut batches, mut terms, mut payload) = (Vec::new(), Terms::default(), 0);
        while let Some(permit) = wordcounts.split(1) {
            let Some(sent) = self.next_sent() else { break };
            payload += sent.objects.iter().map(payload_bytes).sum::<usize>();
            if payload > CASCADE_PAYLOAD_BYTES_MAX && !batches.is_empty() {
                self.put_back(sent);
                break;
            }
            let Some(sent) = self.fitted(sent, &mut terms) else { break };
            batches.push((sent, permit));
        }
        if !batches.is_empty() {
            let batches = batches.into_iter().map(|(sent, permit)| self.sent(sent, permit)).collect();
            self.invoke(batches, &terms, cascade);
        }
    }

    /// The next batch to go: a batch that waits for a retry comes before one that was never tried.
    fn next_sent(&mut self) -> Option<Sent> {
        if let Some(sent) = self.retries.pop(Instant::now()) {
            return Some(sent);
        }
        let limits = self.run.spec.limits;
        let objects_left = limits.max_objects.map(|max| max.saturating_sub(self.dispatched.objects));
        let objects_left =
            objects_left.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
        if objects_left == 0 && self.plan.waiting() > 0 {
            self.fall_short(Stop::budget("max_objects"));
            return None;
        }
        let mut objects = Vec::new();
        while objects.is_empty() && self.plan.waiting() > 0 {
            let batch = self.plan.next_batch(objects_left);
            objects = self.within_bytes(batch);
        }
        let bytes: u64 = objects.iter().map(|object| object.size.unwrap_or_default()).sum();
        self.dispatched.objects += objects.len() as u64;
        self.dispatched.bytes = self.dispatched.bytes.saturating_add(bytes);
        (!objects.is_empty()).then(|| Sent::new(objects))
    }

    fn sent(&mut self, sent: Sent, permit: OwnedSemaphorePermit) -> Batch {
        let id = self.attempt_id();
        let batch = Batch { id: id.clone(), objects: sent.objects.clone(), max_ms: sent.time.given_ms };
        let reserve = self.reserve_for(&sent);
        self.tell(Moment::Invoked { id: id.clone() });
        self.in_flight.insert(id, InFlight { sent, permit, reserve });
        batch
    }

    /// An id that no other attempt has.
    fn attempt_id(&mut self) -> String {
        self.attempts += 1;
        format!("{}.{}.{}", self.run.id, self.epoch, self.attempts)
    }

    fn invoke(&mut self, batches: Vec<Batch>, terms: &Terms, permit: OwnedSemaphorePermit) {
        let attempt = self.attempt_id();
        self.note_begun(&attempt, &batches);
        let request = Request {
            v: VERSION,
            bucket: self.run.spec.bucket.to_string(),
            keys: Vec::new(),
            batch_size: None,
            batches,
            grain: Grain::PerObject,
            rule: self.run.spec.rule,
            attempt: Some(attempt.clone()),
            max_ms: None,
            requester_pays: self.engine.requester_pays,
            wait_ms: self.wait_ms(terms),
            wordcount_function: Some(self.engine.wordcount_function.clone()),
            traceparent: Some(self.run.cascade_span(&attempt).to_string()),
        };
        let call = invoke::cascade(
            self.engine.lambda.clone(),
            self.engine.cascade_function.clone(),
            request,
            self.answers.clone(),
        );
        let reserve = self.reserve_for_cascade(terms);
        self.cascades.insert(attempt, reserve);
        self.calls.spawn(async move {
            call.await;
            drop(permit);
        });
    }
}
