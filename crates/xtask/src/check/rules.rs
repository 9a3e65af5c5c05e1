//! The project's own rules, which no lint knows: short files, no leftovers, nobody's private paths, standard terms.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::words;
use crate::workspace;

/// Lines that a source file may have.
const LINES_MAX: usize = 400;
/// Sources whose length is limited.
const SOURCES: [&str; 4] = [".rs", ".mjs", ".py", ".css"];
/// Text that no file may contain, with what is right instead. Split, so that this file passes.
const BANNED: [(&str, &str); 11] = [
    (concat!("TO", "DO"), "do it, or leave it out"),
    (concat!("FIX", "ME"), "do it, or leave it out"),
    (concat!("to", "do!("), "do it, or leave it out"),
    (concat!("unimplem", "ented!("), "do it, or leave it out"),
    (concat!("[", "allow("), "use #[expect(lint, reason = \"...\")]"),
    (concat!("#[", "ignore"), "run slow tests on an environment variable"),
    (concat!("<<<<", "<<<"), "resolve the conflict"),
    (concat!("/ho", "me/"), "name no private path"),
    (concat!("/ro", "ot/"), "name no private path"),
    (concat!("/Us", "ers/"), "name no private path"),
    (concat!("/wo", "rk/"), "name no private path"),
];

/// Looks through every file that git knows or would add.
pub(crate) fn check() -> Result<()> {
    let mut faults = Vec::new();
    for path in files()? {
        // A file that is deleted and not yet committed is listed; one that isn't text has no rules.
        if let Ok(text) = fs::read_to_string(workspace::root().join(&path)) {
            faults.extend(faults_of(&path, &text));
        }
    }
    if faults.is_empty() { Ok(()) } else { bail!("project rules:\n  {}", faults.join("\n  ")) }
}

fn files() -> Result<Vec<String>> {
    let output = Command::new("git")
        .current_dir(workspace::root())
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .output()
        .context("starting git")?;
    if !output.status.success() {
        bail!("`git ls-files` failed: the project rules are checked in a git clone");
    }
    let names = String::from_utf8(output.stdout).context("a file's name is not UTF-8")?;
    Ok(names.split_terminator('\0').map(str::to_owned).collect())
}

fn faults_of(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let lines = text.lines().count();
    if lines > LINES_MAX && SOURCES.iter().any(|end| path.ends_with(end)) {
        faults.push(format!("{path}: {lines} lines, {LINES_MAX} is the most: split it"));
    }
    for (index, line) in text.lines().enumerate() {
        let banned = BANNED.iter().filter(|(words, _)| line.contains(words));
        faults.extend(banned.map(|(words, right)| format!("{path}:{}: {words:?}: {right}", index + 1)));
        let words = words::faults_of(path, line).into_iter();
        faults.extend(words.map(|fault| format!("{path}:{}: {fault}", index + 1)));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, text: &str, expected: &[&str]) {
        assert_eq!(faults_of(path, text), expected);
    }

    #[test]
    fn a_fault_is_named_by_file_and_line() {
        let leftover = format!("fn main() {{}}\n// {}: more\n", BANNED[0].0);
        check("a.rs", &leftover, &[&format!("a.rs:2: {:?}: do it, or leave it out", BANNED[0].0)]);
        check("a.rs", "fn main() {}\n", &[]);
    }

    #[test]
    fn only_sources_have_a_length() {
        let long = "x\n".repeat(LINES_MAX + 1);
        check("a.rs", &long, &["a.rs: 401 lines, 400 is the most: split it"]);
        check("Cargo.lock", &long, &[]);
    }
}
