//! The baseline of the whole path: nothing but the SDK's GETs of the same objects, by the same client.
//!
//! Lists the bucket, then reads every object of it, and prints how many there were and how long the reading took,
//! as one JSON object.

use std::num::NonZero;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Parser;
use futures_util::{StreamExt, TryStreamExt, stream};
use server::backend::{self, Backend, Results};
use server::cli::Place;
use tokio::task::JoinSet;

/// Objects that each core reads at once.
const OBJECTS_AT_ONCE_A_CORE: usize = 16;

#[derive(Debug, Parser)]
#[command(about = "Reads every object of the first mount, and counts nothing")]
struct Options {
    #[command(flatten)]
    place: Place,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let backend = backend::start(&options.place, &Results::None, None).await?;
    let keys = keys(&backend).await?;
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let begun = Instant::now();
    let mut readers = JoinSet::new();
    for core in 0..cores {
        let keys = keys.iter().skip(core).step_by(cores).cloned().collect();
        readers.spawn(read(backend.engine.s3.clone(), backend.bucket_default.clone(), keys));
    }
    let mut bytes = 0;
    while let Some(read) = readers.join_next().await {
        bytes += read??;
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!("{}", serde_json::json!({ "objects": keys.len(), "bytes": bytes, "seconds": seconds }));
    Ok(())
}

async fn keys(backend: &Backend) -> Result<Vec<String>> {
    let list = backend.engine.s3.list_objects_v2().bucket(&backend.bucket_default);
    let mut pages = list.into_paginator().send();
    let mut keys = Vec::new();
    while let Some(page) = pages.try_next().await.context("listing")? {
        keys.extend(page.contents.into_iter().flatten().filter_map(|object| object.key));
    }
    Ok(keys)
}

/// Bytes of all these objects.
async fn read(s3: aws_sdk_s3::Client, bucket: String, keys: Vec<String>) -> Result<u64> {
    let read = |key| {
        let get = s3.get_object().bucket(&bucket).key(key);
        async move {
            let body = get.send().await.context("reading")?.body;
            anyhow::Ok(body.collect().await.context("reading on")?.into_bytes().len() as u64)
        }
    };
    stream::iter(keys)
        .map(read)
        .buffer_unordered(OBJECTS_AT_ONCE_A_CORE)
        .try_fold(0, |sum, bytes| async move { Ok(sum + bytes) })
        .await
}
