//! The `objects` events that viewers of a run were sent last, encoded once for all who are sent the same.

use std::collections::VecDeque;

use bytes::Bytes;

/// Events that are held, at most; viewers who keep pace are all sent the last one.
const EVENTS_MAX: usize = 8;
/// Bytes that they have together, at most.
const BYTES_MAX: usize = 2 << 20;

/// The identity of an event: its id, the number of its first row, and how many it has.
pub(super) type Key = (u64, u64, u64);

/// The events, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Shared {
    events: VecDeque<(Key, Bytes)>,
    bytes: usize,
}

impl Shared {
    pub(super) fn get(&self, key: Key) -> Option<Bytes> {
        self.events.iter().rev().find(|(known, _)| *known == key).map(|(_, event)| event.clone())
    }

    pub(super) fn put(&mut self, key: Key, event: Bytes) {
        if event.len() > BYTES_MAX || self.get(key).is_some() {
            return;
        }
        self.bytes += event.len();
        self.events.push_back((key, event));
        while self.events.len() > EVENTS_MAX || self.bytes > BYTES_MAX {
            self.bytes -= self.events.pop_front().map_or(0, |(_, event)| event.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sizes: &[usize], expected: &[u64]) {
        let mut shared = Shared::default();
        for (first, size) in (0..).zip(sizes) {
            shared.put((7, first, 1), Bytes::from(vec![0; *size]));
        }
        let kept = (0..sizes.len() as u64).filter(|first| shared.get((7, *first, 1)).is_some());
        assert_eq!(kept.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_last_events_are_kept_within_both_bounds() {
        check(&[1, 2], &[0, 1]);
        check(&[1; EVENTS_MAX + 2], &[2, 3, 4, 5, 6, 7, 8, 9]);
        check(&[BYTES_MAX - 1, 1, 1], &[1, 2]);
        check(&[1, BYTES_MAX + 1, 1], &[0, 2]);
    }

    #[test]
    fn an_event_is_told_by_all_that_makes_it() {
        let mut shared = Shared::default();
        shared.put((1, 2, 3), Bytes::from_static(b"event"));
        assert_eq!(shared.get((1, 2, 3)).as_deref(), Some(&b"event"[..]));
        for key in [(0, 2, 3), (1, 0, 3), (1, 2, 0)] {
            assert_eq!(shared.get(key), None);
        }
    }
}
