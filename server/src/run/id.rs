//! Run ids: unguessable, and in an order that lists the newest first.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use wire::run::is_id;

/// Milliseconds that the id's first part counts down from; 11 hex digits, good for 500 years.
const TIME_END_MS: i64 = 0xfff_ffff_ffff;

/// An id: 11 hex digits that fall with time, so that a listing in ascending order begins with the newest, and
/// 128 random bits in hex, so that knowing an id is the right to see its run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

impl RunId {
    /// A fresh id.
    pub fn random() -> Self {
        let mut random = [0; 16];
        getrandom::fill(&mut random).expect("the operating system gives random bytes");
        Self(format!("{}{:032x}", Self::time_part(Timestamp::now()), u128::from_be_bytes(random)))
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
}
