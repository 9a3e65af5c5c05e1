//! The time of an object's last modification, in the years that every format of a date has.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use s3s::dto::Timestamp;

/// Seconds after 1970 of the first second of the year 1, and of the last one that is in the year 9999 in every time zone.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_207_199;
const NANOSECONDS_MAX: u32 = 999_999_999;

/// A time within the years 1 to 9999. For a file's time outside of them the nearest one stands, so that it compares with
/// every date as the file's own does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Modified {
    seconds: i64,
    nanoseconds: u32,
}

impl Modified {
    /// The time so many seconds after 1970, and so many nanoseconds after that.
    pub(crate) fn at(seconds: i64, nanoseconds: u32) -> Self {
        let near = seconds.clamp(*SECONDS.start(), *SECONDS.end());
        let nanoseconds = if near == seconds { nanoseconds.min(NANOSECONDS_MAX) } else { 0 };
        Self { seconds: near, nanoseconds }
    }

    /// The time so many milliseconds after 1970.
    pub(crate) fn of_milliseconds(milliseconds: u64) -> Self {
        let seconds = i64::try_from(milliseconds / 1_000).unwrap_or(i64::MAX);
        let part = u32::try_from(milliseconds % 1_000).unwrap_or_default();
        Self::at(seconds, part * 1_000_000)
    }

    /// Whether a file's time in seconds can be said as it is.
    pub(crate) fn can_say(seconds: i64) -> bool {
        SECONDS.contains(&seconds)
    }

    /// The time in S3's words.
    pub(crate) fn timestamp(self) -> Timestamp {
        let part = Duration::from_nanos(self.nanoseconds.into());
        Timestamp::from(self.second() + part)
    }

    /// The time as a `Last-Modified` header has it, which is what clients send back.
    pub(crate) fn whole_seconds(self) -> Timestamp {
        Timestamp::from(self.second())
    }

    /// Milliseconds after 1970; 0 before.
    pub(crate) fn milliseconds(self) -> u64 {
        let seconds = u64::try_from(self.seconds).unwrap_or_default();
        let part = if self.seconds < 0 { 0 } else { u64::from(self.nanoseconds / 1_000_000) };
        seconds * 1_000 + part
    }

    fn second(self) -> SystemTime {
        let distance = Duration::from_secs(self.seconds.unsigned_abs());
        if self.seconds < 0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance }
    }
}

impl From<SystemTime> for Modified {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Self::at(i64::try_from(after.as_secs()).unwrap_or(i64::MAX), after.subsec_nanos()),
            Err(before) => {
                let before = before.duration();
                let whole = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
                match before.subsec_nanos() {
                    0 => Self::at(-whole, 0),
                    part => Self::at(-whole - 1, NANOSECONDS_MAX + 1 - part),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use s3s::dto::TimestampFormat;

    use super::*;

    fn said(time: Modified) -> [String; 2] {
        [TimestampFormat::DateTime, TimestampFormat::HttpDate].map(|format| {
            let mut text = Vec::new();
            time.timestamp().format(format, &mut text).unwrap();
            String::from_utf8(text).unwrap()
        })
    }

    #[track_caller]
    fn check(seconds: i64, nanoseconds: u32, rfc3339: &str, http: &str) {
        let time = Modified::at(seconds, nanoseconds);
        assert_eq!(said(time), [rfc3339, http]);
        assert!(rfc3339.parse::<jiff::Timestamp>().is_ok(), "{rfc3339}");
        let parsed = Timestamp::parse(TimestampFormat::HttpDate, http).unwrap();
        assert_eq!(time.whole_seconds(), parsed, "a client sends back what it was sent");
    }

    #[test]
    fn times_are_said_as_they_are() {
        check(0, 0, "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 GMT");
        check(1_414_800_000, 250_000_000, "2014-11-01T00:00:00.250Z", "Sat, 01 Nov 2014 00:00:00 GMT");
        check(-1, 999_000_000, "1969-12-31T23:59:59.999Z", "Wed, 31 Dec 1969 23:59:59 GMT");
        check(-2_147_483_648, 0, "1901-12-13T20:45:52.000Z", "Fri, 13 Dec 1901 20:45:52 GMT");
    }

    #[test]
    fn the_nearest_is_said_of_times_that_no_date_has() {
        const FIRST: [&str; 2] = ["0001-01-01T00:00:00.000Z", "Mon, 01 Jan 0001 00:00:00 GMT"];
        const LAST: [&str; 2] = ["9999-12-30T21:59:59.000Z", "Thu, 30 Dec 9999 21:59:59 GMT"];
        for seconds in [i64::MIN, -(1 << 62), -62_198_755_200, -62_135_596_801, -62_135_596_800] {
            check(seconds, 0, FIRST[0], FIRST[1]);
        }
        for seconds in [253_402_207_199, 253_402_300_799, 253_402_300_800, 1 << 62, i64::MAX] {
            check(seconds, 0, LAST[0], LAST[1]);
        }
        assert_eq!(Modified::at(0, u32::MAX), Modified::at(0, NANOSECONDS_MAX));
    }

    #[test]
    fn a_clock_may_tell_any_time() {
        let check = |time: SystemTime, seconds, nanoseconds| {
            assert_eq!(Modified::from(time), Modified::at(seconds, nanoseconds));
        };
        check(UNIX_EPOCH + Duration::new(5, 7), 5, 7);
        check(UNIX_EPOCH - Duration::new(5, 7), -6, 999_999_993);
        check(UNIX_EPOCH - Duration::new(5, 0), -5, 0);
        check(UNIX_EPOCH + Duration::from_secs(1 << 62), 1 << 62, 0);
        check(UNIX_EPOCH - Duration::from_secs(1 << 62), -(1 << 62), 0);
        assert_eq!(Modified::at(-6, 999_999_993).milliseconds(), 0);
        assert_eq!(Modified::at(5, 7_000_000).milliseconds(), 5_007);
        assert_eq!(Modified::of_milliseconds(5_007), Modified::at(5, 7_000_000));
        assert_eq!(Modified::of_milliseconds(u64::MAX), Modified::at(i64::MAX, 0));
    }
}
