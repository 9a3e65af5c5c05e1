//! The whole program, emulators of S3 and Lambda included, against what a person would have typed.

use std::fs::{self, File};
use std::io::Write;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::arguments::{Arguments, Scale};
use crate::codecs;
use crate::race::{Contender, race, timed};
use crate::table::{Amount, Line, Table};
use crate::texts::{Random, Text};

/// The sizes, before compression, of the gzip objects.
const OBJECT_BYTES: std::ops::Range<usize> = 64 << 10..64 << 20;

/// Amounts that are generated for the programs.
struct Amounts {
    plain_bytes: usize,
    gzip_bytes: usize,
    small_objects: usize,
}

impl Amounts {
    fn of(scale: Scale) -> Self {
        match scale {
            Scale::Quick => Self { plain_bytes: 4 << 20, gzip_bytes: 8 << 20, small_objects: 100 },
            Scale::Full => Self { plain_bytes: 1 << 30, gzip_bytes: 2 << 30, small_objects: 50_000 },
        }
    }
}

pub(crate) fn measure(
    texts: &[Text],
    programs: &Path,
    arguments: &Arguments,
    table: &mut Table,
) -> Result<()> {
    let amounts = Amounts::of(arguments.scale);
    let rounds = arguments.scale.long_rounds();
    let whole: Vec<&[u8]> = texts.iter().map(|text| &text.bytes[..]).collect();
    let whole = whole.concat();

    let folder = emptied(&arguments.data.join("plain"))?;
    let bytes = write_plain(&folder, &whole, amounts.plain_bytes)?;
    let mut contenders = [count(programs, &folder), timed(|| shell(&folder, "wc -lw *"))];
    let best = race(rounds, &mut contenders)?;
    let line = |what, against, amount, best: &[Duration], nth: usize, at_least| Line {
        text: "all",
        what,
        against,
        amount,
        ours: best[0],
        theirs: best[nth],
        at_least: Some(at_least),
    };
    table.line(&line("wordfall, one plain file", "wc -lw, UTF-8", Amount::Bytes(bytes), &best, 1, 6.0));

    let folder = emptied(&arguments.data.join("gzipped"))?;
    let (files, bytes) = write_gzipped(&folder, &whole, amounts.gzip_bytes)?;
    let pipe =
        format!("find . -type f -print0 | xargs -0 -P{} -n8 sh -c 'gzip -dc \"$@\" | wc -lw' sh", cores());
    let mut contenders =
        [count(programs, &folder), timed(|| shell(&folder, &pipe)), timed(|| count_on_threads(&files))];
    let best = race(rounds, &mut contenders)?;
    let what = format!("wordfall, {} gzip objects", files.len());
    table.line(&line(&what, "xargs gzip -dc | wc -lw, UTF-8", Amount::Bytes(bytes), &best, 1, 4.5));
    table.line(&line(&what, "threads of bare decode and count", Amount::Bytes(bytes), &best, 2, 0.85));

    let folder = emptied(&arguments.data.join("small"))?;
    write_small(&folder, &whole, amounts.small_objects)?;
    let mut contenders = [count(programs, &folder), bare_gets(programs, &folder)];
    let best = race(rounds, &mut contenders)?;
    table.line(&line(
        "wordfall, objects of 1 KiB",
        "bare GETs by the SDK",
        Amount::Objects(amounts.small_objects),
        &best,
        1,
        0.55,
    ));
    Ok(())
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

fn emptied(folder: &Path) -> Result<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("emptying {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    Ok(folder.to_owned())
}

fn count<'a>(programs: &'a Path, folder: &'a Path) -> Contender<'a> {
    timed(move || {
        let mount = format!("texts={}", folder.display());
        let status = Command::new(programs.join("wordfall"))
            .args(["count", "--mount", &mount])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .with_context(|| format!("starting {}/wordfall", programs.display()))?;
        ensure!(status.success(), "wordfall count --mount {mount} ended with {status}");
        Ok(())
    })
}

/// Times the reading alone: neither its start nor its listing.
fn bare_gets<'a>(programs: &'a Path, folder: &'a Path) -> Contender<'a> {
    Box::new(move || {
        let mount = format!("texts={}", folder.display());
        let output = Command::new(programs.join("bare-gets")).args(["--mount", &mount]).output()?;
        ensure!(output.status.success(), "bare-gets ended with {}", output.status);
        let answer = String::from_utf8(output.stdout)?;
        let seconds = answer.split("\"seconds\":").nth(1).context("bare-gets tells seconds")?;
        Ok(Duration::from_secs_f64(seconds.trim_end().trim_end_matches('}').parse()?))
    })
}

fn shell(folder: &Path, line: &str) -> Result<()> {
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).current_dir(folder).env("LC_ALL", "C.UTF-8").stdout(Stdio::null());
    ensure!(shell.status()?.success(), "{line:?} failed");
    Ok(())
}

/// A thread for each core, each taking the next file, the largest first.
fn count_on_threads(files: &[(PathBuf, usize)]) -> Result<()> {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((path, decoded_bytes)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            codecs::count_whole(&fs::read(path)?, *decoded_bytes)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..cores()).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("counting does not panic"))
    })
}

fn write_plain(folder: &Path, text: &[u8], bytes: usize) -> Result<usize> {
    let mut file = File::create(folder.join("one.log"))?;
    let times = bytes.div_ceil(text.len());
    for _ in 0..times {
        file.write_all(text)?;
    }
    Ok(times * text.len())
}

/// Gzip files of pieces of the text, of all sizes alike, largest first, with the bytes of each and of all pieces.
fn write_gzipped(folder: &Path, text: &[u8], bytes: usize) -> Result<(Vec<(PathBuf, usize)>, usize)> {
    let mut random = Random::default();
    let mut pieces = Vec::new();
    let mut left = bytes;
    while left > 0 {
        let largest = OBJECT_BYTES.end.min(text.len());
        let doublings = (largest / OBJECT_BYTES.start).ilog2() as f64;
        let piece = (OBJECT_BYTES.start as f64 * (doublings * random.uniform()).exp2()) as usize;
        let piece = piece.min(left);
        pieces.push((random.below(text.len() - piece + 1), piece));
        left -= piece;
    }
    pieces.sort_unstable_by_key(|&(_, piece)| std::cmp::Reverse(piece));
    let next = AtomicUsize::new(0);
    let write = || -> Result<()> {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(&(start, piece)) = pieces.get(at) else { return Ok(()) };
            let mut file = GzEncoder::new(File::create(path(folder, at))?, Compression::default());
            file.write_all(&text[start..start + piece])?;
            file.finish()?;
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..cores()).map(|_| scope.spawn(write)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("compressing does not panic"))
    })?;
    let files = pieces.iter().enumerate().map(|(at, &(_, piece))| (path(folder, at), piece)).collect();
    Ok((files, bytes))
}

fn path(folder: &Path, at: usize) -> PathBuf {
    folder.join(format!("{at:04}.log.gz"))
}

fn write_small(folder: &Path, text: &[u8], objects: usize) -> Result<()> {
    const SMALL_BYTES: usize = 1024;
    for (at, piece) in text.chunks_exact(SMALL_BYTES).cycle().take(objects).enumerate() {
        let folder = folder.join(format!("{:03}", at / 1000));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("{at:06}.log")), piece)?;
    }
    Ok(())
}
