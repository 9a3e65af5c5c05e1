//! Programs that come from the system: taken where they are, else installed by apt where that is allowed.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::cache::Cache;
use super::{answer, find};

/// The oldest Node whose test runner and `fetch` the browser tests use.
const NODE_MAJOR_MIN: u32 = 18;
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Sees to it that `node` and `npm` are there.
pub(crate) fn node(cache: &Cache) -> Result<()> {
    if find(&["node"]).is_none() || find(&["npm"]).is_none() {
        apt(cache, "Node", "wasm-opt and the browser tests come by npm", &["nodejs", "npm"])
            .context("install Node 18 or later with npm, or leave the browser out with `cargo xtask test --no-browser`")?;
    }
    let version = answer(Command::new("node").arg("--version")).context("`node --version` failed")?;
    match major(&version) {
        Some(major) if major >= NODE_MAJOR_MIN => Ok(()),
        _ => bail!("node is {version}: install Node {NODE_MAJOR_MIN} or later"),
    }
}

/// The browser: `$CHROMIUM`, else one on PATH.
pub(crate) fn chromium(cache: &Cache) -> Result<PathBuf> {
    if let Some(program) = env::var_os("CHROMIUM").filter(|value| !value.is_empty()) {
        return Ok(PathBuf::from(program));
    }
    if let Some(program) = find(&BROWSERS) {
        return Ok(program);
    }
    apt(cache, "Chromium", "the page is tested in it", &["chromium", "fonts-dejavu-core"]).context(
        "install Chromium or Chrome, name one in CHROMIUM, or leave the browser out with `cargo xtask test --no-browser`",
    )?;
    find(&BROWSERS).context("apt-get installed chromium, yet it is not on PATH")
}

/// Installs packages by apt, as root or by a sudo that asks nothing.
pub(crate) fn apt(cache: &Cache, what: &str, why: &'static str, packages: &[&str]) -> Result<()> {
    if find(&["apt-get"]).is_none() {
        bail!("{what} is missing ({why}) and there is no apt-get to install it by");
    }
    let privilege = if answer(Command::new("id").arg("-u")).as_deref() == Some("0") {
        "env"
    } else if answer(Command::new("sudo").args(["-n", "true"])).is_some() {
        "sudo -n"
    } else {
        bail!(
            "{what} is missing ({why}) and installing it takes root: apt-get install {}",
            packages.join(" ")
        );
    };
    let script = format!(
        "set -e; {privilege} apt-get update; \
         {privilege} env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends {}",
        packages.join(" ")
    );
    cache.quiet(what, why, "apt-get install, about a minute").run(Command::new("sh").args(["-c", &script]))
}

fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_version_is_read() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("20"), None);
    }
}
