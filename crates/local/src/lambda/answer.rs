//! An invocation's answer on the wire: one HTTP response, or an event stream of its pieces.

use std::io;

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use aws_smithy_types::str_bytes::StrBytes;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt};
use http::{HeaderValue as HttpValue, Response, StatusCode, header};
use http_body::Frame;
use http_body_util::StreamBody;
use s3s::Body;

use super::failure::Failed;
use super::request::LogKind;

/// Bytes of a piece; longer ones are cut.
const CHUNK_BYTES_MAX: usize = 1024 * 1024;

/// An ended invocation, as its caller sees it.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The payload for a buffered caller; empty for a streamed one.
    pub(crate) result: Result<Bytes, Failed>,
    pub(crate) log: Vec<u8>,
}

/// The response head that every invocation shares.
pub(crate) fn response(status: StatusCode, request_id: &str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert("x-amz-executed-version", HttpValue::from_static("$LATEST"));
    let request_id = HttpValue::from_str(request_id).expect("ids are hexadecimal digits and hyphens");
    headers.insert("x-amzn-requestid", request_id);
    response
}

/// An answer in one piece; a function error is a 200 too, distinguished by a header.
pub(crate) fn buffered(ended: Ended, request_id: &str, log: LogKind) -> Response<Body> {
    let failed = ended.result.is_err();
    let payload = ended.result.unwrap_or_else(|failed| failed.payload);
    let mut response = response(StatusCode::OK, request_id, Body::from(payload));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HttpValue::from_static("application/json"));
    if failed {
        headers.insert("x-amz-function-error", HttpValue::from_static("Unhandled"));
    }
    if log == LogKind::Tail {
        let tail = HttpValue::from_str(&STANDARD.encode(&ended.log)).expect("base64 is ASCII");
        headers.insert("x-amz-log-result", tail);
    }
    response
}

/// An answer whose frames arrive as a stream.
pub(crate) fn streamed(
    frames: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    request_id: &str,
) -> Response<Body> {
    let body = Body::http_body_unsync(StreamBody::new(frames.map_ok(Frame::data)));
    let mut response = response(StatusCode::OK, request_id, body);
    let headers = response.headers_mut();
    let event_stream = HttpValue::from_static("application/vnd.amazon.eventstream");
    headers.insert(header::CONTENT_TYPE, event_stream);
    headers.insert("x-amzn-remapped-content-type", HttpValue::from_static("application/octet-stream"));
    response
}

/// The frames of one piece.
pub(crate) fn chunk_frames(mut piece: Bytes) -> impl Iterator<Item = Bytes> {
    std::iter::from_fn(move || {
        if piece.is_empty() {
            return None;
        }
        let chunk = piece.split_to(piece.len().min(CHUNK_BYTES_MAX));
        Some(frame("PayloadChunk", "application/octet-stream", chunk))
    })
}

/// The last frame.
pub(crate) fn complete_frame(ended: &Ended, log: LogKind) -> Bytes {
    let mut complete = serde_json::json!({});
    if let Err(Failed { error, .. }) = &ended.result {
        complete["ErrorCode"] = error.error_type.as_str().into();
        complete["ErrorDetails"] = error.message.as_str().into();
    }
    if log == LogKind::Tail {
        complete["LogResult"] = STANDARD.encode(&ended.log).into();
    }
    frame("InvokeComplete", "application/json", complete.to_string().into())
}

fn frame(event: &'static str, content_type: &'static str, payload: Bytes) -> Bytes {
    let header = |name: &'static str, value: &'static str| {
        Header::new(name, HeaderValue::String(StrBytes::from(value)))
    };
    let message = Message::new(payload)
        .add_header(header(":message-type", "event"))
        .add_header(header(":event-type", event))
        .add_header(header(":content-type", content_type));
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).expect("three short headers and a bounded payload make a frame");
    bytes.into()
}
