//! A stream that costs the server nothing: what one viewer was sent, played at the pace at which it came.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::client::{Pace, Reader, ask};

/// The bytes that were read, and how long after the request.
pub(crate) type Recording = Vec<(Duration, Vec<u8>)>;

/// Watches a run to its end.
pub(crate) async fn record(address: SocketAddr, path: &str) -> Result<Recording> {
    let mut stream = ask(address, path, Pace::Healthy).await?;
    let begun = Instant::now();
    let (mut recording, mut reader) = (Recording::new(), Reader::default());
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = stream.read(&mut buffer).await?;
        ensure!(read > 0, "a stream broke off");
        recording.push((begun.elapsed(), buffer[..read].to_vec()));
        if reader.is_end(&buffer[..read]) {
            return Ok(recording);
        }
    }
}

/// Plays the recording to every client that connects, whatever it asks for.
pub(crate) async fn play(listener: TcpListener, recording: Arc<Recording>) -> Result<()> {
    let mut listeners = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        listeners.spawn(played(stream, Arc::clone(&recording)));
        while listeners.try_join_next().is_some() {}
    }
}

async fn played(mut stream: TcpStream, recording: Arc<Recording>) -> Result<()> {
    let begun = Instant::now();
    ensure!(stream.read(&mut [0; 1_024]).await? > 0, "nothing was asked for");
    for (at, bytes) in recording.iter() {
        sleep_until(begun + *at).await;
        stream.write_all(bytes).await?;
    }
    Ok(())
}
