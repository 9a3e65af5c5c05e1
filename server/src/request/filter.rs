//! The filter's part of a form, and sizes in bytes.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use wire::api::StartRun;
use wire::bucket::KEY_BYTES_MAX;
use wire::error::{ApiError, ErrorCode};
use wire::run::Filter;

use super::{bounded, given};
use crate::pipeline::filter::{Matcher, PATTERN_BYTES_MAX};

/// Letters that multiply a size.
const UNITS: [(char, u64); 4] = [('k', 1 << 10), ('m', 1 << 20), ('g', 1 << 30), ('t', 1 << 40)];

/// Reads the filter of a form.
pub(super) fn filter(form: &StartRun) -> Result<Filter, ApiError> {
    bounded("suffix", form.suffix.as_ref(), KEY_BYTES_MAX)?;
    bounded("glob", form.glob.as_ref(), PATTERN_BYTES_MAX)?;
    let filter = Filter {
        suffix: given(form.suffix.as_ref()).map(str::to_owned),
        glob: given(form.glob.as_ref()).map(str::to_owned),
        min_size: size("min_size", form.min_size.as_ref(), ErrorCode::InvalidRequest)?,
        max_size: size("max_size", form.max_size.as_ref(), ErrorCode::InvalidRequest)?,
        modified_since: time("modified_since", form.modified_since.as_ref())?,
    };
    if let (Some(min), Some(max)) = (filter.min_size, filter.max_size)
        && min > max
    {
        let message = format!("min_size is {min} and max_size {max}: use a max_size from min_size up");
        return Err(ApiError::new(ErrorCode::InvalidRequest, message));
    }
    Matcher::new(&filter).map_err(|error| ApiError::new(ErrorCode::InvalidRequest, error.to_string()))?;
    Ok(filter)
}

/// A size in bytes: a whole number, with K, M, G or T behind it in powers of 1024.
pub(super) fn size(name: &str, field: Option<&String>, code: ErrorCode) -> Result<Option<u64>, ApiError> {
    let Some(text) = given(field) else { return Ok(None) };
    let wrong = || {
        let message = format!(
            "{name} is {:?}: use a number of bytes from 0 up, or one with K, M, G or T for powers of 1024",
            shown(text)
        );
        ApiError::new(code, message)
    };
    bytes(text.trim()).map(Some).ok_or_else(wrong)
}

fn bytes(text: &str) -> Option<u64> {
    let last = text.chars().last()?.to_ascii_lowercase();
    let (digits, factor) = match UNITS.iter().find(|(unit, _)| *unit == last) {
        Some((_, factor)) => (&text[..text.len() - 1], *factor),
        None => (text, 1),
    };
    // A number's parser would take a sign.
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse::<u64>().ok()?.checked_mul(factor)).flatten()
}

/// A time in RFC 3339, normalised; a date is its first moment, UTC.
fn time(name: &str, field: Option<&String>) -> Result<Option<String>, ApiError> {
    let Some(text) = given(field) else { return Ok(None) };
    let trimmed = text.trim();
    let of_date = || Some(trimmed.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp());
    let time = if is_date(trimmed) { of_date() } else { trimmed.parse::<Timestamp>().ok() };
    let wrong = || {
        let message = format!(
            "{name} is {:?}: use a date such as 2026-11-25, which begins at 00:00 UTC, or a time such as \
             2026-11-25T20:45:00Z",
            shown(text)
        );
        ApiError::new(ErrorCode::InvalidRequest, message)
    };
    time.map(|time| Some(time.to_string())).ok_or_else(wrong)
}

/// Ten characters: a time has more, and a parser of dates would forgive them.
fn is_date(text: &str) -> bool {
    text.len() == 10
}

fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_size(text: &str, expected: Option<u64>) {
        let read = size("max_size", Some(&text.to_owned()), ErrorCode::InvalidRequest);
        assert_eq!(read.ok(), expected.map(Some), "{text}");
    }

    #[test]
    fn sizes_have_units_in_powers_of_1024() {
        check_size("0", Some(0));
        check_size(" 1500 ", Some(1500));
        check_size("1K", Some(1024));
        check_size("3m", Some(3 << 20));
        check_size("2G", Some(2 << 30));
        check_size("1T", Some(1 << 40));
        check_size("18446744073709551615", Some(u64::MAX));
        check_size("16777216T", None);
        for wrong in ["K", "-1", "+1", "1.5M", "1 KB", "1KiB", "ten", "1ż", "18446744073709551616"] {
            check_size(wrong, None);
        }
    }

    #[track_caller]
    fn check_time(text: &str, expected: Option<&str>) {
        let read = time("modified_since", Some(&text.to_owned()));
        assert_eq!(read.ok(), expected.map(|time| Some(time.to_owned())), "{text}");
    }

    #[test]
    fn times_are_dates_or_moments_in_rfc_3339() {
        check_time("2026-11-25", Some("2026-11-25T00:00:00Z"));
        check_time("2026-11-25T20:45:00Z", Some("2026-11-25T20:45:00Z"));
        check_time("2026-11-25T20:45:00+02:00", Some("2026-11-25T18:45:00Z"));
        check_time("2026-11-25T20:45:00.25Z", Some("2026-11-25T20:45:00.25Z"));
        for wrong in ["2026-02-30", "2026-11-25T20:45:00", "yesterday", "25.11.2026", "1", "2026-1-1"] {
            check_time(wrong, None);
        }
    }

    #[track_caller]
    fn check_refused(change: impl FnOnce(&mut StartRun), sentence: &str) {
        let mut form = StartRun::default();
        change(&mut form);
        let error = filter(&form).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidRequest);
        assert!(error.message.starts_with(sentence) && error.message.contains(": use "), "{error}");
    }

    #[test]
    fn wrong_fields_are_refused_by_name() {
        check_refused(|form| form.min_size = Some("many".into()), "min_size is \"many\"");
        check_refused(|form| form.max_size = Some("-1".into()), "max_size is \"-1\"");
        check_refused(|form| form.modified_since = Some("soon".into()), "modified_since is \"soon\"");
        check_refused(|form| form.glob = Some("x".repeat(257)), "glob has 257 bytes");
        let crossed = |form: &mut StartRun| {
            (form.min_size, form.max_size) = (Some("1K".into()), Some("1000".into()));
        };
        check_refused(crossed, "min_size is 1024 and max_size 1000");
    }

    #[test]
    fn what_is_left_empty_says_nothing() {
        let empty = Some(String::new());
        let form = StartRun { glob: empty.clone(), min_size: empty.clone(), ..StartRun::default() };
        assert_eq!(filter(&StartRun { modified_since: empty, ..form }), Ok(Filter::default()));
    }
}
