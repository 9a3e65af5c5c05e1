//! `cargo xtask test`: every test, from the pure ones to the browser's.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::arguments::{Part, Profile};
use crate::bench;
use crate::fuzz;
use crate::run;
use crate::setup::{self, Clients, Tools};
use crate::steps::Steps;
use crate::workspace;

/// Where the browser tests are.
pub(crate) const BROWSER_TESTS: &str = "server/tests/browser";
/// Where the tests with other people's S3 and Lambda clients are.
const CLIENT_TESTS: &str = "server/tests/clients";

/// How long each target is fuzzed: its seeds, and a little more.
const FUZZ_SECONDS: u32 = 2;

/// Builds the page and the server and runs the tests; what is missing is installed first, so that a fresh machine
/// fails on that within minutes.
pub(crate) fn run(browser: Part, clients: Part) -> Result<()> {
    let mut tools = Tools::open()?;
    tools.building(Profile::Debug)?;
    let browser = included(browser, || tools.browser())?;
    let clients = included(clients, || tools.python_clients())?;

    let mut steps = Steps::new("test");
    steps.run("build", &mut run::build(&tools, Profile::Debug)?)?;
    steps.run("rust", rust(clients.as_ref()).args(["test", "--workspace", "--no-fail-fast"]))?;
    let mut processes = workspace::cargo();
    processes.args(["test", "--package", "server", "--test", "it", "--no-fail-fast"]);
    steps.run("processes", processes.env("WORDFALL_TEST_FUNCTIONS", "processes"))?;
    steps.run("benchmark", &mut bench::quick_count())?;
    match setup::find(&["c++", "g++", "clang++"]) {
        Some(_) => steps.time("fuzz", || fuzz::run(None, FUZZ_SECONDS))?,
        None => eprintln!("\ntest: fuzz left out: libFuzzer is built by a C++ compiler, and there is none"),
    }
    if let Some(browser) = &browser {
        let mut node = Command::new("node");
        node.env("NODE_PATH", &browser.node_path).env("CHROMIUM", &browser.chromium);
        steps.run("browser", against_server(node.arg("--test").args(browser_tests()?)))?;
    }
    if let Some(clients) = &clients {
        let mut python = Command::new("python3");
        python.args(["-m", "unittest", "discover", "--verbose", CLIENT_TESTS]);
        steps.run("clients", against_server(clients.offer_to(&mut python)))?;
    }
    steps.close(match (&browser, &clients) {
        (Some(_), Some(_)) => "every test passed",
        (None, Some(_)) => "all passed, the browser's left out,",
        (Some(_), None) => "all passed, the outside clients' left out,",
        (None, None) => "all passed, the browser's and the outside clients' left out,",
    });
    Ok(())
}

/// Cargo, whose tests start the outside clients themselves where a variable says that those are installed.
fn rust(clients: Option<&Clients>) -> Command {
    let mut cargo = workspace::cargo();
    if let Some(clients) = clients {
        clients.offer_to(&mut cargo).env("WORDFALL_OUTSIDE_CLIENTS", "1");
    }
    cargo
}

fn included<T>(part: Part, install: impl FnOnce() -> Result<T>) -> Result<Option<T>> {
    match part {
        Part::Included => install().map(Some),
        Part::LeftOut => Ok(None),
    }
}

/// The tests with the path of the server, which they start themselves.
fn against_server(tests: &mut Command) -> &mut Command {
    let server = run::server(Profile::Debug);
    tests.current_dir(workspace::root()).env("WORDFALL_BIN", server.get_program());
    for (name, value) in server.get_envs() {
        tests.env(name, value.unwrap_or_default());
    }
    tests.env("WORDFALL_SCREENSHOTS", workspace::root().join("target/screenshots"))
}

fn browser_tests() -> Result<Vec<PathBuf>> {
    let folder = workspace::root().join(BROWSER_TESTS);
    let mut tests = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".test.mjs") {
            tests.push(path);
        }
    }
    tests.sort();
    Ok(tests)
}
