//! `cargo xtask check`: all checks that a change has to pass, for people and for CI.

mod rules;
mod words;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::setup::Tools;
use crate::steps::Steps;
use crate::workspace;

/// Runs every check, the quick ones first; the first failure ends it.
pub(crate) fn run() -> Result<()> {
    let mut tools = Tools::open()?;
    tools.checking()?;
    let mut steps = Steps::new("check");
    steps.run("fmt", &mut cargo("fmt --all --check"))?;
    steps.run("fmt of fuzz", &mut cargo("fmt --manifest-path fuzz/Cargo.toml --check"))?;
    steps.time("project rules", rules::check)?;
    templates(&mut steps, &tools)?;
    steps.run("dependencies", cargo("deny check licenses bans sources").env("PATH", tools.path()?))?;
    advisories(&mut steps, &tools)?;
    // The server pulls `app` in with `ssr`: this lints that side of the page, the other line the browser's.
    steps.run("clippy", &mut cargo("clippy --workspace --all-targets -- -D warnings"))?;
    let page = "clippy --package app --lib --target wasm32-unknown-unknown --features hydrate -- -D warnings";
    steps.run("clippy of the page", &mut cargo(page))?;
    let fuzz = "clippy --manifest-path fuzz/Cargo.toml --target-dir target/fuzz --all-targets -- -D warnings";
    steps.run("clippy of fuzz", &mut cargo(fuzz))?;
    steps.run("doc", cargo("doc --workspace --no-deps").env("RUSTDOCFLAGS", "-D warnings"))?;
    steps.close("all is well");
    Ok(())
}

/// The deployment's templates by AWS's own schemas, where there is a Python for that.
fn templates(steps: &mut Steps, tools: &Tools) -> Result<()> {
    let lint = match tools.cfn_lint() {
        Ok(lint) => lint,
        Err(error) => {
            eprintln!("\ncheck: templates left out: {error:#}");
            return Ok(());
        }
    };
    let mut program = Command::new("cfn-lint");
    lint.offer_to(&mut program)?;
    steps.run("templates", program.current_dir(workspace::root()).arg("--").args(deployed()?))
}

fn deployed() -> Result<Vec<PathBuf>> {
    let folder = workspace::root().join("deploy");
    let mut templates = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "yaml") {
            templates.push(path);
        }
    }
    Ok(templates)
}

/// Known vulnerabilities, where their database is available: without a network all the rest is still checked.
fn advisories(steps: &mut Steps, tools: &Tools) -> Result<()> {
    let fetched = cargo("deny fetch db").env("PATH", tools.path()?).output();
    if !fetched.is_ok_and(|output| output.status.success()) {
        eprintln!("\ncheck: advisories left out: their database can't be reached from here");
        return Ok(());
    }
    steps.run("advisories", cargo("deny check --disable-fetch advisories").env("PATH", tools.path()?))
}

fn cargo(arguments: &str) -> Command {
    let mut cargo = workspace::cargo();
    cargo.args(arguments.split(' '));
    cargo
}
