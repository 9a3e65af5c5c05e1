//! The format that an object's name promises.

/// A suffix, in lower case, and the format that it promises.
type Suffix = (&'static str, &'static str);

/// Codecs that are read through.
const READ: &[Suffix] = &[
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

/// Compressions, archives and encryptions that are not, with their articles. Some of them have no mark in their bytes.
const UNREAD: &[Suffix] = &[
    (".7z", "a 7z archive"),
    (".ace", "an ACE archive"),
    (".age", "a file encrypted by age"),
    (".arj", "an ARJ archive"),
    (".br", "brotli"),
    (".brotli", "brotli"),
    (".cab", "a cabinet archive"),
    (".cpio", "a cpio archive"),
    (".deflate", "deflate"),
    (".enc", "an encrypted file"),
    (".gpg", "a file encrypted by OpenPGP"),
    (".jar", "a zip archive"),
    (".lha", "an LHA archive"),
    (".lz", "lzip"),
    (".lzf", "lzf"),
    (".lzfse", "lzfse"),
    (".lzh", "an LHA archive"),
    (".lzma", "lzma"),
    (".lzo", "lzo"),
    (".lzop", "lzop"),
    (".lrz", "lrzip"),
    (".pgp", "a file encrypted by OpenPGP"),
    (".rar", "a rar archive"),
    (".rz", "rzip"),
    (".s2", "s2"),
    (".snappy", "snappy"),
    (".snz", "snappy"),
    (".sz", "snappy"),
    (".tar", "a tar archive"),
    (".taz", "compress"),
    (".tbr", "brotli"),
    (".tlz", "lzma"),
    (".tzo", "lzop"),
    (".z", "compress"),
    (".zip", "a zip archive"),
    (".zlib", "zlib"),
    (".zpaq", "zpaq"),
    (".zz", "zlib"),
];

/// The promise of a key, in capitals or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Name {
    /// The codec, where it is one that is read through.
    pub(crate) codec: Option<&'static str>,
    /// The format of the bytes as they are once such a codec is undone, where it is one that is not read through.
    pub(crate) unread: Option<&'static str>,
}

impl Name {
    /// The promise of this key.
    pub(crate) fn of(key: &str) -> Self {
        let codec = suffix(key, READ);
        let decoded = codec.map_or(key, |(suffix, _)| &key[..key.len() - suffix.len()]);
        Self {
            codec: codec.map(|(_, codec)| *codec),
            unread: suffix(decoded, UNREAD).map(|(_, format)| *format),
        }
    }
}

fn suffix(key: &str, suffixes: &'static [Suffix]) -> Option<&'static Suffix> {
    let ends_with = |suffix: &str| {
        let end = key.len().checked_sub(suffix.len()).and_then(|at| key.get(at..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(suffix))
    };
    suffixes.iter().find(|(suffix, _)| ends_with(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(key: &str, codec: Option<&'static str>, unread: Option<&'static str>) {
        assert_eq!(Name::of(key), Name { codec, unread }, "{key}");
    }

    #[test]
    fn the_last_suffix_of_a_key_is_its_promise() {
        check("a.log.gz", Some("gzip"), None);
        check("A.TGZ", Some("gzip"), None);
        check("a.gz.zst", Some("zstd"), None);
        check("a.Zstd", Some("zstd"), None);
        check(".lz4", Some("lz4"), None);
        check("a/b.tbz2", Some("bzip2"), None);
        check("a.txz", Some("xz"), None);
        check("", None, None);
        check("gz", None, None);
        check("é", None, None);
        check("a.gz/b", None, None);
    }

    #[test]
    fn formats_that_are_not_read_through_are_known_by_their_suffix() {
        check("a.log.br", None, Some("brotli"));
        check("a.Z", None, Some("compress"));
        check("a.log.SZ", None, Some("snappy"));
        check("a.br/b", None, None);
        check("br", None, None);
    }

    #[test]
    fn what_is_decoded_has_the_name_before_its_codec() {
        check("a.log.br.gz", Some("gzip"), Some("brotli"));
        check("a.tar.xz", Some("xz"), Some("a tar archive"));
        check("é.GZ", Some("gzip"), None);
        check("a.gz.br", None, Some("brotli"));
    }
}
