//! Why a page did not come, by what helps.

use std::time::Duration;

/// A page that did not come.
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
        /// S3's name for it.
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
        /// Its region, where S3 names it.
        region: Option<String>,
    },
    /// The store can't be reached, which passes.
    #[error("the bucket {bucket} can't be listed: {why}")]
    Unreachable {
        /// The bucket.
        bucket: String,
        /// The error on the way to it.
        why: String,
    },
    /// The store throttles requests or fails, which passes.
    #[error("the bucket {bucket} can't be listed: S3 answers {why}")]
    Refused {
        /// The bucket.
        bucket: String,
        /// S3's error.
        why: String,
        /// How long S3 asks to wait.
        retry_after: Option<Duration>,
    },
    /// The store's answer can't be taken for its listing.
    #[error("the listing of the bucket {bucket} can't be used: {why}")]
    Broken {
        /// The bucket.
        bucket: String,
        /// What is wrong with it.
        why: String,
    },
    /// Anything else.
    #[error("the bucket {bucket} can't be listed: {why}")]
    Unavailable {
        /// The bucket.
        bucket: String,
        /// S3's error.
        why: String,
    },
}

/// Advice on a refusal that S3 calls this.
fn denial(code: &str) -> String {
    match code {
        "ExpiredToken" => "the AWS credentials have expired (ExpiredToken); get new ones".to_owned(),
        "InvalidAccessKeyId" | "InvalidToken" | "SignatureDoesNotMatch" => {
            format!(
                "the AWS credentials are not accepted ({code}); check AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            )
        }
        "RequestTimeTooSkewed" => "the clock of this machine is wrong (RequestTimeTooSkewed)".to_owned(),
        _ => "the server needs s3:ListBucket on it; where its requesters pay, add --request-payer requester"
            .to_owned(),
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
