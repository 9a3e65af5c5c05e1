//! Runs' plots as pictures, for pages, link previews and files.
//!
//! Rows come in a segment at a time and leave as shapes or pixels: they are read twice, to measure the axes and to
//! set the points, so that a picture of any number of rows takes the same memory. Holding 16 bytes a row instead would
//! save the second reading, and bound the rows that a picture can have.
//!
//! Small pictures and large ones stand in queues of their own, so that nobody's small one waits for a large one. A
//! drawing that nobody waits for any more is given up.

mod kept;
mod queue;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use app::draw::caption::Caption;
use app::draw::still::{Form, MARKS_MAX, Sketch};
use app::draw::view::View;
use axum::body::Bytes;
use futures_util::{FutureExt as _, Stream, StreamExt, TryStreamExt};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use wire::error::{ApiError, ErrorCode};
use wire::row::RowEvent;

use crate::pipeline::stream;
use crate::run::Run;
use crate::store::{SEGMENT_ROWS, StoreError};
use kept::{Kept, Name, UnderWay};
pub use queue::Asker;
use queue::{Full, Queue};

/// Rows of a small picture, which a page holds as a part of it: as many as are drawn as shapes.
const SMALL_ROWS_MAX: u64 = MARKS_MAX;
/// Segments of rows that are read at once for a picture: a store far away answers late.
const SEGMENTS_AHEAD: usize = 8;
/// Pictures that wait in either queue; of one run asked for from one address.
const WAITING_MAX: usize = 64;
const WAITING_OF_ASKER_MAX: usize = 32;
/// How long a picture waits for its permit, and how long it may be drawn.
const WAITING_TIME_MAX: Duration = Duration::from_secs(30);
const DRAWING_TIME_MAX: Duration = Duration::from_secs(60);
/// How long a page waits for a small picture, which else follows it.
const INLINED_WAIT_MAX: Duration = Duration::from_secs(1);

/// The use of a picture.
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
    small: Arc<Queue>,
    large: Arc<Queue>,
    kept: Arc<Kept>,
    under_way: UnderWay,
}

impl Default for Plots {
    fn default() -> Self {
        let queue = || Queue::new(WAITING_MAX, WAITING_OF_ASKER_MAX);
        Self { small: queue(), large: queue(), kept: Arc::default(), under_way: UnderWay::default() }
    }
}

impl Plots {
    /// A run's plot as it stands: the text of an SVG, or the bytes of a PNG.
    ///
    /// # Errors
    /// Where the store can't give the rows, and where too many pictures are asked for.
    pub async fn picture(
        &self,
        run: &Arc<Run>,
        kind: Kind,
        view: View,
        asker: Asker,
    ) -> Result<Bytes, ApiError> {
        let rows = run.rows_total();
        let is_over = run.is_over();
        let name = Name { version: version_of(run, rows), kind, view: view.query() };
        if let Some(kept) = is_over.then(|| self.kept.get(&name)).flatten() {
            return Ok(kept);
        }
        let queue = Arc::clone(if rows <= SMALL_ROWS_MAX { &self.small } else { &self.large });
        let (run, kept, known) = (Arc::clone(run), Arc::clone(&self.kept), name.clone());
        let drawing = async move {
            let picture = with_permit(&queue, &run, kind, view, asker).await?;
            if is_over {
                kept.put(known, picture.clone());
            }
            Ok(picture)
        };
        self.under_way.join(name, drawing.boxed()).await
    }

    /// A run's plot as a part of its page, where that is there at once: the text of an SVG.
    pub async fn inlined(&self, run: &Arc<Run>, view: View) -> Option<Bytes> {
        if run.rows_total() > SMALL_ROWS_MAX {
            return None;
        }
        let asker = Asker { run: run.id.clone(), source: None };
        timeout(INLINED_WAIT_MAX, self.picture(run, Kind::Page, view, asker)).await.ok()?.ok()
    }
}

async fn with_permit(
    queue: &Arc<Queue>,
    run: &Arc<Run>,
    kind: Kind,
    view: View,
    asker: Asker,
) -> Result<Bytes, ApiError> {
    let busy = |message| ApiError::new(ErrorCode::Busy, message);
    let permit = timeout(WAITING_TIME_MAX, queue.permit(asker)).await.unwrap_or(Err(Full));
    let _permit =
        permit.map_err(|Full| busy("too many other pictures are being drawn: try again in a moment"))?;
    let drawn = timeout(DRAWING_TIME_MAX, draw(run, kind, view)).await;
    let drawn = drawn.map_err(|_| busy("the rows came too slowly for a picture: try again in a moment"))?;
    drawn.map_err(|error| ApiError::new(ErrorCode::StoreUnavailable, error.to_string()))
}

/// The version of an ended run's exports: the same version, the same bytes. A run that goes on has none.
pub fn version(run: &Run) -> Option<String> {
    run.is_over().then(|| version_of(run, run.rows_total()))
}

fn version_of(run: &Run, rows: u64) -> String {
    format!("{}-{}-{}-{rows}", env!("CARGO_PKG_VERSION"), run.id, run.now().state.as_str())
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
    // Rows that memory holds come at once: this lets other tasks run in between.
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
