//! Viewers, as cheap as can be: they find the lines of `progress`, and know the stream's end.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// The receive buffer of those who read slowly.
const SLOW_BUFFER_BYTES: u32 = 4_096;
/// Bytes that a slow one reads at once, and how often.
const SLOW_BYTES: usize = 256;
const SLOW_PAUSE: Duration = Duration::from_millis(250);
/// Longer than any `progress`; of a longer line the rest is not looked at.
const LINE_BYTES_MAX: usize = 4_096;
/// No stream lasts longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// How a viewer reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// All there is, at once.
    Healthy,
    /// 1 KB a second.
    Slow,
    /// Not at all.
    Never,
}

/// Viewers who come at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crowd {
    pub(crate) address: SocketAddr,
    pub(crate) viewers: usize,
    pub(crate) slow: usize,
}

/// The `progress` events of one viewer: when it read each, and the milliseconds in it.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    events: Vec<(Instant, u64)>,
    ended: bool,
}

impl Crowd {
    /// The events that the healthy viewers saw, up to the end; the slow ones leave when all of those have.
    pub(crate) async fn watch(self, path: String) -> Result<Vec<Seen>> {
        let (mut healthy, mut slow) = (JoinSet::new(), JoinSet::new());
        for number in 0..self.viewers {
            let path = path.clone();
            match number < self.slow {
                true => drop(slow.spawn(async move { dawdle(self.address, &path).await })),
                false => drop(healthy.spawn(async move { view(self.address, &path).await })),
            }
        }
        let mut seen = Vec::new();
        while let Some(viewer) = timeout(PATIENCE, healthy.join_next()).await.context("a stream goes on")? {
            seen.push(viewer??);
        }
        Ok(seen)
    }
}

/// Milliseconds from the tick of each event until the viewer read it, sorted. The quickest event defines the
/// run's start.
pub(crate) fn lags(seen: &[Seen]) -> Vec<u64> {
    // The first event of a stream is about a tick before the viewer came.
    let events = || seen.iter().flat_map(|seen| seen.events.iter().skip(1));
    let start = events().filter_map(|(at, told)| at.checked_sub(Duration::from_millis(*told))).min();
    let Some(start) = start else { return Vec::new() };
    let lag = |(at, told): &(Instant, u64)| {
        u64::try_from((*at - start).as_millis()).unwrap_or(u64::MAX).saturating_sub(*told)
    };
    let mut lags: Vec<u64> = events().map(lag).collect();
    lags.sort_unstable();
    lags
}

/// Connections that read what comes, or nothing, for as long as they are held.
pub(crate) async fn connect(
    address: SocketAddr,
    path: String,
    count: usize,
    pace: Pace,
) -> Result<(Vec<TcpStream>, JoinSet<()>)> {
    let (mut unread, mut read) = (Vec::new(), JoinSet::new());
    for _ in 0..count {
        let mut stream = ask(address, &path, pace).await?;
        match pace {
            Pace::Never => unread.push(stream),
            Pace::Healthy | Pace::Slow => drop(read.spawn(async move {
                let mut buffer = vec![0; SLOW_BYTES];
                while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
            })),
        }
    }
    Ok((unread, read))
}

/// Asks for a stream.
pub(crate) async fn ask(address: SocketAddr, path: &str, pace: Pace) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if pace != Pace::Healthy {
        socket.set_recv_buffer_size(SLOW_BUFFER_BYTES)?;
    }
    let mut stream = socket.connect(address).await.context("connecting")?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\naccept: text/event-stream\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    Ok(stream)
}

async fn view(address: SocketAddr, path: &str) -> Result<Seen> {
    let mut stream = ask(address, path, Pace::Healthy).await?;
    let (mut seen, mut reader) = (Seen::default(), Reader::default());
    let mut buffer = vec![0; 64 << 10];
    while !seen.ended {
        let read = stream.read(&mut buffer).await?;
        ensure!(read > 0, "a stream broke off");
        reader.push(&buffer[..read], &mut seen);
    }
    Ok(seen)
}

async fn dawdle(address: SocketAddr, path: &str) -> Result<()> {
    let mut stream = ask(address, path, Pace::Slow).await?;
    let mut buffer = [0; SLOW_BYTES];
    while stream.read(&mut buffer).await? > 0 {
        sleep(SLOW_PAUSE).await;
    }
    Ok(())
}

/// Finds lines in what is read.
#[derive(Default)]
pub(crate) struct Reader {
    line: Vec<u8>,
    is_progress: bool,
}

impl Reader {
    fn push(&mut self, bytes: &[u8], seen: &mut Seen) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = LINE_BYTES_MAX.saturating_sub(self.line.len());
            self.line.extend_from_slice(&piece[..piece.len().min(room)]);
            if piece.ends_with(b"\n") {
                self.line(seen);
                self.line.clear();
            }
        }
    }

    /// Whether the bytes hold the stream's last event.
    pub(crate) fn is_end(&mut self, bytes: &[u8]) -> bool {
        let mut seen = Seen::default();
        self.push(bytes, &mut seen);
        seen.ended
    }

    fn line(&mut self, seen: &mut Seen) {
        if self.line.starts_with(b"event: ") {
            self.is_progress = self.line == b"event: progress\n";
            seen.ended |= self.line == b"event: end\n";
        } else if self.is_progress && self.line.starts_with(b"data: ") {
            let line = String::from_utf8_lossy(&self.line);
            let told = line.split_once("\"elapsed_ms\":").and_then(|(_, rest)| rest.split([',', '}']).next());
            if let Some(told) = told.and_then(|told| told.parse().ok()) {
                seen.events.push((Instant::now(), told));
            }
        }
    }
}
