//! The built program, run to its end in a clean environment.

use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// Where this says `processes`, the programs of these tests run their functions as processes.
const FUNCTIONS: &str = "WORDFALL_TEST_FUNCTIONS";

/// The program with these arguments, a home of its own and nothing else of this environment.
pub(crate) fn command(home: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wordfall"));
    command.args(arguments).current_dir(home.path()).env_clear();
    command.env("HOME", home.path()).env("AWS_EC2_METADATA_DISABLED", "true");
    let says_where = arguments.iter().any(|argument| ["--backend", "--functions"].contains(argument));
    if let (Ok(functions), false) = (std::env::var(FUNCTIONS), says_where) {
        command.env("WORDFALL_FUNCTIONS", functions);
    }
    command
}

/// Whether the programs of these tests run their functions as processes.
pub(crate) fn runs_processes() -> bool {
    std::env::var(FUNCTIONS).is_ok_and(|functions| functions == "processes")
}

/// The program's output, and its exit code.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[&str]) -> Ran {
    run_with(arguments, &[])
}

/// Runs the program to its end with these variables set.
pub(crate) fn run_with(arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let home = tempfile::tempdir().unwrap();
    command(&home, arguments).envs(variables.iter().copied()).output().unwrap().into()
}

impl Ran {
    /// Standard output as one JSON value a line.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let parsed = self.stdout.lines().map(serde_json::from_str);
        parsed
            .collect::<Result<_, _>>()
            .unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
    }

    /// The last line of standard output.
    pub(crate) fn end(&self) -> Value {
        self.lines().pop().unwrap_or_else(|| panic!("nothing was printed: {}", self.stderr))
    }

    /// The code and the sentence of the error on standard error.
    pub(crate) fn error(&self) -> (String, String) {
        let body: Value = serde_json::from_str(self.stderr.trim_end()).unwrap_or_else(|error| {
            panic!("standard error is not one JSON object: {error}: {}", self.stderr);
        });
        let field = |name: &str| body["error"][name].as_str().unwrap().to_owned();
        (field("code"), field("message"))
    }
}
