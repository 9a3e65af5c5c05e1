//! Folds frames into the one answer of a plain Invoke.

use std::collections::HashMap;

use wire::cascade::{Batch, Frame, Reply};
use wire::row::Object;
use wire::wordcount::VERSION;

/// The answer so far, and what is still owed by each batch.
pub(super) struct Fold<'a> {
    reply: Reply,
    owed: HashMap<&'a str, &'a [Object]>,
}

impl<'a> Fold<'a> {
    pub(super) fn new(batches: &'a [Batch]) -> Self {
        let owed = batches.iter().map(|batch| (batch.id.as_str(), batch.objects.as_slice())).collect();
        Self { reply: Reply { v: VERSION, ..Reply::default() }, owed }
    }

    pub(super) fn add(&mut self, frame: Frame) {
        match frame {
            Frame::Reply { batch, reply, billed_ms, .. } => {
                self.owed.remove(batch.as_str());
                self.reply.billed_ms = self.reply.billed_ms.saturating_add(billed_ms.unwrap_or_default());
                self.reply.tally += reply.tally;
                self.reply.objects.extend(reply.objects);
                self.reply.remaining.extend(reply.remaining);
                self.reply.warnings.extend(reply.warnings);
            }
            Frame::Error { batch, error, billed_ms, .. } => {
                self.reply.billed_ms = self.reply.billed_ms.saturating_add(billed_ms.unwrap_or_default());
                let lost = self.owed.remove(batch.as_str()).unwrap_or_default();
                self.reply.remaining.extend_from_slice(lost);
                self.reply.warnings.push(format!("{} objects not counted: {}", lost.len(), error.message));
            }
            Frame::Beat { .. } => (),
        }
    }

    pub(super) fn finish(mut self) -> Reply {
        self.reply.objects.sort_unstable_by_key(|row| row.n);
        self.reply.remaining.sort_unstable_by_key(|object| object.n);
        self.reply
    }
}
