//! `cargo xtask stress`: the tests of runs, at full size.
//!
//! The tests are those of the server's crate; settings in the environment say how often. A failing one prints its
//! seed, which `WORDFALL_TEST_SEED` takes.

use std::process::Command;

use anyhow::Result;

use crate::steps::Steps;
use crate::workspace;

/// A part of the work: its name, its tests, and how much is asked of them.
struct Part {
    name: &'static str,
    tests: &'static str,
    settings: &'static [(&'static str, &'static str)],
}

const PARTS: [Part; 4] = [
    Part {
        name: "100 kills",
        tests: "resumed::a_killed_server",
        settings: &[("WORDFALL_TEST_KILLS", "100"), ("WORDFALL_TEST_KILL_OBJECTS", "20000")],
    },
    Part { name: "1,000 torn connections", tests: "torn::", settings: &[("WORDFALL_TEST_TEARS", "1000")] },
    Part { name: "1,000,000 objects", tests: "scale::", settings: &[("WORDFALL_TEST_OBJECTS", "1000000")] },
    Part {
        name: "10,000 simulated runs",
        tests: "limits_at_random::",
        settings: &[("WORDFALL_TEST_SIMULATIONS", "10000")],
    },
];

/// Fault plans that are run, each with a seed of its own.
pub(crate) const SEEDS: u64 = 1_000;

/// Builds the tests with everything that makes them fast, and runs those of runs at length.
pub(crate) fn runs() -> Result<()> {
    let mut steps = Steps::new("stress");
    steps.run("build", tests().arg("--no-run"))?;
    for Part { name, tests: chosen, settings } in PARTS {
        let settings = settings.iter().copied();
        steps.run(name, tests().args(["--", chosen, "--nocapture"]).envs(settings))?;
    }
    steps.close("everything held");
    Ok(())
}

/// Runs so many fault plans, from this seed on.
pub(crate) fn faults(seed: u64, seeds: u64) -> Result<()> {
    let mut steps = Steps::new("stress");
    steps.run("build", tests().arg("--no-run"))?;
    let settings = [("WORDFALL_TEST_SEED", seed.to_string()), ("WORDFALL_TEST_SEEDS", seeds.to_string())];
    steps.run("faults", tests().args(["--", "faults_planned::", "--nocapture"]).envs(settings))?;
    steps.close("everything held");
    Ok(())
}

fn tests() -> Command {
    let mut cargo = workspace::cargo();
    cargo.args(["test", "--release", "--package", "server", "--test", "it"]);
    cargo
}
