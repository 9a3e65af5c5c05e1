//! The body of an object that does not come as its head says.

use std::io;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::unfold;
use http::{HeaderValue, Response, header};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use s3s::Body;

use super::Fault;
use super::kind::Kind;

/// The most bytes that a head claims beyond what there is.
const SURPLUS_BYTES_MAX: usize = 1_000;

/// How a body ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// As if it were whole.
    Clean,
    /// By a broken connection.
    Reset,
    /// Never.
    Stall,
}

/// An object's answer, cut, stalled, or of another length than it says. One without bytes stays whole.
pub(super) fn changed(mut response: Response<Body>, fault: Fault) -> Response<Body> {
    let length = response.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let Some(bytes) = length.and_then(|length| length.parse::<usize>().ok()).filter(|bytes| *bytes > 0)
    else {
        return response;
    };
    let (bytes_sent, end) = match fault.kind {
        Kind::StoreCut => (fault.below(bytes), End::Clean),
        Kind::StoreReset => (fault.below(bytes), End::Reset),
        Kind::StoreStall => (fault.below(bytes), End::Stall),
        _ => {
            let claimed = match fault.heads() {
                true => bytes + 1 + fault.further().below(SURPLUS_BYTES_MAX),
                false => fault.further().below(bytes),
            };
            response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(claimed));
            (bytes, End::Clean)
        }
    };
    response.map(|body| limited(body, bytes_sent, end))
}

/// The first bytes of a body, and another end.
fn limited(body: Body, bytes_max: usize, end: End) -> Body {
    let stream = unfold((body, Some(bytes_max)), move |(mut body, left)| async move {
        let left = left?;
        loop {
            let frame = if left == 0 { None } else { body.frame().await };
            match frame.map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(mut piece))) => {
                    piece.truncate(left);
                    let left = left - piece.len();
                    return Some((Ok(Frame::data(piece)), (body, Some(left))));
                }
                Some(Ok(Err(_trailers))) => (),
                Some(Err(error)) => return Some((Err(io::Error::other(error)), (body, None))),
                None => break,
            }
        }
        match end {
            End::Clean => None,
            End::Reset => Some((Err(reset()), (body, None))),
            End::Stall => std::future::pending().await,
        }
    });
    Body::http_body_unsync(StreamBody::new(stream.fuse()))
}

/// The error of a connection that broke.
pub(super) fn reset() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "the connection was reset, as the fault plan has it")
}

/// A body that breaks off behind these bytes.
pub(super) fn broken_off(bytes: Bytes) -> Body {
    let stream = futures_util::stream::iter([Ok(Frame::data(bytes)), Err(reset())]);
    Body::http_body_unsync(StreamBody::new(stream))
}
