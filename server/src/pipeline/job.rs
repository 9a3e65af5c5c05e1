//! The input of the pipeline: a run, and where its objects come from.

use std::sync::Arc;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::mpsc;

use super::Moment;
use super::again::{self, Rerun, SourceError};
use super::begun::Begun;
use super::keep::Keeping;
use super::known::known;
use super::list::{List, Page};
use crate::engine::Engine;
use crate::price::Usage;
use crate::run::Run;

/// A run to be run.
#[derive(Debug)]
pub struct Job {
    /// The parts that all runs share.
    pub engine: Arc<Engine>,
    /// The run.
    pub run: Arc<Run>,
    /// Where its objects come from.
    pub source: Source,
    /// Receives every invocation and every settled object; nothing further is sent while they are not taken,
    /// and when nobody takes them any more the run is cancelled.
    pub moments: Option<mpsc::Sender<Moment>>,
    /// This server's hold on the run in the store, where it is stored.
    pub keeping: Option<Keeping>,
    /// Rows and sums that are settled already.
    pub begun: Begun,
}

impl Job {
    /// A run of what is below its prefix, from its beginning, which is not stored.
    pub fn new(engine: Arc<Engine>, run: Arc<Run>) -> Self {
        Self { engine, run, source: Source::Prefix, moments: None, keeping: None, begun: Begun::default() }
    }

    /// The same run, which pays for the check before it too.
    #[must_use]
    pub fn after(mut self, checked: Usage) -> Self {
        self.begun.usage = checked;
        self
    }
}

/// Where a run's objects come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// All keys below its prefix, with the counts of unchanged ones.
    Prefix,
    /// Objects of runs that are over.
    Again(Rerun),
    /// Nowhere any more, for this reason.
    Lost(String),
}

impl Source {
    /// Objects come by and by, and more slowly than a listing brings them.
    pub(super) fn gathers(&self) -> bool {
        matches!(self, Self::Again(_))
    }

    /// It continues a listing that was cut off.
    pub(super) fn lists_on(&self) -> bool {
        matches!(self, Self::Again(rerun) if rerun.listing.is_some())
    }

    /// LISTs that one page takes at most.
    pub(super) fn lists_a_page(&self) -> u64 {
        match self {
            Self::Prefix | Self::Lost(_) => 1,
            Self::Again(..) => again::LISTS_A_PAGE,
        }
    }

    /// Pages of objects, as far as they are asked for.
    pub(super) fn pages(
        self,
        engine: &Engine,
        run: &Arc<Run>,
    ) -> BoxStream<'static, Result<Page, SourceError>> {
        let list = List {
            s3: engine.s3.clone(),
            bucket: run.spec.bucket.to_string(),
            prefix: run.spec.prefix.clone(),
        };
        match self {
            Self::Again(rerun) => again::pages(list, rerun).boxed(),
            Self::Lost(why) => stream::iter([Err(SourceError::Lost(why))]).boxed(),
            Self::Prefix => {
                let pages = engine.metrics.listing.clone().timed(list.pages());
                known(Arc::clone(run), pages).map_err(SourceError::from).boxed()
            }
        }
    }
}
