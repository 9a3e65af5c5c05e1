//! Decode limits: how much is decoded at once in one environment, whatever its invocations are given.

use std::sync::Arc;

use count::Codec;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Steps for which a thread is asked at once: a core that is done with one finds the next without waiting for the
/// async threads, and few buffers share its cache.
const STEPS_AT_ONCE_A_CORE: usize = 4;
/// Invocations that run at once where nothing says how much memory there is: as many as a server lets run for a core.
const INVOCATIONS_A_CORE: usize = 4;

/// The largest window that a codec may hold.
const WINDOW_MIB_MAX: usize = 129;
/// Memory that windows may take up where nothing says how much there is, whatever the number of cores.
const WINDOWS_MIB_MIN: usize = 4 * WINDOW_MIB_MAX;

/// Memory that decoders without such a window may hold for one invocation; each of them holds less.
const SMALL_MIB_MAX: usize = 32;

const MIB: u64 = 1024 * 1024;
const NEVER_CLOSED: &str = "these semaphores are never closed";

/// The decode limits that all invocations of one environment share.
#[derive(Debug)]
pub(super) struct Room {
    steps: Arc<Semaphore>,
    windows_mib: Arc<Semaphore>,
    /// Apart, so that small decoders don't wait behind windows that are held for minutes.
    small_mib: Arc<Semaphore>,
}

/// One invocation's share of the decode limits. It bounds what small decoders may hold, so that an invocation
/// whose objects take minutes leaves the others their share.
#[derive(Debug)]
pub(super) struct Place<'a> {
    room: &'a Room,
    small_mib: Arc<Semaphore>,
}

/// Memory that is held for an object.
#[derive(Debug)]
pub(super) struct Memory {
    _of_the_room: OwnedSemaphorePermit,
    _of_the_place: Option<OwnedSemaphorePermit>,
}

impl Room {
    /// Limits for decoding on this many cores, in half of this much memory, where it is known; one window at
    /// least, since less would decode nothing.
    pub(super) fn new(cores: usize, memory_mib: Option<usize>) -> Self {
        let (windows_mib, small_mib) = match memory_mib {
            Some(mib) => (WINDOW_MIB_MAX.max(mib * 3 / 8), SMALL_MIB_MAX.max(mib / 8)),
            None => {
                let invocations = cores * INVOCATIONS_A_CORE;
                (WINDOWS_MIB_MIN.max(cores * WINDOW_MIB_MAX), invocations * SMALL_MIB_MAX)
            }
        };
        let semaphore = |permits: usize| Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)));
        Self {
            steps: semaphore(cores * STEPS_AT_ONCE_A_CORE),
            windows_mib: semaphore(windows_mib),
            small_mib: semaphore(small_mib),
        }
    }

    /// A share for one more invocation.
    pub(super) fn place(&self) -> Place<'_> {
        Place { room: self, small_mib: Arc::new(Semaphore::new(SMALL_MIB_MAX)) }
    }
}

impl Place<'_> {
    /// Waits for a permit to take one step on a thread, in the order of asking.
    pub(super) async fn turn(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.room.steps).acquire_owned().await.expect(NEVER_CLOSED)
    }

    /// Waits until there is memory for an object of this codec; `None` where it takes none.
    pub(super) async fn memory(&self, codec: Codec) -> Option<Memory> {
        let mib = u32::try_from(codec.held_bytes_max().div_ceil(MIB)).expect("an object takes some MiB");
        if mib == 0 {
            return None;
        }
        let acquire = |memory: &Arc<Semaphore>| Arc::clone(memory).acquire_many_owned(mib);
        if mib as usize > SMALL_MIB_MAX {
            let window = acquire(&self.room.windows_mib).await.expect(NEVER_CLOSED);
            return Some(Memory { _of_the_room: window, _of_the_place: None });
        }
        let share = acquire(&self.small_mib).await.expect(NEVER_CLOSED);
        let memory = acquire(&self.room.small_mib).await.expect(NEVER_CLOSED);
        Some(Memory { _of_the_room: memory, _of_the_place: Some(share) })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn every_codec_fits_into_the_smallest_room() {
        for codec in [Codec::Plain, Codec::Gzip, Codec::Zstd, Codec::Lz4, Codec::Bzip2, Codec::Xz] {
            let room = Room::new(1, Some(128));
            let memory = room.place().memory(codec).now_or_never().expect("an empty room has memory");
            assert_eq!(memory.is_none(), codec == Codec::Plain, "{codec:?}");
        }
    }

    #[test]
    fn memory_comes_back_with_the_object_that_held_it() {
        let room = Room::new(1, None);
        let place = room.place();
        let mut held: Vec<_> = (0..4).map(|_| place.memory(Codec::Zstd).now_or_never()).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(place.memory(Codec::Zstd).now_or_never().is_none());
        assert!(place.memory(Codec::Lz4).now_or_never().is_some(), "it does not wait behind windows");
        held.pop();
        assert!(place.memory(Codec::Zstd).now_or_never().is_some());
    }

    #[test]
    fn one_invocation_leaves_others_their_memory() {
        let room = Room::new(1, None);
        let places = [room.place(), room.place(), room.place(), room.place()];
        let mut held = Vec::new();
        for place in &places {
            let before = held.len();
            while let Some(memory) = place.memory(Codec::Bzip2).now_or_never() {
                held.push(memory);
            }
            assert!(held.len() > before + 1, "there are objects to overlap");
        }
    }
}
