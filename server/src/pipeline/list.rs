//! **List**: the keys below a prefix, page by page, in order.
//!
//! In comes a bucket and a prefix, out comes a stream of pages. It keeps one page and never the bucket; when
//! nobody takes pages, no further one is asked for.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::list_objects_v2::{ListObjectsV2Error, ListObjectsV2Output};
use aws_sdk_s3::types::{EncodingType, Object as S3Object};
use futures_util::Stream;
use lambdas::cause::cause;
use percent_encoding::percent_decode_str;
use wire::row::Row;

/// An object as listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its key, decoded.
    pub key: String,
    /// Its ETag, quotes included.
    pub etag: Option<String>,
    /// Bytes as stored.
    pub size: u64,
    /// Last modification, RFC 3339.
    pub modified: Option<String>,
    /// What an earlier run counted of it, where it has not changed since.
    pub known: Option<Box<Row>>,
}

/// One page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Objects, in the order of their keys.
    pub objects: Vec<Listed>,
    /// Prefixes up to the delimiter, where one was given.
    pub prefixes: Vec<String>,
    /// Keys that were asked for by name and are not there.
    pub gone: Vec<String>,
    /// LIST requests that it took.
    pub lists: u64,
    /// The token of the page after this one.
    pub next: Option<String>,
}

/// A page that could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// There is no bucket of that name.
    #[error("there is no bucket {0}")]
    NoSuchBucket(String),
    /// It may not be listed.
    #[error("listing the bucket {bucket} is denied: {}", denial(code))]
    AccessDenied {
        /// The bucket.
        bucket: String,
        /// What S3 calls it.
        code: String,
    },
    /// It is in another region than the one that was asked.
    #[error(
        "the bucket {bucket} is in {}: set AWS_REGION to it, and let the functions be there too",
        region.as_deref().unwrap_or("another region, which S3 does not name")
    )]
    OtherRegion {
        /// The bucket.
        bucket: String,
        /// Its region, where S3 tells it.
        region: Option<String>,
    },
    /// Anything else.
    #[error("the bucket {bucket} can't be listed: {why}")]
    Unavailable {
        /// The bucket.
        bucket: String,
        /// What S3 says.
        why: String,
    },
}

/// What is to be listed.
#[derive(Clone, Debug)]
pub struct List {
    /// The client.
    pub s3: Client,
    /// The bucket.
    pub bucket: String,
    /// Keys begin with this.
    pub prefix: String,
}

impl List {
    /// All pages, from the first.
    pub fn pages(self) -> impl Stream<Item = Result<Page, ListError>> + Send {
        async_stream::try_stream! {
            let mut token = None;
            loop {
                let page = self.page(token.take(), None, 1_000).await?;
                token.clone_from(&page.next);
                yield page;
                if token.is_none() {
                    break;
                }
            }
        }
    }

    /// One page of at most `keys_max` keys, cut at `delimiter` where one is given.
    ///
    /// # Errors
    /// A [`ListError`] where the bucket can't be listed.
    pub async fn page(
        &self,
        token: Option<String>,
        delimiter: Option<&str>,
        keys_max: i32,
    ) -> Result<Page, ListError> {
        let output = self
            .s3
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(&self.prefix)
            .encoding_type(EncodingType::Url)
            .set_delimiter(delimiter.map(str::to_owned))
            .set_continuation_token(token)
            .max_keys(keys_max)
            .send()
            .await
            .map_err(|error| self.refused(&error))?;
        self.read(&output)
    }

    fn read(&self, output: &ListObjectsV2Output) -> Result<Page, ListError> {
        let encoded = output.encoding_type() == Some(&EncodingType::Url);
        let prefixes = output.common_prefixes().iter().filter_map(|prefix| prefix.prefix());
        let prefixes = prefixes.map(|prefix| self.decoded(prefix, encoded)).collect::<Result<_, _>>()?;
        let objects = output.contents().iter().map(|object| self.listed(object, encoded));
        let objects = objects.collect::<Result<_, _>>()?;
        let next = output.next_continuation_token().map(str::to_owned);
        if output.is_truncated() == Some(true) && next.is_none() {
            return Err(self.unavailable("a truncated page came without a token".to_owned()));
        }
        let next = next.filter(|_| output.is_truncated() == Some(true));
        Ok(Page { objects, prefixes, lists: 1, next, ..Page::default() })
    }

    fn listed(&self, object: &S3Object, encoded: bool) -> Result<Listed, ListError> {
        Ok(Listed {
            key: self.decoded(object.key().unwrap_or_default(), encoded)?,
            etag: object.e_tag().map(str::to_owned),
            size: object.size().and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
            modified: object.last_modified().map(ToString::to_string),
            known: None,
        })
    }

    fn decoded(&self, name: &str, encoded: bool) -> Result<String, ListError> {
        if !encoded {
            return Ok(name.to_owned());
        }
        let spaced = name.replace('+', " ");
        let decoded = percent_decode_str(&spaced).decode_utf8();
        decoded.map(Into::into).map_err(|_| self.unavailable(format!("the key {name} is not UTF-8")))
    }

    fn refused(&self, error: &SdkError<ListObjectsV2Error>) -> ListError {
        let bucket = self.bucket.clone();
        let response = error.raw_response();
        let region = response.and_then(|response| response.headers().get("x-amz-bucket-region"));
        let region = region.map(str::to_owned);
        let code = error.code().unwrap_or_default();
        match (response.map(|response| response.status().as_u16()), code) {
            (_, "NoSuchBucket") | (Some(404), _) => ListError::NoSuchBucket(bucket),
            (Some(301 | 307), _)
            | (_, "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException") => {
                ListError::OtherRegion { bucket, region }
            }
            (Some(401 | 403), _) | (_, "ExpiredToken" | "InvalidToken") => {
                ListError::AccessDenied { bucket, code: code.to_owned() }
            }
            _ => self.unavailable(cause(error)),
        }
    }

    fn unavailable(&self, why: String) -> ListError {
        ListError::Unavailable { bucket: self.bucket.clone(), why }
    }
}

/// What helps against a refusal that S3 calls this.
fn denial(code: &str) -> String {
    match code {
        "ExpiredToken" => "the AWS credentials have expired (ExpiredToken); get new ones".to_owned(),
        "InvalidAccessKeyId" | "InvalidToken" | "SignatureDoesNotMatch" => {
            format!(
                "the AWS credentials are not accepted ({code}); check AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            )
        }
        "RequestTimeTooSkewed" => "the clock of this machine is wrong (RequestTimeTooSkewed)".to_owned(),
        _ => "the server needs s3:ListBucket on it; where requesters pay it can't be counted".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: &str, expected: &str) {
        let error = ListError::AccessDenied { bucket: "logs".to_owned(), code: code.to_owned() };
        assert!(error.to_string().contains(expected), "{error}");
    }

    #[test]
    fn a_refusal_says_what_helps_against_it() {
        check("AccessDenied", "s3:ListBucket");
        check("", "s3:ListBucket");
        check("ExpiredToken", "have expired");
        check("SignatureDoesNotMatch", "AWS_SECRET_ACCESS_KEY");
        check("RequestTimeTooSkewed", "clock");
        let region = Some("eu-west-1".to_owned());
        let elsewhere = ListError::OtherRegion { bucket: "logs".to_owned(), region };
        let told =
            "the bucket logs is in eu-west-1: set AWS_REGION to it, and let the functions be there too";
        assert_eq!(elsewhere.to_string(), told);
    }
}
