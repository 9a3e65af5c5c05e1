//! Packages for Node, each in a folder of its own; their install scripts do not run.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::cache::Cache;
use super::{answer, system};
use crate::test::BROWSER_TESTS;
use crate::workspace;

/// Distributions carry a wasm-opt as old as 108, which builds a page that dies at its start.
const BINARYEN: &str = "132";

/// The folder with `wasm-opt` to put on PATH; `None` where PATH has this version already.
pub(crate) fn wasm_opt(cache: &Cache) -> Result<Option<PathBuf>> {
    let version = answer(Command::new("wasm-opt").arg("--version"));
    if version.is_some_and(|text| text.split_whitespace().nth(2) == Some(BINARYEN)) {
        return Ok(None);
    }
    let modules =
        install(cache, "binaryen", &format!("{BINARYEN}.0.0"), "its wasm-opt makes the page small")?;
    Ok(Some(modules.join(".bin")))
}

/// Packages that the browser tests are written with.
const TESTED_WITH: [(&str, &str); 2] = [
    ("playwright-core", "it drives the browser in the tests"),
    ("axe-core", "it tells who could not read a page"),
];

/// The folders in which Node finds what the browser tests need, in the versions that they name: `NODE_PATH`.
pub(crate) fn tested_with(cache: &Cache) -> Result<OsString> {
    let path = workspace::root().join(BROWSER_TESTS).join("package.json");
    let manifest = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let mut folders = Vec::new();
    for (package, why) in TESTED_WITH {
        let version = pinned(&manifest, package)
            .with_context(|| format!("{} names no version of {package}", path.display()))?;
        folders.push(install(cache, package, version, why)?);
    }
    env::join_paths(folders).context("the cache folder's path can't stand in NODE_PATH")
}

fn install(cache: &Cache, package: &str, version: &str, why: &'static str) -> Result<PathBuf> {
    system::node(cache)?;
    let folder = cache.tool(&format!("{package}-{version}"), |partial| {
        cache.quiet(&format!("{package} {version}"), why, "downloading it, some seconds").run(
            Command::new("npm")
                .args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--save-exact"])
                .arg(format!("{package}@{version}"))
                .arg("--prefix")
                .arg(partial),
        )
    })?;
    Ok(folder.join("node_modules"))
}

/// The exact version beside a package's name in a `package.json`.
fn pinned<'a>(manifest: &'a str, package: &str) -> Option<&'a str> {
    let (_, rest) = manifest.split_once(&format!("\"{package}\": \""))?;
    rest.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pinned_version_is_read() {
        assert_eq!(pinned(r#"{"dependencies": {"a": "1.0.0", "b": "2.1.0"}}"#, "b"), Some("2.1.0"));
        assert_eq!(pinned(r#"{"dependencies": {}}"#, "b"), None);
    }
}
