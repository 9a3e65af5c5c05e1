//! `cargo xtask package`: the functions as zips that Lambda takes, and with `--server` what a container is made of.
//!
//! What was built is looked at before anyone deploys it: what it asks of the image that it is to run on and, where
//! this machine can run it, how soon it asks for work.

pub(crate) mod arch;
mod build;
mod check;
mod elf;
mod server;
mod start;
mod zip;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::arguments::Part;
use crate::setup::{self, Tools};
use crate::steps::Steps;
use crate::workspace;

use self::arch::Arch;
use self::build::{Builder, FUNCTIONS};

/// Starts of which the soonest counts: a busy machine delays some.
const STARTS: u32 = 10;
/// From a process' start to its first request for work, as it is aimed at.
const START_AIMED: Duration = Duration::from_millis(30);

/// The name of the one file in a zip: what Lambda starts.
const BOOTSTRAP: &str = "bootstrap";

/// Builds the functions for these processors, packs and checks them, and after them the server.
pub(crate) fn run(arches: &[Arch], server: Part) -> Result<()> {
    let mut tools = Tools::open()?;
    let builder = Builder::found();
    let mut steps = Steps::new("package");
    for &arch in arches {
        let mut cargo = builder.compile(arch, &mut tools)?;
        steps.run(headline(arch), &mut cargo)?;
        for function in FUNCTIONS {
            pack(builder, arch, function).with_context(|| format!("{function} for {}", arch.name()))?;
        }
    }
    match server {
        Part::Included => {
            for &arch in arches {
                server::build(arch, &mut tools, &mut steps)?;
            }
        }
        Part::LeftOut => {}
    }
    steps.close("packaged");
    Ok(())
}

/// The folder that everything here is written to.
pub(crate) fn folder() -> PathBuf {
    workspace::target().join("package")
}

fn headline(arch: Arch) -> &'static str {
    match arch {
        Arch::X86_64 => "functions for x86_64",
        Arch::Arm64 => "functions for arm64",
    }
}

fn pack(builder: Builder, arch: Arch, function: &str) -> Result<()> {
    let binary = builder.binary(arch, function);
    let program = fs::read(&binary).with_context(|| format!("reading {}", binary.display()))?;
    let needs = check::runs_on_lambda(&program, arch)?;
    fs::create_dir_all(folder()).with_context(|| format!("creating {}", folder().display()))?;
    let zip = folder().join(format!("{function}-{}.zip", arch.name()));
    zip::write(&zip, BOOTSTRAP, &binary)?;
    let packed = fs::metadata(&zip)?.len();
    println!(
        "{}: {}, {} unpacked; {needs}",
        workspace::from_root(&zip).display(),
        Megabytes(packed),
        Megabytes(program.len() as u64)
    );
    if packed > check::ZIP_BYTES_AIMED {
        println!("  more than the {} that are aimed at", Megabytes(check::ZIP_BYTES_AIMED));
    }
    try_out(&binary, arch)
}

/// Starts a function where that is possible, and says how it went.
fn try_out(binary: &Path, arch: Arch) -> Result<()> {
    if !arch.is_this_machines() {
        match emulator(arch) {
            Some(emulator) => {
                let refusal = start::once(binary, &emulator)?.refusal;
                println!("  started by {}, whose times say nothing; to {{}} it says {refusal}", emulator[0]);
            }
            None => println!("  not started on this {}: checked by its headers only", env::consts::ARCH),
        }
        return Ok(());
    }
    if !check::is_like_lambda(arch) {
        let (major, minor) = check::GLIBC;
        println!("  not started here, where there is no glibc {major}.{minor}: checked by its headers only");
        return Ok(());
    }
    let mut soonest = start::once(binary, &[])?;
    for _ in 1..STARTS {
        let started = start::once(binary, &[])?;
        if started.polled_after < soonest.polled_after {
            soonest = started;
        }
    }
    let ms = soonest.polled_after.as_secs_f64() * 1000.0;
    let refusal = soonest.refusal;
    println!(
        "  asks for work {ms:.1} ms after its start, the soonest of {STARTS}; to {{}} it says {refusal}"
    );
    if soonest.polled_after > START_AIMED {
        println!("  later than the {} ms that are aimed at", START_AIMED.as_millis());
    }
    Ok(())
}

/// The command that runs a program of another processor, where qemu and that processor's glibc are installed.
fn emulator(arch: Arch) -> Option<Vec<String>> {
    let glibc = format!("/usr/{}-linux-gnu", arch.rust());
    let names = [format!("qemu-{}-static", arch.rust()), format!("qemu-{}", arch.rust())];
    let qemu = setup::find(&names.each_ref().map(String::as_str)).filter(|_| Path::new(&glibc).is_dir())?;
    Some(vec![qemu.display().to_string(), "-L".to_owned(), glibc])
}

/// Bytes as megabytes.
struct Megabytes(u64);

impl std::fmt::Display for Megabytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(bytes) = self;
        write!(f, "{}.{:02} MB", bytes / 1_000_000, bytes % 1_000_000 / 10_000)
    }
}
