//! Starts a function as Lambda would: how soon it asks for work, and whether a payload that is none comes back as an
//! error and not as silence.
//!
//! The Runtime API here is as small as that needs: one invocation, over one loopback connection after another.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// How long a function may take to ask for work, and to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a connection is looked for: well below what is measured.
const POLL: Duration = Duration::from_micros(200);
/// Bytes of a request that are read.
const REQUEST_BYTES_MAX: u64 = 1024 * 1024;

const NEXT: &str = "/2018-06-01/runtime/invocation/next";
const ID: &str = "8476a536-e9f4-11e8-9739-2dfe598c3fcd";
/// A time that is far off, in milliseconds since 1970.
const DEADLINE_MS: u64 = 100 * 365 * 24 * 60 * 60 * 1000;
/// No function takes this for a request.
const PAYLOAD: &str = "{}";

/// The outcome of starting a function.
pub(crate) struct Started {
    /// From its process' start to its first request for work.
    pub(crate) polled_after: Duration,
    /// The body of the error that it answered the payload with.
    pub(crate) refusal: String,
}

/// Starts the program once, lets it refuse a payload, and ends it. Where this machine can't run it by itself, `through`
/// is the emulator that can, with its arguments.
pub(crate) fn once(program: &Path, through: &[String]) -> Result<Started> {
    let listener = TcpListener::bind("127.0.0.1:0").context("listening on the loopback interface")?;
    listener.set_nonblocking(true)?;
    let api = listener.local_addr()?.to_string();
    let begun = Instant::now();
    let mut child = Ended(
        environment(program, through, &api)
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?,
    );
    let mut polled_after = None;
    loop {
        let request = Request::read(accept(&listener, begun, &mut child.0)?)?;
        let path = request.path.as_str();
        if request.method == "GET" && path == NEXT {
            ensure!(polled_after.is_none(), "it asked for more work before it answered the first");
            polled_after = Some(begun.elapsed());
            let headers = format!(
                "Lambda-Runtime-Aws-Request-Id: {ID}\r\nLambda-Runtime-Deadline-Ms: {DEADLINE_MS}\r\n\
                 Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:f\r\n"
            );
            request.answer("200 OK", &headers, PAYLOAD)?;
        } else if path == format!("/2018-06-01/runtime/invocation/{ID}/error") {
            let refusal = request.body.clone();
            request.answer("202 Accepted", "", "{}")?;
            let polled_after = polled_after.context("it answered before it asked for work")?;
            return Ok(Started { polled_after, refusal });
        } else {
            bail!(
                "it said {} {path} with {:?}, where it should refuse its payload",
                request.method,
                request.body
            );
        }
    }
}

/// A command with the variables that Lambda sets, and none of this process' own.
fn environment(program: &Path, through: &[String], api: &str) -> Command {
    let mut command = match through.split_first() {
        None => Command::new(program),
        Some((emulator, arguments)) => {
            let mut command = Command::new(emulator);
            command.args(arguments).arg(program);
            command
        }
    };
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).envs([
        ("AWS_LAMBDA_RUNTIME_API", api),
        ("AWS_LAMBDA_FUNCTION_NAME", "f"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "g"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "s"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "none"),
        ("AWS_SECRET_ACCESS_KEY", "none"),
        ("AWS_SESSION_TOKEN", "none"),
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ]);
    command
}

/// A process that does not outlive its owner.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn accept(listener: &TcpListener, begun: Instant, child: &mut Child) -> Result<TcpStream> {
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                return Ok(stream);
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error).context("accepting a connection of the function"),
        }
        if let Some(status) = child.try_wait()? {
            bail!("it ended ({status}) instead of asking for work");
        }
        ensure!(begun.elapsed() < PATIENCE, "it was silent for {} s", PATIENCE.as_secs());
        thread::sleep(POLL);
    }
}

/// A request of the function's, and where its answer goes.
struct Request {
    method: String,
    path: String,
    body: String,
    stream: TcpStream,
}

impl Request {
    fn read(stream: TcpStream) -> Result<Self> {
        let mut reader = BufReader::new(stream.try_clone()?.take(REQUEST_BYTES_MAX));
        let (mut line, mut length) = (String::new(), 0);
        reader.read_line(&mut line)?;
        let mut words = line.split(' ').map(str::to_owned);
        let (method, path) = words.next().zip(words.next()).context("it sent what is no request")?;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            let Some((name, value)) = header.split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().context("it sent a length that is none")?;
            }
        }
        let mut body = Vec::new();
        reader.take(length).read_to_end(&mut body)?;
        Ok(Self { method, path, body: String::from_utf8_lossy(&body).into_owned(), stream })
    }

    /// One answer a connection: the function then opens another.
    fn answer(mut self, status: &str, headers: &str, body: &str) -> Result<()> {
        let length = body.len();
        write!(
            self.stream,
            "HTTP/1.1 {status}\r\n{headers}Content-Type: application/json\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{body}"
        )
        .context("answering the function")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_ends_is_told_from_one_that_asks() {
        let program = Path::new("/bin/true");
        if program.is_file() {
            let error = once(program, &[]).err().map(|error| error.to_string());
            assert_eq!(error.as_deref(), Some("it ended (exit status: 0) instead of asking for work"));
        }
    }
}
