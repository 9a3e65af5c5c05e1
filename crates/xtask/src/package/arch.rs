//! The two kinds of processor that Lambda has.

use std::env;

/// A processor, by the name that Lambda gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arch {
    X86_64,
    Arm64,
}

impl Arch {
    /// Both, in the order in which they are built.
    pub(crate) const ALL: [Self; 2] = [Self::X86_64, Self::Arm64];

    /// Reads Lambda's name of it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|arch| arch.name() == name)
    }

    /// Its name for Lambda, the template and the zips.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }

    /// Its name in Rust.
    pub(crate) fn rust(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "aarch64",
        }
    }

    /// Whether this machine runs what is built for it, as Lambda's image does.
    pub(crate) fn is_this_machines(self) -> bool {
        env::consts::OS == "linux" && env::consts::ARCH == self.rust()
    }

    /// Its name for a container's builder.
    pub(crate) fn container(self) -> &'static str {
        match self {
            Self::X86_64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }
}
