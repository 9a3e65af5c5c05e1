//! `cargo xtask bench`: what counting and drawing cost, as ratios against named references, and what viewers cost a run.
//!
//! A benchmark is a program of the crate that it measures; this builds it, and the programs that it starts, with
//! everything that makes them fast.

use std::env::consts::EXE_SUFFIX;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::arguments::{Part, Profile};
use crate::run;
use crate::setup::Tools;
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

/// How cargo-leptos calls wasm-opt for the page.
const WASM_OPT: [&str; 3] = ["-Oz", "--enable-bulk-memory", "--enable-nontrapping-float-to-int"];

/// Measures what drawing costs in a browser, by the code that visitors get.
pub(crate) fn page() -> Result<()> {
    let mut tools = Tools::open()?;
    tools.building(Profile::Release)?;
    let (browser, path) = (tools.browser()?, tools.path()?);
    let (front, folder) = (workspace::target().join("front"), workspace::target().join("bench/page"));
    let compiled = front.join("wasm32-unknown-unknown/wasm-release/app.wasm");
    let wasm = folder.join("page_bg.wasm");

    let mut steps = Steps::new("bench");
    let mut build = workspace::cargo();
    build.args(["build", "--package", "app", "--lib", "--no-default-features", "--features", "bench"]);
    build
        .args(["--target", "wasm32-unknown-unknown", "--profile", "wasm-release", "--target-dir"])
        .arg(front);
    steps.run("build", &mut build)?;
    let mut bindgen = Command::new("wasm-bindgen");
    bindgen.env("PATH", &path).args(["--target", "web", "--out-name", "page", "--out-dir"]);
    steps.run("bindgen", bindgen.arg(&folder).arg(&compiled))?;
    let mut optimise = Command::new("wasm-opt");
    steps.run("optimise", optimise.env("PATH", &path).args(WASM_OPT).arg(&wasm).arg("-o").arg(&wasm))?;
    let mut node = Command::new("node");
    node.env("NODE_PATH", &browser.node_path).env("CHROMIUM", &browser.chromium);
    steps.run("page", node.arg(workspace::root().join("app/benches/page.mjs")).arg(&folder))?;
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
