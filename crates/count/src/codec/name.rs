//! What the name of an object promises of its bytes.

/// A suffix, in lower case, and the codec that it promises.
const SUFFIXES: &[(&str, &str)] = &[
    (".bz2", "bzip2"),
    (".gz", "gzip"),
    (".gzip", "gzip"),
    (".lz4", "lz4"),
    (".tbz2", "bzip2"),
    (".tgz", "gzip"),
    (".txz", "xz"),
    (".xz", "xz"),
    (".zst", "zstd"),
    (".zstd", "zstd"),
];

/// The codec that this key promises, in capitals or not.
pub(crate) fn promised(key: &str) -> Option<&'static str> {
    let ends_with = |suffix: &str| {
        let end = key.len().checked_sub(suffix.len()).and_then(|at| key.get(at..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(suffix))
    };
    SUFFIXES.iter().find(|(suffix, _)| ends_with(suffix)).map(|(_, codec)| *codec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(key: &str, expected: Option<&str>) {
        assert_eq!(promised(key), expected, "{key}");
    }

    #[test]
    fn the_last_suffix_of_a_key_is_its_promise() {
        check("a.log.gz", Some("gzip"));
        check("A.TGZ", Some("gzip"));
        check("a.gz.zst", Some("zstd"));
        check("a.Zstd", Some("zstd"));
        check(".lz4", Some("lz4"));
        check("a/b.tbz2", Some("bzip2"));
        check("a.txz", Some("xz"));
        check("", None);
        check("gz", None);
        check("é", None);
        check("a.gz/b", None);
    }
}
