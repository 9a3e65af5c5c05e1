//! Connections that are too many, too slow, or of another kind than this server speaks.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::routing::{get, post};
use futures_util::stream;
use server::http::connections::{self, Bounds, Knows};
use server::metrics::Connections;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::bench::until;
use crate::site::PATIENCE;

const KNOWN: &str = "Bearer who is known";
/// Longer than any of these tests takes.
const LONG: Duration = Duration::from_secs(600);
/// Not long, and longer than a request's way on this machine.
const SHORT: Duration = Duration::from_millis(300);

/// No bound that a test would meet by chance.
fn wide() -> Bounds {
    Bounds { connections_max: 100, reserved: 0, head_max: LONG, body_max: LONG, writing_max: LONG }
}

struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    serving: JoinHandle<()>,
    /// Held by each endless answer.
    endless: Arc<()>,
}

impl Server {
    async fn with(bounds: Bounds) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, endless) = (CancellationToken::new(), Arc::new(()));
        let (stopping, held) = (stop.clone(), Arc::downgrade(&endless));
        let answer_late = move || {
            let stopping = stopping.clone();
            async move {
                stopping.cancelled().await;
                "late"
            }
        };
        let answer_endlessly = async move || {
            let held = held.upgrade();
            let bytes = Bytes::from(vec![b'a'; 1 << 16]);
            Body::from_stream(stream::repeat_with(move || Ok::<_, Infallible>((&held, bytes.clone()).1)))
        };
        let router = Router::new()
            .route("/", get(async || "ok"))
            .route("/echo", post(async |body: String| body))
            .route("/late", get(answer_late))
            .route("/endless", get(answer_endlessly));
        let knows: Knows = Arc::new(|headers: HeaderMap, _| {
            let is_known = headers.get(AUTHORIZATION).is_some_and(|value| value == KNOWN);
            Box::pin(std::future::ready(is_known))
        });
        let stopped = stop.clone().cancelled_owned();
        let site = connections::Site { router, knows, bounds, counts: Connections::default() };
        let serving = tokio::spawn(connections::serve(listener, site, stopped));
        Self { address, stop, serving, endless }
    }

    /// Answers that are under way.
    fn endless(&self) -> usize {
        Arc::strong_count(&self.endless) - 1
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// A connection over which this was sent.
    async fn sent(&self, text: &str) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    /// A connection over which this was asked for and answered, and which stays.
    async fn kept(&self) -> TcpStream {
        let mut stream = self.sent("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\nok") {
            assert_ne!(patient(stream.read_buf(&mut answer)).await.unwrap(), 0, "the connection is closed");
        }
        stream
    }

    /// All that is answered to this before the connection is closed.
    async fn answer(&self, text: &str) -> String {
        rest(self.sent(text).await).await
    }
}

async fn patient<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("nothing happens")
}

/// All that comes before the connection is closed.
async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    // A connection that is closed while something was sent over it is reset.
    drop(patient(stream.read_to_end(&mut bytes)).await);
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_connection_without_a_whole_head_is_closed() {
    let server = Server::with(Bounds { head_max: SHORT, ..wide() }).await;
    let idle = server.connect().await;
    let half = server.sent("GET / HTTP/1.1\r\nhost: x\r\nx-long: a").await;
    let kept = server.kept().await;
    for stream in [idle, half, kept] {
        assert_eq!(rest(stream).await, "");
    }
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_has_no_more_time_than_another() {
    let server = Server::with(Bounds { head_max: SHORT, ..wide() }).await;
    let mut stream = server.sent("GET / HTTP/1.1\r\nx-long: ").await;
    let trickling = async {
        while stream.write_all(b"a").await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    patient(trickling).await;
}

#[tokio::test]
async fn a_body_that_does_not_come_ends_its_connection_and_nothing_is_answered() {
    let server = Server::with(Bounds { body_max: SHORT, ..wide() }).await;
    let head = "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\nconnection: close\r\n\r\n";
    assert_eq!(server.answer(&format!("{head}ab")).await, "");
    assert!(server.answer(&format!("{head}abcd")).await.ends_with("\r\n\r\nabcd"));
}

#[tokio::test]
async fn a_client_that_takes_nothing_has_its_answer_given_up() {
    let server = Server::with(Bounds { writing_max: SHORT, ..wide() }).await;
    let _unread = server.sent("GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").await;
    until("an answer", || server.endless() == 1).await;
    until("its end", || server.endless() == 0).await;
}

#[tokio::test]
async fn a_new_connection_takes_the_slot_of_the_one_that_has_idled_longest() {
    let server = Server::with(Bounds { connections_max: 2, ..wide() }).await;
    let mut busy = server.sent("GET /late HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    // By its answer it is known to have been accepted; so is the connection before it.
    let idle = server.kept().await;
    let newcomer = server.kept().await;
    assert_eq!(rest(idle).await, "");
    server.stop.cancel();
    let mut answer = String::new();
    patient(busy.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.ends_with("\r\n\r\nlate"), "{answer}");
    assert_eq!(rest(newcomer).await, "");
}

#[tokio::test]
async fn where_nobody_idles_only_a_client_that_is_known_is_answered() {
    let server = Server::with(Bounds { connections_max: 1, reserved: 1, ..wide() }).await;
    let _busy = server.sent("GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").await;
    until("an answer", || server.endless() == 1).await;
    let refused = server.answer("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("\r\nretry-after: "), "{refused}");
    assert!(
        refused.contains("\"too_many_connections\"") && refused.contains("\r\nconnection: close"),
        "{refused}"
    );
    let known = format!("GET / HTTP/1.1\r\nhost: x\r\nauthorization: {KNOWN}\r\nconnection: close\r\n\r\n");
    let answered = server.answer(&known).await;
    assert!(answered.ends_with("\r\n\r\nok"), "{answered}");
}

#[tokio::test]
async fn a_server_that_stops_answers_what_is_asked_and_waits_for_nobody_else() {
    let server = Server::with(wide()).await;
    let (idle, half, kept) = (server.connect().await, server.sent("GET / HT").await, server.kept().await);
    let asked = server.sent("GET /late HTTP/1.1\r\nhost: x\r\n\r\n").await;
    // Connections are accepted in their order.
    drop(server.kept().await);
    server.stop.cancel();
    assert!(rest(asked).await.ends_with("\r\n\r\nlate"));
    for stream in [idle, half, kept] {
        assert_eq!(rest(stream).await, "");
    }
    patient(server.serving).await.unwrap();
}

#[tokio::test]
async fn another_version_of_http_is_refused_in_words() {
    let server = Server::with(wide()).await;
    let refused = server.answer("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert!(refused.starts_with("HTTP/1.1 505 ") && refused.contains("speaks HTTP/1.1"), "{refused}");
}
