//! Directories to count, and the counts that they should have.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use crate::oracle::{self, Counts};

/// Names that break programs which paste them into paths, URLs, HTML, CSV or terminals.
const HOSTILE_NAMES: [&str; 16] = [
    "with space.txt",
    " leading and trailing ",
    "100%.txt",
    "%41%2f%00.txt",
    "a+b=c&d.txt",
    "<script>alert(1)</script>",
    "quo\"te's, comma.csv",
    "=1+1",
    "-rf",
    "tab\there",
    "new\nline",
    "\u{7}bell\u{1b}[31mred\u{7f}",
    "\u{85}next\u{a0}line",
    "żółć 🦀.txt",
    "..a/...",
    "back\\slash?query#fragment",
];

/// A temporary directory, and the bytes of its files.
pub(crate) struct Tree {
    directory: TempDir,
    files: BTreeMap<String, Vec<u8>>,
}

/// The warning about the one file of [`Tree::varied`] that is no text.
pub(crate) const REMARK: &str = "binary.bin: looks binary, with NUL bytes: counted as the bytes it is\n";

impl Tree {
    /// An empty directory.
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), files: BTreeMap::new() }
    }

    /// Plain, compressed and empty files, hostile names, no names that a key can't have.
    pub(crate) fn varied() -> Self {
        let mut tree = Self::new();
        tree.add("a/b/c/d/e/deep.txt", text(3_000));
        tree.add("binary.bin", (0..=255).cycle().take(70_000).collect::<Vec<u8>>());
        tree.add("crlf.txt", "one two\r\nthree\r\r\nfour\r");
        tree.add("cut-utf8.txt", b"caf\xc3 \xf0\x9f\xa6 \xe2\x82");
        tree.add("empty-text.gz", gzip(b""));
        tree.add("empty.txt", "");
        tree.add("large.txt", text(400_000));
        tree.add("log.gz", gzip(&text(100_000)));
        tree.add("members.gz", [gzip(b"one tw"), gzip(b""), gzip(b"o three\nfour")].concat());
        tree.add("named-otherwise.txt", gzip(&text(5_000)));
        tree.add("spaces.txt", " \t\x0b\x0c ");
        tree.add("word.txt", "word");
        for (number, name) in HOSTILE_NAMES.iter().enumerate() {
            tree.add(&format!("hostile/{name}"), text(10 + number));
        }
        tree.add(&format!("long/{}", "x".repeat(255)), text(100));
        tree
    }

    /// So many files of a few words each, in folders.
    pub(crate) fn small_files(files: usize) -> Self {
        let mut tree = Self::new();
        for number in 0..files {
            tree.add(&format!("{:02}/part-{number:05}.txt", number % 10), text(number % 97 + 1));
        }
        tree
    }

    /// So many compressed files that take long to count: 200 MiB of zeros each.
    pub(crate) fn slow(files: usize) -> Self {
        let mut tree = Self::new();
        let zeros = gzip(&vec![0; 200 << 20]);
        for number in 0..files {
            tree.write(&format!("slow-{number:03}.gz"), &zeros);
        }
        tree
    }

    /// Adds a file that can be counted.
    pub(crate) fn add(&mut self, key: &str, bytes: impl AsRef<[u8]>) {
        self.write(key, bytes.as_ref());
        self.files.insert(key.to_owned(), bytes.as_ref().to_vec());
    }

    /// Writes a file that is not in the sums.
    pub(crate) fn write(&mut self, key: &str, bytes: &[u8]) {
        let path = self.path().join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// `NAME=DIR`, for `--mount`.
    pub(crate) fn mounted_as(&self, name: &str) -> String {
        format!("{name}={}", self.path().display())
    }

    /// Files, empty ones included.
    pub(crate) fn len(&self) -> u64 {
        self.files.len() as u64
    }

    /// The keys of all files, empty ones included.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.files.keys().cloned().collect()
    }

    /// The counts that each file that is not empty should have.
    pub(crate) fn counts(&self, rule: &str) -> BTreeMap<String, Counts> {
        let files = self.files.iter().filter(|(_, bytes)| !bytes.is_empty());
        files.map(|(key, bytes)| (key.clone(), oracle::count(bytes, rule))).collect()
    }

    /// The counts that the files below a folder should have.
    pub(crate) fn counted_below(&self, folder: &str) -> Counts {
        self.counts("wc")
            .into_iter()
            .filter(|(key, _)| key.starts_with(folder))
            .map(|(_, counts)| counts)
            .sum()
    }

    /// The counts that all files should have.
    pub(crate) fn total(&self, rule: &str) -> Counts {
        self.counts(rule).into_values().sum()
    }
}

/// A gzip member.
pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// So many bytes of words, punctuation, blank lines and letters from beyond ASCII.
pub(crate) fn text(bytes: usize) -> Vec<u8> {
    let sentence = "Wordfall counts, line by line; naïve_words żółć 🦀 and\tmore.\r\n\n  x=1 \x0b y\x0c";
    sentence.bytes().cycle().take(bytes).collect()
}
