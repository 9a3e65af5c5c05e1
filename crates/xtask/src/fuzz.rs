//! `cargo xtask fuzz`: inputs that nobody thought of, for the kernels and the codecs.
//!
//! The targets are built by the stable compiler, with the coverage that libFuzzer asks for (the flags are
//! those of cargo-fuzz), and started one after the other. What they learn stays in the target folder; an
//! input that shows a fault is left there as a file, which becomes a seed once the fault is mended.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use crate::steps::Steps;
use crate::workspace;

/// Every target, in the order in which they run.
const TARGETS: [&str; 8] = ["kernels", "gzip", "deflate", "zstd", "lz4", "bzip2", "xz", "objects"];

/// The manifest of the targets' own workspace, and the inputs that everything begins with.
const MANIFEST: &str = "fuzz/Cargo.toml";
const SEEDS: &str = "fuzz/seeds";

/// Flags by which the program reports to libFuzzer where it has been and what it compared.
const RUSTFLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Cllvm-args=-simplifycfg-branch-fold-threshold=0";

/// Bytes of an input; more only take longer.
const INPUT_BYTES_MAX: usize = 4096;
/// Seconds after which an input has taken too long: far more than any takes, since a busy machine may stand still.
const INPUT_SECONDS_MAX: u32 = 60;
/// Memory of a target; decoding an object takes 128 MiB at most, and the reference as much again.
const MEMORY_MIB_MAX: u32 = 1024;

/// Builds the targets and runs the one of this name, or all, for so many seconds each. An input that shows a fault is
/// an error, which names its file.
pub(crate) fn run(target: Option<&str>, seconds: u32) -> Result<()> {
    let targets = chosen(target)?;
    let mut steps = Steps::new("fuzz");
    steps.run("build", &mut build())?;
    for target in targets {
        steps.time(target, || fuzz(target, seconds))?;
    }
    steps.close("nothing found");
    Ok(())
}

fn chosen(target: Option<&str>) -> Result<Vec<&'static str>> {
    let Some(name) = target else { return Ok(TARGETS.to_vec()) };
    match TARGETS.into_iter().find(|target| *target == name) {
        Some(target) => Ok(vec![target]),
        None => bail!("unknown target {name:?}: use one of {}", TARGETS.join(", ")),
    }
}

/// Compiles for a named target, so that the flags don't reach build scripts, which have no libFuzzer to talk to.
fn build() -> Command {
    let mut cargo = workspace::cargo();
    cargo.env("RUSTFLAGS", RUSTFLAGS).args(["build", "--release", "--locked", "--target", "host-tuple"]);
    cargo.args(["--manifest-path", MANIFEST, "--target-dir"]).arg(workspace::target().join("fuzz"));
    cargo
}

fn fuzz(target: &'static str, seconds: u32) -> Result<()> {
    let corpus = workspace::target().join("fuzz-corpus").join(target);
    let artifacts = workspace::target().join("fuzz-artifacts").join(target);
    for folder in [&corpus, &artifacts] {
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    }
    let started = SystemTime::now();
    let mut program = Command::new(program(target)?);
    // The first folder takes what is learnt. What was found before comes along, and fails until it is mended.
    program.args([&corpus, &workspace::root().join(SEEDS), &artifacts]);
    program.arg(format!("-max_total_time={seconds}")).arg(format!("-max_len={INPUT_BYTES_MAX}"));
    program.arg(format!("-timeout={INPUT_SECONDS_MAX}")).arg(format!("-rss_limit_mb={MEMORY_MIB_MAX}"));
    program.args(["-len_control=0", "-print_final_stats=1"]);
    program.arg(format!("-artifact_prefix={}/", artifacts.display()));
    let status = program.status().with_context(|| format!("starting the target {target}"))?;
    if status.success() {
        return Ok(());
    }
    match written_since(&artifacts, started)? {
        Some(input) => bail!("{target} found a fault: the input is {}", input.display()),
        None => bail!("{target} failed ({status}) and left no input"),
    }
}

/// A file of this folder that was written since then.
fn written_since(folder: &Path, then: SystemTime) -> Result<Option<PathBuf>> {
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let entry = entry?;
        if entry.metadata()?.modified()? >= then {
            return Ok(Some(entry.path()));
        }
    }
    Ok(None)
}

/// The built target, in the folder that has the name of this machine's kind.
fn program(target: &str) -> Result<PathBuf> {
    let fuzz = workspace::target().join("fuzz");
    for entry in fs::read_dir(&fuzz).with_context(|| format!("reading {}", fuzz.display()))? {
        let program = entry?.path().join("release").join(target);
        if program.is_file() {
            return Ok(program);
        }
    }
    bail!("the target {target} is not among what was built into {}", fuzz.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(target: Option<&str>, expected: Result<&[&str], &str>) {
        let chosen = chosen(target).map_err(|error| error.to_string());
        assert_eq!(chosen.as_deref(), expected.map_err(str::to_owned).as_deref(), "{target:?}");
    }

    #[test]
    fn one_target_is_chosen_or_all() {
        check(None, Ok(&TARGETS));
        check(Some("xz"), Ok(&["xz"]));
        let all = "kernels, gzip, deflate, zstd, lz4, bzip2, xz, objects";
        check(Some("zip"), Err(&format!("unknown target \"zip\": use one of {all}")));
    }
}
