//! `cargo xtask bench count`: what counting costs, as ratios against named references in the same run.
//!
//! Texts are made here, or read from the files that are named; contenders take turns, and the best of their rounds
//! is taken, since a busy machine only ever makes them slower. It prints, and judges nothing: times prove
//! themselves to a reader.

mod arguments;
mod codecs;
mod kernels;
mod programs;
mod race;
mod table;
mod texts;

use std::fs;

use anyhow::{Context, Result};

use crate::arguments::Arguments;
use crate::table::Table;

fn main() -> Result<()> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    fs::create_dir_all(&arguments.data).with_context(|| format!("making {}", arguments.data.display()))?;
    let texts = if arguments.files.is_empty() {
        texts::all(arguments.scale.text_bytes())
    } else {
        arguments.files.iter().map(|file| texts::file(file)).collect::<Result<_>>()?
    };
    let mut table = Table::begin(arguments.scale);
    for text in &texts {
        kernels::measure(text, arguments.scale, &mut table);
    }
    for text in &texts {
        codecs::measure(text, &arguments, &mut table)?;
    }
    if let Some(programs) = &arguments.programs {
        programs::measure(&texts, programs, &arguments, &mut table)?;
    }
    Ok(())
}
