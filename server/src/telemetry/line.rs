//! A line of the log. Text from outside makes no line of its own, no colour, and nothing that can't be seen.

use std::fmt::{self, Debug, Write as _};
use std::io::{self, Stderr, Write};

use tracing::field::Field;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use wire::{is_invisible, printable};

/// Fields as text, the message first and without its name.
pub(super) fn text_fields() -> impl for<'writer> FormatFields<'writer> + Send + Sync + 'static {
    debug_fn(text_field as fn(&mut Writer<'_>, &Field, &dyn Debug) -> fmt::Result).delimited(" ")
}

fn text_field(writer: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> fmt::Result {
    let value = printable(&format!("{value:?}"));
    match field.name() {
        "message" => writer.write_str(&value),
        name => write!(writer, "{name}={value}"),
    }
}

/// Standard error for lines of JSON.
pub(super) fn json() -> JsonLines<Stderr> {
    JsonLines(io::stderr())
}

/// Writes lines of JSON and escapes in them what a terminal would obey or hide: a program reads the same text.
pub(super) struct JsonLines<W>(W);

impl<W: Write> Write for JsonLines<W> {
    /// `bytes` are a whole line.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(escaped(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// JSON escapes the other control characters itself, and has these in strings only.
fn escaped(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    for letter in line.chars() {
        if is_invisible(letter) || ('\u{7f}'..='\u{9f}').contains(&letter) {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(letter);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_means_the_same_and_shows_what_is_in_it() {
        let text = "a\n\u{1b}[31m\u{7f}\u{9b}\u{202e}\u{2028}\u{e0041} é 🦀 \\u202e";
        let line = serde_json::to_string(text).unwrap();
        let mut written = JsonLines(Vec::new());
        written.write_all(line.as_bytes()).unwrap();
        let shown = String::from_utf8(written.0).unwrap();
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
        assert_eq!(shown, r#""a\n\u001b[31m\u007f\u009b\u202e\u2028\udb40\udc41 é 🦀 \\u202e""#);
    }
}
