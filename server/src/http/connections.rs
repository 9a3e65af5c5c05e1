//! Connections: accepted, bounded in number and in time, served by HTTP/1.1.
//!
//! A client that says nothing, half of something, or reads nothing holds a connection for a named time and no longer.
//! Where all slots are taken, the connection that has idled longest makes room. Where none idles, a reserve is left,
//! in which only a request that shows the site's token is answered.

mod bounds;
mod slots;
mod timed;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::ConnectInfo;
use axum::http::header::{CONNECTION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Request};
use axum::response::{IntoResponse as _, Response};
use futures_util::future::BoxFuture;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use wire::error::{ApiError, ErrorBody, ErrorCode};

use crate::http::error::Failure;
use crate::metrics::Connections;
pub use bounds::Bounds;
use slots::{Slot, Slots};
use timed::{Answering, Asking, Timed};

/// How long nothing is accepted after the system refused to: it has no descriptors left, most likely.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);
/// Bytes of a request's head, and of an answer that wait for a client to take them, beside the last piece.
const BUFFER_BYTES_MAX: usize = 64 << 10;
/// How long a client that speaks HTTP/2 may take to be answered that this server does not.
const REFUSING_MAX: Duration = Duration::from_secs(1);

/// Whether a request's headers, from this address, show that its sender is a runner: a wrong token may have
/// to wait.
pub type Knows = Arc<dyn Fn(HeaderMap, SocketAddr) -> BoxFuture<'static, bool> + Send + Sync>;

/// The service behind connections.
#[derive(Clone)]
pub struct Site {
    /// Answers.
    pub router: Router,
    /// Whether the sender of a request is a runner.
    pub knows: Knows,
    /// How many connections there may be, and how slow.
    pub bounds: Bounds,
    /// Counts them.
    pub counts: Connections,
}

/// Serves until `stop` is over and every connection has had its answer. Dropping the future closes all of them.
pub async fn serve(listener: TcpListener, site: Site, stop: impl Future<Output = ()>) {
    let (slots, site, stopping) = (Slots::new(&site.bounds), Arc::new(site), CancellationToken::new());
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(_) = connections.join_next() => (),
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => match slots.take() {
                    Some(slot) => {
                        let open = connection(stream, peer, slot, Arc::clone(&site), stopping.clone());
                        connections.spawn(open);
                    }
                    None => {
                        site.counts.note_refused();
                        drop(stream.try_write(written("503 Service Unavailable\r\nretry-after: 5", no_slot()).as_bytes()));
                    }
                },
                Err(error) => {
                    tracing::warn!(%error, "a connection can't be accepted");
                    slots.make_room();
                    tokio::time::sleep(REFUSED_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    stopping.cancel();
    while connections.join_next().await.is_some() {}
}

/// One connection, to its end.
async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    slot: Slot,
    site: Arc<Site>,
    stopping: CancellationToken,
) {
    let (_open, slot) = (site.counts.note_open(), Arc::new(slot));
    let io = TokioIo::new(Timed::new(stream, site.bounds.writing_max, Arc::clone(&slot)));
    let (asked_of, held) = (Arc::clone(&site), Arc::clone(&slot));
    let service = service_fn(move |request| answer(request, peer, Arc::clone(&held), Arc::clone(&asked_of)));
    let mut http = http1::Builder::new();
    let http = http
        .timer(TokioTimer::new())
        .header_read_timeout(site.bounds.head_max)
        .max_buf_size(BUFFER_BYTES_MAX);
    let mut served = http.serve_connection(io, service);
    let mut is_closing = false;
    let end = loop {
        tokio::select! {
            biased;
            () = slot.ended() => return,
            () = stopping.cancelled(), if !is_closing => {
                if slot.is_idle() {
                    return;
                }
                is_closing = true;
                std::pin::Pin::new(&mut served).graceful_shutdown();
            }
            end = &mut served => break end,
        }
    };
    if end.is_err_and(|error| error.is_parse_version_h2()) {
        let refusing = refuse_version(served.into_parts().io.into_inner());
        drop(timeout(REFUSING_MAX, refusing).await);
    }
}

async fn refuse_version(mut io: Timed) -> io::Result<()> {
    let error = ApiError::new(ErrorCode::InvalidRequest, "this server speaks HTTP/1.1");
    io.write_all(written("505 HTTP Version Not Supported", error).as_bytes()).await?;
    io.shutdown().await
}

/// An answer where no request was read: a status, maybe with headers, and the error.
fn written(status: &str, error: ApiError) -> String {
    let body = serde_json::to_string(&ErrorBody { error }).expect("errors have string keys only");
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn answer(
    request: Request<Incoming>,
    peer: SocketAddr,
    slot: Arc<Slot>,
    site: Arc<Site>,
) -> Result<Response, Infallible> {
    let Some(request_under_way) = slot.begin() else { return Ok(refuse(&site)) };
    if slot.is_reserved() && !(site.knows)(request.headers().clone(), peer).await {
        return Ok(refuse(&site));
    }
    let is_whole = request.body().is_end_stream();
    let mut request = request.map(|body| match is_whole {
        true => Body::empty(),
        false => Body::new(Asking::new(body, site.bounds.body_max, Arc::clone(&slot))),
    });
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = TowerToHyperService::new(site.router.clone()).call(request).await?;
    Ok(response.map(|body| Body::new(Answering::new(body, request_under_way))))
}

fn no_slot() -> ApiError {
    let message =
        "all connections that strangers may have are taken: try again in a moment, or send the site's token";
    ApiError::new(ErrorCode::TooManyConnections, message)
}

fn refuse(site: &Site) -> Response {
    site.counts.note_refused();
    let mut response = Failure(no_slot()).into_response();
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(super::RETRY_AFTER_SECONDS));
    response
}
