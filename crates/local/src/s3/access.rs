//! Access by the key pair of functions: they may read the read-only buckets.

use s3s::access::{S3Access, S3AccessContext};
use s3s::{S3Result, s3_error};

use super::Buckets;
use super::bucket::Bucket;

/// Operations that a function may use.
const READING: [&str; 4] = ["GetObject", "HeadObject", "ListObjectsV2", "ListObjects"];

/// Decides who may do what.
#[derive(Debug)]
pub(crate) struct FunctionAccess {
    /// The access key of functions.
    pub(crate) access_key_id: String,
    pub(crate) buckets: Buckets,
}

#[async_trait::async_trait]
impl S3Access for FunctionAccess {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let Some(credentials) = context.credentials() else {
            return Err(s3_error!(AccessDenied, "Signature is required"));
        };
        if credentials.access_key != self.access_key_id {
            return Ok(());
        }
        let bucket = context.s3_path().get_bucket_name().and_then(|name| self.buckets.0.get(name));
        let is_writable = matches!(bucket, Some(Bucket::Store(_)));
        if is_writable || !READING.contains(&context.s3_op().name()) {
            return Err(s3_error!(
                AccessDenied,
                "functions may read the buckets that nobody writes, no more"
            ));
        }
        Ok(())
    }
}
