//! The program's log: lines with fields on standard error, for people or for programs.
//!
//! Only `main` sets it up; everything else just logs. Values from outside are fields, which both forms
//! escape, and no level logs a secret.

mod harmless;
mod line;

use std::io::IsTerminal;

use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt, registry};
use wire::printable;

use crate::cli::{Command, LogFormat};
use crate::output::remark;

/// The directives that hold unless RUST_LOG says otherwise.
const QUIET: &str = "warn,aws_config=error,opentelemetry=off,opentelemetry_sdk=off,opentelemetry-otlp=off";
/// The directive that the site adds: it logs which runs begin and end.
const SERVING: &str = "server=info";

/// Sets the log up for a command.
pub fn init(command: &Command, format: LogFormat) {
    let is_json = match format {
        LogFormat::Auto => !std::io::stderr().is_terminal(),
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    // A line that can't be written is left out, rather than spoken of where nobody reads.
    let lines = fmt::layer().log_internal_errors(false);
    let lines = if is_json {
        let lines = lines.json().flatten_event(true).with_current_span(true).with_span_list(false);
        lines.with_writer(line::json).boxed()
    } else {
        lines
            .fmt_fields(line::text_fields())
            .with_ansi(std::io::stderr().is_terminal())
            .with_writer(std::io::stderr)
            .boxed()
    };
    registry().with(lines.with_filter(filter_fn(harmless::is_harmless))).with(filter(command)).init();
}

/// RUST_LOG's, where it is set and can be understood.
fn filter(command: &Command) -> EnvFilter {
    let asked = std::env::var(EnvFilter::DEFAULT_ENV).ok().filter(|asked| !asked.is_empty());
    let usual = || EnvFilter::new(default(command));
    asked.map_or_else(usual, |asked| {
        EnvFilter::try_new(&asked).unwrap_or_else(|error| {
            let wrong = format!("RUST_LOG is {asked:?}: {error}; logging as without it");
            remark(format!("wordfall: {}", printable(&wrong)));
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
