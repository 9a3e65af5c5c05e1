//! `GET /healthz`: alive. `GET /readyz`: S3 and both functions answer.

use axum::extract::State;

use super::Site;
use super::error::Failure;
use crate::pipeline::list::List;
use crate::runs::{check_functions, listing};

pub(super) async fn alive() -> &'static str {
    "ok\n"
}

pub(super) async fn ready(State(site): State<Site>) -> Result<&'static str, Failure> {
    let engine = site.runs.engine();
    let bucket = site.runs.bucket_default().to_owned();
    let list = List { s3: engine.s3.clone(), bucket, prefix: String::new() };
    list.page(None, None, 1).await.map_err(|error| listing(&error))?;
    check_functions(engine).await?;
    Ok("ready\n")
}
