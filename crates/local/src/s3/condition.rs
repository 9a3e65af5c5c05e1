//! Preconditions of requests: If-Match and its kin, against an object's state.

use s3s::dto::{ETag, ETagCondition, Timestamp};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use super::stat::Stat;

/// The conditions of a GET or HEAD.
#[derive(Debug, Default)]
pub(crate) struct ReadConditions {
    pub(crate) if_match: Option<ETagCondition>,
    pub(crate) if_none_match: Option<ETagCondition>,
    pub(crate) if_modified_since: Option<Timestamp>,
    pub(crate) if_unmodified_since: Option<Timestamp>,
}

/// The conditions of a PUT or DELETE.
#[derive(Debug, Default)]
pub(crate) struct WriteConditions {
    pub(crate) if_match: Option<ETagCondition>,
    pub(crate) if_none_match: Option<ETagCondition>,
}

impl ReadConditions {
    /// Whether the object may be sent; else `PreconditionFailed` (412) or `NotModified` (304).
    /// An ETag condition outranks the date beside it (RFC 9110, section 13.2.2).
    pub(crate) fn check(&self, stat: &Stat) -> S3Result<()> {
        let unmodified = |since: &Timestamp| stat.modified.whole_seconds() <= *since;
        let unchanged = match (&self.if_match, &self.if_unmodified_since) {
            (Some(condition), _) => holds(condition, Some(stat)),
            (None, Some(since)) => unmodified(since),
            (None, None) => true,
        };
        if !unchanged {
            return Err(precondition_failed());
        }
        let known = match (&self.if_none_match, &self.if_modified_since) {
            (Some(condition), _) => holds(condition, Some(stat)),
            (None, Some(since)) => unmodified(since),
            (None, None) => false,
        };
        if known { Err(S3ErrorCode::NotModified.into()) } else { Ok(()) }
    }
}

impl WriteConditions {
    /// Whether `current` may be replaced or deleted; else `PreconditionFailed` (412), or `NoSuchKey` (404)
    /// where a version to replace was named and there is none.
    pub(crate) fn check(&self, current: Option<&Stat>) -> S3Result<()> {
        if let Some(condition) = &self.if_match
            && !holds(condition, current)
        {
            return Err(if current.is_some() { precondition_failed() } else { s3_error!(NoSuchKey) });
        }
        if let Some(condition) = &self.if_none_match
            && holds(condition, current)
        {
            return Err(precondition_failed());
        }
        Ok(())
    }
}

fn holds(condition: &ETagCondition, current: Option<&Stat>) -> bool {
    let Some(stat) = current else { return false };
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(ETag::Strong(etag) | ETag::Weak(etag)) => *etag == stat.etag,
    }
}

fn precondition_failed() -> S3Error {
    s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold")
}
