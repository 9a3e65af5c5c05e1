//! Installs what a fresh machine lacks.
//!
//! Each need is met by the first of: an equal version on PATH, the cache folder, a prebuilt download, a compilation.
//! Nothing is installed that the command at hand does not use, and nothing that is half there is taken as done.

mod cache;
mod cargo_tool;
mod npm;
mod pip;
mod python;
mod system;

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::arguments::Profile;
use crate::workspace;

use self::cache::Cache;
use self::cargo_tool::CargoTool;
pub(crate) use self::pip::Installed;
pub(crate) use self::python::Clients;

/// The target that the page is compiled to.
const WASM_TARGET: &str = "wasm32-unknown-unknown";
const PAGE: &str = "the page is compiled to it";

/// The tools that were asked for, and where to find them.
pub(crate) struct Tools {
    cache: Cache,
    folders: Vec<PathBuf>,
}

/// Programs and packages that the browser tests need.
pub(crate) struct Browser {
    /// The browser's program.
    pub(crate) chromium: PathBuf,
    /// Where Node finds the packages that the tests are written with.
    pub(crate) node_path: OsString,
}

/// `cargo xtask setup`: all that any command needs.
pub(crate) fn everything() -> Result<()> {
    let mut tools = Tools::open()?;
    tools.building(Profile::Release)?;
    tools.checking()?;
    tools.browser()?;
    tools.python_clients()?;
    tools.cfn_lint()?;
    tools.aws_cli()?;
    println!("setup: everything is there; tools are in {}", tools.cache.tools().display());
    Ok(())
}

impl Tools {
    /// Nothing asked for yet.
    pub(crate) fn open() -> Result<Self> {
        Ok(Self { cache: Cache::open()?, folders: Vec::new() })
    }

    /// Sees to the tools that cargo-leptos needs to build; wasm-opt only runs in release builds.
    pub(crate) fn building(&mut self, profile: Profile) -> Result<()> {
        self.target(WASM_TARGET, PAGE)?;
        self.cargo_tool(&CargoTool::cargo_leptos())?;
        self.cargo_tool(&CargoTool::wasm_bindgen(&workspace::locked_version("wasm-bindgen")?))?;
        match profile {
            Profile::Debug => {}
            Profile::Release => self.folders.extend(npm::wasm_opt(&self.cache)?),
        }
        Ok(())
    }

    /// Sees to the tools that `cargo xtask check` needs.
    pub(crate) fn checking(&mut self) -> Result<()> {
        self.target(WASM_TARGET, PAGE)?;
        self.cargo_tool(&CargoTool::cargo_deny())
    }

    /// A C compiler and linker for any processor and glibc.
    pub(crate) fn zig(&self) -> Result<Installed> {
        pip::zig(&self.cache)
    }

    /// The linter of the deployment's templates.
    pub(crate) fn cfn_lint(&self) -> Result<Installed> {
        pip::cfn_lint(&self.cache)
    }

    /// The AWS command line; `None` where this machine has one of its own.
    pub(crate) fn aws_cli(&self) -> Result<Option<Installed>> {
        match find(&["aws"]) {
            Some(_) => Ok(None),
            None => pip::aws_cli(&self.cache).map(Some),
        }
    }

    /// Programs and packages that the browser tests need.
    pub(crate) fn browser(&self) -> Result<Browser> {
        let node_path = npm::tested_with(&self.cache)?;
        Ok(Browser { chromium: system::chromium(&self.cache)?, node_path })
    }

    /// boto3, awscli, moto and awslambdaric.
    pub(crate) fn python_clients(&self) -> Result<Clients> {
        python::clients(&self.cache)
    }

    /// PATH with the tools in front.
    pub(crate) fn path(&self) -> Result<OsString> {
        path_behind(&self.folders)
    }

    fn cargo_tool(&mut self, tool: &CargoTool) -> Result<()> {
        self.folders.extend(tool.install(&self.cache)?);
        Ok(())
    }

    /// Rust's standard library for a target.
    pub(crate) fn target(&self, target: &str, why: &'static str) -> Result<()> {
        let libraries = answer(Command::new("rustc").current_dir(workspace::root()).args([
            "--print",
            "target-libdir",
            "--target",
            target,
        ]));
        if libraries.is_some_and(|folder| Path::new(&folder).is_dir()) {
            return Ok(());
        }
        if find(&["rustup"]).is_none() {
            bail!("rustc has no {target} target and there is no rustup to add it: install rustup");
        }
        self.cache
            .quiet(target, why, "downloading it, some seconds")
            .run(Command::new("rustup").current_dir(workspace::root()).args(["target", "add", target]))
    }
}

/// PATH with these folders in front.
fn path_behind(folders: &[PathBuf]) -> Result<OsString> {
    let inherited = env::var_os("PATH").unwrap_or_default();
    env::join_paths(folders.iter().cloned().chain(env::split_paths(&inherited)))
        .context("the cache folder's path can't stand in PATH")
}

/// The first of these programs that is on PATH.
pub(crate) fn find(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    names
        .iter()
        .flat_map(|name| env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|program| program.is_file())
}

/// The output of a program, trimmed; `None` where it isn't there or fails.
pub(crate) fn answer(program: &mut Command) -> Option<String> {
    let output = program.output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
