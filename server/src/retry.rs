//! `wordfall retry`: another try at what a stored run did not count, with no page.

use std::collections::HashSet;
use std::process::ExitCode;
use std::sync::Arc;

use wire::error::{ApiError, ErrorCode};

use crate::backend::{self, Results};
use crate::cli::Retry;
use crate::count;
use crate::pipeline::{Job, Source};
use crate::run::Run;
use crate::runs::{self, Runs};

/// Counts what an ended run did not, stores the new run beside it, and prints what came of it.
///
/// # Errors
/// What is wrong with the options, the run or its bucket, before anything was counted.
pub async fn retry(options: &Retry) -> Result<ExitCode, ApiError> {
    let results = options.results_bucket.clone().map_or(Results::Embedded, Results::Bucket);
    let beside = options.results_bucket.as_ref().map(wire::bucket::BucketName::as_str);
    let backend = backend::start(&options.place, &results, beside).await;
    let backend = backend.map_err(with_the_way_through_a_server)?;
    let runs = Runs::new(&backend, backend.bucket_default.clone(), HashSet::new());
    let parent = runs.get(&options.id).await?;
    let spec = runs::retry_spec(&parent, None)?;
    let rerun = runs.rerun(parent, None).await?;
    let checked = count::check_usable(&options.place, &backend, &spec).await?;
    let run = Run::new(spec, backend.engine.simulated, backend.store.clone());
    let keeping = runs.keeping(&run).await;
    let keeping = keeping.map_err(|error| ApiError::new(ErrorCode::StoreUnavailable, error.to_string()))?;
    let job = Job { source: Source::Again(rerun), keeping, ..Job::new(Arc::clone(&backend.engine), run) };
    count::told(job.after(checked), options.json).await
}

/// A server that holds the data directory can try again itself.
fn with_the_way_through_a_server(error: ApiError) -> ApiError {
    if !error.message.starts_with(backend::DATA_HELD) {
        return error;
    }
    let message = format!(
        "{}; or let that server do it: by the button on the run's page, or by POST /api/retry_run",
        error.message
    );
    ApiError { message, ..error }
}
