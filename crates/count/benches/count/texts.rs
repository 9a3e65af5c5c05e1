//! Texts of the kinds that buckets hold: made here, the same at every time, but for the source code, which is what
//! cargo has fetched.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result};

/// A text with its name.
pub(crate) struct Text {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// Logs, prose, text of many bytes a character and, where this machine has any, source code.
pub(crate) fn all(bytes: usize) -> Vec<Text> {
    let mut random = Random::default();
    let words = vocabulary(&mut random, &LATIN);
    let many_bytes = vocabulary(&mut random, &MANY_BYTES);
    let mut texts = vec![
        text("logs", bytes, |out| log_line(&mut random, &words, out)),
        text("prose", bytes, |out| sentence(&mut random, &words, out)),
        text("multibyte", bytes, |out| sentence(&mut random, &many_bytes, out)),
    ];
    texts.extend(source(bytes).map(|bytes| Text { name: "source".to_owned(), bytes }));
    texts
}

/// The file's bytes under its name.
pub(crate) fn file(path: &Path) -> Result<Text> {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Ok(Text { name, bytes: fs::read(path).with_context(|| format!("reading {}", path.display()))? })
}

fn text(name: &str, bytes: usize, mut append: impl FnMut(&mut Vec<u8>)) -> Text {
    let mut text = Vec::with_capacity(bytes + 4096);
    while text.len() < bytes {
        append(&mut text);
    }
    text.truncate(bytes);
    Text { name: name.to_owned(), bytes: text }
}

/// Marsaglia's xorshift64*, always from the same start.
pub(crate) struct Random(u64);

impl Default for Random {
    fn default() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }
}

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }

    fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// From 0 to 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// The index of a word, as often as Zipf's law has it.
    fn zipf(&mut self, words: usize) -> usize {
        ((words as f64).powf(self.uniform()) - 1.0) as usize
    }
}

const LATIN: [&str; 32] = [
    "a", "e", "i", "o", "u", "ou", "ea", "th", "st", "tr", "be", "ta", "in", "er", "on", "re", "an", "to",
    "or", "en", "is", "it", "ha", "ti", "al", "de", "se", "le", "sa", "ro", "ing", "ed",
];

const MANY_BYTES: [&str; 24] = [
    "за",
    "ни",
    "ко",
    "ть",
    "ё",
    "στ",
    "αι",
    "ου",
    "é",
    "ü",
    "ß",
    "語",
    "日",
    "本",
    "文",
    "字",
    "を",
    "は",
    "ال",
    "مو",
    "नम",
    "स्ते",
    "한",
    "글",
];

fn vocabulary(random: &mut Random, syllables: &[&str]) -> Vec<String> {
    (0..12_000usize)
        .map(|rank| {
            let longest = 2 + rank.checked_ilog2().unwrap_or(0) as usize / 4;
            (0..=random.below(longest)).map(|_| *random.pick(syllables)).collect()
        })
        .collect()
}

fn sentence(random: &mut Random, words: &[String], out: &mut Vec<u8>) {
    let mut column = 0;
    for _ in 0..8 + random.below(16) {
        let word = &words[random.zipf(words.len())];
        out.extend_from_slice(word.as_bytes());
        column += word.len() + 1;
        if random.below(14) == 0 {
            out.push(b',');
        }
        out.push(if column > 70 { b'\n' } else { b' ' });
        column = if column > 70 { 0 } else { column };
    }
    out.extend_from_slice(if random.below(6) == 0 { b"end.\n\n" } else { b"end. " });
}

fn log_line(random: &mut Random, words: &[String], out: &mut Vec<u8>) {
    let status = random.pick(&["200", "200", "200", "200", "304", "404", "500"]);
    let path = format!("/{}/{}/{}", words[random.zipf(400)], words[random.zipf(4_000)], random.below(5_000));
    let line = format!(
        "10.{}.{}.{} - - [23/Nov/2026:{:02}:{:02}:{:02} +0000] \"GET {path} HTTP/1.1\" {status} {} \"-\" \
         \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/{}.0 Safari/537.36\"\n",
        random.below(8),
        random.below(256),
        random.below(256),
        random.below(24),
        random.below(60),
        random.below(60),
        random.below(90_000),
        60 + random.below(40),
    );
    out.extend_from_slice(line.as_bytes());
}

/// Rust as cargo has fetched it to this machine.
fn source(bytes: usize) -> Option<Vec<u8>> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")))?;
    let mut text = Vec::with_capacity(bytes);
    append_source(&home.join("registry/src"), bytes, &mut text);
    (text.len() >= bytes).then_some(text)
}

fn append_source(folder: &Path, bytes: usize, text: &mut Vec<u8>) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if text.len() >= bytes {
            text.truncate(bytes);
            return;
        }
        if path.is_dir() {
            append_source(&path, bytes, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.extend(fs::read(&path).unwrap_or_default());
        }
    }
}
