//! The server's side of the page's door: one for each request, which lets through what that request may have.

use std::sync::Arc;

use app::door::{Answer, Door};
use app::draw::view::View;
use wire::api::{
    Cancelled, Changes, Deleted, Estimate, ListedObject, Listing, RunPage, RunSummary, Site, StartRun,
    Started,
};
use wire::error::{ApiError, ErrorCode};
use wire::row::Row;
use wire::trace::TraceContext;

use crate::access::Granted;
use crate::estimate;
use crate::pipeline::list::List;
use crate::pipeline::stream;
use crate::plots::Plots;
use crate::request;
use crate::runs::{Runs, listing};

/// The door in front of this server's runs, for one request. A run's id is the right to see that run; for all
/// else the door checks what the request has shown.
#[derive(Clone, Debug)]
pub struct Doors {
    runs: Arc<Runs>,
    plots: Arc<Plots>,
    granted: Granted,
}

impl Doors {
    /// The door for a request that has shown this.
    pub fn new(runs: Arc<Runs>, plots: Arc<Plots>, granted: Granted) -> Self {
        Self { runs, plots, granted }
    }

    async fn page(&self, bucket: String, prefix: String, token: Option<String>) -> Result<Listing, ApiError> {
        self.granted.check_spends()?;
        let form = StartRun { bucket: Some(bucket), prefix: Some(prefix), ..StartRun::default() };
        let spec = request::spec(&form, self.runs.bucket_default())?;
        self.runs.check_allowed(&spec.bucket)?;
        let s3 = self.runs.engine().s3.clone();
        let list = List { s3, bucket: spec.bucket.to_string(), prefix: spec.prefix };
        let page = list.page(token, Some("/"), 1_000).await.map_err(|error| listing(&error))?;
        let objects = page.objects.into_iter();
        let objects = objects
            .map(|o| ListedObject { key: o.key, size: o.size.unwrap_or_default(), modified: o.modified })
            .collect();
        Ok(Listing { prefixes: page.prefixes, objects, next: page.next })
    }

    async fn estimate(&self, form: StartRun) -> Result<Estimate, ApiError> {
        self.granted.check_spends()?;
        let spec = request::spec(&form, self.runs.bucket_default())?;
        self.runs.check_allowed(&spec.bucket)?;
        estimate::estimate(self.runs.engine(), &spec).await
    }

    async fn some_rows(&self, id: String, first: u64, limit: u64) -> Result<Vec<Row>, ApiError> {
        let run = self.runs.get(&id).await?;
        let count = run.rows_total().saturating_sub(first).min(limit);
        let rows = stream::rows(&run, first, count).await;
        rows.map_err(|error| ApiError::new(ErrorCode::StoreUnavailable, error.to_string()))
    }

    async fn page_plot(&self, id: String, view: View) -> Result<Option<String>, ApiError> {
        let run = self.runs.get(&id).await?;
        let svg = self.plots.inlined(&run, view).await;
        Ok(svg.map(|svg| String::from_utf8_lossy(&svg).into_owned()))
    }
}

impl Door for Doors {
    fn site(&self) -> Site {
        let stranger = Site {
            visitor: self.granted.visitor,
            simulated: self.runs.engine().simulated,
            ..Site::default()
        };
        match self.granted.is_runner() {
            true => Site {
                bucket: self.runs.bucket_default().to_owned(),
                prefix: self.runs.prefix_default().to_owned(),
                buckets: self.runs.allowed(),
                ..stranger
            },
            false => stranger,
        }
    }

    fn start_run(&self, form: StartRun, traceparent: Option<String>) -> Answer<'_, Started> {
        let caller = traceparent.as_deref().and_then(TraceContext::parse);
        Box::pin(async move {
            self.granted.check_spends()?;
            self.runs.start_within(&form, caller).await
        })
    }

    fn cancel_run(&self, id: String) -> Answer<'_, Cancelled> {
        Box::pin(async move {
            self.granted.check_spends()?;
            self.runs.cancel(&id).await
        })
    }

    fn resume_run(&self, id: String) -> Answer<'_, Started> {
        Box::pin(async move {
            self.granted.check_spends()?;
            self.runs.resume(&id).await
        })
    }

    fn delete_run(&self, id: String) -> Answer<'_, Deleted> {
        Box::pin(async move {
            self.granted.check_spends()?;
            self.runs.delete(&id).await
        })
    }

    fn retry_run(
        &self,
        id: String,
        rows: Option<String>,
        idempotency_key: Option<String>,
    ) -> Answer<'_, Started> {
        Box::pin(async move {
            self.granted.check_spends()?;
            self.runs.retry(&id, rows.as_deref(), idempotency_key).await
        })
    }

    fn browse(&self, bucket: String, prefix: String, token: Option<String>) -> Answer<'_, Listing> {
        Box::pin(self.page(bucket, prefix, token))
    }

    fn estimate_run(&self, form: StartRun) -> Answer<'_, Estimate> {
        Box::pin(self.estimate(form))
    }

    fn list_runs(&self, before: Option<String>, limit: Option<String>) -> Answer<'_, RunPage> {
        Box::pin(async move {
            self.granted.check_runner()?;
            self.runs.list(before.as_deref(), limit.as_deref()).await
        })
    }

    fn run(&self, id: String) -> Answer<'_, RunSummary> {
        let sees = self.granted.sees();
        Box::pin(async move {
            let run = self.runs.get(&id).await.map_err(|error| self.granted.shown(error))?;
            Ok(sees.of(run.summary()))
        })
    }

    fn changes(&self, id: String, since: Option<String>) -> Answer<'_, Changes> {
        let sees = self.granted.sees();
        Box::pin(async move {
            let changes = self.runs.changes(&id, since.as_deref(), sees).await;
            changes.map_err(|error| self.granted.shown(error))
        })
    }

    fn rows(&self, id: String, first: u64, limit: u64) -> Answer<'_, Vec<Row>> {
        Box::pin(async move {
            let rows = self.some_rows(id, first, limit).await;
            rows.map_err(|error| self.granted.shown(error))
        })
    }

    fn plot(&self, id: String, view: View) -> Answer<'_, Option<String>> {
        Box::pin(self.page_plot(id, view))
    }
}
