//! Options of logs and spans.

use clap::{Args, ValueEnum};

use crate::secret::Secret;

/// How log lines are written to standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// As text on a terminal, else as JSON.
    #[default]
    Auto,
    /// As text.
    Text,
    /// As JSON, an object a line.
    Json,
}

/// Logs of any command. Which lines there are is RUST_LOG's to say.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Telemetry")]
pub struct Logs {
    /// How log lines are written to standard error; RUST_LOG says which ones.
    #[arg(long, value_name = "FORMAT", env = "WORDFALL_LOG_FORMAT", default_value = "auto", global = true)]
    pub log_format: LogFormat,
}

/// Spans of commands that count.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Telemetry")]
pub struct Traces {
    /// Send spans of runs and invocations to this OpenTelemetry collector, by OTLP over HTTP; for example
    /// http://127.0.0.1:4318. OTEL_EXPORTER_OTLP_HEADERS and OTEL_SERVICE_NAME are honoured.
    #[arg(long, value_name = "URL", env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    pub otlp_endpoint: Option<Secret>,
}
