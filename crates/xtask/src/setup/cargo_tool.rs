//! Programs that cargo installs, each pinned.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::answer;
use super::cache::{self, Cache};
use crate::workspace;

/// A program in a package of its own, and how it is compiled soonest.
pub(crate) struct CargoTool {
    package: &'static str,
    program: &'static str,
    version: String,
    why: &'static str,
    how: &'static str,
    options: &'static [&'static str],
}

impl CargoTool {
    /// Builds page and server together. 0.3.11 states a newer Rust than it needs.
    pub(crate) fn cargo_leptos() -> Self {
        Self {
            package: "cargo-leptos",
            program: "cargo-leptos",
            version: "0.3.11".to_owned(),
            why: "it builds the page and the server together",
            how: "compiling it, about 5 minutes on 2 cores",
            options: &["--locked", "--ignore-rust-version", "--features", "no_downloads"],
        }
    }

    /// Has to be exactly the version of the library. Its package's lock file does not build.
    pub(crate) fn wasm_bindgen(version: &str) -> Self {
        Self {
            package: "wasm-bindgen-cli",
            program: "wasm-bindgen",
            version: version.to_owned(),
            why: "it makes the page's JavaScript, and has to be of the library's version",
            how: "compiling it, about 3 minutes on 2 cores",
            options: &["--config", "profile.dev.opt-level=1"],
        }
    }

    /// Judges licences, sources and duplicates of the dependencies.
    pub(crate) fn cargo_deny() -> Self {
        Self {
            package: "cargo-deny",
            program: "cargo-deny",
            version: "0.20.2".to_owned(),
            why: "it checks the dependencies' licences and sources",
            how: "compiling it, about 3 minutes on 2 cores",
            options: &["--locked"],
        }
    }

    /// The folder to put on PATH; `None` where PATH has this version already.
    pub(crate) fn install(&self, cache: &Cache) -> Result<Option<PathBuf>> {
        if self.is_on_path() {
            return Ok(None);
        }
        let name = format!("{}-{}", self.package, self.version);
        let folder = cache.tool(&name, |partial| {
            if self.download(cache, partial) { Ok(()) } else { self.compile(cache, partial) }
        })?;
        Ok(Some(folder.join("bin")))
    }

    fn is_on_path(&self) -> bool {
        let version = answer(Command::new(self.program).arg("--version"));
        version.is_some_and(|text| text.split_whitespace().nth(1) == Some(&self.version))
    }

    fn full_name(&self) -> String {
        format!("{} {}", self.package, self.version)
    }

    /// Downloads a prebuilt program, and returns whether that worked; without `cargo binstall` it can't.
    fn download(&self, cache: &Cache, root: &Path) -> bool {
        if answer(workspace::cargo().args(["binstall", "-V"])).is_none() {
            return false;
        }
        let package = format!("{}@{}", self.package, self.version);
        let fetched = cache.quiet(&self.full_name(), self.why, "downloading it, some seconds").run(
            workspace::cargo()
                .args(["binstall", "--no-confirm", "--disable-strategies", "compile", &package, "--root"])
                .arg(root),
        );
        fetched.inspect_err(|error| eprintln!("setup: no prebuilt {package}: {error:#}")).is_ok()
    }

    fn compile(&self, cache: &Cache, root: &Path) -> Result<()> {
        let build = cache.build_folder(self.package);
        cache.quiet(&self.full_name(), self.why, self.how).run(
            workspace::cargo()
                .env("CARGO_TARGET_DIR", &build)
                .env("CARGO_PROFILE_DEV_DEBUG", "0")
                .env("CARGO_INCREMENTAL", "0")
                .args(["install", self.package, "--version", &self.version, "--debug"])
                .args(self.options)
                .arg("--root")
                .arg(root),
        )?;
        cache::remove(&build)
    }
}
