//! GET and HEAD of an object.

use std::ops::Range;

use s3s::dto::{
    ETag, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, Range as RequestedRange,
};
use s3s::{S3Result, s3_error};

use super::body::body;
use super::bucket::{Bucket, Found};
use super::condition::ReadConditions;
use super::stat::Stat;

const CONTENT_TYPE: &str = "binary/octet-stream";

pub(crate) async fn get_object(bucket: &Bucket, input: GetObjectInput) -> S3Result<GetObjectOutput> {
    let Found { stat, content_type, body: source } = bucket.open_object(&input.key).await?;
    let conditions = ReadConditions {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    };
    conditions.check(&stat)?;
    let (range, content_range) = sent_range(&stat, input.range)?;
    Ok(GetObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(length(&range)),
        content_range,
        content_type: Some(content_type.unwrap_or_else(|| CONTENT_TYPE.to_owned())),
        e_tag: Some(ETag::Strong(stat.etag)),
        last_modified: Some(stat.modified.timestamp()),
        body: body(source, range),
        ..GetObjectOutput::default()
    })
}

pub(crate) async fn head_object(bucket: &Bucket, input: HeadObjectInput) -> S3Result<HeadObjectOutput> {
    let Found { stat, content_type, body: () } = bucket.stat(&input.key).await?;
    let conditions = ReadConditions {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    };
    conditions.check(&stat)?;
    let (range, content_range) = sent_range(&stat, input.range)?;
    Ok(HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(length(&range)),
        content_range,
        content_type: Some(content_type.unwrap_or_else(|| CONTENT_TYPE.to_owned())),
        e_tag: Some(ETag::Strong(stat.etag)),
        last_modified: Some(stat.modified.timestamp()),
        ..HeadObjectOutput::default()
    })
}

/// The bytes to send and, where only a part was asked for, its `Content-Range`.
fn sent_range(stat: &Stat, requested: Option<RequestedRange>) -> S3Result<(Range<u64>, Option<String>)> {
    let Some(requested) = requested else { return Ok((0..stat.size, None)) };
    let range = match requested.check(stat.size) {
        Ok(range) if !range.is_empty() => range,
        _ => return Err(s3_error!(InvalidRange, "The requested range is not satisfiable")),
    };
    let content_range = format!("bytes {}-{}/{}", range.start, range.end - 1, stat.size);
    Ok((range, Some(content_range)))
}

fn length(range: &Range<u64>) -> i64 {
    i64::try_from(range.end - range.start).unwrap_or(i64::MAX)
}
