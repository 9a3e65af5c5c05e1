//! The version handshake: the server asks a function for its versions before it counts anything.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::wordcount::{COUNTING, OLDEST, VERSION};

/// The question, as a payload of either function: `{"ask":"version"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The subject of the question.
    pub ask: Subject,
}

/// Subjects of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The function's versions.
    Version,
}

/// The function that answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Function {
    /// The one that fans out.
    Cascade,
    /// The one that counts.
    Wordcount,
}

/// A function's description of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// Which one it is.
    pub function: Function,
    /// The newest protocol version that it speaks.
    pub v: u32,
    /// The oldest one that it still speaks.
    pub oldest: u32,
    /// The version of its counting.
    pub counting: u32,
    /// Its memory, which decides its price, where it knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mb: Option<u32>,
    /// Its processor, as Rust names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
}

/// Why a function and this program can't work together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disagreement {
    /// It is the other function.
    Other(Function),
    /// It speaks these versions, from the oldest to the newest, and this program's is not among them.
    Protocol {
        /// The oldest.
        oldest: u32,
        /// The newest.
        newest: u32,
    },
}

impl Versions {
    /// The versions of the function that is built from this source.
    pub fn of(function: Function) -> Self {
        Self { function, v: VERSION, oldest: OLDEST, counting: COUNTING, memory_mb: None, architecture: None }
    }

    /// Checks that this program may use the function as the `expected` one.
    ///
    /// # Errors
    /// The reason why it may not.
    pub fn agree(&self, expected: Function) -> Result<(), Disagreement> {
        if self.function != expected {
            return Err(Disagreement::Other(self.function));
        }
        if !(self.oldest..=self.v).contains(&VERSION) {
            return Err(Disagreement::Protocol { oldest: self.oldest, newest: self.v });
        }
        Ok(())
    }
}

impl Function {
    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cascade => "cascade",
            Self::Wordcount => "wordcount",
        }
    }
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(function) => write!(f, "it is the {} function", function.as_str()),
            Self::Protocol { oldest, newest } if oldest == newest => {
                write!(f, "it speaks protocol version {newest}, this program version {VERSION}")
            }
            Self::Protocol { oldest, newest } => {
                write!(f, "it speaks protocol versions {oldest} to {newest}, this program version {VERSION}")
            }
        }
    }
}

impl std::error::Error for Disagreement {}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(function: Function, oldest: u32, newest: u32, expected: Result<(), &str>) {
        let versions = Versions { v: newest, oldest, ..Versions::of(function) };
        let agreed = versions.agree(Function::Cascade).map_err(|error| error.to_string());
        assert_eq!(agreed, expected.map_err(str::to_owned));
    }

    #[test]
    fn a_function_is_used_where_it_is_the_right_one_and_speaks_our_version() {
        check(Function::Cascade, 1, 1, Ok(()));
        check(Function::Cascade, 1, 7, Ok(()));
        check(Function::Cascade, 2, 3, Err("it speaks protocol versions 2 to 3, this program version 1"));
        check(Function::Cascade, 0, 0, Err("it speaks protocol version 0, this program version 1"));
        check(Function::Wordcount, 1, 1, Err("it is the wordcount function"));
    }

    #[test]
    fn the_question_is_no_request_to_a_function_that_does_not_know_it() {
        let question = serde_json::to_string(&Question { ask: Subject::Version }).unwrap();
        assert_eq!(question, r#"{"ask":"version"}"#);
        assert!(serde_json::from_str::<crate::wordcount::Request>(&question).is_err());
        assert!(serde_json::from_str::<crate::cascade::Request>(&question).is_err());
    }
}
