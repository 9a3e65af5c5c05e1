//! A streamed payload, line by line, of which one line is changed.

use std::mem::take;

use bytes::Bytes;

use super::kind::Kind;
use super::{Fault, rows};

/// Bytes that a Lambda runtime writes between its JSON prelude and the function's own bytes.
const PRELUDE_END: [u8; 8] = [0; 8];

/// The lines of one answer.
#[derive(Debug)]
pub(super) struct Lines {
    fault: Fault,
    /// Frames of batches before the one that is changed.
    before: usize,
    /// The beginning of a line that is not whole yet.
    begun: Vec<u8>,
    /// A line that goes out behind the next one.
    held: Vec<u8>,
    is_over: bool,
}

impl Lines {
    /// The lines of an answer for so many batches.
    pub(super) fn new(fault: Fault, batches: usize) -> Self {
        let before = fault.below(batches);
        Self { fault: fault.further(), before, begun: Vec::new(), held: Vec::new(), is_over: false }
    }

    /// The pieces that go out for this one.
    pub(super) fn push(&mut self, piece: &[u8]) -> Vec<Bytes> {
        self.begun.extend_from_slice(piece);
        let mut out = Vec::new();
        while let Some(end) = self.begun.iter().position(|&byte| byte == b'\n') {
            let rest = self.begun.split_off(end + 1);
            let line = std::mem::replace(&mut self.begun, rest);
            self.line(line, &mut out);
        }
        out
    }

    /// The pieces that go out at the end.
    pub(super) fn finish(&mut self) -> Vec<Bytes> {
        let rest = [take(&mut self.begun), take(&mut self.held)];
        rest.into_iter().filter(|rest| !rest.is_empty() && !self.is_over).map(Bytes::from).collect()
    }

    fn line(&mut self, line: Vec<u8>, out: &mut Vec<Bytes>) {
        if self.is_over {
            return;
        }
        let held = take(&mut self.held);
        // A runtime's prelude stands in front of the first line.
        let prelude_end = line.windows(PRELUDE_END.len()).position(|window| window == PRELUDE_END);
        let mut prelude = line;
        let line = prelude.split_off(prelude_end.map_or(0, |end| end + PRELUDE_END.len()));
        out.extend((!prelude.is_empty()).then(|| Bytes::from(prelude)));
        match rows::frame(&line, self.fault) {
            Some((now, later)) if self.before == 0 => {
                // No further line is changed.
                self.before = usize::MAX;
                self.is_over = self.fault.kind == Kind::ReplyCut;
                out.extend(now.into_iter().map(Bytes::from));
                self.held = later.unwrap_or_default();
            }
            Some(_) => {
                self.before -= 1;
                out.push(line.into());
            }
            None => out.push(line.into()),
        }
        if !held.is_empty() {
            out.push(held.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "{\"beat\":2}\n{\"batch\":\"a\"}\n{\"batch\":\"b\"}\n";

    #[track_caller]
    fn check(kind: Kind, before: usize, piece_bytes: usize, expected: &str) {
        let mut lines = Lines { before, ..Lines::new(Fault { kind, draw: 0 }, 1) };
        lines.fault.draw = 3;
        let mut out: Vec<_> =
            ANSWER.as_bytes().chunks(piece_bytes).flat_map(|piece| lines.push(piece)).collect();
        out.extend(lines.finish());
        assert_eq!(String::from_utf8(out.concat()).unwrap(), expected);
    }

    #[test]
    fn one_line_is_changed_whatever_the_pieces() {
        for piece_bytes in [1, 7, 100] {
            let [beat, a, b] = ["{\"beat\":2}\n", "{\"batch\":\"a\"}\n", "{\"batch\":\"b\"}\n"];
            check(Kind::ReplyDuplicate, 0, piece_bytes, &[beat, a, a, b].concat());
            check(Kind::ReplyDuplicate, 1, piece_bytes, &[beat, a, b, b].concat());
            check(Kind::ReplyReorder, 0, piece_bytes, &[beat, b, a].concat());
            check(Kind::ReplyReorder, 1, piece_bytes, &[beat, a, b].concat());
            check(Kind::ReplyCut, 0, piece_bytes, &[beat, &a[..3]].concat());
        }
    }
}
