//! The `wordfall` program.

use std::process::ExitCode;
use std::time::Duration;

use server::cli::{Cli, Command};
use server::output::remark;
use server::telemetry;
use tokio::runtime::Builder;
use wire::error::{ApiError, ErrorBody};
use wire::printable;

/// Exit code for bad usage, and for a bucket or a backend that can't be used.
const UNUSABLE: u8 = 2;

/// How long threads that are busy may keep a program that is at its end: what is decoded goes on for a step.
const THREADS_MAX: Duration = Duration::from_millis(300);

/// A process that is to become a function's does so before it has any thread.
fn main() -> ExitCode {
    server::backend::launch_if_asked();
    match Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let code = runtime.block_on(obey());
            runtime.shutdown_timeout(THREADS_MAX);
            code
        }
        Err(error) => {
            remark(format!("wordfall: the system gives no threads: {error}"));
            ExitCode::from(UNUSABLE)
        }
    }
}

async fn obey() -> ExitCode {
    let (command, logs) = Cli::read();
    telemetry::init(&command, logs.log_format);
    let json = match &command {
        Command::Count(count) => count.json,
        Command::Retry(retry) => retry.json,
        Command::Serve(_) | Command::Local(_) => false,
    };
    match run(&command).await {
        Ok(code) => code,
        Err(error) => {
            tell(error, json);
            ExitCode::from(UNUSABLE)
        }
    }
}

async fn run(command: &Command) -> Result<ExitCode, ApiError> {
    match command {
        Command::Serve(options) => server::serve::serve(options).await.map(|()| ExitCode::SUCCESS),
        Command::Count(options) => server::count::count(options).await,
        Command::Retry(options) => server::retry::retry(options).await,
        Command::Local(options) => server::stand_in::local(options).await.map(|()| ExitCode::SUCCESS),
    }
}

fn tell(error: ApiError, json: bool) {
    if json {
        let body = serde_json::to_string(&ErrorBody { error }).expect("errors have string keys only");
        remark(body);
    } else {
        remark(format!("wordfall: {}", printable(&error.to_string())));
    }
}
