//! What an axis can show of an object.

use wire::row::RowEvent;

/// A number of a ledger row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Bytes as stored.
    BytesIn,
    /// Bytes decoded.
    BytesOut,
    /// Words.
    Words,
    /// Lines.
    Lines,
    /// Milliseconds spent on it.
    Duration,
}

impl Measure {
    /// Every measure, in the order in which they are offered.
    pub const ALL: [Self; 5] = [Self::BytesIn, Self::BytesOut, Self::Words, Self::Lines, Self::Duration];

    /// Its name in forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::BytesIn => "bytes_in",
            Self::BytesOut => "bytes_out",
            Self::Words => "words",
            Self::Lines => "lines",
            Self::Duration => "duration_ms",
        }
    }

    /// Its name for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::BytesIn => "bytes stored",
            Self::BytesOut => "bytes decoded",
            Self::Words => "words",
            Self::Lines => "lines",
            Self::Duration => "milliseconds",
        }
    }

    /// The measure of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.name() == name)
    }

    /// The row's number.
    pub fn of(self, row: &RowEvent) -> u64 {
        match self {
            Self::BytesIn => row.3,
            Self::BytesOut => row.4,
            Self::Words => row.1,
            Self::Lines => row.2,
            Self::Duration => row.5,
        }
    }
}
