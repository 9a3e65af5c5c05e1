//! The two list requests, in S3's words.

use s3s::dto::{
    CommonPrefix, ETag, EncodingType, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input,
    ListObjectsV2Output, Object, ObjectStorageClass,
};
use s3s::{S3Result, s3_error};

use super::bucket::Bucket;
use super::encoding;
use super::list::{Listed, PAGE_KEYS_MAX, Page, Query};
use super::mount::Freshness;

/// A page of at most `page_keys_max` keys, whatever was asked for.
pub(crate) async fn list_objects_v2(
    bucket: &Bucket,
    input: ListObjectsV2Input,
    page_keys_max: usize,
) -> S3Result<ListObjectsV2Output> {
    let spelling = Spelling::parse(input.encoding_type.as_ref())?;
    let keys_max = keys_max(input.max_keys)?.min(page_keys_max);
    let resumed = input.continuation_token.as_deref().map(read_token).transpose()?;
    let freshness = freshness(resumed.is_some(), keys_max);
    let query = Query {
        prefix: input.prefix.as_deref().unwrap_or_default(),
        delimiter: input.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty()),
        after: resumed.as_deref().or(input.start_after.as_deref()),
        keys_max,
    };
    let page = bucket.page(&query, freshness).await?;
    Ok(ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: Some(spelling.spell(query.prefix)),
        delimiter: query.delimiter.map(|delimiter| spelling.spell(delimiter)),
        start_after: input.start_after.as_deref().map(|after| spelling.spell(after)),
        encoding_type: input.encoding_type,
        max_keys: Some(as_i32(keys_max)),
        key_count: Some(as_i32(page.len())),
        is_truncated: Some(page.next.is_some()),
        next_continuation_token: page.next.as_deref().map(encoding::token),
        continuation_token: input.continuation_token,
        common_prefixes: Some(spelling.common_prefixes(&page)),
        contents: Some(spelling.objects(page.objects)),
        ..ListObjectsV2Output::default()
    })
}

/// The freshness that a listing needs. One that goes on reads the index that it began with, as long as there
/// is one. One of a single key asks whether there is anything, and need not walk a large directory for it.
fn freshness(goes_on: bool, keys_max: usize) -> Freshness {
    match keys_max {
        _ if goes_on => Freshness::Any,
        0 | 1 => Freshness::Recent,
        _ => Freshness::Now,
    }
}

pub(crate) async fn list_objects(bucket: &Bucket, input: ListObjectsInput) -> S3Result<ListObjectsOutput> {
    let spelling = Spelling::parse(input.encoding_type.as_ref())?;
    let keys_max = keys_max(input.max_keys)?;
    let marker = input.marker.as_deref().filter(|marker| !marker.is_empty());
    let freshness = freshness(marker.is_some(), keys_max);
    let query = Query {
        prefix: input.prefix.as_deref().unwrap_or_default(),
        delimiter: input.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty()),
        after: marker,
        keys_max,
    };
    let page = bucket.page(&query, freshness).await?;
    let next_marker = page.next.as_deref().filter(|_| query.delimiter.is_some());
    Ok(ListObjectsOutput {
        name: Some(input.bucket),
        prefix: Some(spelling.spell(query.prefix)),
        delimiter: query.delimiter.map(|delimiter| spelling.spell(delimiter)),
        marker: Some(spelling.spell(marker.unwrap_or_default())),
        encoding_type: input.encoding_type,
        max_keys: Some(as_i32(keys_max)),
        is_truncated: Some(page.next.is_some()),
        next_marker: next_marker.map(|marker| spelling.spell(marker)),
        common_prefixes: Some(spelling.common_prefixes(&page)),
        contents: Some(spelling.objects(page.objects)),
        ..ListObjectsOutput::default()
    })
}

/// How keys are spelled in the answer.
#[derive(Clone, Copy)]
enum Spelling {
    Plain,
    Url,
}

impl Spelling {
    fn parse(encoding: Option<&EncodingType>) -> S3Result<Self> {
        match encoding.map(EncodingType::as_str) {
            None => Ok(Self::Plain),
            Some(EncodingType::URL) => Ok(Self::Url),
            Some(_) => Err(s3_error!(InvalidArgument, "Invalid Encoding Method specified in Request")),
        }
    }

    fn spell(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Url => encoding::url(text),
        }
    }

    fn objects(self, listed: Vec<Listed>) -> Vec<Object> {
        listed.into_iter().map(|listed| self.object(listed)).collect()
    }

    fn object(self, listed: Listed) -> Object {
        let Listed { key, stat } = listed;
        Object {
            key: Some(self.spell(&key)),
            size: Some(i64::try_from(stat.size).unwrap_or(i64::MAX)),
            last_modified: Some(stat.modified.timestamp()),
            e_tag: Some(ETag::Strong(stat.etag)),
            storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
            ..Object::default()
        }
    }

    fn common_prefixes(self, page: &Page) -> Vec<CommonPrefix> {
        let spelled = |prefix: &String| CommonPrefix { prefix: Some(self.spell(prefix)) };
        page.common_prefixes.iter().map(spelled).collect()
    }
}

fn keys_max(requested: Option<i32>) -> S3Result<usize> {
    let Some(requested) = requested else { return Ok(PAGE_KEYS_MAX) };
    let requested = usize::try_from(requested);
    let requested = requested.map_err(|_| s3_error!(InvalidArgument, "max-keys must not be negative"))?;
    Ok(requested.min(PAGE_KEYS_MAX))
}

fn read_token(token: &str) -> S3Result<String> {
    let last = encoding::read_token(token);
    last.ok_or_else(|| s3_error!(InvalidArgument, "The continuation token provided is incorrect"))
}

fn as_i32(count: usize) -> i32 {
    i32::try_from(count).expect("a page holds at most 1,000 keys")
}
