//! `cargo xtask torture runs`: what the tests of runs do in little, done whole.
//!
//! The tests are those of the server's crate; settings in the environment tell them how often. A failing one prints
//! its seed, which `WORDFALL_TEST_SEED` takes.

use std::process::Command;

use anyhow::Result;

use crate::steps::Steps;
use crate::workspace;

/// What is shown, the tests that show it, and how much is asked of them.
const PARTS: [(&str, &str, &[(&str, &str)]); 4] = [
    (
        "100 kills",
        "resumed::a_killed_server",
        &[("WORDFALL_TEST_KILLS", "100"), ("WORDFALL_TEST_KILL_OBJECTS", "20000")],
    ),
    ("1,000 torn connections", "torn::", &[("WORDFALL_TEST_TEARS", "1000")]),
    ("1,000,000 objects", "scale::", &[("WORDFALL_TEST_OBJECTS", "1000000")]),
    ("10,000 simulated runs", "limits_at_random::", &[("WORDFALL_TEST_SIMULATIONS", "10000")]),
];

/// Builds the tests with everything that makes them fast, and runs those of runs at length.
pub(crate) fn runs() -> Result<()> {
    let mut steps = Steps::new("torture");
    steps.run("build", tests().arg("--no-run"))?;
    for (name, test, settings) in PARTS {
        let settings = settings.iter().copied();
        steps.run(name, tests().args(["--", test, "--nocapture"]).envs(settings))?;
    }
    steps.close("everything held");
    Ok(())
}

fn tests() -> Command {
    let mut cargo = workspace::cargo();
    cargo.args(["test", "--release", "--package", "server", "--test", "it"]);
    cargo
}
