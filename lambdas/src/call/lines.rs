//! Complete lines out of a stream of chunks, in bounded memory.

/// Bytes that one line may have: what a child can answer, and its frame around it.
const LINE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Bytes that a Lambda runtime writes between its JSON prelude and the function's own bytes.
const PRELUDE_END: [u8; 8] = [0; 8];

/// Cuts chunks into lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    buffer: Vec<u8>,
}

/// A line that is longer than any answer could be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LineTooLong;

impl Lines {
    /// Takes a chunk; the lines that it completes come back without their newlines.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Result<Vec<Vec<u8>>, LineTooLong> {
        let mut lines = Vec::new();
        let mut rest = chunk;
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            self.buffer.extend_from_slice(&rest[..end]);
            lines.push(without_prelude(std::mem::take(&mut self.buffer)));
            rest = &rest[end + 1..];
        }
        self.buffer.extend_from_slice(rest);
        if self.buffer.len() > LINE_BYTES_MAX { Err(LineTooLong) } else { Ok(lines) }
    }
}

fn without_prelude(line: Vec<u8>) -> Vec<u8> {
    match line.windows(PRELUDE_END.len()).position(|window| window == PRELUDE_END) {
        Some(at) => line[at + PRELUDE_END.len()..].to_vec(),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(chunks: &[&[u8]], expected: &[&[u8]]) {
        let mut lines = Lines::default();
        let found: Vec<Vec<u8>> = chunks.iter().flat_map(|chunk| lines.push(chunk).unwrap()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn lines_are_whole_whatever_the_chunks() {
        check(&[b"{\"a\"", b":1}\n{", b"}\n"], &[b"{\"a\":1}", b"{}"]);
        check(&[b"one\ntwo\nthree"], &[b"one", b"two"]);
    }

    #[test]
    fn a_runtimes_prelude_is_taken_away() {
        check(
            &[b"{\"statusCode\":200}\0\0\0\0", b"\0\0\0\0{\"beat\":1}\n{\"beat\":2}\n"],
            &[b"{\"beat\":1}", b"{\"beat\":2}"],
        );
    }

    #[test]
    fn a_line_without_end_is_an_error() {
        let mut lines = Lines::default();
        assert_eq!(lines.push(&vec![b'x'; LINE_BYTES_MAX + 1]), Err(LineTooLong));
    }
}
