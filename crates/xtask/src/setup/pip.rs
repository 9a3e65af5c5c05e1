//! Programs that come from PyPI, each in a folder of its own.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::cache::Cache;
use super::{answer, path_behind, system};

/// Packages that are installed together.
struct Packages {
    /// Each with its version, as pip takes them.
    pinned: &'static [&'static str],
    why: &'static str,
    how: &'static str,
}

/// C compiler and linker for any processor and glibc, and the cargo command that uses it.
const ZIG: Packages = Packages {
    pinned: &["cargo-zigbuild==0.24.0", "ziglang==0.17.0"],
    why: "it compiles C, and links, for the image of the functions",
    how: "downloading it, about half a minute",
};

/// Judges CloudFormation templates by AWS's own schemas.
const CFN_LINT: Packages = Packages {
    pinned: &["cfn-lint==1.58.0"],
    why: "it checks the deployment's templates",
    how: "downloading it, some seconds",
};

/// The AWS command line. An `aws` of the machine's own is preferred, of whatever version.
const AWS_CLI: Packages =
    Packages { pinned: &["awscli==1.46.3"], why: "it speaks to AWS", how: "downloading it, some seconds" };

/// Installed packages, and how a program finds them.
pub(crate) struct Installed {
    folder: PathBuf,
    variables: Vec<(&'static str, PathBuf)>,
}

impl Installed {
    /// Puts their programs on PATH and their modules where Python looks.
    pub(crate) fn offer_to(&self, program: &mut Command) -> Result<()> {
        let mut modules = vec![self.folder.clone()];
        modules.extend(env::var_os("PYTHONPATH").iter().flat_map(env::split_paths));
        let modules =
            env::join_paths(modules).context("the cache folder's path can't stand in PYTHONPATH")?;
        program
            .env("PATH", path_behind(&[self.folder.join("bin")])?)
            .env("PYTHONPATH", modules)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .envs(self.variables.iter().cloned());
        Ok(())
    }
}

/// zig, with cargo-zigbuild. Both write caches, which lie here too and not in their default folders.
pub(crate) fn zig(cache: &Cache) -> Result<Installed> {
    let mut installed = install(cache, &ZIG).context("install cargo-lambda, or Python 3 with pip")?;
    let kept = cache.build_folder("zig");
    installed.variables =
        ["CARGO_ZIGBUILD_CACHE_DIR", "ZIG_GLOBAL_CACHE_DIR"].map(|name| (name, kept.clone())).into();
    Ok(installed)
}

/// cfn-lint.
pub(crate) fn cfn_lint(cache: &Cache) -> Result<Installed> {
    install(cache, &CFN_LINT).context("install Python 3 with pip")
}

/// The AWS command line.
pub(crate) fn aws_cli(cache: &Cache) -> Result<Installed> {
    install(cache, &AWS_CLI).context("install the AWS command line, or Python 3 with pip")
}

fn install(cache: &Cache, packages: &Packages) -> Result<Installed> {
    let what = packages.pinned.join(" ").replace("==", " ");
    let folder = cache.tool(&folder_name(packages.pinned), |partial| {
        python_with_pip(cache, packages.why)?;
        cache.quiet(&what, packages.why, packages.how).run(
            Command::new("python3")
                .args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--target"])
                .arg(partial)
                .args(packages.pinned),
        )
    })?;
    Ok(Installed { folder, variables: Vec::new() })
}

fn python_with_pip(cache: &Cache, why: &'static str) -> Result<()> {
    match answer(Command::new("python3").args(["-m", "pip", "--version"])) {
        Some(_) => Ok(()),
        None => system::apt(cache, "Python with pip", why, &["python3", "python3-pip"]),
    }
}

fn folder_name(pinned: &[&str]) -> String {
    format!("python-{}", pinned.join("-").replace("==", "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_called_by_what_is_in_it() {
        assert_eq!(folder_name(CFN_LINT.pinned), "python-cfn-lint-1.58.0");
        assert_eq!(folder_name(ZIG.pinned), "python-cargo-zigbuild-0.24.0-ziglang-0.17.0");
    }
}
