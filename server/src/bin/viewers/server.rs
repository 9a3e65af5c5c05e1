//! The real server, as its users start it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// How often the benchmark asks whether a run has ended.
const ASK_EVERY: Duration = Duration::from_millis(100);
/// The unit in which Linux counts a process's work: 100 a second on every processor that it runs on here.
const TICK: Duration = Duration::from_millis(10);
/// Files in a folder.
const FOLDER_FILES: usize = 1_000;

/// A server that is ended when it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    child: Child,
    /// Its S3.
    _silence: Option<JoinHandle<()>>,
}

/// So many small files, made once.
pub(crate) fn files(data: &Path, count: usize) -> Result<PathBuf> {
    let mount = data.join(format!("{count}-files"));
    let whole = mount.join("whole");
    if !whole.exists() {
        for number in 0..count {
            let folder = mount.join(format!("logs/{:03}", number / FOLDER_FILES));
            if number % FOLDER_FILES == 0 {
                fs::create_dir_all(&folder)?;
            }
            fs::write(
                folder.join(format!("{number:06}.txt")),
                "one two three four\n".repeat(1 + number % 50),
            )?;
        }
        fs::write(whole, "")?;
    }
    Ok(mount)
}

impl Server {
    /// One that counts these files.
    pub(crate) fn counting(mount: &Path, data: &Path) -> Result<Self> {
        let mut mounted = std::ffi::OsString::from("docs=");
        mounted.push(mount);
        let mut command = command(data)?;
        command.arg("--mount").arg(mounted);
        Self::started(command, None)
    }

    /// One whose S3 answers only whether a bucket is there: its runs go on, and nothing happens in them.
    pub(crate) async fn of_silence(data: &Path) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let silence = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(fall_silent(stream));
            }
        });
        let mut command = command(data)?;
        command.args(["--s3", "aws", "--bucket", "silence"]);
        command.env("AWS_ENDPOINT_URL", format!("http://{address}")).env("AWS_REGION", "us-east-1");
        command.env("AWS_ACCESS_KEY_ID", "none").env("AWS_SECRET_ACCESS_KEY", "none");
        Self::started(command, Some(silence))
    }

    fn started(mut command: Command, silence: Option<JoinHandle<()>>) -> Result<Self> {
        let mut child = command.spawn().context("starting the server, which is to be built")?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("the server has an output")?).read_line(&mut line)?;
        let address = line.trim_end().strip_prefix("wordfall listens on http://");
        let address = address.with_context(|| format!("the server said {line:?}"))?.parse()?;
        Ok(Self { address, child, _silence: silence })
    }

    /// Starts a run that counts everything again.
    pub(crate) async fn start_run(&self) -> Result<String> {
        let answer = self.ask("POST", "/api/start_run", "grain=per_object&recount=1").await?;
        Ok(answer["id"].as_str().with_context(|| format!("no run began: {answer}"))?.to_owned())
    }

    /// How long a run took, once it has ended.
    pub(crate) async fn ended(&self, id: &str) -> Result<Duration> {
        loop {
            let run = self.ask("GET", &format!("/runs/{id}.json"), "").await?;
            match run["state"].as_str().unwrap_or_default() {
                "starting" | "running" => tokio::time::sleep(ASK_EVERY).await,
                "finished" => {
                    return Ok(Duration::from_millis(run["elapsed_ms"].as_u64().unwrap_or_default()));
                }
                _ => anyhow::bail!("a run went wrong: {run}"),
            }
        }
    }

    /// How long its threads have worked so far.
    pub(crate) fn worked(&self) -> Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields = stat.rsplit_once(')').context("a process has a name")?.1.split_whitespace();
        let ticks: u32 = fields.skip(11).take(2).filter_map(|field| field.parse::<u32>().ok()).sum();
        Ok(TICK * ticks)
    }

    /// KiB of memory that it has.
    pub(crate) fn memory_kib(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    async fn ask(&self, method: &str, path: &str, form: &str) -> Result<Value> {
        let mut stream = TcpStream::connect(self.address).await?;
        let head = format!(
            "{method} {path} HTTP/1.0\r\nhost: {}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {}\r\n\r\n{form}",
            self.address,
            form.len()
        );
        stream.write_all(head.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        ensure!(head.contains(" 200 "), "{method} {path}: {answer}");
        Ok(serde_json::from_str(body)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Answers a LIST of one key, by which a server looks for a bucket, and nothing else.
async fn fall_silent(mut stream: TcpStream) -> Result<()> {
    const FOUND: &str =
        "<ListBucketResult><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>";
    let mut request = vec![0; 16 << 10];
    loop {
        let read = stream.read(&mut request).await?;
        ensure!(read > 0, "the server has gone");
        if String::from_utf8_lossy(&request[..read]).contains("max-keys=1&") {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", FOUND.len());
            stream.write_all(format!("{head}{FOUND}").as_bytes()).await?;
        }
    }
}

fn command(data: &Path) -> Result<Command> {
    let program =
        std::env::current_exe()?.with_file_name(format!("wordfall{}", std::env::consts::EXE_SUFFIX));
    if data.exists() {
        fs::remove_dir_all(data)?;
    }
    let mut command = Command::new(program);
    command.arg("serve").arg("--data").arg(data).env("LEPTOS_SITE_ADDR", "127.0.0.1:0");
    command.stdout(Stdio::piped());
    Ok(command)
}
