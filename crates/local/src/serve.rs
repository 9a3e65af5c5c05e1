//! The service over a socket, for any AWS client.

use std::io;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use s3s::Body;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

use crate::service::Service;

/// How long a client may take to send a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long answers that are under way may still take at the end.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(1);
/// How long to wait where no connection can be accepted, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `shutdown` ends, then lets answers under way finish for a while.
pub(crate) async fn serve(service: Service, listener: TcpListener, shutdown: impl Future<Output = ()>) {
    let connections = TaskTracker::new();
    let (closing, closed) = watch::channel(());
    let accept = async {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    connections.spawn(connection(service.clone(), stream, closed.clone()));
                }
                Err(error) => pause(&error).await,
            }
        }
    };
    tokio::select! {
        () = accept => {}
        () = shutdown => {}
    }
    drop(closing);
    connections.close();
    if timeout(CLOSING_TIMEOUT, connections.wait()).await.is_err() {
        tracing::warn!("connections were still open when the stand-in stopped");
    }
}

async fn pause(error: &io::Error) {
    tracing::warn!(%error, "a connection could not be accepted");
    sleep(ACCEPT_PAUSE).await;
}

async fn connection(service: Service, stream: TcpStream, mut closed: watch::Receiver<()>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "small answers may be late");
    }
    let call = service_fn(move |request: Request<Incoming>| {
        let service = service.clone();
        async move { service.call(request.map(Body::from)).await }
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let mut connection = std::pin::pin!(server.serve_connection(TokioIo::new(stream), call));
    let served = tokio::select! {
        served = connection.as_mut() => served,
        _ = closed.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended early");
    }
}
