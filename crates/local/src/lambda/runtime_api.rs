//! The Runtime API: function processes ask it for work, and answer to it.
//!
//! Each process has a port of its own on loopback, for as long as it is there, so that none speaks for
//! another by mistake; a path of its own would not do, since runtimes disagree on how an address with a path
//! is written. Web pages are refused; programs of this machine that mean to can't be.

mod caller;
mod reply;
mod route;

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use s3s::Body;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

use super::PAYLOAD_BYTES_MAX;
use super::environment::seat::{Answer, Mode, Seat, Told};
use crate::HandlerError;

pub(crate) use self::reply::ApiError;
use self::route::{Route, route};

/// Connections to one process's API at once; the next ones wait. A runtime takes one, or one for each request.
const CONNECTIONS_MAX: usize = 64;
/// How long to wait where no connection can be accepted, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Characters of an error's type and message that are stored.
const ERROR_CHARS_MAX: usize = 64 * 1024;

/// An invocation as a process receives it.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(crate) request_id: Arc<str>,
    pub(crate) function_arn: String,
    pub(crate) payload: Bytes,
    /// When its time is over.
    pub(crate) deadline: SystemTime,
}

/// The Runtime API as one process finds it; no longer once this is dropped.
#[derive(Debug)]
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    _accepting: AbortOnDropHandle<()>,
}

impl RuntimeApi {
    /// Listens for the process that has this seat.
    pub(crate) async fn listen(seat: Arc<Seat>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let accepting = AbortOnDropHandle::new(tokio::spawn(accept(listener, address, seat)));
        Ok(Self { address, _accepting: accepting })
    }

    /// Where it listens: `AWS_LAMBDA_RUNTIME_API` of its process.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn call(
    address: SocketAddr,
    seat: &Seat,
    request: Request<Incoming>,
) -> Result<Response<Body>, ApiError> {
    let (head, body) = request.into_parts();
    caller::check(&head.headers, address)?;
    match route(&head.method, head.uri.path())? {
        Route::Next => {
            let work = seat.ask()?.await.map_err(|_| ApiError::Ended)?;
            Ok(reply::work(&work))
        }
        Route::Response(id) => {
            let mode = mode(&head.headers)?;
            let answer = seat.answer(id)?;
            let (accept, accepted) = oneshot::channel();
            drop(answer.send(Answer::Response { body, mode, accept }));
            accepted.await.map_err(|_| ApiError::Ended)??;
            Ok(reply::accepted())
        }
        Route::Error(id) => {
            let told = told(&head.headers, body).await?;
            drop(seat.answer(id)?.send(Answer::Error(told)));
            Ok(reply::accepted())
        }
        Route::InitError => {
            seat.fail(told(&head.headers, body).await?)?;
            Ok(reply::accepted())
        }
    }
}

async fn accept(listener: TcpListener, address: SocketAddr, seat: Arc<Seat>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < CONNECTIONS_MAX => match accepted {
                Ok((stream, _)) => drop(connections.spawn(connection(stream, address, Arc::clone(&seat)))),
                Err(error) => {
                    tracing::warn!(%error, "a function process could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => (),
        }
    }
}

/// A connection has no timeout: between two requests on it a whole invocation may lie.
async fn connection(stream: TcpStream, address: SocketAddr, seat: Arc<Seat>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "small answers may be late");
    }
    let call = service_fn(move |request| {
        let seat = Arc::clone(&seat);
        async move {
            let answer = call(address, &seat, request).await;
            Ok::<_, Infallible>(answer.unwrap_or_else(ApiError::into_response))
        }
    });
    if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), call).await {
        tracing::debug!(%error, "a function process' connection ended early");
    }
}

fn mode(headers: &HeaderMap) -> Result<Mode, ApiError> {
    match headers.get("lambda-runtime-function-response-mode").map(http::HeaderValue::as_bytes) {
        None => Ok(Mode::Buffered),
        Some(mode) if mode.eq_ignore_ascii_case(b"streaming") => Ok(Mode::Streaming),
        Some(_) => Err(ApiError::InvalidResponseMode),
    }
}

/// An error as a runtime reports it: JSON with a type and a message, or a header with a type and any body.
async fn told(headers: &HeaderMap, body: Incoming) -> Result<Told, ApiError> {
    let named = headers.get("lambda-runtime-function-error-type");
    let named = named.map(|name| String::from_utf8_lossy(name.as_bytes()).into_owned());
    let body = Limited::new(body, PAYLOAD_BYTES_MAX).collect().await;
    let payload = body.map_err(|error| match error.is::<LengthLimitError>() {
        true => ApiError::TooLarge(PAYLOAD_BYTES_MAX),
        false => ApiError::Broken,
    })?;
    let payload = payload.to_bytes();
    Ok(Told::read(named, payload))
}

impl Told {
    /// Reads the error that a runtime wrote, under the type that it named in a header.
    pub(crate) fn read(named: Option<String>, payload: Bytes) -> Self {
        #[derive(serde::Deserialize, Default)]
        #[serde(rename_all = "camelCase", default)]
        struct Written {
            error_type: Option<String>,
            error_message: Option<String>,
        }
        let written: Written = serde_json::from_slice(&payload).unwrap_or_default();
        let error_type = written.error_type.or(named).unwrap_or_else(|| "Runtime.Unknown".to_owned());
        let message = written.error_message.unwrap_or_default();
        let error = HandlerError { error_type: shortened(error_type), message: shortened(message) };
        let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&payload).is_ok();
        let payload = if is_json {
            payload
        } else {
            let payload = serde_json::json!({ "errorType": error.error_type, "errorMessage": error.message });
            payload.to_string().into()
        };
        Self { error, payload }
    }
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(ERROR_CHARS_MAX) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}

/// Milliseconds since 1970.
fn since_1970_ms(time: SystemTime) -> u128 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()
}
