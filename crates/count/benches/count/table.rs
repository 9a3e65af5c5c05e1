//! The table that is printed: a line for each ratio, as soon as it is measured.

use std::time::Duration;

use crate::arguments::Scale;

/// The table, of which the head is printed.
pub(crate) struct Table {
    scale: Scale,
}

/// Two contenders and their times.
pub(crate) struct Line<'a> {
    pub(crate) text: &'a str,
    pub(crate) what: &'a str,
    pub(crate) against: &'a str,
    /// The amount that both processed.
    pub(crate) amount: Amount,
    pub(crate) ours: Duration,
    pub(crate) theirs: Duration,
    /// The ratio that docs/benchmarks.md promises.
    pub(crate) at_least: Option<f64>,
}

/// The quantity that a speed measures.
#[derive(Clone, Copy)]
pub(crate) enum Amount {
    Bytes(usize),
    Objects(usize),
}

impl Table {
    pub(crate) fn begin(scale: Scale) -> Self {
        println!(
            "{:<10} {:<26} {:>12}   {:<34} {:>12} {:>7}  at least",
            "text", "what", "speed", "against", "speed", "ratio"
        );
        Self { scale }
    }

    pub(crate) fn line(&mut self, line: &Line<'_>) {
        let ratio = line.theirs.as_secs_f64() / line.ours.as_secs_f64();
        let at_least = line.at_least.filter(|_| self.scale == Scale::Full).map(|least| {
            let verdict = if ratio < least { ", missed" } else { "" };
            format!("{least}{verdict}")
        });
        println!(
            "{:<10} {:<26} {:>12}   {:<34} {:>12} {:>7.2}  {}",
            line.text,
            line.what,
            line.amount.speed(line.ours),
            line.against,
            line.amount.speed(line.theirs),
            ratio,
            at_least.unwrap_or_default()
        );
    }

    /// Prints a line for a measurement that can't be made here.
    pub(crate) fn left_out(&mut self, text: &str, what: &str, why: &str) {
        println!("{text:<10} {what:<26} left out: {why}");
    }
}

impl Amount {
    fn speed(self, elapsed: Duration) -> String {
        match self {
            Self::Bytes(bytes) => format!("{:.0} MB/s", bytes as f64 / 1e6 / elapsed.as_secs_f64()),
            Self::Objects(objects) => format!("{:.0} /s", objects as f64 / elapsed.as_secs_f64()),
        }
    }
}
