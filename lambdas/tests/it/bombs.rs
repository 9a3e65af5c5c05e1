//! Objects that decode to very much.

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::interval;
use wire::row::{Object, Reason, State};

use crate::store::{count, object, wordcount};

/// A stream of bzip2 that decodes to 45 MB of zeros.
const STREAM: [u8; 50] = *b"BZh91AY&SY\xc9\x01\xb6\xc8\x01X\xab@ \xc0\x00\x10\x00\x00\x08 \x000\xcc\x05)\xa6RHRlT\x92\x14\x9e.\xe4\x8ap\xa1!\x92\x03m\x90";
const STREAM_DECODED_BYTES: u64 = 45_000_000;

/// Streams of a bomb that takes minutes: 225 GB.
const STREAMS: usize = 5_000;

/// Objects that take all permits there are, on many a core.
const BOMBS: u64 = 64;

fn bombs() -> Vec<Object> {
    (0..BOMBS).map(|n| object(n, &format!("bomb-{n}.bz2"))).collect()
}

fn threads() -> Runtime {
    Builder::new_multi_thread().enable_all().build().unwrap()
}

#[test]
fn a_bomb_is_read_as_far_as_its_time_goes_and_then_no_further() {
    let runtime = threads();
    let function = wordcount(&[("bomb", &STREAM.repeat(STREAMS))]);
    let reply = runtime.block_on(count(&function, vec![object(7, "bomb.bz2")], Some(300)));
    let row = &reply.objects[0];
    assert_eq!((row.n, row.state, row.reason), (7, State::Partial, Some(Reason::Deadline)));
    assert_eq!(reply.remaining.len(), 1);
    assert!(row.tally.bytes_out < STREAM_DECODED_BYTES * STREAMS as u64);
    // It waits for whatever its threads still do.
    drop(runtime);
}

#[test]
fn nothing_is_decoded_for_an_invocation_that_is_gone() {
    let runtime = threads();
    runtime.block_on(async {
        let function = wordcount(&[("bomb", &STREAM.repeat(STREAMS))]);
        let counting = count(&function, bombs(), None);
        assert!(tokio::time::timeout(Duration::from_millis(200), counting).await.is_err());
    });
    drop(runtime);
}

#[test]
fn bombs_leave_others_their_turns() {
    let runtime = threads();
    runtime.block_on(async {
        let function = wordcount(&[("small", &STREAM), ("bomb", &STREAM.repeat(STREAMS))]);
        let reply = tokio::select! {
            _ = count(&function, bombs(), None) => panic!("bombs of {STREAMS} streams were counted first"),
            reply = count(&function, vec![object(0, "small.bz2")], None) => reply,
        };
        assert_eq!((reply.objects[0].state, reply.tally.bytes_out), (State::Counted, STREAM_DECODED_BYTES));
    });
    drop(runtime);
}

#[test]
fn a_tiny_bomb_leaves_the_async_threads_to_others() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let reply = runtime.block_on(async {
        let function = wordcount(&[("bomb", &STREAM.repeat(5))]);
        let mut counting = std::pin::pin!(count(&function, vec![object(0, "bomb.bz2")], None));
        let (mut ticks, mut ticked) = (interval(Duration::from_millis(1)), 0);
        loop {
            tokio::select! {
                reply = &mut counting => break (ticked >= 5).then_some(reply),
                _ = ticks.tick() => ticked += 1,
            }
        }
    });
    let reply = reply.expect("the only thread was kept busy");
    assert_eq!((reply.objects[0].state, reply.tally.bytes_out), (State::Counted, 5 * STREAM_DECODED_BYTES));
}
