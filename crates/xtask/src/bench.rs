//! `cargo xtask bench`: what counting costs, as ratios against named references, and what viewers cost a run.
//!
//! A benchmark is a program of the crate that it measures; this builds it, and the programs that it starts, with
//! everything that makes them fast.

use std::env::consts::EXE_SUFFIX;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::arguments::{Part, Profile};
use crate::run;
use crate::steps::Steps;
use crate::workspace;

/// Measures kernels and codecs, and the whole program where that is included; in these files' texts, or in ones that
/// it makes.
pub(crate) fn count(program: Part, files: &[String]) -> Result<()> {
    let mut steps = Steps::new("bench");
    let mut bench = workspace::cargo();
    bench.args(["bench", "--package", "count", "--bench", "count", "--", "--data"]);
    bench.arg(workspace::target().join("bench"));
    match program {
        Part::Included => {
            let build = ["build", "--release", "--package", "server", "--bins"];
            steps.run("build", workspace::cargo().args(build))?;
            bench.arg("--programs").arg(programs(Profile::Release));
        }
        Part::LeftOut => {}
    }
    bench.args(absolute(files)?);
    steps.run("count", &mut bench)?;
    steps.close("measured");
    Ok(())
}

/// The same on small texts, with programs that are built already: shows that it works, and judges no time.
pub(crate) fn quick_count() -> Command {
    let mut bench = workspace::cargo();
    bench.args(["test", "--workspace", "--bench", "count", "--", "--quick", "--data"]);
    bench.arg(workspace::target().join("bench-quick"));
    bench.arg("--programs").arg(programs(Profile::Debug));
    bench
}

/// Measures what viewers of a run cost it.
pub(crate) fn viewers() -> Result<()> {
    let mut steps = Steps::new("bench");
    let build = ["build", "--release", "--package", "server", "--bins"];
    steps.run("build", workspace::cargo().args(build))?;
    let mut viewers = Command::new(programs(Profile::Release).join(format!("viewers{EXE_SUFFIX}")));
    viewers.arg("--data").arg(workspace::target().join("bench/viewers"));
    steps.run("viewers", &mut viewers)?;
    steps.close("measured");
    Ok(())
}

fn programs(profile: Profile) -> PathBuf {
    let server = run::server(profile);
    Path::new(server.get_program()).parent().map(Path::to_owned).unwrap_or_default()
}

/// A benchmark is started in its own crate's folder.
fn absolute(files: &[String]) -> Result<Vec<PathBuf>> {
    files.iter().map(|file| Ok(std::path::absolute(file)?)).collect()
}
