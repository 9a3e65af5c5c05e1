//! Decoding and counting, against the tool that made the file, and gzip against the best decoders there are.

use std::fs::{self, File};
use std::hint::black_box;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use count::{Finish, ObjectCounter, STEP_BYTES, Scratch, Step};
use flate2::{Decompress, FlushDecompress, Status};
use wire::rule::Rule;

use crate::arguments::Arguments;
use crate::race::{Contender, race, timed};
use crate::table::{Amount, Line, Table};
use crate::texts::Text;

/// Bytes that a function gets from S3 at a time.
const CHUNK_BYTES: usize = 256 * 1024;

/// Tools, the name that they give their files, and the ratio promised against them.
const TOOLS: [(&str, &str, Option<f64>); 5] = [
    ("gzip", "gz", Some(2.8)),
    ("zstd", "zst", Some(0.85)),
    ("lz4", "lz4", Some(0.85)),
    ("bzip2", "bz2", Some(0.85)),
    ("xz", "xz", None),
];

pub(crate) fn measure(text: &Text, arguments: &Arguments, table: &mut Table) -> Result<()> {
    let plain = arguments.data.join(&text.name);
    fs::write(&plain, &text.bytes).with_context(|| format!("writing {}", plain.display()))?;
    for (tool, suffix, at_least) in TOOLS {
        let what = format!("{tool}, decode and count");
        let Some(path) = compressed(tool, suffix, &plain)? else {
            table.left_out(&text.name, &what, &format!("there is no {tool} here"));
            continue;
        };
        let stored = fs::read(&path)?;
        let rounds = if tool == "gzip" || tool == "zstd" || tool == "lz4" {
            arguments.scale.rounds()
        } else {
            arguments.scale.long_rounds()
        };
        let mut contenders: Vec<(String, Option<f64>, Contender<'_>)> = vec![
            (String::new(), None, timed(|| count_whole(&stored, text.bytes.len()))),
            (format!("{tool} -dc"), at_least, timed(|| run(tool, &path))),
        ];
        if tool == "gzip" {
            contenders.push((
                "flate2 with zlib-rs, decode only".to_owned(),
                Some(0.9),
                timed(|| inflate(&stored, text.bytes.len())),
            ));
            if is_there("igzip") {
                contenders.push(("igzip -dc".to_owned(), None, timed(|| run("igzip", &path))));
            }
        }
        let (names, mut contenders): (Vec<_>, Vec<_>) =
            contenders.into_iter().map(|(name, least, contender)| ((name, least), contender)).unzip();
        let best = race(rounds, &mut contenders)?;
        for ((against, at_least), &theirs) in names.iter().zip(&best).skip(1) {
            let amount = Amount::Bytes(text.bytes.len());
            table.line(&Line {
                text: &text.name,
                what: &what,
                against,
                amount,
                ours: best[0],
                theirs,
                at_least: *at_least,
            });
        }
    }
    Ok(())
}

/// The file as the tool compresses it by default; `None` where there is no such tool.
fn compressed(tool: &str, suffix: &str, plain: &Path) -> Result<Option<PathBuf>> {
    let path = PathBuf::from(format!("{}.{suffix}", plain.display()));
    let file = File::create(&path).with_context(|| format!("making {}", path.display()))?;
    let status = match Command::new(tool).arg("-c").arg(plain).stdout(file).stderr(Stdio::null()).status() {
        Ok(status) => status,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("starting {tool}")),
    };
    ensure!(status.success(), "{tool} -c {} failed", plain.display());
    Ok(Some(path))
}

fn is_there(tool: &str) -> bool {
    Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

fn run(tool: &str, path: &Path) -> Result<()> {
    let status = Command::new(tool).arg("-dc").arg(path).stdout(Stdio::null()).status()?;
    ensure!(status.success(), "{tool} -dc {} failed", path.display());
    Ok(())
}

/// Decodes and counts as a function does: in chunks as they come from S3.
pub(crate) fn count_whole(stored: &[u8], decoded_bytes: usize) -> Result<()> {
    let mut scratch = Scratch::default();
    let mut counter = ObjectCounter::new(Rule::Wc, "");
    for mut chunk in stored.chunks(CHUNK_BYTES) {
        while counter.push(&mut chunk, STEP_BYTES, &mut scratch)? == Step::Full {}
    }
    let tally = loop {
        match counter.finish(STEP_BYTES, &mut scratch)? {
            Finish::Counted(counted) => break counted.tally,
            Finish::More(more) => counter = more,
        }
    };
    ensure!(tally.bytes_out == decoded_bytes as u64, "decoded {} bytes of {decoded_bytes}", tally.bytes_out);
    Ok(())
}

/// Inflates the one member that gzip makes, and does nothing with it.
fn inflate(stored: &[u8], decoded_bytes: usize) -> Result<()> {
    const HEADER_BYTES: usize = 10;
    let name =
        stored[HEADER_BYTES..].iter().position(|&byte| byte == 0).context("gzip keeps the file's name")?;
    let mut rest = &stored[HEADER_BYTES + name + 1..];
    let mut inflater = Decompress::new(false);
    let mut decoded = vec![0; count::DECODED_BYTES];
    loop {
        let read = inflater.total_in();
        let status = inflater.decompress(rest, &mut decoded, FlushDecompress::None)?;
        black_box(&decoded);
        rest = &rest[(inflater.total_in() - read) as usize..];
        if status == Status::StreamEnd {
            break;
        }
    }
    ensure!(
        inflater.total_out() == decoded_bytes as u64,
        "inflated {} bytes of {decoded_bytes}",
        inflater.total_out()
    );
    Ok(())
}
