//! The cost of two hundred viewers to the run that they watch: `cargo xtask bench viewers`.
//!
//! Three kinds of rounds alternate: nobody watches; the same clients read a recording of a run's stream from
//! this process, which shows what the clients themselves cost; they watch the run. A busy machine only ever
//! makes a round slower, so the quickest of each kind is taken. The program prints, and judges nothing.

mod client;
mod dummy;
mod server;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use tokio::net::TcpListener;

use crate::client::{Crowd, Pace};
use crate::server::Server;

#[derive(Debug, Parser)]
#[command(about = "Measures what viewers cost a run, and how far they lag behind it")]
struct Options {
    /// A folder to write to.
    #[arg(long)]
    data: PathBuf,
    /// Rounds of each kind.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Viewers.
    #[arg(long, default_value_t = 200)]
    viewers: usize,
    /// How many of them read 1 KB a second.
    #[arg(long, default_value_t = 20)]
    slow: usize,
    /// Objects of the run.
    #[arg(long, default_value_t = 20_000)]
    objects: usize,
}

/// How a run went.
#[derive(Clone, Copy, Debug)]
struct Cost {
    elapsed: Duration,
    /// How long the server's threads worked.
    worked: Duration,
}

impl Cost {
    const MAX: Self = Self { elapsed: Duration::MAX, worked: Duration::MAX };

    fn least(self, other: Self) -> Self {
        Self { elapsed: self.elapsed.min(other.elapsed), worked: self.worked.min(other.worked) }
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let mount = server::files(&options.data, options.objects)?;
    let server = Server::counting(&mount, &options.data.join("server"))?;
    race(&options, &server).await?;
    memory(&options, &server).await
}

async fn race(options: &Options, server: &Server) -> Result<()> {
    let id = server.start_run().await?;
    let recording = Arc::new(dummy::record(server.address, &path(&id)).await?);
    let bytes: usize = recording.iter().map(|(_, bytes)| bytes.len()).sum();
    println!(
        "{} objects, {} viewers, {} of them at 1 KB/s; a stream has {bytes} bytes",
        options.objects, options.viewers, options.slow
    );
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let dummy = listener.local_addr()?;
    let _player = tokio::spawn(dummy::play(listener, recording));
    let (mut alone, mut beside, mut watched) = (Cost::MAX, Cost::MAX, Cost::MAX);
    let mut lags = Vec::new();
    for round in 1..=options.rounds {
        let (cost, _) = run(server, None).await?;
        alone = alone.least(cost);
        println!("round {round}  alone    {}", told(cost));
        let crowd = Crowd { address: dummy, viewers: options.viewers, slow: options.slow };
        let (cost, _) = run(server, Some(crowd)).await?;
        beside = beside.least(cost);
        println!("round {round}  dummy    {}", told(cost));
        let crowd = Crowd { address: server.address, ..crowd };
        let (cost, seen) = run(server, Some(crowd)).await?;
        watched = watched.least(cost);
        let lag = client::lags(&seen);
        println!("round {round}  watched  {}  lag {}", told(cost), told_lags(&lag));
        lags.push(lag);
    }
    let ratio = |one: Duration, other: Duration| one.as_secs_f64() / other.as_secs_f64();
    println!("alone    {}", told(alone));
    println!("dummy    {}  {:.2} of alone", told(beside), ratio(beside.elapsed, alone.elapsed));
    println!(
        "watched  {}  {:.2} of alone, {:.2} of dummy (at most 1.10)",
        told(watched),
        ratio(watched.elapsed, alone.elapsed),
        ratio(watched.elapsed, beside.elapsed)
    );
    let best = lags.iter().min_by_key(|lag| percentile(lag, 99)).context("no round")?;
    println!("lag of healthy viewers, best round: {} (99 % within 500 ms)", told_lags(best));
    Ok(())
}

/// A run, with this crowd beside it.
async fn run(server: &Server, crowd: Option<Crowd>) -> Result<(Cost, Vec<client::Seen>)> {
    let worked = server.worked()?;
    let id = server.start_run().await?;
    let watching = crowd.map(|crowd| tokio::spawn(crowd.watch(path(&id))));
    let elapsed = server.ended(&id).await?;
    let worked = server.worked()?.saturating_sub(worked);
    let seen = match watching {
        Some(watching) => watching.await??,
        None => Vec::new(),
    };
    Ok((Cost { elapsed, worked }, seen))
}

/// The memory that the server holds for viewers who have nothing to read, and for those who read nothing.
async fn memory(options: &Options, server: &Server) -> Result<()> {
    let id = server.start_run().await?;
    server.ended(&id).await?;
    let stalled = client::connect(server.address, path(&id), options.viewers, Pace::Never);
    println!("a viewer who reads nothing: {} KiB", a_viewer(options, server, stalled).await?);
    let silent = Server::of_silence(&options.data.join("silent")).await?;
    let id = silent.start_run().await?;
    let idle = client::connect(silent.address, path(&id), options.viewers, Pace::Healthy);
    println!("an idle viewer: {} KiB (at most 24)", a_viewer(options, &silent, idle).await?);
    Ok(())
}

/// KiB that each of the connections makes the server hold.
async fn a_viewer<T>(
    options: &Options,
    server: &Server,
    connecting: impl Future<Output = Result<T>>,
) -> Result<u64> {
    /// Time for buffers to fill, and for memory to be freed.
    const SETTLING: Duration = Duration::from_secs(3);
    tokio::time::sleep(SETTLING).await;
    let before = server.memory_kib()?;
    let connections = connecting.await?;
    tokio::time::sleep(SETTLING).await;
    let after = server.memory_kib()?;
    drop(connections);
    Ok(after.saturating_sub(before) / options.viewers as u64)
}

fn path(id: &str) -> String {
    format!("/runs/{id}/events?grain=per_object")
}

fn told(cost: Cost) -> String {
    format!(
        "{:6.2} s, {:6.2} s of the server's threads",
        cost.elapsed.as_secs_f64(),
        cost.worked.as_secs_f64()
    )
}

fn told_lags(lags: &[u64]) -> String {
    let [half, most, all] = [50, 99, 100].map(|share| percentile(lags, share));
    format!("50 % {half} ms, 99 % {most} ms, all {all} ms, of {} events", lags.len())
}

/// The least value that at least `share` hundredths of the values do not exceed.
fn percentile(sorted: &[u64], share: usize) -> u64 {
    let rank = (sorted.len() * share).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}
