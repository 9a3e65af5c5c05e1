//! Other people's S3 and Lambda clients, S3 and runtime, in Python.

use std::ffi::OsString;
use std::process::Command;

use anyhow::{Context, Result};

use super::cache::Cache;
use super::{answer, find, path_behind, system};

/// boto3, awscli, moto and awslambdaric: Python's own, or those of a folder.
pub(crate) struct Clients {
    variables: Vec<(&'static str, OsString)>,
}

impl Clients {
    /// Lets a program find them, and keeps Python from writing into the repository.
    pub(crate) fn offer_to<'a>(&self, program: &'a mut Command) -> &'a mut Command {
        program.env("PYTHONDONTWRITEBYTECODE", "1").envs(self.variables.iter().cloned())
    }
}

/// Packages that are installed, by version. AWS's runtime client is built for Linux alone.
const PACKAGES: [&str; 4] = [
    "boto3==1.44.5",
    "awscli==1.46.3",
    "moto[server]==5.2.5",
    "awslambdaric==4.2.2; sys_platform == 'linux'",
];
/// The folder that holds them, named by all versions.
const FOLDER: &str = "python-boto3-1.44.5-awscli-1.46.3-moto-5.2.5-awslambdaric-4.2.2";

/// Sees to it that they are there.
pub(crate) fn clients(cache: &Cache) -> Result<Clients> {
    let modules = match cfg!(target_os = "linux") {
        true => "import boto3, awscli, moto.server, flask, awslambdaric",
        false => "import boto3, awscli, moto.server, flask",
    };
    let has_modules = answer(Command::new("python3").args(["-c", modules])).is_some();
    if has_modules && find(&["aws"]).is_some() {
        return Ok(Clients { variables: Vec::new() });
    }
    let without = "install Python 3 with pip, or leave these tests out with `cargo xtask test --no-clients`";
    if answer(Command::new("python3").args(["-m", "pip", "--version"])).is_none() {
        let why = "boto3, awscli and moto try the embedded S3 and Lambda";
        system::apt(cache, "Python with pip", why, &["python3", "python3-pip"]).context(without)?;
    }
    let folder = cache.tool(FOLDER, |partial| {
        let what = "boto3, awscli, moto and awslambdaric";
        let why = "other people's clients, S3 and runtime are tried with ours";
        cache.quiet(what, why, "downloading them, a minute").run(
            Command::new("python3")
                .args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--target"])
                .arg(partial)
                .args(PACKAGES),
        )
    })?;
    let path = path_behind(&[folder.join("bin")])?;
    Ok(Clients { variables: vec![("PYTHONPATH", folder.into_os_string()), ("PATH", path)] })
}
