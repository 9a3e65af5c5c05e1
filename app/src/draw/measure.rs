//! The measures that an axis can show of an object.

use wire::row::{Reason, RowEvent, State};

/// A ledger row without its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// Words.
    pub words: u64,
    /// Lines.
    pub lines: u64,
    /// Bytes as stored.
    pub bytes_in: u64,
    /// Bytes decoded.
    pub bytes_out: u64,
    /// Milliseconds spent on it.
    pub duration_ms: u64,
    /// The final state.
    pub state: State,
    /// Why, where there is a why.
    pub reason: Option<Reason>,
}

impl From<&RowEvent> for Numbers {
    fn from(row: &RowEvent) -> Self {
        let &RowEvent(_, words, lines, bytes_in, bytes_out, duration_ms, state, reason) = row;
        Self { words, lines, bytes_in, bytes_out, duration_ms, state, reason }
    }
}

/// A number of a ledger row, or how two of them compare.
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
    /// Words in a line, on average.
    WordsPerLine,
    /// Bytes decoded for each byte stored.
    Ratio,
    /// Milliseconds spent on it.
    Duration,
}

impl Measure {
    /// Every measure, in the order in which they are offered.
    pub const ALL: [Self; 7] = [
        Self::BytesIn,
        Self::BytesOut,
        Self::Words,
        Self::Lines,
        Self::WordsPerLine,
        Self::Ratio,
        Self::Duration,
    ];

    /// Its name in forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::BytesIn => "bytes_in",
            Self::BytesOut => "bytes_out",
            Self::Words => "words",
            Self::Lines => "lines",
            Self::WordsPerLine => "words_per_line",
            Self::Ratio => "ratio",
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
            Self::WordsPerLine => "words per line",
            Self::Ratio => "decoded / stored",
            Self::Duration => "milliseconds",
        }
    }

    /// The measure of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.name() == name)
    }

    /// The object's number; 0 where there is nothing to divide by.
    pub fn of(self, numbers: &Numbers) -> f64 {
        let share = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        match self {
            Self::BytesIn => numbers.bytes_in as f64,
            Self::BytesOut => numbers.bytes_out as f64,
            Self::Words => numbers.words as f64,
            Self::Lines => numbers.lines as f64,
            Self::WordsPerLine => share(numbers.words, numbers.lines),
            Self::Ratio => share(numbers.bytes_out, numbers.bytes_in),
            Self::Duration => numbers.duration_ms as f64,
        }
    }

    /// The smallest number that a logarithmic axis distinguishes from 0.
    pub fn least(self) -> f64 {
        match self {
            Self::WordsPerLine | Self::Ratio => 0.01,
            Self::BytesIn | Self::BytesOut | Self::Words | Self::Lines | Self::Duration => 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(measure: Measure, expected: f64) {
        let row = RowEvent("k".to_owned(), 30, 4, 10, 25, 7, State::Counted, None);
        assert_eq!(measure.of(&Numbers::from(&row)), expected);
        let nothing = RowEvent("k".to_owned(), 0, 0, 0, 0, 0, State::Skipped, Some(Reason::Empty));
        assert_eq!(measure.of(&Numbers::from(&nothing)), 0.0);
        assert_eq!(Measure::named(measure.name()), Some(measure));
    }

    #[test]
    fn an_axis_shows_a_number_or_how_two_compare() {
        check(Measure::Words, 30.0);
        check(Measure::BytesIn, 10.0);
        check(Measure::WordsPerLine, 7.5);
        check(Measure::Ratio, 2.5);
        check(Measure::Duration, 7.0);
    }
}
