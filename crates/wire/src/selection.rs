//! Some of a run's rows, by their numbers in order of settling: `0-5,9,12`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Bytes that a selection may have as text: some ten thousand scattered rows, and any number in a row.
pub const SELECTION_BYTES_MAX: usize = 64 * 1024;

/// Rows of a run:
///
/// - at least one;
/// - as ranges that rise and neither overlap nor touch, so that equal selections are equal texts;
/// - in at most [`SELECTION_BYTES_MAX`] bytes of text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Selection {
    ranges: Vec<(u64, u64)>,
}

/// A text that names no rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidSelection {
    /// There is nothing in it.
    Empty,
    /// It has so many bytes.
    TooLong(usize),
    /// This part of it is neither a number nor two in order.
    Odd(String),
}

impl Selection {
    /// The rows of these numbers, which rise.
    ///
    /// # Errors
    /// Where there are none, or more than a text may name.
    pub fn of(numbers: impl IntoIterator<Item = u64>) -> Result<Self, InvalidSelection> {
        Self::checked(merged(numbers.into_iter().map(|number| (number, number))))
    }

    /// First and last number of each range, rising.
    pub fn ranges(&self) -> &[(u64, u64)] {
        &self.ranges
    }

    /// How many rows there are.
    pub fn count(&self) -> u64 {
        self.ranges.iter().fold(0, |sum, (first, last)| sum.saturating_add((last - first).saturating_add(1)))
    }

    /// The greatest number.
    pub fn last(&self) -> u64 {
        self.ranges.last().map_or(0, |range| range.1)
    }

    /// The first number from this one on.
    pub fn next_from(&self, number: u64) -> Option<u64> {
        let at = self.ranges.partition_point(|range| range.1 < number);
        self.ranges.get(at).map(|range| range.0.max(number))
    }

    /// Whether the row of this number is among them.
    pub fn contains(&self, number: u64) -> bool {
        self.next_from(number) == Some(number)
    }

    fn checked(ranges: Vec<(u64, u64)>) -> Result<Self, InvalidSelection> {
        let selection = Self { ranges };
        if selection.ranges.is_empty() {
            return Err(InvalidSelection::Empty);
        }
        match selection.text_bytes() {
            bytes if bytes > SELECTION_BYTES_MAX => Err(InvalidSelection::TooLong(bytes)),
            _ => Ok(selection),
        }
    }

    /// How long it is as text, without writing it.
    fn text_bytes(&self) -> usize {
        let digits = |number: u64| number.checked_ilog10().unwrap_or(0) as usize + 1;
        let range = |&(first, last): &(u64, u64)| match digits(first) {
            bytes if first == last => bytes + 1,
            bytes => bytes + digits(last) + 2,
        };
        self.ranges.iter().map(range).sum::<usize>() - 1
    }
}

/// Ranges that rise by their beginnings, with those joined that overlap or touch.
fn merged(ranges: impl Iterator<Item = (u64, u64)>) -> Vec<(u64, u64)> {
    let mut merged: Vec<(u64, u64)> = Vec::new();
    for (first, last) in ranges {
        match merged.last_mut() {
            Some(held) if first <= held.1.saturating_add(1) => held.1 = held.1.max(last),
            _ => merged.push((first, last)),
        }
    }
    merged
}

impl FromStr for Selection {
    type Err = InvalidSelection;

    fn from_str(text: &str) -> Result<Self, InvalidSelection> {
        if text.len() > SELECTION_BYTES_MAX {
            return Err(InvalidSelection::TooLong(text.len()));
        }
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let mut ranges = parts.map(range).collect::<Result<Vec<_>, _>>()?;
        ranges.sort_unstable();
        Self::checked(merged(ranges.into_iter()))
    }
}

fn range(part: &str) -> Result<(u64, u64), InvalidSelection> {
    let (first, last) = part.split_once('-').unwrap_or((part, part));
    match (first.trim().parse(), last.trim().parse()) {
        (Ok(first), Ok(last)) if first <= last => Ok((first, last)),
        _ => Err(InvalidSelection::Odd(part.chars().take(40).collect())),
    }
}

impl TryFrom<String> for Selection {
    type Error = InvalidSelection;

    fn try_from(text: String) -> Result<Self, InvalidSelection> {
        text.parse()
    }
}

impl From<Selection> for String {
    fn from(selection: Selection) -> Self {
        selection.to_string()
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (first, last)) in self.ranges.iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            if first == last {
                write!(f, "{comma}{first}")?;
            } else {
                write!(f, "{comma}{first}-{last}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for InvalidSelection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("no rows are named: name them by number, for example 0-5,9,12"),
            Self::TooLong(bytes) => {
                write!(f, "the rows take {bytes} bytes to name: name rows in at most {SELECTION_BYTES_MAX}")
            }
            Self::Odd(part) => {
                write!(f, "{part:?} names no rows: use numbers and ranges that rise, for example 0-5,9,12")
            }
        }
    }
}

impl std::error::Error for InvalidSelection {}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str, count: u64) {
        let selection: Selection = text.parse().unwrap();
        assert_eq!((selection.to_string().as_str(), selection.count()), (expected, count));
        assert_eq!(selection.text_bytes(), expected.len());
        assert_eq!(Selection::try_from(String::from(selection.clone())), Ok(selection));
    }

    #[test]
    fn rows_are_read_in_any_order_and_written_in_one() {
        check("7", "7", 1);
        check("0-5,9,12", "0-5,9,12", 8);
        check(" 12, 9 ,0 - 5,", "0-5,9,12", 8);
        check("3,1,2,2,1-2", "1-3", 3);
        check("4-9,5-6,10,12", "4-10,12", 8);
        check("0-18446744073709551615", "0-18446744073709551615", u64::MAX);
        check("18446744073709551615,0", "0,18446744073709551615", 2);
    }

    #[test]
    fn numbers_become_ranges() {
        let selection = Selection::of([2, 3, 4, 8, 10, 11]).unwrap();
        assert_eq!(selection.to_string(), "2-4,8,10-11");
        assert_eq!(selection.last(), 11);
        assert_eq!(
            [1, 2, 4, 5, 9, 12].map(|n| selection.contains(n)),
            [false, true, true, false, false, false]
        );
        assert_eq!(
            [0, 3, 5, 9, 12].map(|n| selection.next_from(n)),
            [Some(2), Some(3), Some(8), Some(10), None]
        );
    }

    #[track_caller]
    fn check_wrong(text: &str, expected: &str) {
        assert_eq!(text.parse::<Selection>().unwrap_err().to_string(), expected);
    }

    #[test]
    fn what_names_no_rows_says_what_would() {
        let use_numbers = "use numbers and ranges that rise, for example 0-5,9,12";
        check_wrong("", "no rows are named: name them by number, for example 0-5,9,12");
        check_wrong(" , ", "no rows are named: name them by number, for example 0-5,9,12");
        for odd in ["all", "-1", "1-", "5-3", "1-2-3", "1.5", "18446744073709551616"] {
            check_wrong(odd, &format!("{odd:?} names no rows: {use_numbers}"));
        }
        let long = "1,".repeat(SELECTION_BYTES_MAX / 2 + 1);
        check_wrong(&long, "the rows take 65538 bytes to name: name rows in at most 65536");
        let scattered = Selection::of((0..20_000).map(|number| number * 2));
        assert!(matches!(scattered, Err(InvalidSelection::TooLong(_))), "{scattered:?}");
    }
}
