//! The door between the page and the server's runs: wire types in, wire types out.
//!
//! The server provides a [`SharedDoor`] as context to the pages and to the server functions alike; nothing here
//! knows what stands behind it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use wire::api::{
    Cancelled, Changes, Deleted, Estimate, Listing, RunPage, RunSummary, Site, StartRun, Started,
};
use wire::error::ApiError;
use wire::row::Row;

use crate::draw::view::View;

/// The answer of a door, in time.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, ApiError>> + Send + 'a>>;

/// The door, as context.
pub type SharedDoor = Arc<dyn Door>;

/// The requests of the page to the server.
pub trait Door: Send + Sync {
    /// The facts of the site that the page needs.
    fn site(&self) -> Site;

    /// Checks the form and starts a run, in the trace that a W3C `traceparent` names.
    fn start_run(&self, form: StartRun, traceparent: Option<String>) -> Answer<'_, Started>;

    /// Stops a run; nothing happens to one that is over.
    fn cancel_run(&self, id: String) -> Answer<'_, Cancelled>;

    /// Resumes an interrupted run.
    fn resume_run(&self, id: String) -> Answer<'_, Started>;

    /// Deletes a run that is over, with everything that is stored of it.
    fn delete_run(&self, id: String) -> Answer<'_, Deleted>;

    /// Starts a run of what an ended one did not count, or of these rows of it.
    fn retry_run(
        &self,
        id: String,
        rows: Option<String>,
        idempotency_key: Option<String>,
    ) -> Answer<'_, Started>;

    /// One LIST page below a prefix.
    fn browse(&self, bucket: String, prefix: String, token: Option<String>) -> Answer<'_, Listing>;

    /// An estimate of a run of this form.
    fn estimate_run(&self, form: StartRun) -> Answer<'_, Estimate>;

    /// A page of the history: at most `limit` runs older than `before`, newest first.
    fn list_runs(&self, before: Option<String>, limit: Option<String>) -> Answer<'_, RunPage>;

    /// One run, going on or ended.
    fn run(&self, id: String) -> Answer<'_, RunSummary>;

    /// The changes since another run, or since the one whose counts it took.
    fn changes(&self, id: String, since: Option<String>) -> Answer<'_, Changes>;

    /// At most `limit` ledger rows of a run from number `first`, in order of settling.
    fn rows(&self, id: String, first: u64, limit: u64) -> Answer<'_, Vec<Row>>;

    /// A run's plot as it stands, all of its rows: the text of an `svg` element; `None` where a page would wait for it.
    fn plot(&self, id: String, view: View) -> Answer<'_, Option<String>>;
}
