//! Formats that are not text and not decoded, for a warning.

use std::str;

/// A format: its name, where its mark stands, and the mark.
type Mark = (&'static str, usize, &'static [u8]);

/// From the formats' own specifications, and file(1)'s magic.
const MARKS: &[Mark] = &[
    ("7z", 0, b"7z\xbc\xaf\x27\x1c"),
    ("arrow", 0, b"ARROW1"),
    ("avro", 0, b"Obj\x01"),
    ("compress", 0, b"\x1f\x9d"),
    ("elf", 0, b"\x7fELF"),
    ("gif", 0, b"GIF8"),
    ("hdf5", 0, b"\x89HDF\r\n\x1a\n"),
    ("jpeg", 0, b"\xff\xd8\xff"),
    ("legacy lz4", 0, b"\x02\x21\x4c\x18"),
    ("lzip", 0, b"LZIP"),
    ("lzma", 0, b"\x5d\0\0"),
    ("lzop", 0, b"\x89LZO\0\r\n\x1a\n"),
    ("orc", 0, b"ORC"),
    ("parquet", 0, b"PAR1"),
    ("pdf", 0, b"%PDF-"),
    ("png", 0, b"\x89PNG\r\n\x1a\n"),
    ("rar", 0, b"Rar!\x1a\x07"),
    ("snappy", 0, b"\xff\x06\0\0sNaPpY"),
    ("sqlite", 0, b"SQLite format 3\0"),
    ("tar", 257, b"ustar"),
    ("zip", 0, b"PK\x03\x04"),
    ("zip", 0, b"PK\x05\x06"),
];

/// The format that an object beginning with these bytes has, where it is one of the known ones. Some marks are
/// plain letters: what is text otherwise has none.
pub(crate) fn of(sniffed: &[u8]) -> Option<&'static str> {
    let (name, ..) =
        MARKS.iter().find(|(_, at, mark)| sniffed.get(*at..).is_some_and(|bytes| bytes.starts_with(mark)))?;
    (!is_text(sniffed)).then_some(name)
}

/// UTF-8, perhaps cut in its last character, with no control characters that a log would not have.
fn is_text(bytes: &[u8]) -> bool {
    let is_damaged = str::from_utf8(bytes).is_err_and(|error| error.error_len().is_some());
    !is_damaged && !bytes.iter().any(|&byte| is_binary(byte))
}

fn is_binary(byte: u8) -> bool {
    const ESCAPE: u8 = 0x1b;
    byte.is_ascii_control() && !matches!(byte, b'\t'..=b'\r' | ESCAPE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(start: &[u8], expected: Option<&str>) {
        assert_eq!(of(start), expected, "{start:?}");
    }

    #[test]
    fn formats_are_known_by_their_marks() {
        check(b"PK\x03\x04\x14\0", Some("zip"));
        check(b"PAR1\x15\x04\x15", Some("parquet"));
        check(b"\x5d\0\0\x80\0\xff\xff", Some("lzma"));
        check(b"\x02\x21\x4c\x18\x09\0", Some("legacy lz4"));
        check(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", Some("pdf"));
        check(&[&[b'a'; 100][..], &[0; 157], b"ustar\0"].concat(), Some("tar"));
    }

    #[test]
    fn text_is_text_whatever_it_begins_with() {
        check(b"", None);
        check(b"ORCHESTRA,1\n", None);
        check(b"BZh is not a word\n", None);
        check(b"PAR1\tna\xc3\xafve \xe2\x82", None);
    }
}
