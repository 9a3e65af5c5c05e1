//! Runs' plots as pictures, for pages, link previews and files.
//!
//! Rows come in a segment at a time and leave as shapes or pixels: they are read twice, to measure the axes and to
//! set the points, so that a picture of any number of rows takes the same memory. Holding 16 bytes a row instead would
//! save the second reading, and bound the rows that a picture can have.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use app::draw::caption::Caption;
use app::draw::still::{Form, Sketch};
use app::draw::view::View;
use axum::body::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use wire::error::{ApiError, ErrorCode};
use wire::row::RowEvent;

use crate::pipeline::stream;
use crate::run::Run;
use crate::store::{SEGMENT_ROWS, StoreError};

/// Pictures that are drawn at once; who asks for others waits.
pub const DRAWN_AT_ONCE: usize = 2;
/// Segments of rows that are read at once for a picture: a store far away answers late.
pub const SEGMENTS_AHEAD: usize = 8;
/// Bytes of pictures of ended runs that are kept, the last asked for before all others.
pub const KEPT_BYTES_MAX: usize = 32 << 20;

/// What a picture is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A part of the run's page.
    Page,
    /// A file, SVG.
    Svg,
    /// A file, PNG.
    Png,
}

/// Draws pictures, and keeps the last ones.
#[derive(Debug)]
pub struct Plots {
    turns: Semaphore,
    kept: Mutex<VecDeque<(Name, Bytes)>>,
}

/// What tells one picture from all others.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    version: String,
    kind: Kind,
    view: String,
}

impl Default for Plots {
    fn default() -> Self {
        Self { turns: Semaphore::new(DRAWN_AT_ONCE), kept: Mutex::default() }
    }
}

impl Plots {
    /// A run's plot as it stands: the text of an SVG, or the bytes of a PNG.
    ///
    /// # Errors
    /// Where the store can't give the rows.
    pub async fn picture(&self, run: &Arc<Run>, kind: Kind, view: View) -> Result<Bytes, ApiError> {
        let version = version(run);
        let name = version.map(|version| Name { version, kind, view: view.query() });
        if let Some(kept) = name.as_ref().and_then(|name| self.kept(name)) {
            return Ok(kept);
        }
        let turn = self.turns.acquire().await.expect("turns are never closed");
        // Whoever had the turn before may have drawn the same.
        if let Some(kept) = name.as_ref().and_then(|name| self.kept(name)) {
            return Ok(kept);
        }
        let picture = draw(run, kind, view).await;
        let picture =
            picture.map_err(|error| ApiError::new(ErrorCode::StoreUnavailable, error.to_string()))?;
        drop(turn);
        if let Some(name) = name {
            self.keep(name, picture.clone());
        }
        Ok(picture)
    }

    fn kept(&self, name: &Name) -> Option<Bytes> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(known, _)| known == name)?;
        let found = kept.remove(at)?;
        let picture = found.1.clone();
        kept.push_back(found);
        Some(picture)
    }

    fn keep(&self, name: Name, picture: Bytes) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back((name, picture));
        let mut bytes: usize = kept.iter().map(|(_, picture)| picture.len()).sum();
        while bytes > KEPT_BYTES_MAX {
            bytes -= kept.pop_front().map_or(bytes, |(_, picture)| picture.len());
        }
    }
}

/// What an ended run's exports are told apart by: the same version, the same bytes. A run that goes on has none.
pub fn version(run: &Run) -> Option<String> {
    let state = run.now().state;
    let program = env!("CARGO_PKG_VERSION");
    run.is_over().then(|| format!("{program}-{}-{}-{}", run.id, state.as_str(), run.rows_total()))
}

async fn draw(run: &Arc<Run>, kind: Kind, view: View) -> Result<Bytes, StoreError> {
    let total = run.rows_total();
    let form = match kind {
        Kind::Page => Form::Page,
        Kind::Svg => Form::Svg(Caption::of(&run.summary())),
        Kind::Png => Form::Png(Caption::of(&run.summary())),
    };
    let mut sketch = Sketch::new(form, view, total);
    if !sketch.is_measured() {
        let mut segments = pin!(segments(run, total));
        while let Some(rows) = segments.try_next().await? {
            sketch.measure(&rows);
        }
    }
    let mut still = apart(move || sketch.framed()).await;
    let mut segments = pin!(segments(run, total));
    while let Some(rows) = segments.try_next().await? {
        still = apart(move || {
            still.mark(&rows);
            still
        })
        .await;
    }
    Ok(apart(move || Bytes::from(still.finish())).await)
}

/// The first `total` rows, a segment at a time; the next ones are on their way meanwhile.
fn segments(run: &Arc<Run>, total: u64) -> impl Stream<Item = Result<Vec<RowEvent>, StoreError>> {
    let firsts = (0..total).step_by(segment_rows());
    futures_util::stream::iter(firsts)
        .map(move |first| segment(Arc::clone(run), first, total))
        .buffered(SEGMENTS_AHEAD)
}

async fn segment(run: Arc<Run>, first: u64, total: u64) -> Result<Vec<RowEvent>, StoreError> {
    let rows = stream::rows(&run, first, SEGMENT_ROWS.min(total - first)).await?;
    // Rows that memory holds come at once: others have their turn in between.
    tokio::task::yield_now().await;
    Ok(rows.into_iter().map(RowEvent::from).collect())
}

fn segment_rows() -> usize {
    usize::try_from(SEGMENT_ROWS).expect("a segment is small")
}

/// Does what takes a processor's time where it holds up nobody.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    spawn_blocking(work).await.expect("drawing does not panic")
}
