//! `GET /healthz`: alive. `GET /readyz`: S3 and both functions answer.

use axum::extract::State;
use lambdas::call;
use wire::cascade::ChildErrorKind;
use wire::error::{ApiError, ErrorCode};

use super::Site;
use super::error::Failure;
use crate::pipeline::list::List;
use crate::runs::listing;

pub(super) async fn alive() -> &'static str {
    "ok\n"
}

pub(super) async fn ready(State(site): State<Site>) -> Result<&'static str, Failure> {
    let engine = site.runs.engine();
    let bucket = site.runs.bucket_default().to_owned();
    let list = List { s3: engine.s3.clone(), bucket, prefix: String::new() };
    list.page(None, None, 1).await.map_err(|error| listing(&error))?;
    for function in [&engine.cascade_function, &engine.wordcount_function] {
        call::dry_run(&engine.lambda, function).await.map_err(|error| {
            let code = match error.child.kind {
                ChildErrorKind::Refused => ErrorCode::FunctionsMissing,
                _ => ErrorCode::StoreUnavailable,
            };
            ApiError::new(code, format!("the function {function} does not answer: {error}"))
        })?;
    }
    Ok("ready\n")
}
