//! The server's side of the page's door.

use std::sync::Arc;

use app::door::{Answer, Door};
use app::draw::view::View;
use futures_util::StreamExt;
use wire::api::{
    Cancelled, Changes, Deleted, Estimate, ListedObject, Listing, RunPage, RunSummary, Site, StartRun,
    Started,
};
use wire::error::{ApiError, ErrorCode};
use wire::row::{Object, Row};

use crate::pace::busy_ms;
use crate::pipeline::list::List;
use crate::pipeline::plan::{Plan, WINDOW_OBJECTS};
use crate::pipeline::stream;
use crate::plots::{Kind, Plots};
use crate::price::{Usage, as_f64};
use crate::request;
use crate::runs::{Runs, listing};

/// Objects that an estimate lists at most.
const ESTIMATE_OBJECTS_MAX: u64 = 100_000;

/// The door in front of this server's runs.
#[derive(Clone, Debug)]
pub struct Doors {
    runs: Arc<Runs>,
    plots: Arc<Plots>,
    prefix_default: String,
}

impl Doors {
    /// The door; the form proposes `prefix_default`.
    pub fn new(runs: Arc<Runs>, plots: Arc<Plots>, prefix_default: String) -> Self {
        Self { runs, plots, prefix_default }
    }

    async fn page(&self, bucket: String, prefix: String, token: Option<String>) -> Result<Listing, ApiError> {
        let form = StartRun { bucket: Some(bucket), prefix: Some(prefix), ..StartRun::default() };
        let spec = request::spec(&form, self.runs.bucket_default())?;
        self.runs.check_allowed(spec.bucket.as_str())?;
        let s3 = self.runs.engine().s3.clone();
        let list = List { s3, bucket: spec.bucket.to_string(), prefix: spec.prefix };
        let page = list.page(token, Some("/"), 1_000).await.map_err(|error| listing(&error))?;
        let objects = page.objects.into_iter();
        let objects =
            objects.map(|o| ListedObject { key: o.key, size: o.size, modified: o.modified }).collect();
        Ok(Listing { prefixes: page.prefixes, objects, next: page.next })
    }

    async fn estimate(&self, form: StartRun) -> Result<Estimate, ApiError> {
        let spec = request::spec(&form, self.runs.bucket_default())?;
        self.runs.check_allowed(spec.bucket.as_str())?;
        let engine = self.runs.engine();
        let list = List { s3: engine.s3.clone(), bucket: spec.bucket.to_string(), prefix: spec.prefix };
        let mut sum = Sum::new(Plan::new(engine.sizes()));
        let pages = list.pages();
        tokio::pin!(pages);
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| listing(&error))?;
            let wanted = |key: &str| spec.suffix.as_ref().is_none_or(|suffix| key.ends_with(suffix));
            for listed in page.objects.into_iter().filter(|listed| wanted(&listed.key)) {
                sum.add(listed.key, listed.size);
            }
            if sum.objects >= ESTIMATE_OBJECTS_MAX && page.next.is_some() {
                return Ok(sum.estimate(engine.memory_mb, engine.permits.concurrency(), false));
            }
        }
        Ok(sum.estimate(engine.memory_mb, engine.permits.concurrency(), true))
    }

    async fn some_rows(&self, id: String, first: u64, limit: u64) -> Result<Vec<Row>, ApiError> {
        let run = self.runs.get(&id).await?;
        let count = run.rows_total().saturating_sub(first).min(limit);
        let rows = stream::rows(&run, first, count).await;
        rows.map_err(|error| ApiError::new(ErrorCode::StoreUnavailable, error.to_string()))
    }

    async fn page_plot(&self, id: String, view: View) -> Result<String, ApiError> {
        let run = self.runs.get(&id).await?;
        let svg = self.plots.picture(&run, Kind::Page, view).await?;
        Ok(String::from_utf8_lossy(&svg).into_owned())
    }
}

/// What a listing adds up to, planned as a run would plan it.
struct Sum {
    plan: Plan,
    objects: u64,
    bytes: u64,
    batches: u64,
}

impl Sum {
    fn new(plan: Plan) -> Self {
        Self { plan, objects: 0, bytes: 0, batches: 0 }
    }

    fn add(&mut self, key: String, size: u64) {
        self.plan.push(Object { n: self.objects, key, etag: None, size: Some(size), start: None, end: None });
        self.objects += 1;
        self.bytes += size;
        if self.plan.is_full() {
            self.cut(WINDOW_OBJECTS / 2);
        }
    }

    fn cut(&mut self, waiting_max: usize) {
        while self.plan.waiting() > waiting_max {
            self.plan.next_batch(usize::MAX);
            self.batches += 1;
        }
    }

    fn estimate(mut self, memory_mb: u32, concurrency: u32, complete: bool) -> Estimate {
        self.cut(0);
        let cascades = self.batches.isqrt().min(self.batches).max(u64::from(self.batches > 0));
        let invocations = self.batches + cascades;
        let busy_seconds = as_f64(busy_ms(self.objects, self.bytes)) / 1_000.0;
        let seconds = busy_seconds / as_f64(self.batches.clamp(1, u64::from(concurrency)));
        let lists = self.objects.div_ceil(1_000).max(1);
        let waiting = Usage { invocations, gets: self.objects, lists, ..Usage::default() };
        let gb = f64::from(memory_mb) / 1_024.0;
        let compute = (busy_seconds + seconds * as_f64(cascades)) * gb * crate::price::USD_GB_SECOND;
        let usd = waiting.cost(memory_mb).total_usd() + compute;
        Estimate { objects: self.objects, bytes: self.bytes, invocations, usd, seconds, complete }
    }
}

impl Door for Doors {
    fn site(&self) -> Site {
        Site {
            bucket: self.runs.bucket_default().to_owned(),
            prefix: self.prefix_default.clone(),
            buckets: self.runs.allowed(),
            simulated: self.runs.engine().simulated,
        }
    }

    fn start_run(&self, form: StartRun) -> Answer<'_, Started> {
        Box::pin(async move { self.runs.start(&form).await })
    }

    fn cancel_run(&self, id: String) -> Answer<'_, Cancelled> {
        Box::pin(async move { self.runs.cancel(&id).await })
    }

    fn resume_run(&self, id: String) -> Answer<'_, Started> {
        Box::pin(async move { self.runs.resume(&id).await })
    }

    fn delete_run(&self, id: String) -> Answer<'_, Deleted> {
        Box::pin(async move { self.runs.delete(&id).await })
    }

    fn browse(&self, bucket: String, prefix: String, token: Option<String>) -> Answer<'_, Listing> {
        Box::pin(self.page(bucket, prefix, token))
    }

    fn estimate_run(&self, form: StartRun) -> Answer<'_, Estimate> {
        Box::pin(self.estimate(form))
    }

    fn list_runs(&self, before: Option<String>, limit: Option<String>) -> Answer<'_, RunPage> {
        Box::pin(async move { self.runs.list(before.as_deref(), limit.as_deref()).await })
    }

    fn run(&self, id: String) -> Answer<'_, RunSummary> {
        Box::pin(async move { Ok(self.runs.get(&id).await?.summary()) })
    }

    fn changes(&self, id: String, since: Option<String>) -> Answer<'_, Changes> {
        Box::pin(async move { self.runs.changes(&id, since.as_deref()).await })
    }

    fn rows(&self, id: String, first: u64, limit: u64) -> Answer<'_, Vec<Row>> {
        Box::pin(self.some_rows(id, first, limit))
    }

    fn plot(&self, id: String, view: View) -> Answer<'_, String> {
        Box::pin(self.page_plot(id, view))
    }
}
