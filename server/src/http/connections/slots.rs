//! The slots that connections have: so many for all, a few more for clients that show the token.
//!
//! A connection idles until the head of its next request is there. A new connection for which there is no
//! slot takes that of the connection that has idled longest.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

use super::Bounds;

/// The slots of a server.
#[derive(Debug)]
pub(super) struct Slots {
    general: Mutex<Share>,
    reserve: Mutex<Share>,
}

/// Slots of one kind.
#[derive(Debug)]
struct Share {
    free: usize,
    /// The number of the next connection that idles.
    next: u64,
    /// Connections that idle, those that have done so longest first, and what ends each.
    idle: BTreeMap<u64, CancellationToken>,
}

/// Which slots a connection has one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    General,
    Reserve,
}

/// The slot of one connection, until it is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Arc<Slots>,
    kind: Kind,
    doing: Mutex<Doing>,
    end: CancellationToken,
}

/// How far a connection is with its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    /// It waits for the head of the next one, since this number.
    Idle(u64),
    /// A request is answered.
    Answering,
    /// The answer is on its way.
    Sending,
}

/// A request that is being answered, until this is dropped.
#[derive(Debug)]
pub(super) struct UnderWay(Arc<Slot>);

impl Slots {
    pub(super) fn new(bounds: &Bounds) -> Arc<Self> {
        let share = |free| Mutex::new(Share { free, next: 0, idle: BTreeMap::new() });
        Arc::new(Self { general: share(bounds.connections_max), reserve: share(bounds.reserved) })
    }

    /// A slot for a new connection: a free one, or that of another that idles; `None` where there is neither.
    pub(super) fn take(self: &Arc<Self>) -> Option<Slot> {
        [Kind::General, Kind::Reserve].into_iter().find_map(|kind| {
            let end = CancellationToken::new();
            let number = self.share(kind).admit(&end)?;
            let doing = Mutex::new(Doing::Idle(number));
            Some(Slot { slots: Arc::clone(self), kind, doing, end })
        })
    }

    /// Ends the connection that has idled longest, if one does, for descriptors that others need.
    pub(super) fn make_room(&self) {
        let mut share = self.share(Kind::General);
        if share.end_longest_idle() {
            share.free += 1;
        }
    }

    fn share(&self, kind: Kind) -> MutexGuard<'_, Share> {
        let share = match kind {
            Kind::General => &self.general,
            Kind::Reserve => &self.reserve,
        };
        share.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    fn admit(&mut self, end: &CancellationToken) -> Option<u64> {
        match self.free.checked_sub(1) {
            Some(free) => self.free = free,
            None if self.end_longest_idle() => (),
            None => return None,
        }
        Some(self.note_idle(end))
    }

    fn note_idle(&mut self, end: &CancellationToken) -> u64 {
        self.next += 1;
        self.idle.insert(self.next, end.clone());
        self.next
    }

    /// `false` where no connection idles. The slot of the one that is ended is the caller's.
    fn end_longest_idle(&mut self) -> bool {
        self.idle.pop_first().inspect(|(_, end)| end.cancel()).is_some()
    }
}

impl Slot {
    /// A request's head is there; `None` where the connection was ended meanwhile.
    pub(super) fn begin(self: &Arc<Self>) -> Option<UnderWay> {
        let mut doing = self.doing();
        if let Doing::Idle(number) = *doing {
            self.slots.share(self.kind).idle.remove(&number)?;
        }
        *doing = Doing::Answering;
        drop(doing);
        Some(UnderWay(Arc::clone(self)))
    }

    /// All that was to be sent was sent.
    pub(super) fn note_flushed(&self) {
        let mut doing = self.doing();
        if *doing == Doing::Sending {
            *doing = Doing::Idle(self.slots.share(self.kind).note_idle(&self.end));
        }
    }

    /// Nothing is asked for or on its way.
    pub(super) fn is_idle(&self) -> bool {
        matches!(*self.doing(), Doing::Idle(_))
    }

    /// It is of the reserve.
    pub(super) fn is_reserved(&self) -> bool {
        self.kind == Kind::Reserve
    }

    /// Ends the connection, whatever is under way over it.
    pub(super) fn end(&self) {
        self.end.cancel();
    }

    /// Waits until the connection is to end.
    pub(super) fn ended(&self) -> WaitForCancellationFuture<'_> {
        self.end.cancelled()
    }

    fn doing(&self) -> MutexGuard<'_, Doing> {
        self.doing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let doing = *self.doing();
        let mut share = self.slots.share(self.kind);
        let is_own = match doing {
            // Else another connection was given the slot.
            Doing::Idle(number) => share.idle.remove(&number).is_some(),
            Doing::Answering | Doing::Sending => true,
        };
        share.free += usize::from(is_own);
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        *self.0.doing() = Doing::Sending;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(connections_max: usize, reserved: usize) -> Arc<Slots> {
        Slots::new(&Bounds { connections_max, reserved, ..Bounds::of_descriptors(1_024) })
    }

    fn is_ended(slot: &Slot) -> bool {
        slot.end.is_cancelled()
    }

    #[test]
    fn a_newcomer_takes_the_place_of_the_connection_that_has_idled_longest() {
        let slots = slots(2, 0);
        let [first, second] = [0, 1].map(|_| Arc::new(slots.take().unwrap()));
        drop(first.begin());
        first.note_flushed();
        let third = slots.take().unwrap();
        assert_eq!([is_ended(&first), is_ended(&second), is_ended(&third)], [false, true, false]);
        assert!(second.begin().is_none(), "its slot is another's");
        drop(second);
        assert!(slots.take().is_some_and(|_| is_ended(&first)), "there are two slots as before");
    }

    #[test]
    fn what_answers_or_sends_keeps_its_place_and_the_reserve_is_left() {
        let slots = slots(2, 1);
        let [answering, sending] = [0, 1].map(|_| Arc::new(slots.take().unwrap()));
        let under_way = answering.begin();
        drop(sending.begin());
        let reserved = Arc::new(slots.take().unwrap());
        assert!(reserved.is_reserved() && !answering.is_reserved());
        let _asked = reserved.begin();
        assert!(slots.take().is_none());
        sending.note_flushed();
        assert!(slots.take().is_some_and(|slot| !slot.is_reserved()) && is_ended(&sending));
        drop((under_way, answering));
        assert!(slots.take().is_some_and(|slot| !slot.is_reserved()));
    }

    #[test]
    fn room_is_made_once_for_each_connection_that_idles() {
        let slots = slots(1, 0);
        let slot = slots.take().unwrap();
        slots.make_room();
        slots.make_room();
        assert!(is_ended(&slot));
        drop(slot);
        assert_eq!(slots.share(Kind::General).free, 1);
    }
}
