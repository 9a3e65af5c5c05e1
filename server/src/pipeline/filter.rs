//! Which of the listed objects are counted, and why the others are not. Pure, and the same for a run and for its
//! estimate.

mod glob;

use jiff::Timestamp;
use wire::row::Reason;
use wire::run::Filter;

pub use glob::{Glob, GlobError, PATTERN_BYTES_MAX};

/// A filter, ready to judge.
#[derive(Clone, Debug, Default)]
pub struct Matcher {
    suffix: Option<String>,
    glob: Option<Glob>,
    min_size: Option<u64>,
    max_size: Option<u64>,
    modified_since: Option<Timestamp>,
}

/// A filter that can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Its pattern.
    #[error("glob is {0}")]
    Glob(#[from] GlobError),
    /// Its time.
    #[error("modified_since is {0:?}: use a date or a time such as 2026-11-25 or 2026-11-25T20:45:00Z")]
    Time(String),
}

impl Matcher {
    /// Makes a filter ready.
    ///
    /// # Errors
    /// Where its pattern or its time can't be read.
    pub fn new(filter: &Filter) -> Result<Self, FilterError> {
        let time = |text: &String| text.parse().map_err(|_| FilterError::Time(text.clone()));
        Ok(Self {
            suffix: filter.suffix.clone(),
            glob: filter.glob.as_deref().map(Glob::new).transpose()?,
            min_size: filter.min_size,
            max_size: filter.max_size,
            modified_since: filter.modified_since.as_ref().map(time).transpose()?,
        })
    }

    /// Why a listed object is skipped; `None` where it is counted. `modified` is in RFC 3339; an object of
    /// unknown time is not taken to be recent, and one of unknown size is not taken to fit.
    pub fn skipped(&self, key: &str, size: Option<u64>, modified: Option<&str>) -> Option<Reason> {
        match (key.ends_with('/'), self.admits(key, size, modified), size) {
            (true, _, Some(0)) => Some(Reason::Marker),
            (_, false, _) => Some(Reason::Filtered),
            (_, _, Some(0)) => Some(Reason::Empty),
            (_, true, Some(1..) | None) => None,
        }
    }

    fn admits(&self, key: &str, size: Option<u64>, modified: Option<&str>) -> bool {
        self.suffix.as_ref().is_none_or(|suffix| key.ends_with(suffix))
            && self.min_size.is_none_or(|min| size.is_some_and(|size| size >= min))
            && self.max_size.is_none_or(|max| size.is_some_and(|size| size <= max))
            && self.glob.as_ref().is_none_or(|glob| glob.matches(key))
            && self.modified_since.is_none_or(|since| {
                modified.and_then(|time| time.parse::<Timestamp>().ok()).is_some_and(|time| time >= since)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(change: impl FnOnce(&mut Filter), object: (&str, u64, Option<&str>), expected: Option<Reason>) {
        check_sized(change, (object.0, Some(object.1), object.2), expected);
    }

    #[track_caller]
    fn check_sized(
        change: impl FnOnce(&mut Filter),
        object: (&str, Option<u64>, Option<&str>),
        expected: Option<Reason>,
    ) {
        let mut filter = Filter::default();
        change(&mut filter);
        let matcher = Matcher::new(&filter).unwrap();
        assert_eq!(matcher.skipped(object.0, object.1, object.2), expected, "{filter}: {object:?}");
    }

    const NOON: Option<&str> = Some("2026-11-25T12:00:00Z");

    #[test]
    fn what_a_filter_does_not_name_it_admits() {
        check(|_| (), ("a.gz", 1, NOON), None);
        check(|_| (), ("a.gz", 1, None), None);
        check(|_| (), ("a.gz", 0, NOON), Some(Reason::Empty));
        check(|_| (), ("a/", 0, NOON), Some(Reason::Marker));
        check(|_| (), ("a/", 5, NOON), None);
        check_sized(|_| (), ("a", None, NOON), None);
        check_sized(|_| (), ("a/", None, NOON), None);
    }

    #[test]
    fn keys_are_judged_by_their_suffix_and_by_the_pattern() {
        let suffix = |filter: &mut Filter| filter.suffix = Some(".gz".into());
        check(suffix, ("a.gz", 1, NOON), None);
        check(suffix, ("a.txt", 1, NOON), Some(Reason::Filtered));
        check(suffix, ("a.txt", 0, NOON), Some(Reason::Filtered));
        check(suffix, ("a/", 0, NOON), Some(Reason::Marker));
        let glob = |filter: &mut Filter| filter.glob = Some("logs/**/*.gz".into());
        check(glob, ("logs/a/b.gz", 1, NOON), None);
        check(glob, ("other/a/b.gz", 1, NOON), Some(Reason::Filtered));
    }

    #[test]
    fn sizes_are_judged_with_their_bounds_included() {
        let sizes = |filter: &mut Filter| (filter.min_size, filter.max_size) = (Some(10), Some(20));
        check(sizes, ("a", 9, NOON), Some(Reason::Filtered));
        check(sizes, ("a", 10, NOON), None);
        check(sizes, ("a", 20, NOON), None);
        check(sizes, ("a", 21, NOON), Some(Reason::Filtered));
        check(|filter| filter.min_size = Some(0), ("a", 0, NOON), Some(Reason::Empty));
        check_sized(sizes, ("a", None, NOON), Some(Reason::Filtered));
    }

    #[test]
    fn times_are_compared_as_instants() {
        let since = |time: &'static str| move |filter: &mut Filter| filter.modified_since = Some(time.into());
        check(since("2026-11-25T12:00:00Z"), ("a", 1, NOON), None);
        check(since("2026-11-25T14:00:00+02:00"), ("a", 1, NOON), None);
        check(since("2026-11-25T12:00:00.001Z"), ("a", 1, NOON), Some(Reason::Filtered));
        check(since("2026-11-25T12:00:00Z"), ("a", 1, Some("2026-11-25T12:00:00.5Z")), None);
        check(since("2026-11-25T12:00:00Z"), ("a", 1, None), Some(Reason::Filtered));
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_refused() {
        let filter = Filter { modified_since: Some("yesterday".into()), ..Filter::default() };
        let error = Matcher::new(&filter).unwrap_err().to_string();
        assert!(error.starts_with("modified_since is \"yesterday\": use "), "{error}");
    }
}
