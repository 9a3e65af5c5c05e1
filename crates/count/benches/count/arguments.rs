//! The benchmark's arguments.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

const HELP: &str = "\
Options: [--quick] [--data DIR] [--programs DIR] [FILE]...
  --quick          small texts and one round: shows that it works, and no more
  --data DIR       where texts and objects are made [default: target/bench]
  --programs DIR   where `wordfall` and `bare-gets` are; without it they are left out
  FILE             texts to take in place of those that are made here";

/// The benchmark's arguments.
pub(crate) struct Arguments {
    pub(crate) scale: Scale,
    pub(crate) data: PathBuf,
    pub(crate) programs: Option<PathBuf>,
    pub(crate) files: Vec<PathBuf>,
}

/// The amount that is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    Quick,
    Full,
}

impl Scale {
    pub(crate) fn text_bytes(self) -> usize {
        match self {
            Self::Quick => 1 << 20,
            Self::Full => 64 << 20,
        }
    }

    /// Rounds, the best of which counts.
    pub(crate) fn rounds(self) -> usize {
        match self {
            Self::Quick => 1,
            Self::Full => 7,
        }
    }

    /// Rounds of what takes seconds.
    pub(crate) fn long_rounds(self) -> usize {
        match self {
            Self::Quick => 1,
            Self::Full => 3,
        }
    }
}

impl Arguments {
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let data = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/bench"));
        let mut arguments = Self { scale: Scale::Full, data, programs: None, files: Vec::new() };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--quick" => arguments.scale = Scale::Quick,
                "--data" => arguments.data = words.next().context("--data needs a folder")?.into(),
                "--programs" => {
                    arguments.programs = Some(words.next().context("--programs needs a folder")?.into());
                }
                // `cargo bench` adds this for every benchmark.
                "--bench" => {}
                option if option.starts_with('-') => bail!("unknown option {option:?}\n{HELP}"),
                file => arguments.files.push(file.into()),
            }
        }
        Ok(arguments)
    }
}
