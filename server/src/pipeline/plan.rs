//! **Plan**: which objects go together into one invocation.
//!
//! Listed objects come in, batches go out, when there is room for them and not before: until then an object
//! waits in a window of bounded size, so that large ones go first. Pure: no clock, no I/O.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use wire::row::Object;

/// No cascade is given more than this share of all permits, so that several run at once.
const CASCADES_AT_LEAST: u32 = 4;
/// Objects that wait for a batch; listing pauses when there are more.
pub const WINDOW_OBJECTS: usize = 10_000;
/// Objects of one batch at most.
pub const BATCH_OBJECTS_MAX: usize = 2_000;
/// Bytes of one batch's encoded payload at most.
pub const BATCH_PAYLOAD_BYTES_MAX: usize = 1024 * 1024;
/// The weight of opening an object, in bytes.
pub const OBJECT_WEIGHT: u64 = 1024 * 1024;
/// Bytes that an object is planned with whose size the store does not say: they may be many.
const UNSIZED_BYTES: u64 = 64 << 20;
/// No batch is cut smaller than this while there is more to take, the first ones aside.
const BATCH_WEIGHT_MIN: u64 = 16 * OBJECT_WEIGHT;
/// The first batches have this share of a full one, so that the first numbers appear at once.
const FIRST_SHARE: u64 = 16;
/// Batches that the waiting objects are cut into for each invocation that may run at once: the more, the
/// shorter the wait for the last one.
const ROUNDS_LEFT: u64 = 3;

/// How batches are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// The weight of a full batch.
    pub batch_bytes: u64,
    /// Invocations that may run at once.
    pub concurrency: u64,
}

/// Objects that wait, and how many batches were cut so far.
#[derive(Debug)]
pub struct Plan {
    sizes: Sizes,
    waiting: BinaryHeap<Waiting>,
    weight: u64,
    batches: u64,
}

#[derive(Debug)]
struct Waiting(Object);

impl Waiting {
    /// Larger first, then in the order of listing.
    fn rank(&self) -> (u64, std::cmp::Reverse<u64>) {
        (self.0.size.unwrap_or(UNSIZED_BYTES), std::cmp::Reverse(self.0.n))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl Plan {
    /// Nothing waits yet.
    pub fn new(sizes: Sizes) -> Self {
        Self { sizes, waiting: BinaryHeap::new(), weight: 0, batches: 0 }
    }

    /// Nothing waits yet, and the first batches are no smaller than the others.
    pub fn packed(sizes: Sizes) -> Self {
        Self { batches: sizes.concurrency, ..Self::new(sizes) }
    }

    /// Adds a listed object.
    pub fn push(&mut self, object: Object) {
        self.weight += weight(&object);
        self.waiting.push(Waiting(object));
    }

    /// Objects that wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// No more should be listed for now.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= WINDOW_OBJECTS
    }

    /// Waiting objects make batches as large as they can be. Where more are about to come, they may wait for
    /// those.
    pub fn fills_batches(&self) -> bool {
        let Sizes { batch_bytes, concurrency } = self.sizes;
        let full = batch_bytes.saturating_mul(ROUNDS_LEFT).saturating_mul(concurrency.max(1));
        self.is_full() || self.weight >= full
    }

    /// About how many batches what waits will make.
    pub fn batches_left(&self) -> u64 {
        self.weight.div_ceil(self.target().max(1))
    }

    /// The next batch, largest objects first, of at most `objects_max`; empty where nothing waits.
    pub fn next_batch(&mut self, objects_max: usize) -> Vec<Object> {
        let target = self.target();
        let (mut batch, mut taken, mut payload) = (Vec::new(), 0, 0);
        while let Some(Waiting(object)) = self.waiting.peek() {
            payload += payload_bytes(object);
            let full = batch.len() >= objects_max.min(BATCH_OBJECTS_MAX)
                || payload > BATCH_PAYLOAD_BYTES_MAX
                || taken + weight(object) > target;
            if full && !batch.is_empty() || objects_max == 0 {
                break;
            }
            taken += weight(object);
            batch.extend(self.waiting.pop().map(|Waiting(object)| object));
        }
        self.weight -= taken;
        self.batches += u64::from(!batch.is_empty());
        batch
    }

    /// Everything that waits, when nothing more is dispatched.
    pub fn drain(&mut self) -> impl Iterator<Item = Object> {
        self.weight = 0;
        self.waiting.drain().map(|Waiting(object)| object)
    }

    fn target(&self) -> u64 {
        let Sizes { batch_bytes, concurrency } = self.sizes;
        if self.batches < concurrency {
            return (batch_bytes / FIRST_SHARE).max(1);
        }
        (self.weight / (ROUNDS_LEFT * concurrency.max(1)))
            .clamp(BATCH_WEIGHT_MIN.min(batch_bytes), batch_bytes)
    }
}

/// The weight of an object: its bytes, and the cost of opening it.
pub fn weight(object: &Object) -> u64 {
    object.size.unwrap_or(UNSIZED_BYTES).saturating_add(OBJECT_WEIGHT)
}

/// Children of one cascade while so many batches are left: about their square root.
pub fn children(batches_left: u64, concurrency: u32) -> u32 {
    let root = u32::try_from(batches_left.isqrt()).unwrap_or(u32::MAX);
    root.clamp(1, (concurrency / CASCADES_AT_LEAST).max(1))
}

/// Bytes that an object takes in a payload: JSON may write a byte of the key as six.
pub(super) fn payload_bytes(object: &Object) -> usize {
    let escaped = |byte: u8| if byte < 0x20 || byte == b'"' || byte == b'\\' { 6 } else { 1 };
    let key: usize = object.key.bytes().map(escaped).sum();
    key + object.etag.as_ref().map_or(0, String::len) + 80
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn object(n: u64, size: u64) -> Object {
        Object { n, key: format!("k{n}"), etag: None, size: Some(size), start: None, end: None }
    }

    fn plan(sizes: &[u64]) -> Plan {
        let mut plan = Plan::new(Sizes { batch_bytes: 64 * OBJECT_WEIGHT, concurrency: 2 });
        (0..).zip(sizes).for_each(|(n, &size)| plan.push(object(n, size)));
        plan
    }

    fn numbers(batch: &[Object]) -> Vec<u64> {
        batch.iter().map(|object| object.n).collect()
    }

    #[test]
    fn the_largest_goes_first_and_the_first_batches_are_small() {
        let mut plan = plan(&[1, 5, 3, 4, 2, 0]);
        assert_eq!(numbers(&plan.next_batch(usize::MAX)), [1, 3, 2]);
        assert_eq!(numbers(&plan.next_batch(usize::MAX)), [4, 0, 5]);
    }

    #[test]
    fn an_object_beyond_any_batch_still_goes() {
        let mut plan = plan(&[u64::MAX / 4]);
        assert_eq!(numbers(&plan.next_batch(usize::MAX)), [0]);
        assert!(plan.next_batch(usize::MAX).is_empty());
    }

    #[test]
    fn a_packed_plan_has_no_small_first_batches_and_is_full_at_three_rounds() {
        let sizes = Sizes { batch_bytes: 64 * OBJECT_WEIGHT, concurrency: 2 };
        let mut plan = Plan::packed(sizes);
        (0..64 * 6 - 1).for_each(|n| plan.push(object(n, 0)));
        assert!(!plan.fills_batches());
        plan.push(object(64 * 6, 0));
        assert!(plan.fills_batches());
        assert_eq!(plan.next_batch(usize::MAX).len(), 64);
    }

    proptest! {
        #[test]
        fn every_object_goes_into_exactly_one_batch(sizes in prop::collection::vec(0u64..1 << 34, 0..300)) {
            let mut plan = plan(&sizes);
            let mut seen = Vec::new();
            loop {
                let batch = plan.next_batch(usize::MAX);
                if batch.is_empty() {
                    break;
                }
                prop_assert!(batch.len() <= BATCH_OBJECTS_MAX);
                let bytes = wire_len(&batch);
                prop_assert!(bytes <= BATCH_PAYLOAD_BYTES_MAX || batch.len() == 1);
                seen.extend(numbers(&batch));
            }
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..sizes.len() as u64).collect::<Vec<_>>());
            prop_assert_eq!(plan.weight, 0);
        }
    }

    fn wire_len(batch: &[Object]) -> usize {
        serde_json::to_vec(batch).unwrap().len()
    }
}
