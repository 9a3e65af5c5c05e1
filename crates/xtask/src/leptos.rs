//! `cargo xtask leptos`: cargo-leptos, with the tools that it runs.
//!
//! `cargo leptos` comes here by an alias in `.cargo/config.toml`, since the tools lie in a cache folder that is not on
//! PATH. What is missing is installed first; then this process becomes cargo-leptos.

use std::process::Command;

use anyhow::Result;

use crate::arguments::Profile;
use crate::setup::Tools;
use crate::{steps, workspace};

/// Becomes cargo-leptos, with these words as they were typed.
pub(crate) fn run(words: &[String]) -> Result<()> {
    let mut tools = Tools::open()?;
    tools.building(profile(words))?;
    steps::become_program(program(&tools)?.args(words))
}

/// cargo-leptos as cargo would start it, at the root. It is never started as `cargo leptos`, which is an alias of this.
pub(crate) fn program(tools: &Tools) -> Result<Command> {
    let mut leptos = workspace::starter_of_cargo("cargo-leptos");
    leptos.env("PATH", tools.path()?).arg("leptos");
    Ok(leptos)
}

/// The profile that these words ask for: `--release`, or an `r` among the short options, before what the server is
/// given.
fn profile(words: &[String]) -> Profile {
    let mut options = words.iter().take_while(|word| *word != "--").filter(|word| word.starts_with('-'));
    match options.any(|word| word == "--release" || !word.starts_with("--") && word.contains('r')) {
        true => Profile::Release,
        false => Profile::Debug,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Profile) {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        assert_eq!(profile(&words), expected, "{line:?}");
    }

    #[test]
    fn a_release_is_known_by_its_options() {
        check("", Profile::Debug);
        check("watch", Profile::Debug);
        check("serve --hot-reload -v", Profile::Debug);
        check("build --release", Profile::Release);
        check("build -r", Profile::Release);
        check("build -Pr --split", Profile::Release);
        check("serve -- --retain 3d -r", Profile::Debug);
    }
}
