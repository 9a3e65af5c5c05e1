//! From a form's text to a run's spec: what is wrong with it is said before a run gets its id.

mod filter;

use std::str::FromStr;

use wire::api::StartRun;
use wire::bucket::{BucketName, InvalidBucketName, KEY_BYTES_MAX};
use wire::error::{ApiError, ErrorCode};
use wire::run::{Analysis, Limits, RunSpec};

/// Bytes that an idempotency key may have.
const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;

/// Reads a form. `bucket_default` stands where none is named.
///
/// # Errors
/// What is wrong, and what would be right.
pub fn spec(form: &StartRun, bucket_default: &str) -> Result<RunSpec, ApiError> {
    let bucket = given(form.bucket.as_ref()).unwrap_or(bucket_default);
    let bucket = BucketName::try_from(bucket.to_owned()).map_err(|error| invalid_name(&error))?;
    bounded("prefix", form.prefix.as_ref(), KEY_BYTES_MAX)?;
    let prefix = form.prefix.clone().unwrap_or_default();
    check_idempotency_key(form.idempotency_key.as_ref())?;
    let limits = Limits {
        max_usd: limit("max_usd", form.max_usd.as_ref())?,
        max_objects: limit("max_objects", form.max_objects.as_ref())?,
        max_bytes: filter::size("max_bytes", form.max_bytes.as_ref(), ErrorCode::InvalidLimit)?,
        max_seconds: limit("max_seconds", form.max_seconds.as_ref())?,
    };
    if limits.max_usd.is_some_and(|usd| !usd.is_finite() || usd < 0.0) {
        return Err(ApiError::new(
            ErrorCode::InvalidLimit,
            "max_usd must be a number of US dollars from 0 up",
        ));
    }
    Ok(RunSpec {
        analysis: Analysis::Wordcount,
        bucket,
        prefix,
        rule: choice(form.rule.as_ref(), ErrorCode::InvalidRule)?,
        grain: choice(form.grain.as_ref(), ErrorCode::InvalidGrain)?,
        filter: filter::filter(form)?,
        limits,
        stop_unwatched: limit("stop_unwatched", form.stop_unwatched.as_ref())?,
        recount: given(form.recount.as_ref()).is_some_and(|text| text != "0" && text != "false"),
        parent: None,
        rows: None,
    })
}

/// Checks the name of a bucket that would have to be made for it.
///
/// # Errors
/// Where no bucket of this name can be made.
pub fn check_new_name(bucket: &BucketName) -> Result<(), ApiError> {
    bucket.check_new().map_err(|error| invalid_name(&error))
}

fn invalid_name(error: &InvalidBucketName) -> ApiError {
    ApiError::new(ErrorCode::InvalidBucketName, error.to_string())
}

/// An idempotency key is no longer than it may be.
///
/// # Errors
/// Where it is.
pub fn check_idempotency_key(key: Option<&String>) -> Result<(), ApiError> {
    bounded("idempotency_key", key, IDEMPOTENCY_KEY_BYTES_MAX)
}

fn bounded(name: &str, field: Option<&String>, bytes_max: usize) -> Result<(), ApiError> {
    match field.map_or(0, String::len) {
        bytes if bytes > bytes_max => {
            let message = format!("{name} has {bytes} bytes: use at most {bytes_max}");
            Err(ApiError::new(ErrorCode::InvalidRequest, message))
        }
        _ => Ok(()),
    }
}

fn given(field: Option<&String>) -> Option<&str> {
    field.map(String::as_str).filter(|text| !text.is_empty())
}

fn choice<T>(field: Option<&String>, code: ErrorCode) -> Result<T, ApiError>
where
    T: FromStr + Default,
    T::Err: ToString,
{
    given(field).map_or_else(
        || Ok(T::default()),
        |name| name.parse().map_err(|error: T::Err| ApiError::new(code, error.to_string())),
    )
}

fn limit<T: FromStr>(name: &str, field: Option<&String>) -> Result<Option<T>, ApiError> {
    let Some(text) = given(field) else { return Ok(None) };
    let shown: String = text.chars().take(40).collect();
    let wrong =
        |_| ApiError::new(ErrorCode::InvalidLimit, format!("{name} is {shown:?}: use a number from 0 up"));
    text.trim().parse().map(Some).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(change: impl FnOnce(&mut StartRun)) -> StartRun {
        let mut form = StartRun::default();
        change(&mut form);
        form
    }

    #[track_caller]
    fn check(form: &StartRun, expected: ErrorCode) {
        assert_eq!(spec(form, "docs").unwrap_err().code, expected);
    }

    #[test]
    fn what_is_not_said_has_its_default() {
        let spec = spec(&StartRun::default(), "docs").unwrap();
        assert_eq!((spec.bucket.as_str(), spec.prefix.as_str()), ("docs", ""));
    }

    #[test]
    fn wrong_fields_are_refused_by_name() {
        check(&form(|form| form.bucket = Some("No Bucket".into())), ErrorCode::InvalidBucketName);
        check(&form(|form| form.rule = Some("lines".into())), ErrorCode::InvalidRule);
        check(&form(|form| form.grain = Some("fine".into())), ErrorCode::InvalidGrain);
        check(&form(|form| form.max_usd = Some("-1".into())), ErrorCode::InvalidLimit);
        check(&form(|form| form.max_usd = Some("NaN".into())), ErrorCode::InvalidLimit);
        check(&form(|form| form.max_objects = Some("many".into())), ErrorCode::InvalidLimit);
        check(&form(|form| form.max_bytes = Some("1KB".into())), ErrorCode::InvalidLimit);
        check(&form(|form| form.glob = Some("[a".into())), ErrorCode::InvalidRequest);
        check(&form(|form| form.prefix = Some("x".repeat(1025))), ErrorCode::InvalidRequest);
    }
}
