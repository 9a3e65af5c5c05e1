//! Whether what was built runs where it is to run: the image `provided.al2023`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::arch::Arch;
use super::elf::{self, Needs};
use crate::setup::answer;

/// The glibc of Amazon Linux 2023.
pub(crate) const GLIBC: (u32, u32) = (2, 34);

/// The libraries of glibc. The image promises no others.
const LIBRARIES: [&str; 8] = [
    "libc.so.6",
    "libdl.so.2",
    "libm.so.6",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "ld-linux-x86-64.so.2",
    "ld-linux-aarch64.so.1",
];

/// Bytes of a zip that are aimed at: a new environment fetches and unpacks it.
pub(crate) const ZIP_BYTES_AIMED: u64 = 8_000_000;

/// The needs of a program, as a sentence; an error where the image hasn't got them.
pub(crate) fn runs_on_lambda(program: &[u8], arch: Arch) -> Result<String> {
    let needs = elf::needs(program).context("what was built is no 64-bit ELF program")?;
    judge(&needs, arch)?;
    let libraries: Vec<&str> = needs.libraries.iter().map(String::as_str).collect();
    let (major, minor) = needs.glibc.unwrap_or_default();
    Ok(format!("{} with glibc {major}.{minor} at least, needs {}", arch.name(), libraries.join(", ")))
}

/// Whether this machine has what the image has: the loader, and a glibc that is no older.
pub(crate) fn is_like_lambda(arch: Arch) -> bool {
    let told = answer(Command::new("getconf").arg("GNU_LIBC_VERSION"));
    arch.is_this_machines()
        && Path::new(interpreter(arch)).exists()
        && told.as_deref().and_then(glibc).is_some_and(|version| version >= GLIBC)
}

/// The version in what `getconf GNU_LIBC_VERSION` says.
fn glibc(told: &str) -> Option<(u32, u32)> {
    let mut numbers = told.strip_prefix("glibc ")?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn interpreter(arch: Arch) -> &'static str {
    match arch {
        Arch::X86_64 => "/lib64/ld-linux-x86-64.so.2",
        Arch::Arm64 => "/lib/ld-linux-aarch64.so.1",
    }
}

fn judge(needs: &Needs, arch: Arch) -> Result<()> {
    let interpreter = interpreter(arch);
    let machine = match arch {
        Arch::X86_64 => elf::X86_64,
        Arch::Arm64 => elf::AARCH64,
    };
    ensure!(
        needs.machine == machine,
        "it is for machine {}, where {} is {machine}",
        needs.machine,
        arch.name()
    );
    match &needs.interpreter {
        Some(found) => {
            ensure!(found == interpreter, "its loader is {found}: Lambda's image has {interpreter}");
        }
        // A static program brings all of it along.
        None => ensure!(needs.libraries.is_empty(), "it needs libraries and names no loader"),
    }
    let foreign: Vec<&str> =
        needs.libraries.iter().map(String::as_str).filter(|name| !LIBRARIES.contains(name)).collect();
    ensure!(
        foreign.is_empty(),
        "it needs {}: link it in, Lambda's image promises glibc alone",
        foreign.join(" and ")
    );
    if let Some((major, minor)) = needs.glibc.filter(|version| *version > GLIBC) {
        anyhow::bail!("it needs glibc {major}.{minor}: Lambda's image has {}.{}", GLIBC.0, GLIBC.1);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Needs {
        Needs {
            machine: elf::X86_64,
            interpreter: Some("/lib64/ld-linux-x86-64.so.2".to_owned()),
            libraries: ["libc.so.6", "libm.so.6"].map(str::to_owned).into(),
            glibc: Some((2, 34)),
        }
    }

    #[track_caller]
    fn check(needs: &Needs, expected: Result<(), &str>) {
        let judged = judge(needs, Arch::X86_64).map_err(|error| error.to_string());
        assert_eq!(judged, expected.map_err(str::to_owned));
    }

    #[test]
    fn a_glibc_is_read_as_getconf_tells_it() {
        assert_eq!(glibc("glibc 2.34"), Some((2, 34)));
        assert_eq!(glibc("glibc 2.31.9000"), Some((2, 31)));
        assert!(glibc("glibc 2.4").unwrap() < GLIBC, "versions are no decimals");
        assert_eq!(glibc("musl 1.2.5"), None);
        assert_eq!(glibc(""), None);
    }

    #[test]
    fn what_the_image_lacks_is_named() {
        check(&good(), Ok(()));
        check(&Needs { interpreter: None, libraries: [].into(), glibc: None, ..good() }, Ok(()));
        check(&Needs { machine: elf::AARCH64, ..good() }, Err("it is for machine 183, where x86_64 is 62"));
        check(&Needs { glibc: Some((2, 36)), ..good() }, Err("it needs glibc 2.36: Lambda's image has 2.34"));
        let libraries = ["libc.so.6", "libssl.so.3", "libz.so.1"].map(str::to_owned).into();
        check(
            &Needs { libraries, ..good() },
            Err("it needs libssl.so.3 and libz.so.1: link it in, Lambda's image promises glibc alone"),
        );
        let interpreter = Some("/lib/ld-musl-x86_64.so.1".to_owned());
        check(
            &Needs { interpreter, ..good() },
            Err("its loader is /lib/ld-musl-x86_64.so.1: Lambda's image has /lib64/ld-linux-x86-64.so.2"),
        );
    }
}
