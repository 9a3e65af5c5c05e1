//! `cargo xtask <command>`: everything that a fresh machine needs, and the checks of every change.
//!
//! It links none of the project's crates and next to nothing else, so that it is compiled in seconds before
//! anything is set up. It writes to the target folder, to a user cache folder, and nowhere else; what it deploys to AWS
//! goes there by other people's tools.

mod arguments;
mod bench;
mod check;
mod deploy;
mod fuzz;
mod leptos;
mod package;
mod run;
mod setup;
mod steps;
mod stress;
mod test;
mod workspace;

use std::process::ExitCode;

use crate::arguments::Command;

fn main() -> ExitCode {
    let command = match arguments::parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(message) => {
            eprintln!("error: {message}\n\n{}", arguments::HELP);
            return ExitCode::from(2);
        }
    };
    match start(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Help => {
            println!("{}", arguments::HELP);
            Ok(())
        }
        Command::Run { profile, serve } => run::run(profile, &serve),
        Command::Leptos { words } => leptos::run(&words),
        Command::Test { browser, clients } => test::run(browser, clients),
        Command::Bench { program, files } => bench::count(program, &files),
        Command::BenchPage => bench::page(),
        Command::BenchViewers => bench::viewers(),
        Command::Fuzz { target, seconds } => fuzz::run(target.as_deref(), seconds),
        Command::StressRuns => stress::runs(),
        Command::StressFaults { seed, seeds } => stress::faults(seed, seeds),
        Command::Check => check::run(),
        Command::Package { arches, server } => package::run(&arches, server),
        Command::Deploy(options) => deploy::deploy(&options),
        Command::Destroy(options) => deploy::destroy(&options),
        Command::Setup => setup::everything(),
    }
}
