//! `wordfall count`: the same pipeline with no page.

mod bar;
mod print;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::interval;
use wire::api::StartRun;
use wire::error::{ApiError, ErrorCode};
use wire::event::Level;
use wire::printable;
use wire::run::{RunSpec, RunState};

use crate::backend::{self, Backend, Results};
use crate::cli::{Count, Place, Where};
use crate::interrupt;
use crate::output;
use crate::pipeline::{self, Job, Moment};
use crate::price::Usage;
use crate::request;
use crate::run::Run;
use crate::runs;
use bar::Bar;
use print::Printer;

/// Moments on their way to the terminal; the run waits when there are more.
const MOMENTS_MAX: usize = 16;
/// How often the program looks for new remarks on the run.
const LOOK: Duration = Duration::from_millis(500);
/// The exit code that a shell gives a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// Counts, and prints what came of it.
///
/// # Errors
/// What is wrong with the options or the bucket, before anything was counted.
pub async fn count(options: &Count) -> Result<ExitCode, ApiError> {
    let form = form(options)?;
    request::spec(&form, backend::SAMPLE)?;
    let bucket = form.bucket.as_deref().unwrap_or(backend::AWS_BUCKET_DEFAULT);
    let backend = backend::start(&options.place, &Results::None, Some(bucket)).await?;
    let spec = request::spec(&form, &backend.bucket_default)?;
    let checked = tokio::select! {
        checked = check_usable(&options.place, &backend, &spec) => checked?,
        () = interrupt::interrupted() => return Ok(ExitCode::from(INTERRUPTED)),
    };
    let run = Run::new(spec, backend.engine.simulated, None);
    told(Job::new(Arc::clone(&backend.engine), run).after(checked), options.json).await
}

/// Runs a run to its end, and prints what came of it.
///
/// # Errors
/// Where standard output can't be written, though its reader did not leave.
pub(crate) async fn told(job: Job, json: bool) -> Result<ExitCode, ApiError> {
    let mut printer = Printer::new(json, job.run.spec.grain);
    let (sender, mut moments) = mpsc::channel(MOMENTS_MAX);
    let (run, spans) = (Arc::clone(&job.run), job.engine.spans.clone());
    let pipeline = tokio::spawn(pipeline::run(Job { moments: Some(sender), ..job }));
    let cancel = run.cancel.clone();
    let interrupted = tokio::spawn(async move {
        interrupt::interrupted().await;
        cancel.cancel();
        interrupt::interrupted().await;
        std::process::exit(i32::from(INTERRUPTED));
    });
    let (bar, mut written) = (Bar::new(), Ok(()));
    let (mut remarks, mut looks) = (Remarks::default(), interval(LOOK));
    loop {
        let moment = tokio::select! {
            moment = moments.recv() => moment,
            _ = looks.tick() => {
                bar.aside(|| remarks.show(&run));
                continue;
            }
        };
        let Some(moment) = moment else { break };
        if let Moment::Settled { rows, progress, .. } = moment {
            bar.show(&progress);
            for (row, detail) in rows {
                if written.is_ok() {
                    written = bar.aside(|| printer.row(&row, detail.as_deref()));
                }
            }
            // Nobody has any use for the rest, and what is in flight ends in order.
            if written.is_err() {
                run.cancel.cancel();
            }
        }
    }
    pipeline.await.map_err(|error| ApiError::new(ErrorCode::Internal, error.to_string()))?;
    interrupted.abort();
    bar.finish();
    if let Err(error) = written {
        return output::end(&error);
    }
    remarks.show(&run);
    if let Err(error) = printer.end(&run) {
        return output::end(&error);
    }
    // A collector that is not there is waited for, and need not be.
    tokio::select! {
        () = spans.close() => (),
        () = interrupt::interrupted() => (),
    }
    Ok(exit_code(&run))
}

fn form(options: &Count) -> Result<StartRun, ApiError> {
    let (bucket, prefix) = match &options.url {
        None => (options.source.bucket.clone(), options.source.prefix.clone()),
        Some(url) => {
            let rest = url.strip_prefix("s3://").ok_or_else(|| {
                ApiError::new(
                    ErrorCode::InvalidRequest,
                    format!("{url:?} is not of the form s3://BUCKET/PREFIX"),
                )
            })?;
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            if bucket.is_empty() {
                let message = format!("{url:?} names no bucket: use s3://BUCKET/PREFIX");
                return Err(ApiError::new(ErrorCode::InvalidBucketName, message));
            }
            (Some(bucket.to_owned()), prefix.to_owned())
        }
    };
    Ok(StartRun {
        bucket,
        prefix: Some(prefix),
        grain: Some(options.grain.clone()),
        rule: Some(options.rule.clone()),
        suffix: options.filters.suffix.clone(),
        glob: options.filters.glob.clone(),
        min_size: options.filters.min_size.clone(),
        max_size: options.filters.max_size.clone(),
        modified_since: options.filters.modified_since.clone(),
        max_usd: options.limits.max_usd.clone(),
        max_objects: options.limits.max_objects.clone(),
        max_bytes: options.limits.max_bytes.clone(),
        max_seconds: options.limits.max_seconds.clone(),
        ..StartRun::default()
    })
}

/// Checks that a run of this spec can begin here. Returns what the check itself has used.
///
/// # Errors
/// What its bucket or its functions lack.
pub(crate) async fn check_usable(
    place: &Place,
    backend: &Backend,
    spec: &RunSpec,
) -> Result<Usage, ApiError> {
    let name = spec.bucket.to_string();
    if place.s3() == Where::Local && !backend.buckets.contains(&name) {
        request::check_new_name(&spec.bucket)?;
        let message = format!(
            "the bucket {name} is not mounted (there is {}): mount a directory with --mount {name}=DIR, or count \
             a bucket on AWS with --backend aws",
            backend.buckets.join(", ")
        );
        return Err(ApiError::new(ErrorCode::NoSuchBucket, message));
    }
    let checked = runs::check_listable(&backend.engine, spec).await?;
    runs::check_functions(&backend.engine).await?;
    Ok(checked)
}

/// Remarks on the run rather than on one of its objects, up to the last one shown.
#[derive(Default)]
struct Remarks {
    /// The number of the log line that comes next.
    next: u64,
}

impl Remarks {
    /// Shows those that are new.
    fn show(&mut self, run: &Run) {
        let (lines, next) = run.logs_from(self.next);
        self.next = next;
        for line in lines.iter().filter(|line| line.key.is_none() && line.level > Level::Info) {
            output::remark(printable(&line.text));
        }
    }
}

fn exit_code(run: &Run) -> ExitCode {
    let end = run.now();
    let all_counted = end.states.counted + end.states.skipped == end.progress.objects_found;
    let whole = all_counted && end.progress.unlisted == 0;
    match end.state {
        RunState::Cancelled => ExitCode::from(INTERRUPTED),
        RunState::Finished if whole => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
