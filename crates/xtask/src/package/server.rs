//! The contents of a container of the server: one static program, the site, and the certificates to trust.
//!
//! `deploy/Containerfile` makes an image of that folder, on nothing: there is no shell and no libc in it to keep up to
//! date. The program is linked against musl, since glibc can't be linked in whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::arch::Arch;
use super::{Megabytes, elf, folder};
use crate::arguments::Profile;
use crate::run;
use crate::setup::Tools;
use crate::steps::Steps;
use crate::workspace;

/// The file that makes the image; it is copied to where builders look for it by themselves.
const CONTAINERFILE: &str = "deploy/Containerfile";
const PROGRAM: &str = "wordfall";

/// Where systems keep the certificates that they trust, in one file.
const CERTIFICATES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Builds the site and the server and lays out the folder.
pub(crate) fn build(arch: Arch, tools: &mut Tools, steps: &mut Steps) -> Result<()> {
    let target = format!("{}-unknown-linux-musl", arch.rust());
    tools.building(Profile::Release)?;
    tools.target(&target, "the container's server is compiled to it")?;
    steps.run("site", run::build(tools, Profile::Release)?.arg("--frontend-only"))?;
    let mut cargo = workspace::cargo();
    tools.zig()?.offer_to(&mut cargo)?;
    cargo.args([
        "zigbuild",
        "--locked",
        "--release",
        "--package",
        "server",
        "--bin",
        PROGRAM,
        "--target",
        &target,
    ]);
    steps.run("server", &mut cargo)?;
    let program = workspace::target().join(&target).join("release").join(PROGRAM);
    steps.time("container", || lay_out(arch, &program))
}

fn lay_out(arch: Arch, program: &Path) -> Result<()> {
    let bytes = fs::read(program).with_context(|| format!("reading {}", program.display()))?;
    check(&bytes)?;
    let context = folder().join(format!("server-{}", arch.name()));
    match fs::remove_dir_all(&context) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("removing {}", context.display()));
        }
        _ => fs::create_dir_all(&context).with_context(|| format!("creating {}", context.display()))?,
    }
    copy(program, &context.join(PROGRAM))?;
    copy(&certificates()?, &context.join("ca-certificates.crt"))?;
    copy(&workspace::root().join(CONTAINERFILE), &context.join("Dockerfile"))?;
    copy_folder(&run::site(), &context.join("site"))?;
    let shown = workspace::from_root(&context).display();
    println!("{shown}: the server has {}; an image of it is made by", Megabytes(bytes.len() as u64));
    println!("  docker build --platform linux/{} --tag wordfall {shown}", arch.container());
    if arch.is_this_machines() {
        let version = Command::new(context.join(PROGRAM)).env_clear().arg("--version").output();
        let version = version.context("starting the server that was built")?;
        ensure!(version.status.success(), "the server that was built does not start: {}", version.status);
        println!("  started: {}", String::from_utf8_lossy(&version.stdout).trim());
    }
    Ok(())
}

fn check(program: &[u8]) -> Result<()> {
    let needs = elf::needs(program).context("the server is no 64-bit ELF program")?;
    ensure!(
        needs.interpreter.is_none() && needs.libraries.is_empty(),
        "the server needs {:?} and {:?}: in an image that is made of nothing it has to be static",
        needs.interpreter,
        needs.libraries
    );
    Ok(())
}

fn certificates() -> Result<PathBuf> {
    let found = CERTIFICATES.iter().map(Path::new).find(|path| path.is_file());
    let found = found.context(
        "this machine has no file of trusted certificates to give the server: install ca-certificates",
    )?;
    Ok(found.to_owned())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).with_context(|| format!("copying {} to {}", from.display(), to.display()))?;
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("creating {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() { copy_folder(&entry.path(), &to)? } else { copy(&entry.path(), &to)? }
    }
    Ok(())
}
