//! Numbers and names as people read them.

pub use wire::printable;
use wire::row::{RowEvent, has_counts};

/// All digits, in groups of three.
pub fn exact(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// At most four digits and a letter: `987`, `9,870`, `98.7k`, `9.87M`.
pub fn compact(number: u64) -> String {
    let (digits, unit) = figure(number);
    digits + unit
}

/// The same in two parts: the digits, and the letter that shrinks them.
pub fn figure(number: u64) -> (String, &'static str) {
    if number < 10_000 {
        return (exact(number), "");
    }
    let (value, unit) = scaled(number as f64, 1000.0, &["", "k", "M", "G", "T", "P", "E"]);
    (three_digits(value), unit)
}

/// Bytes in powers of 1,000.
pub fn bytes(number: u64) -> String {
    let (value, unit) = scaled(number as f64, 1000.0, &["B", "kB", "MB", "GB", "TB", "PB", "EB"]);
    if number < 1000 { format!("{number} B") } else { format!("{} {unit}", three_digits(value)) }
}

/// Dollars with as many decimals as it takes to see them.
pub fn usd(amount: f64) -> String {
    let decimals = match amount {
        a if a <= 0.0 => 2,
        a if a < 0.0001 => 7,
        a if a < 0.01 => 5,
        a if a < 1.0 => 4,
        _ => 2,
    };
    format!("${amount:.decimals$}")
}

/// A span of time: `740 ms`, `4.2 s`, `3 min 05 s`, `2 h 04 min`.
pub fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0 => format!("{ms} ms"),
        1..60 => format!("{:.1} s", ms as f64 / 1000.0),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// `1 object`, `2,503 objects`.
pub fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", exact(number), if number == 1 { "" } else { "s" })
}

/// A row's words and lines.
pub fn counts(row: &RowEvent) -> String {
    match has_counts(row.6, row.7) {
        true => format!("{}, {}", counted(row.1, "word"), counted(row.2, "line")),
        false => "not counted".to_owned(),
    }
}

/// A message as a sentence: a capital first, a full stop last.
pub fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// The minute of an RFC 3339 time, with a space for its `T`.
pub fn minute(time: &str) -> String {
    time.get(..16).unwrap_or(time).replace('T', " ")
}

fn scaled(mut value: f64, step: f64, units: &[&'static str]) -> (f64, &'static str) {
    let mut unit = 0;
    while value >= step * 0.9995 && unit + 1 < units.len() {
        value /= step;
        unit += 1;
    }
    (value, units[unit])
}

fn three_digits(value: f64) -> String {
    let decimals = match value {
        v if v < 9.995 => 2,
        v if v < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped() {
        assert_eq!(exact(0), "0");
        assert_eq!(exact(999), "999");
        assert_eq!(exact(1_234_567), "1,234,567");
    }

    #[test]
    fn what_was_not_counted_has_no_zeros() {
        use wire::row::{Reason, State};
        let row = |state, reason| RowEvent("k".to_owned(), 0, 0, 70, 0, 5, state, reason);
        assert_eq!(counts(&row(State::Counted, None)), "0 words, 0 lines");
        assert_eq!(counts(&row(State::Skipped, Some(Reason::Empty))), "0 words, 0 lines");
        assert_eq!(counts(&row(State::Skipped, Some(Reason::Filtered))), "not counted");
        assert_eq!(counts(&row(State::Failed, Some(Reason::Corrupt))), "not counted");
    }

    #[test]
    fn large_numbers_shrink() {
        assert_eq!(compact(9_999), "9,999");
        assert_eq!(compact(10_000), "10.0k");
        assert_eq!(figure(98_765), ("98.8".to_owned(), "k"));
        assert_eq!(compact(999_999), "1.00M");
        assert_eq!(compact(18_446_744_073_709_551_615), "18.4E");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_500_000), "1.50 MB");
    }

    #[test]
    fn money_and_time_keep_what_matters() {
        assert_eq!(usd(0.0), "$0.00");
        assert_eq!(usd(0.0000123), "$0.0000123");
        assert_eq!(usd(12.345), "$12.35");
        assert_eq!(duration(740), "740 ms");
        assert_eq!(duration(4_230), "4.2 s");
        assert_eq!(duration(185_000), "3 min 05 s");
    }
}
