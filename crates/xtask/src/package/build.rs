//! Compiles the functions for Lambda's image, by whichever tool is there.
//!
//! `cargo lambda` where it is installed, since its users have set it up as they like it; else plain cargo
//! with zig as C compiler and linker, which comes from PyPI and links against the glibc that it is given. A
//! linker of the host's would do where processor and glibc happen to be the image's; one way for every host
//! is easier to trust.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::arch::Arch;
use super::check::GLIBC;
use super::folder;
use crate::setup::{Tools, answer};
use crate::workspace;

/// The functions, by the names of their binaries.
pub(crate) const FUNCTIONS: [&str; 2] = ["cascade", "wordcount"];

/// The profile of the root manifest that functions are built with.
const PROFILE: &str = "lambda";

/// The tool that compiles the functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Builder {
    /// cargo-lambda, as it is installed here.
    CargoLambda,
    /// Plain cargo, with zig.
    Zig,
}

impl Builder {
    /// cargo-lambda where it is there.
    pub(crate) fn found() -> Self {
        match answer(workspace::cargo().args(["lambda", "--version"])) {
            Some(_) => Self::CargoLambda,
            None => Self::Zig,
        }
    }

    /// Both functions for this processor; where a tool is missing it is installed.
    pub(crate) fn compile(self, arch: Arch, tools: &mut Tools) -> Result<Command> {
        tools.target(&format!("{}-unknown-linux-gnu", arch.rust()), "the functions are compiled to it")?;
        let mut cargo = workspace::cargo();
        match self {
            Self::CargoLambda => {}
            Self::Zig => tools.zig()?.offer_to(&mut cargo)?,
        }
        cargo.args(self.arguments(arch));
        match self {
            Self::CargoLambda => cargo.arg("--lambda-dir").arg(lambda_folder()),
            Self::Zig => &mut cargo,
        };
        Ok(cargo)
    }

    fn arguments(self, arch: Arch) -> Vec<String> {
        let words: &[&str] = match self {
            // Its optimisations are flags of its own beside the profile's, a panic that aborts among them.
            Self::CargoLambda => &["lambda", "build", "--output-format", "binary", "--disable-optimizations"],
            Self::Zig => &["zigbuild"],
        };
        let (major, minor) = GLIBC;
        let target = format!("{}-unknown-linux-gnu.{major}.{minor}", arch.rust());
        let mut arguments: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        arguments
            .extend(["--locked", "--package", "lambdas", "--bins", "--profile", PROFILE].map(str::to_owned));
        arguments.extend(["--target".to_owned(), target]);
        arguments
    }

    /// Where a compiled function is.
    pub(crate) fn binary(self, arch: Arch, function: &str) -> PathBuf {
        let target = workspace::target();
        match self {
            Self::CargoLambda => lambda_folder().join(function).join("bootstrap"),
            Self::Zig => {
                target.join(format!("{}-unknown-linux-gnu", arch.rust())).join(PROFILE).join(function)
            }
        }
    }
}

/// Where cargo-lambda puts the binaries; by itself it would take the folder of the profile that is called as it is.
fn lambda_folder() -> PathBuf {
    folder().join("cargo-lambda")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(builder: Builder, arch: Arch, expected: &str) {
        assert_eq!(builder.arguments(arch).join(" "), expected);
    }

    #[test]
    fn either_tool_is_told_the_same() {
        let same = "--locked --package lambdas --bins --profile lambda --target";
        check(Builder::Zig, Arch::X86_64, &format!("zigbuild {same} x86_64-unknown-linux-gnu.2.34"));
        let lambda = "lambda build --output-format binary --disable-optimizations";
        check(Builder::CargoLambda, Arch::Arm64, &format!("{lambda} {same} aarch64-unknown-linux-gnu.2.34"));
    }
}
