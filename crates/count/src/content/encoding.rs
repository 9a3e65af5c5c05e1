//! Encodings that are known by their byte order mark and in which ASCII is not single bytes.

/// Byte order marks. UTF-32's stands before that of UTF-16, with which it begins; UTF-8's is of no concern here.
const MARKS: &[(&str, &[u8])] = &[
    ("UTF-32, little-endian", b"\xff\xfe\0\0"),
    ("UTF-32, big-endian", b"\0\0\xfe\xff"),
    ("UTF-16, little-endian", b"\xff\xfe"),
    ("UTF-16, big-endian", b"\xfe\xff"),
];

/// The encoding that the block's byte order mark names.
pub(super) fn of(block: &[u8]) -> Option<&'static str> {
    MARKS.iter().find(|(_, mark)| block.starts_with(mark)).map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(block: &[u8], expected: Option<&str>) {
        assert_eq!(of(block), expected, "{block:?}");
    }

    #[test]
    fn byte_order_marks_name_their_encoding() {
        check(b"\xff\xfea\0", Some("UTF-16, little-endian"));
        check(b"\xfe\xff\0a", Some("UTF-16, big-endian"));
        check(b"\xff\xfe\0\0a\0\0\0", Some("UTF-32, little-endian"));
        check(b"\0\0\xfe\xff\0\0\0a", Some("UTF-32, big-endian"));
        check(b"\xef\xbb\xbfa", None);
        check(b"\xff", None);
        check(b"a\xff\xfe", None);
    }
}
