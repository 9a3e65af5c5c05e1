//! The start-up: which S3 and which Lambda, and everything that depends on the choice.
//!
//! Nothing else in the server knows whether they are Amazon's or this machine's.

mod aws;
mod data;
mod embedded;
mod processes;

use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use wire::bucket::BucketName;
use wire::error::{ApiError, ErrorCode};

use crate::agreement;
use crate::cli::{FunctionsAt, Place, Where};
use crate::engine::Engine;
use crate::metrics::Metrics;
use crate::permits::Permits;
use crate::price::Rates;
use crate::spans::Spans;
use crate::store::Store;

pub use data::{DATA_HELD, DataDir};
pub use embedded::{Embedded, RESULTS, SAMPLE};
pub use local::{FaultPlan, launch_if_asked};
pub use processes::{Programs, Reading};

/// The public bucket of the 2015 post.
pub const AWS_BUCKET_DEFAULT: &str = "awssampledb";
/// Invocations at once on AWS: half of what a new account has, once it has grown.
const AWS_CONCURRENCY_DEFAULT: u32 = 500;
/// Invocations at once for each core of this machine.
const LOCAL_CONCURRENCY_A_CORE: u32 = 4;

/// The services that the process runs on.
#[derive(Debug)]
pub struct Backend {
    /// The parts that all runs share.
    pub engine: Arc<Engine>,
    /// Where runs are stored, if they are.
    pub store: Option<Store>,
    /// No other process can have the store, since this one has the lock of its directory.
    pub store_is_ours: bool,
    /// Buckets that exist here by name, in the order in which a form offers them; empty on AWS.
    pub buckets: Vec<String>,
    /// The bucket that is taken where none is named.
    pub bucket_default: String,
    /// The embedded S3 and Lambda, where either is used.
    pub embedded: Option<Embedded>,
}

/// Whether runs are stored, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Results {
    /// Nowhere.
    None,
    /// In the embedded bucket under the data directory, which nobody else may use meanwhile.
    Embedded,
    /// In this bucket, where the others are.
    Bucket(BucketName),
}

/// Sets everything up; `bucket` is the one that is likely to be asked for, where one was named.
///
/// # Errors
/// An [`ApiError`] that says what is missing or wrong, and what would be right.
pub async fn start(place: &Place, results: &Results, bucket: Option<&str>) -> Result<Backend, ApiError> {
    let (s3_at, functions_at) = (place.s3(), place.functions_at());
    check(place)?;
    let programs = match functions_at {
        FunctionsAt::Processes => Some(Programs::find(&place.functions)?),
        FunctionsAt::InProcess | FunctionsAt::Aws => None,
    };
    let needs_embedded =
        s3_at == Where::Local || functions_at != FunctionsAt::Aws || *results == Results::Embedded;
    let mut embedded = match needs_embedded {
        true => {
            let faults = place.faults.as_ref();
            Some(Embedded::open(&place.directories, results, s3_at, faults).await?)
        }
        false => None,
    };
    let aws = match s3_at == Where::Aws || functions_at == FunctionsAt::Aws {
        true => {
            let beside = bucket.filter(|_| functions_at != FunctionsAt::Aws);
            Some(aws::config(place.no_sign_request, beside).await?)
        }
        false => None,
    };
    let s3 = match (s3_at, &aws, &embedded) {
        (Where::Aws, Some(aws), _) => aws::s3(aws, place.request_payer.is_some()),
        (_, _, Some(embedded)) => embedded.s3(),
        _ => return Err(ApiError::new(ErrorCode::Internal, "no S3 was set up")),
    };
    let timeout = Duration::from_millis(place.functions.function_timeout_ms);
    let lambda = match (functions_at, &aws, &mut embedded) {
        (FunctionsAt::Aws, Some(aws), _) => aws::lambda(aws, timeout),
        (FunctionsAt::Processes, aws, Some(embedded)) => {
            let programs = programs.expect("they were found above");
            let address = embedded.listen().await?;
            let reading =
                aws.as_ref().map_or(Reading::Embedded, |aws| Reading::aws(aws, place.no_sign_request));
            embedded.with_processes(&place.functions, &programs, address, &reading)
        }
        (_, _, Some(embedded)) => embedded.with_functions(&place.functions, &s3),
        _ => return Err(ApiError::new(ErrorCode::Internal, "no functions were set up")),
    };
    let store = match (results, &embedded) {
        (Results::None, _) => None,
        (Results::Embedded, Some(embedded)) => Some(Store::new(&embedded.s3(), RESULTS.to_owned())),
        (Results::Embedded, None) => {
            return Err(ApiError::new(ErrorCode::Internal, "no results were set up"));
        }
        (Results::Bucket(name), _) => Some(Store::new(&s3, name.to_string())),
    };
    let metrics = Arc::new(Metrics::default());
    let store = store.map(|store| store.watched_by(&metrics));
    let store_is_ours = *results == Results::Embedded;
    let local = embedded.as_ref().filter(|_| s3_at == Where::Local);
    let buckets = local.map(Embedded::bucket_names).unwrap_or_default();
    let bucket_default = buckets.first().cloned().unwrap_or_else(|| AWS_BUCKET_DEFAULT.to_owned());
    let mut engine = Engine {
        s3,
        lambda,
        cascade_function: place.functions.cascade_function.clone(),
        wordcount_function: place.functions.wordcount_function.clone(),
        permits: Permits::new(place.functions.concurrency.unwrap_or_else(|| concurrency(functions_at))),
        metrics,
        spans: Spans::to(place.traces.otlp_endpoint.as_ref())?,
        batch_bytes: place.functions.batch_bytes,
        rates: Rates::of_memory(place.functions.function_memory_mb),
        function_timeout: timeout,
        requester_pays: place.request_payer.is_some(),
        simulated: functions_at != FunctionsAt::Aws,
        unlisted: local.map(Embedded::unlisted),
        stopping: embedded.as_ref().map(Embedded::stopping),
    };
    if functions_at != FunctionsAt::InProcess {
        agreement::reach(&mut engine).await?;
    }
    Ok(Backend { engine: Arc::new(engine), store, store_is_ours, buckets, bucket_default, embedded })
}

/// Whether what is asked for goes together.
fn check(place: &Place) -> Result<(), ApiError> {
    let message = match (place.s3(), place.functions_at()) {
        (Where::Aws, _) if place.directories.mounts().next().is_some() => {
            "--mount is for buckets on this machine: leave out --backend aws and --s3 aws"
        }
        (Where::Aws, FunctionsAt::Aws) if place.faults.is_some() => {
            "--faults is for S3 and functions on this machine: leave out --backend aws"
        }
        (Where::Local, FunctionsAt::Aws) => {
            "functions on AWS can't read buckets of this machine: add --s3 aws"
        }
        _ => return Ok(()),
    };
    Err(ApiError::new(ErrorCode::InvalidRequest, message))
}

fn concurrency(functions_at: FunctionsAt) -> u32 {
    match functions_at {
        FunctionsAt::Aws => AWS_CONCURRENCY_DEFAULT,
        FunctionsAt::InProcess | FunctionsAt::Processes => {
            let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
            LOCAL_CONCURRENCY_A_CORE * u32::try_from(cores).unwrap_or(1)
        }
    }
}
