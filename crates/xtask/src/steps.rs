//! Programs started one after another: what is shown of them, and how long they took; and the last one, which
//! replaces this one.

use std::fmt;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often a quiet step says that it is alive.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);
/// How often a quiet step is asked whether it is done.
const POLL: Duration = Duration::from_millis(50);
/// Lines of a failed quiet step's log that are shown.
const LOG_LINES_SHOWN: usize = 20;

/// Steps whose output is shown as it comes.
pub(crate) struct Steps {
    command: &'static str,
    started: Instant,
    taken: Vec<(&'static str, Duration)>,
}

impl Steps {
    /// No steps yet, for this xtask command.
    pub(crate) fn new(command: &'static str) -> Self {
        Self { command, started: Instant::now(), taken: Vec::new() }
    }

    /// Runs a program to its end; an error if it fails.
    pub(crate) fn run(&mut self, name: &'static str, program: &mut Command) -> Result<()> {
        self.time(name, || {
            let status =
                program.status().with_context(|| format!("starting {}", program.get_program().display()))?;
            if status.success() { Ok(()) } else { bail!("{name} failed ({status})") }
        })
    }

    /// Runs a piece of work to its end, under a headline.
    pub(crate) fn time(&mut self, name: &'static str, work: impl FnOnce() -> Result<()>) -> Result<()> {
        eprintln!("\n==> {}: {name}", self.command);
        let started = Instant::now();
        work()?;
        self.taken.push((name, started.elapsed()));
        Ok(())
    }

    /// The closing line: all is well, and where the time went.
    pub(crate) fn close(&self, verdict: &str) {
        let parts: Vec<String> =
            self.taken.iter().map(|(name, time)| format!("{name} {}", Elapsed(*time))).collect();
        println!(
            "\n{}: {verdict} in {} ({})",
            self.command,
            Elapsed(self.started.elapsed()),
            parts.join(", ")
        );
    }
}

/// A long step whose output goes to a log file, with a sign of life now and then.
pub(crate) struct Quiet<'a> {
    /// Its product, for example "cargo-leptos 0.3.11".
    pub(crate) what: &'a str,
    /// The purpose of that product.
    pub(crate) why: &'a str,
    /// The work and how long it takes, for example "compiling it, about 4 minutes".
    pub(crate) how: &'a str,
    /// Where its output goes.
    pub(crate) log: &'a Path,
}

impl Quiet<'_> {
    /// Runs the program to its end. On failure the error ends with the log's path and its last lines.
    pub(crate) fn run(&self, program: &mut Command) -> Result<()> {
        eprintln!("setup: {} is missing ({}): {}", self.what, self.why, self.how);
        let started = Instant::now();
        let log = File::create(self.log).with_context(|| format!("creating {}", self.log.display()))?;
        program.stdin(Stdio::null()).stderr(log.try_clone()?).stdout(log);
        let status = self.wait(program, started)?;
        if !status.success() {
            bail!("installing {} failed ({status}); {}", self.what, ending(self.log));
        }
        eprintln!("setup: {} is there after {}", self.what, Elapsed(started.elapsed()));
        Ok(())
    }

    fn wait(&self, program: &mut Command, started: Instant) -> Result<ExitStatus> {
        let mut child =
            program.spawn().with_context(|| format!("starting {}", program.get_program().display()))?;
        let mut next_sign = SIGN_OF_LIFE;
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            if started.elapsed() >= next_sign {
                eprintln!("setup: {}: {} so far", self.what, Elapsed(next_sign));
                next_sign += SIGN_OF_LIFE;
            }
            thread::sleep(POLL);
        }
    }
}

fn ending(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let shown = lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..].join("\n  ");
    format!("{} ends with:\n  {shown}", log.display())
}

/// Replaces this program by another: signals, Ctrl-C among them, and the terminal are the other's own, and
/// its exit code is what the caller gets.
#[cfg(unix)]
pub(crate) fn become_program(program: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt as _;

    Err(program.exec()).with_context(|| format!("starting {}", program.get_program().display()))
}

/// Runs a program to its end, where it can't replace this one.
#[cfg(not(unix))]
pub(crate) fn become_program(program: &mut Command) -> Result<()> {
    let name = program.get_program().display().to_string();
    let status = program.status().with_context(|| format!("starting {name}"))?;
    anyhow::ensure!(status.success(), "{name} ended ({status})");
    Ok(())
}

/// A duration as `4s` or `2m07`.
struct Elapsed(Duration);

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        if seconds < 60 { write!(f, "{seconds}s") } else { write!(f, "{}m{:02}", seconds / 60, seconds % 60) }
    }
}
