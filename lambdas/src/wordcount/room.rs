//! How much is decoded at once in one environment, whatever its invocations are given.

use std::sync::Arc;

use count::Codec;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Chunks for which a thread is asked at once: a core that is done with one finds the next without waiting for the
/// async threads, and few buffers share its cache.
const CHUNKS_AT_ONCE_A_CORE: usize = 4;

/// The largest window that a codec may hold.
const WINDOW_MIB_MAX: usize = 129;
/// Memory that decoders may hold where nothing says how much there is, whatever the number of cores.
const MEMORY_MIB_MIN: usize = 4 * WINDOW_MIB_MAX;

const MIB: u64 = 1024 * 1024;
const NEVER_CLOSED: &str = "these semaphores are never closed";

/// What all invocations of one environment share.
#[derive(Debug)]
pub(super) struct Room {
    chunks: Arc<Semaphore>,
    memory_mib: Arc<Semaphore>,
}

impl Room {
    /// Room for decoding on this many cores, in half of this much memory, where it is known: in less than a window
    /// nothing could be decoded.
    pub(super) fn new(cores: usize, memory_mib: Option<usize>) -> Self {
        let memory_mib = match memory_mib {
            Some(mib) => WINDOW_MIB_MAX.max(mib / 2),
            None => MEMORY_MIB_MIN.max(cores * WINDOW_MIB_MAX),
        };
        Self {
            chunks: Arc::new(Semaphore::new(cores * CHUNKS_AT_ONCE_A_CORE)),
            memory_mib: Arc::new(Semaphore::new(memory_mib.min(Semaphore::MAX_PERMITS))),
        }
    }

    /// Waits for a thread to count one chunk on.
    pub(super) async fn turn(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.chunks).acquire_owned().await.expect(NEVER_CLOSED)
    }

    /// Waits until there is memory for an object of this codec; `None` where it takes none.
    pub(super) async fn memory(&self, codec: Codec) -> Option<OwnedSemaphorePermit> {
        let mib = u32::try_from(codec.held_bytes_max().div_ceil(MIB)).expect("an object takes some MiB");
        if mib == 0 {
            return None;
        }
        Some(Arc::clone(&self.memory_mib).acquire_many_owned(mib).await.expect(NEVER_CLOSED))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn every_codec_fits_into_the_smallest_room() {
        for codec in [Codec::Plain, Codec::Gzip, Codec::Zstd, Codec::Lz4, Codec::Bzip2, Codec::Xz] {
            let permit =
                Room::new(1, Some(128)).memory(codec).now_or_never().expect("an empty room has memory");
            assert_eq!(permit.is_none(), codec == Codec::Plain, "{codec:?}");
        }
    }

    #[test]
    fn memory_comes_back_with_the_object_that_held_it() {
        let room = Room::new(1, None);
        let mut held: Vec<_> = (0..4).map(|_| room.memory(Codec::Zstd).now_or_never()).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(room.memory(Codec::Zstd).now_or_never().is_none());
        held.pop();
        assert!(room.memory(Codec::Zstd).now_or_never().is_some());
    }
}
