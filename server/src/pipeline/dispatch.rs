//! From a grant to a cascade call.

use tokio::sync::OwnedSemaphorePermit;
use wire::cascade::{Batch, Request};
use wire::row::Object;
use wire::rule::Grain;
use wire::wordcount::VERSION;

use super::budget::Allowance;
use super::plan::payload_bytes;
use super::settle::Retry;
use super::stop::Stop;
use super::{InFlight, Moment, Pipeline, Sent, invoke};
use crate::permits::Granted;
use tokio::time::Instant;

/// No cascade is given more than this share of all places, so that several run at once.
const CASCADES_AT_LEAST: u32 = 4;
/// Bytes of one cascade's encoded payload at most; Lambda takes 6 MB.
const CASCADE_PAYLOAD_BYTES_MAX: usize = 5 * 1024 * 1024;

impl Pipeline {
    /// Children for the next cascade: about the square root of the batches that are known to be left.
    pub(super) fn children_wanted(&self) -> u32 {
        let left = self.plan.batches_left() + self.retries.len() as u64;
        let root = u32::try_from(left.isqrt()).unwrap_or(u32::MAX);
        root.clamp(1, (self.engine.permits.concurrency() / CASCADES_AT_LEAST).max(1))
    }

    /// Uses a grant: as many batches as it has places, as there are, and as the run can pay for.
    pub(super) fn dispatch(&mut self, granted: Granted) {
        let Granted { cascade, mut wordcounts } = granted;
        let (batches_max, objects_max, max_ms) = match self.allowance() {
            Allowance::Unlimited => (u64::MAX, usize::MAX, None),
            Allowance::Batches(batches) => (batches, usize::MAX, None),
            Allowance::Last { objects_max, ms } => (1, objects_max, Some(ms)),
            Allowance::Wait => return,
            Allowance::Spent => return self.halt(Stop::budget("max_usd")),
        };
        let (mut batches, mut payload) = (Vec::new(), 0);
        while let Some(permit) = wordcounts.split(1).filter(|_| (batches.len() as u64) < batches_max) {
            let Some(sent) = self.next_sent(objects_max) else { break };
            payload += sent.objects.iter().map(payload_bytes).sum::<usize>();
            if payload > CASCADE_PAYLOAD_BYTES_MAX && !batches.is_empty() {
                self.retries.push(Retry::at_once(sent), Instant::now(), 0.0);
                break;
            }
            batches.push(self.sent(sent, permit));
        }
        if !batches.is_empty() {
            self.invoke(batches, max_ms, cascade);
        }
        self.changed = true;
    }

    /// What goes next: what waits to be tried again comes before what was never tried.
    fn next_sent(&mut self, objects_max: usize) -> Option<Sent> {
        if let Some(mut sent) = self.retries.pop(Instant::now()) {
            let objects = sent.objects.split_off(objects_max.min(sent.objects.len()));
            if !objects.is_empty() {
                let rest = Sent { objects, attempts: sent.attempts, throttles: sent.throttles };
                self.retries.push(Retry::at_once(rest), Instant::now(), 0.0);
            }
            return Some(sent);
        }
        let limits = self.run.spec.limits;
        let objects_left = limits.max_objects.map(|max| max.saturating_sub(self.dispatched.objects));
        let objects_left =
            objects_left.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
        if objects_left == 0 && self.plan.waiting() > 0 {
            self.halt(Stop::budget("max_objects"));
            return None;
        }
        let mut objects = Vec::new();
        while objects.is_empty() && self.plan.waiting() > 0 {
            let batch = self.plan.next_batch(objects_max.min(objects_left));
            objects = self.within_bytes(batch);
        }
        let bytes: u64 = objects.iter().map(|object| object.size.unwrap_or_default()).sum();
        self.dispatched.objects += objects.len() as u64;
        self.dispatched.bytes += bytes;
        (!objects.is_empty()).then_some(Sent { objects, attempts: 0, throttles: 0 })
    }

    fn sent(&mut self, sent: Sent, permit: OwnedSemaphorePermit) -> Batch {
        let id = self.attempt_id();
        let objects: Vec<Object> = sent.objects.clone();
        self.tell(Moment::Invoked { id: id.clone() });
        self.in_flight.insert(id.clone(), InFlight { sent, permit });
        Batch { id, objects }
    }

    /// An id that no other attempt has.
    fn attempt_id(&mut self) -> String {
        self.attempts += 1;
        format!("{}.{}.{}", self.run.id, self.epoch, self.attempts)
    }

    fn invoke(&mut self, batches: Vec<Batch>, max_ms: Option<u64>, permit: OwnedSemaphorePermit) {
        let request = Request {
            v: VERSION,
            bucket: self.run.spec.bucket.to_string(),
            keys: Vec::new(),
            batch_size: None,
            batches,
            grain: Grain::PerObject,
            rule: self.run.spec.rule,
            attempt: Some(self.attempt_id()),
            max_ms,
            wordcount_function: Some(self.engine.wordcount_function.clone()),
        };
        let call = invoke::cascade(
            self.engine.lambda.clone(),
            self.engine.cascade_function.clone(),
            request,
            self.answers.clone(),
        );
        self.cascades_open += 1;
        self.calls.spawn(async move {
            call.await;
            drop(permit);
        });
    }
}
