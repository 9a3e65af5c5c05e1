//! The program's log: lines with fields on standard error, for people or for programs.
//!
//! Only `main` sets it up; everything else just tells. Values from outside are fields, which both forms escape.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::cli::{Command, LogFormat};

/// What is logged unless RUST_LOG says otherwise; s3s calls every refused signature an error.
const QUIET: &str =
    "warn,aws_config=error,s3s=off,opentelemetry=off,opentelemetry_sdk=off,opentelemetry-otlp=off";
/// What the site logs on top: which runs begin and end.
const SERVING: &str = "server=info";

/// Sets the log up for a command.
pub fn init(command: &Command, format: LogFormat) {
    let is_json = match format {
        LogFormat::Auto => !std::io::stderr().is_terminal(),
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    let filter = filter(command);
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if is_json {
        lines.json().flatten_event(true).with_current_span(true).with_span_list(false).init();
    } else {
        lines.with_ansi(std::io::stderr().is_terminal()).init();
    }
}

/// RUST_LOG's, where it is set and can be understood.
fn filter(command: &Command) -> EnvFilter {
    let asked = std::env::var(EnvFilter::DEFAULT_ENV).ok().filter(|asked| !asked.is_empty());
    let usual = || EnvFilter::new(default(command));
    asked.map_or_else(usual, |asked| {
        EnvFilter::try_new(&asked).unwrap_or_else(|error| {
            eprintln!("wordfall: RUST_LOG is {asked:?}: {error}; logging as without it");
            usual()
        })
    })
}

fn default(command: &Command) -> String {
    match command {
        Command::Serve(_) => format!("{QUIET},{SERVING}"),
        // Their standard error is for what concerns what they were asked.
        Command::Count(_) | Command::Retry(_) | Command::Local(_) => QUIET.to_owned(),
    }
}
