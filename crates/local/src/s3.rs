//! The emulator of S3: requests come in as `s3s` parsed and authenticated them, answers go out as its types.
//!
//! What it does not do, it refuses: read-only buckets are never written, keys are looked up and never joined
//! to a path, and everything that is not here answers `NotImplemented`.

pub(crate) mod access;
pub(crate) mod beneath;
pub(crate) mod body;
pub(crate) mod bucket;
pub(crate) mod checksum;
pub(crate) mod condition;
pub(crate) mod draft;
pub(crate) mod encoding;
pub(crate) mod footer;
pub(crate) mod generated;
pub(crate) mod get;
pub(crate) mod index;
pub(crate) mod list;
pub(crate) mod listing;
pub(crate) mod modified;
pub(crate) mod mount;
pub(crate) mod put;
pub(crate) mod stat;
pub(crate) mod store;
pub(crate) mod unlisted;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use s3s::dto::{
    Bucket as NamedBucket, BucketLocationConstraint, DeleteObjectInput, DeleteObjectOutput,
    GetBucketLocationInput, GetBucketLocationOutput, GetObjectInput, GetObjectOutput, HeadBucketInput,
    HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListBucketsInput, ListBucketsOutput,
    ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, PutObjectInput,
    PutObjectOutput, Timestamp,
};
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};

use self::bucket::Bucket;
use self::condition::WriteConditions;
use self::list::PAGE_KEYS_MAX;
use crate::faults::PageKeys;

/// All buckets, by name.
#[derive(Clone, Debug)]
pub(crate) struct Buckets(pub(crate) Arc<BTreeMap<String, Bucket>>);

impl Buckets {
    fn bucket(&self, name: &str) -> S3Result<&Bucket> {
        self.0.get(name).ok_or_else(|| s3_error!(NoSuchBucket, "The specified bucket does not exist"))
    }

    /// The names of the read-only buckets.
    pub(crate) fn read_only(&self) -> BTreeSet<String> {
        let read_only = self.0.iter().filter(|(_, bucket)| !matches!(bucket, Bucket::Store(_)));
        read_only.map(|(name, _)| name.clone()).collect()
    }
}

#[async_trait::async_trait]
impl S3 for Buckets {
    async fn list_buckets(
        &self,
        _request: S3Request<ListBucketsInput>,
    ) -> S3Result<S3Response<ListBucketsOutput>> {
        let named = |name: &String| NamedBucket {
            name: Some(name.clone()),
            creation_date: Some(Timestamp::default()),
            ..NamedBucket::default()
        };
        let buckets = self.0.keys().map(named).collect();
        let output = ListBucketsOutput { buckets: Some(buckets), ..ListBucketsOutput::default() };
        Ok(S3Response::new(output))
    }

    async fn head_bucket(
        &self,
        request: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        self.bucket(&request.input.bucket)?;
        let bucket_region = Some(crate::REGION.to_owned());
        Ok(S3Response::new(HeadBucketOutput { bucket_region, ..HeadBucketOutput::default() }))
    }

    /// us-east-1 is spelled as an empty constraint.
    async fn get_bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        self.bucket(&request.input.bucket)?;
        let location_constraint = Some(BucketLocationConstraint::from_static(""));
        Ok(S3Response::new(GetBucketLocationOutput { location_constraint }))
    }

    async fn list_objects(
        &self,
        request: S3Request<ListObjectsInput>,
    ) -> S3Result<S3Response<ListObjectsOutput>> {
        let bucket = self.bucket(&request.input.bucket)?;
        Ok(S3Response::new(listing::list_objects(bucket, request.input).await?))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let bucket = self.bucket(&request.input.bucket)?;
        let page = request.extensions.get::<PageKeys>().map_or(PAGE_KEYS_MAX, |PageKeys(keys_max)| *keys_max);
        Ok(S3Response::new(listing::list_objects_v2(bucket, request.input, page).await?))
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let bucket = self.bucket(&request.input.bucket)?;
        Ok(S3Response::new(get::head_object(bucket, request.input).await?))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let bucket = self.bucket(&request.input.bucket)?;
        Ok(S3Response::new(get::get_object(bucket, request.input).await?))
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let store = self.bucket(&request.input.bucket)?.writable()?;
        Ok(S3Response::new(put::put_object(store, request).await?))
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let store = self.bucket(&request.input.bucket)?.writable()?;
        let conditions = WriteConditions { if_match: request.input.if_match, if_none_match: None };
        store.delete(request.input.key, conditions).await?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }
}
