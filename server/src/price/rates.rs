//! The price of a millisecond of either function, by its memory and its processor.

use super::{GB_MS_ARM64, GB_MS_X86_64, Money};

/// A function as it is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Its memory.
    pub memory_mb: u32,
    /// Its processor.
    pub architecture: Architecture,
}

/// The processors that Lambda has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// Intel's and AMD's.
    X86_64,
    /// Amazon's own.
    Arm64,
}

/// The prices of a millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Of `wordcount`.
    pub wordcount: Money,
    /// Of `cascade`.
    pub cascade: Money,
}

impl Size {
    /// The price of a millisecond of it.
    pub fn millisecond(self) -> Money {
        let gb_ms = match self.architecture {
            Architecture::X86_64 => GB_MS_X86_64,
            Architecture::Arm64 => GB_MS_ARM64,
        };
        Money::millisecond(gb_ms, self.memory_mb)
    }
}

impl Architecture {
    /// By the name that Rust has for it; another one's is taken for the dearer, so that no limit is passed.
    pub fn named(name: &str) -> Self {
        match name {
            "aarch64" => Self::Arm64,
            _ => Self::X86_64,
        }
    }
}

impl Rates {
    /// Of two functions of this much memory on the dearer processor.
    pub fn of_memory(memory_mb: u32) -> Self {
        let millisecond = Size { memory_mb, architecture: Architecture::X86_64 }.millisecond();
        Self { wordcount: millisecond, cascade: millisecond }
    }

    /// At most, where nothing says of which function.
    pub fn either(self) -> Money {
        self.wordcount.max(self.cascade)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(architecture: &str, memory_mb: u32, expected_usd_a_second: f64) {
        let size = Size { memory_mb, architecture: Architecture::named(architecture) };
        let usd = (size.millisecond() * 1_000).usd();
        assert!((usd - expected_usd_a_second).abs() < expected_usd_a_second * 1e-12, "{usd}");
    }

    #[test]
    fn a_second_costs_what_the_table_says() {
        check("x86_64", 1_024, 0.000_016_666_7);
        check("aarch64", 1_024, 0.000_013_333_4);
        check("aarch64", 512, 0.000_006_666_7);
        check("riscv64", 1_024, 0.000_016_666_7);
    }
}
