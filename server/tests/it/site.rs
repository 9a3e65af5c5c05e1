//! A site: the built program as a server, on a free port and a data directory of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::http::{Request, Response};
use crate::program;
use crate::sse::Events;

/// No server and no run of these tests takes longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The log filter of a server that only answers requests: it logs what is wrong, and not which runs it has.
const QUIET: &str = "warn,aws_config=error,s3s=off";

/// A server that is ended when it is dropped.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    pub(crate) home: TempDir,
    server: Child,
}

impl Site {
    /// Serves these mounts.
    pub(crate) fn mounting(mounts: &[String]) -> Self {
        Self::with(mounts, &[])
    }

    /// Serves these mounts with further options.
    pub(crate) fn with(mounts: &[String], options: &[&str]) -> Self {
        let mut arguments: Vec<&str> = mounts.iter().flat_map(|mount| ["--mount", mount]).collect();
        arguments.extend(options);
        Self::at(tempfile::tempdir().unwrap(), &arguments, &[])
    }

    /// Serves from the data directory in `home`.
    pub(crate) fn at(home: TempDir, options: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut server =
            serve(&home, options).env("RUST_LOG", QUIET).envs(variables.iter().copied()).spawn().unwrap();
        Self { address: address(&mut server), home, server }
    }

    /// Interrupts the server, waits until it is gone, and hands back its home.
    pub(crate) fn close(mut self) -> TempDir {
        interrupt(&self.server);
        assert!(self.server.wait().unwrap().success());
        self.leave()
    }

    /// Kills the server without a warning, and hands back its home.
    pub(crate) fn kill(mut self) -> TempDir {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
        self.leave()
    }

    /// The server itself.
    pub(crate) fn process(&mut self) -> &mut Child {
        &mut self.server
    }

    /// Hands back the home of a server that is gone.
    pub(crate) fn leave(&mut self) -> TempDir {
        std::mem::replace(&mut self.home, tempfile::tempdir().unwrap())
    }

    pub(crate) fn get(&self, path: &str) -> Request {
        Request::new(self.address, "GET", path)
    }

    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Request {
        Request::new(self.address, "POST", path).form(fields)
    }

    /// Starts a run and returns its id.
    pub(crate) fn start(&self, fields: &[(&str, &str)]) -> String {
        let response = self.post("/api/start_run", fields).send();
        assert_eq!(response.status, 200);
        response.json()["id"].as_str().unwrap().to_owned()
    }

    /// The events of a run, from its beginning.
    pub(crate) fn events(&self, id: &str) -> Events {
        self.get(&format!("/runs/{id}/events")).send().into()
    }

    /// Waits for a run's end and returns its `.json`.
    pub(crate) fn ended(&self, id: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let run = self.get(&format!("/runs/{id}.json")).send().json();
            if !["starting", "running"].contains(&run["state"].as_str().unwrap()) {
                return run;
            }
            assert!(Instant::now() < deadline, "the run does not end: {run}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // It may be gone already.
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

/// The command that serves on a free port.
pub(crate) fn serve(home: &TempDir, options: &[&str]) -> Command {
    let mut command = program::command(home, &[&["serve", "--data", "data"], options].concat());
    command.env("LEPTOS_SITE_ADDR", "127.0.0.1:0").stdout(Stdio::piped());
    command
}

/// Where a server that was just started listens.
pub(crate) fn address(server: &mut Child) -> SocketAddr {
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("wordfall listens on http://");
    address.unwrap_or_else(|| panic!("the server said {line:?}")).parse().unwrap()
}

/// Presses Ctrl-C.
pub(crate) fn interrupt(process: &Child) {
    let kill = format!("kill -INT {}", process.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}

/// The code and the sentence of an error, and the status that it came with.
pub(crate) fn error(response: Response) -> (u16, String, String) {
    let status = response.status;
    let body = response.json();
    let field = |name: &str| body["error"][name].as_str().unwrap_or_else(|| panic!("{body}")).to_owned();
    (status, field("code"), field("message"))
}
