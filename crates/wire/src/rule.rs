//! The word rule, and the grain of a run's results.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The definition of a word and of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Words are runs of bytes other than space, `\t`, `\n`, `\v`, `\f` and `\r`; lines are `\n`s.
    #[default]
    Wc,
    /// Words are runs of `[A-Za-z0-9_]` and bytes from 0x80 up; lines are `\n`s.
    Word,
    /// The 2015 program's `line.split(/\W/).length`: lines are `\n`s + 1, words are lines plus the UTF-16 code
    /// units outside `[A-Za-z0-9_]` once each `\n`, with a `\r` directly before it, is taken away.
    Seed,
}

impl Rule {
    /// Every rule, in the order in which a form offers them.
    pub const ALL: [Self; 3] = [Self::Wc, Self::Word, Self::Seed];

    /// The rule's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wc => "wc",
            Self::Word => "word",
            Self::Seed => "seed",
        }
    }
}

/// The grain of a run's results: totals only, or per object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    /// Totals, and the objects that could not be counted.
    #[default]
    Total,
    /// A row for every object.
    PerObject,
}

impl Grain {
    /// Every grain, in the order in which a form offers them.
    pub const ALL: [Self; 2] = [Self::Total, Self::PerObject];

    /// The grain's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::PerObject => "per_object",
        }
    }
}

/// A name that is none of the choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    what: &'static str,
    name: String,
    choices: &'static str,
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown {} {:?}: use {}", self.what, self.name, self.choices)
    }
}

impl std::error::Error for UnknownName {}

impl FromStr for Rule {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|rule| rule.as_str() == name).ok_or_else(|| UnknownName {
            what: "rule",
            name: name.to_owned(),
            choices: "wc, word or seed",
        })
    }
}

impl FromStr for Grain {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|grain| grain.as_str() == name).ok_or_else(|| UnknownName {
            what: "grain",
            name: name.to_owned(),
            choices: "total or per_object",
        })
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Grain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for rule in Rule::ALL {
            assert_eq!(rule.as_str().parse(), Ok(rule));
        }
        for grain in Grain::ALL {
            assert_eq!(grain.as_str().parse(), Ok(grain));
        }
    }

    #[test]
    fn an_unknown_name_says_what_would_be_right() {
        let error = "lines".parse::<Rule>().unwrap_err();
        assert_eq!(error.to_string(), "unknown rule \"lines\": use wc, word or seed");
    }
}
