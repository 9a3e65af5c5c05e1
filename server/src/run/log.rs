//! A run's log, which holds the last lines.

use std::collections::VecDeque;

use wire::event::Log;

/// Lines that a run keeps.
pub const LOGS_KEPT: usize = 10_000;

/// The last lines, numbered from the run's first.
#[derive(Debug, Default)]
pub(super) struct LogRing {
    first: u64,
    lines: VecDeque<Log>,
    /// Bytes of the lines' texts.
    text_bytes: usize,
}

impl LogRing {
    pub(super) fn restored(lines: Vec<Log>) -> Self {
        let text_bytes = lines.iter().map(text_bytes).sum();
        Self { first: 0, lines: lines.into(), text_bytes }
    }

    pub(super) fn push(&mut self, line: Log) {
        if self.lines.len() == LOGS_KEPT {
            let oldest = self.lines.pop_front();
            self.text_bytes -= oldest.as_ref().map_or(0, text_bytes);
            self.first += 1;
        }
        self.text_bytes += text_bytes(&line);
        self.lines.push_back(line);
    }

    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        self.lines.capacity() * size_of::<Log>() + self.text_bytes
    }

    /// Lines so far, those let go included.
    pub(super) fn total(&self) -> u64 {
        self.first + self.lines.len() as u64
    }

    /// The first line that the log holds from number `from` on, with its number.
    pub(super) fn at_or_after(&self, from: u64) -> Option<(u64, &Log)> {
        let number = from.max(self.first);
        let index = usize::try_from(number - self.first).ok()?;
        self.lines.get(index).map(|line| (number, line))
    }

    /// The lines that the log holds from number `from` on.
    pub(super) fn from(&self, from: u64) -> Vec<Log> {
        let skipped = usize::try_from(from.saturating_sub(self.first)).unwrap_or(usize::MAX);
        self.lines.iter().skip(skipped).cloned().collect()
    }

    pub(super) fn last_of(&self, count: usize) -> Vec<Log> {
        let skipped = self.lines.len().saturating_sub(count);
        self.lines.iter().skip(skipped).cloned().collect()
    }
}

fn text_bytes(line: &Log) -> usize {
    line.text.len() + line.key.as_ref().map_or(0, String::len)
}
