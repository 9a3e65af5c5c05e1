//! Run ids: unguessable, and in an order that lists the newest first.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use wire::run::is_id;

/// Milliseconds that the id's first part counts down from; 11 hex digits, good for 500 years.
const TIME_END_MS: i64 = 0xfff_ffff_ffff;
/// Hex digits of that part.
const TIME_DIGITS: usize = 11;
/// No run began before this program was.
const FIRST_RUN: &str = "2020-01-01T00:00:00Z";
/// How far the clock of the server that gave an id may be ahead.
const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(24);

/// An id: 11 hex digits that fall with time, so that a listing in ascending order begins with the newest, and
/// 128 random bits in hex, so that knowing an id is the right to see its run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

impl RunId {
    /// A fresh id.
    pub fn random() -> Self {
        Self::random_at(Timestamp::now())
    }

    /// A fresh id of a run that begins at that time.
    pub fn random_at(time: Timestamp) -> Self {
        let mut random = [0; 16];
        getrandom::fill(&mut random).expect("the operating system gives random bytes");
        Self(format!("{}{:032x}", Self::time_part(time), u128::from_be_bytes(random)))
    }

    /// The id that all others sort behind.
    pub fn first() -> Self {
        Self("0".repeat(43))
    }

    /// Whether a server can have given this id by now: most texts that look like one claim a time to come, or one
    /// before this program was.
    pub fn is_plausible(&self, now: Timestamp) -> bool {
        let first: Timestamp = FIRST_RUN.parse().expect("a constant is a time");
        let began_ms = self.began_ms();
        (first.as_millisecond()..=(now + AHEAD_MAX).as_millisecond()).contains(&began_ms)
    }

    /// Whether the run began before that time, by the clock of its server.
    pub fn began_before(&self, time: Timestamp) -> bool {
        self.began_ms() < time.as_millisecond()
    }

    fn began_ms(&self) -> i64 {
        let before_end = i64::from_str_radix(&self.0[..TIME_DIGITS], 16).expect("an id is hex digits");
        TIME_END_MS - before_end
    }

    /// What the ids of runs that begin at that time begin with; those of earlier ones sort behind it. Of times that no
    /// id can have it is the nearest one's.
    pub fn time_part(time: Timestamp) -> String {
        format!("{:011x}", (TIME_END_MS - time.as_millisecond()).clamp(0, TIME_END_MS))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RunId {
    type Error = &'static str;

    fn try_from(id: String) -> Result<Self, &'static str> {
        if is_id(&id) { Ok(Self(id)) } else { Err("a run id is 43 hex digits") }
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> Self {
        id.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_run_began_before_a_time_that_no_id_has() {
        let id = RunId::random();
        for seconds in [-1, -60 * 366 * 86_400, Timestamp::MIN.as_second()] {
            let long_ago = RunId::time_part(Timestamp::from_second(seconds).unwrap());
            assert!(long_ago.as_str() > id.as_str(), "{seconds}: {long_ago}");
        }
        assert!(RunId::time_part(Timestamp::MAX).as_str() < id.as_str());
    }

    #[test]
    fn an_id_is_read_back_and_nothing_else_is_an_id() {
        let id = RunId::random();
        assert_eq!(RunId::try_from(id.to_string()), Ok(id));
        assert!(RunId::try_from("../../etc/passwd".to_owned()).is_err());
    }

    #[test]
    fn an_id_claims_a_time_that_can_be() {
        let now = Timestamp::now();
        let hour = SignedDuration::from_hours(1);
        for began in [now, now + hour, now - hour * 24 * 365] {
            assert!(RunId::random_at(began).is_plausible(now), "{began}");
        }
        for began in [now + hour * 25, now - hour * 24 * 365 * 10] {
            assert!(!RunId::random_at(began).is_plausible(now), "{began}");
        }
        for text in ["0".repeat(43), "f".repeat(43), format!("{:043x}", 4711)] {
            assert!(!RunId::try_from(text.clone()).unwrap().is_plausible(now), "{text}");
        }
        let id = RunId::random_at(now - hour);
        assert!(id.began_before(now) && !id.began_before(now - hour * 2) && RunId::first() < id);
    }
}
