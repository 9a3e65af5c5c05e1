//! **Stream**: the events of a run that one viewer is shown, at the viewer's own pace.
//!
//! A snapshot comes first, then what follows, tick by tick. Nothing is queued for a viewer: a slow one is
//! shown larger steps and never slows the run.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use serde::Serialize;
use tokio::time::{Instant, sleep_until};
use wire::event::Objects;
use wire::row::{Row, RowEvent};

use crate::run::{Cursor, Next, Run, Sees, Wanted, Watching};
use crate::store::{Store, StoreError};

/// An idle stream says that it is alive this often.
const PING: Duration = Duration::from_secs(10);

/// The event of an idle stream.
const ALIVE: &[u8] = b"event: ping\ndata: {}\n\n";
/// The event that voids all events before it; a snapshot follows.
const RESET: &[u8] = b"event: reset\ndata: {}\nid: 0\n\n";

/// Where a viewer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// It has seen nothing.
    Nothing,
    /// It has seen everything up to this event.
    Event(u64),
}

/// Shows a run to one viewer, as server-sent events. The viewer is counted as watching while the stream is held,
/// and learns of other runs what `sees` says.
pub fn shown(
    run: Arc<Run>,
    wanted: Wanted,
    from: From,
    sees: Sees,
) -> impl Stream<Item = Result<Bytes, StoreError>> + Send {
    async_stream::try_stream! {
        let watching = run.watch();
        let mut ticks = run.ticks();
        if wanted.invocations {
            run.load_invocations().await?;
        }
        let resumed = match from {
            From::Nothing => None,
            From::Event(id) => run.cursor_after(id, wanted),
        };
        let mut last = match (from, resumed) {
            (From::Event(id), Some(_)) => id,
            _ => 0,
        };
        if resumed.is_none() {
            if from != From::Nothing {
                yield Bytes::from_static(RESET);
            }
            yield event("progress", 0, &run.first_progress());
        }
        let mut cursor = resumed.unwrap_or_else(|| Cursor::new(wanted));
        let mut ping_at = Instant::now() + PING;
        loop {
            ticks.borrow_and_update();
            if run.is_abandoned() {
                break;
            }
            match run.next(&mut cursor) {
                Next::Progress(id, progress) => {
                    last = id;
                    yield event("progress", id, &progress);
                }
                Next::Log(id, line) => {
                    last = id;
                    yield event("log", id, &sees.line(&run, line));
                }
                Next::Rows { id, first, count } => {
                    last = id;
                    yield objects(&run, &watching, (id, first, count)).await?;
                }
                Next::Invocations(told) => yield invocations(last, &told),
                Next::End(id, end) => yield event("end", id, &sees.end(&run, end)),
                Next::Over => break,
                Next::Wait => tokio::select! {
                    changed = ticks.changed() => if changed.is_err() { break },
                    () = sleep_until(ping_at) => {
                        ping_at = Instant::now() + PING;
                        yield Bytes::from_static(ALIVE);
                    }
                },
            }
        }
        drop(watching);
    }
}

/// An event; JSON has no line breaks of its own.
fn event(name: &str, id: u64, data: &impl Serialize) -> Bytes {
    let data = serde_json::to_string(data).expect("events have string keys only");
    format!("event: {name}\ndata: {data}\nid: {id}\n\n").into()
}

/// An `invocations` event. It moves no cursor: a viewer that comes back after it gets its changes once more.
fn invocations(last: u64, told: &[u8]) -> Bytes {
    let mut event = b"event: invocations\ndata: ".to_vec();
    event.extend_from_slice(told);
    event.extend_from_slice(format!("\nid: {last}\n\n").as_bytes());
    event.into()
}

/// An `objects` event, encoded by the first viewer who is sent it.
async fn objects(run: &Run, watching: &Watching, key: (u64, u64, u64)) -> Result<Bytes, StoreError> {
    if let Some(shared) = watching.shared(key) {
        return Ok(shared);
    }
    let (id, first, count) = key;
    let rows = rows(run, first, count).await?.into_iter().map(RowEvent::from).collect();
    let event = event("objects", id, &Objects { first, rows });
    watching.share(key, &event);
    Ok(event)
}

/// Rows from number `first` on, exactly `count`, from memory or from the store.
///
/// # Errors
/// Where the store can't give them.
pub async fn rows(run: &Run, first: u64, count: u64) -> Result<Vec<Row>, StoreError> {
    let mut rows = Vec::new();
    while (rows.len() as u64) < count {
        let (next, left) = (first + rows.len() as u64, count - rows.len() as u64);
        let more = match (run.rows_in_memory(next, left), &run.store) {
            (Some(held), _) => held,
            (None, Some(store)) => stored(run, store, next, left).await?,
            (None, None) => return Err(StoreError::NotFound),
        };
        if more.is_empty() {
            return Err(StoreError::NotFound);
        }
        rows.extend(more);
    }
    Ok(rows)
}

/// Rows from number `first` on, no further than the end of their segment.
async fn stored(run: &Run, store: &Store, first: u64, limit: u64) -> Result<Vec<Row>, StoreError> {
    let (number, extent) = run.segment_of(first).ok_or(StoreError::NotFound)?;
    let segment = store.segment(&run.id, number).await?;
    let skipped = usize::try_from(first - extent.first).unwrap_or(usize::MAX);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(segment.rows.into_iter().skip(skipped).take(limit).collect())
}
