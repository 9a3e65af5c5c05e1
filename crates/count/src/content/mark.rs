//! Formats that are known by their marks.

use super::{Binary, Content};
use crate::codec::Codec;

/// A format: its name, where its mark stands, and the mark.
type Mark = (&'static str, usize, &'static [u8]);

/// Compressed, in a format that is not read through.
const COMPRESSED: &[Mark] = &[
    ("compress", 0, b"\x1f\x9d"),
    ("legacy lz4", 0, b"\x02\x21\x4c\x18"),
    ("lrzip", 0, b"LRZI\0"),
    ("lzfse", 0, b"bvx2"),
    ("lzip", 0, b"LZIP\x01"),
    ("lzma", 0, b"\x5d\0\0"),
    ("lzop", 0, b"\x89LZO\0\r\n\x1a\n"),
    ("s2", 0, b"\xff\x06\0\0S2sTwO"),
    ("snappy", 0, b"\xff\x06\0\0sNaPpY"),
    ("snappy", 0, b"\x82SNAPPY\0"),
    ("zpaq", 0, b"7kSt\xa0"),
    ("zpaq", 0, b"zPQ\x01"),
];

/// Other formats: archives, encryptions, documents, columns, pictures, programs. From their own
/// specifications, and file(1)'s magic. Bytes with such a mark are no text even if they are letters alone.
const FORMATS: &[Mark] = &[
    ("a 7z archive", 0, b"7z\xbc\xaf\x27\x1c"),
    ("a FLAC file", 0, b"fLaC\0"),
    ("a GIF image", 0, b"GIF89a"),
    ("a JPEG image", 0, b"\xff\xd8\xff"),
    ("a Java class or Mach-O file", 0, b"\xca\xfe\xba\xbe"),
    ("a LUKS volume", 0, b"LUKS\xba\xbe"),
    ("a PDF document", 0, b"%PDF-"),
    ("a PNG image", 0, b"\x89PNG\r\n\x1a\n"),
    ("a WebAssembly module", 0, b"\0asm"),
    ("a Windows event log", 0, b"ElfFile\0"),
    ("a cabinet archive", 0, b"MSCF\0\0\0\0"),
    ("a capture of packets", 0, b"\xa1\xb2\xc3\xd4"),
    ("a capture of packets", 0, b"\xd4\xc3\xb2\xa1"),
    ("a file encrypted by OpenPGP", 0, b"-----BEGIN PGP MESSAGE-----"),
    ("a file encrypted by OpenPGP", 0, b"\x84\x5e\x03"),
    ("a file encrypted by OpenPGP", 0, b"\x85\x01\x0c\x03"),
    ("a file encrypted by OpenPGP", 0, b"\x85\x01\x8c\x03"),
    ("a file encrypted by OpenPGP", 0, b"\x85\x02\x0c\x03"),
    ("a file encrypted by OpenPGP", 0, b"\x8c\x0d\x04"),
    ("a file encrypted by age", 0, b"-----BEGIN AGE ENCRYPTED FILE-----"),
    ("a file encrypted by age", 0, b"age-encryption.org/v1\n"),
    ("a file encrypted by openssl", 0, b"Salted__"),
    ("a journal of systemd", 0, b"LPKSHHRH"),
    ("a parquet file", 0, b"PAR1\x15"),
    ("a rar archive", 0, b"Rar!\x1a\x07"),
    ("a sequence file of Hadoop", 0, b"SEQ\x06"),
    ("a sqlite database", 0, b"SQLite format 3\0"),
    ("a tar archive", 257, b"ustar  \0"),
    ("a tar archive", 257, b"ustar\0"),
    ("a zip archive", 0, b"PK\x03\x04"),
    ("a zip archive", 0, b"PK\x05\x06"),
    ("an ELF file", 0, b"\x7fELF"),
    ("an HDF5 file", 0, b"\x89HDF\r\n\x1a\n"),
    ("an Office document", 0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ("an RPM package", 0, b"\xed\xab\xee\xdb"),
    ("an ar archive", 0, b"!<arch>\n"),
    ("an arrow file", 0, b"ARROW1\0\0"),
    ("an avro file", 0, b"Obj\x01"),
    ("numpy's arrays", 0, b"\x93NUMPY"),
];

/// Compressed, where the bytes are no text: their marks are letters that a text may begin with.
const COMPRESSED_WHERE_BINARY: &[Mark] = &[
    ("pack", 0, b"\x1f\x1e"),
    ("rzip", 0, b"RZIP"),
    ("zlib", 0, b"x\x01"),
    ("zlib", 0, b"x\x5e"),
    ("zlib", 0, b"x\x9c"),
    ("zlib", 0, b"x\xda"),
];

/// Other formats, where the bytes are no text.
const FORMATS_WHERE_BINARY: &[Mark] = &[
    ("a GIF image", 0, b"GIF87a"),
    ("a RIFF file", 0, b"RIFF"),
    ("a TIFF image", 0, b"II*\0"),
    ("a TIFF image", 0, b"MM\0*"),
    ("a Windows program", 0, b"MZ"),
    ("a bzip2 file that begins amiss", 0, b"BZh"),
    ("a capture of packets", 0, b"\n\r\r\n"),
    ("a cpio archive", 0, b"07070"),
    ("a cpio archive", 0, b"\xc7\x71"),
    ("a feather file", 0, b"FEA1"),
    ("a parquet file", 0, b"PAR1"),
    ("a parquet file", 0, b"PARE"),
    ("a squashfs image", 0, b"hsqs"),
    ("an ARJ archive", 0, b"\x60\xea"),
    ("an LHA archive", 2, b"-lh"),
    ("an MP3 file", 0, b"ID3"),
    ("an MP4 file", 4, b"ftyp"),
    ("an Ogg file", 0, b"OggS"),
    ("an RCFile", 0, b"RCF"),
    ("an orc file", 0, b"ORC"),
];

/// The format by whose mark a block is known; some of them count only where the block is no text otherwise.
pub(super) fn of(block: &[u8], binary: Option<Binary>) -> Option<Content> {
    let find = |marks: &'static [Mark]| {
        let is_there = |&&(_, at, mark): &&Mark| block.get(at..).is_some_and(|bytes| bytes.starts_with(mark));
        marks.iter().find(is_there).map(|(name, ..)| *name)
    };
    let find_in_binary = |marks| binary.and_then(|_| find(marks));
    let codec = Codec::of(block).name();
    let compressed = codec.or_else(|| find(COMPRESSED)).or_else(|| find_in_binary(COMPRESSED_WHERE_BINARY));
    let format = || find(FORMATS).or_else(|| find_in_binary(FORMATS_WHERE_BINARY));
    compressed.map(Content::Compressed).or_else(|| format().map(Content::Format))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(block: &[u8], expected: Option<Content>) {
        assert_eq!(of(block, Binary::of(block)), expected, "{block:?}");
    }

    #[test]
    fn formats_are_known_by_their_marks() {
        check(b"PK\x03\x04\x14\0", Some(Content::Format("a zip archive")));
        check(b"PAR1\x15\x04\x15", Some(Content::Format("a parquet file")));
        check(b"PAR1 and \0", Some(Content::Format("a parquet file")));
        check(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", Some(Content::Format("a PDF document")));
        check(&[&[b'a'; 100][..], &[0; 157], b"ustar\0"].concat(), Some(Content::Format("a tar archive")));
        check(b"Salted__abcdefgh", Some(Content::Format("a file encrypted by openssl")));
    }

    #[test]
    fn compressions_are_known_by_their_marks() {
        check(b"\x5d\0\0\x80\0\xff\xff", Some(Content::Compressed("lzma")));
        check(b"\x02\x21\x4c\x18\x09\0", Some(Content::Compressed("legacy lz4")));
        check(b"\x82SNAPPY\0\0\0\0\x01", Some(Content::Compressed("snappy")));
        check(b"\x1f\x8b\x08\0", Some(Content::Compressed("gzip")));
        check(b"\x28\xb5\x2f\xfd\0", Some(Content::Compressed("zstd")));
        check(b"x\x9c\xcbH\xcd\xc9\xc9W(\xcf\0", Some(Content::Compressed("zlib")));
    }

    #[test]
    fn text_is_text_whatever_it_begins_with() {
        check(b"", None);
        check(b"ORCHESTRA,1\n", None);
        check(b"ORCH\xc9STRE,1\n", None);
        check(b"BZh is not a word\n", None);
        check(b"PAR1\tna\xc3\xafve \xe2\x82", None);
        check(b"PART 1\n", None);
        check(b"x^2 + y^2 \xb1 1\n", None);
        check(b"x\x01y\x01z\n", None);
        check(b"070701 12:00 up\n", None);
        check(b"MZ, RIFF, ID3\n", None);
    }
}
