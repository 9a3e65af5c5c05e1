//! The body of a process' answer, on its way to the caller.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderMap;
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::environment::seat::{Mode, Told};
use super::outlet::{Outlet, TooLarge};

/// Why a body did not arrive whole.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// It broke off.
    Broken,
    /// The function failed midway, and says so behind what it had written.
    Told(Told),
    /// It has more bytes than its caller may get.
    TooLarge(usize),
}

/// Passes a body on. An answer that is not streamed is nothing until it is whole.
///
/// What a runtime writes in front of a streamed answer, a JSON head and eight zero bytes, is passed on as it is.
pub(crate) async fn pass_on(
    mut body: Incoming,
    mode: Mode,
    outlet: &mut Outlet<'_>,
) -> Result<(), ReadError> {
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| ReadError::Broken)?;
        match (frame.into_data(), mode) {
            (Ok(piece), Mode::Streaming) => push(outlet, piece).await?,
            (Ok(piece), Mode::Buffered) => {
                whole.extend_from_slice(&piece);
                let bytes_max = super::PAYLOAD_BYTES_MAX;
                if whole.len() > bytes_max {
                    return Err(ReadError::TooLarge(bytes_max));
                }
            }
            (Err(frame), _) => {
                if let Some(told) = frame.trailers_ref().and_then(told) {
                    return Err(ReadError::Told(told));
                }
            }
        }
    }
    match mode {
        Mode::Streaming => Ok(()),
        Mode::Buffered => push(outlet, whole.into()).await,
    }
}

async fn push(outlet: &mut Outlet<'_>, piece: Bytes) -> Result<(), ReadError> {
    outlet.push(piece).await.map_err(|TooLarge(bytes_max)| ReadError::TooLarge(bytes_max))
}

/// The error that trailers carry; its body is JSON in base64.
fn told(trailers: &HeaderMap) -> Option<Told> {
    let text = |name: &str| trailers.get(name).map(http::HeaderValue::as_bytes);
    let named = text("lambda-runtime-function-error-type")?;
    let body = text("lambda-runtime-function-error-body").unwrap_or_default();
    let payload = STANDARD.decode(body).unwrap_or_else(|_| body.to_vec());
    Some(Told::read(Some(String::from_utf8_lossy(named).into_owned()), payload.into()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn trailers_tell_an_error_in_base64() {
        let mut trailers = HeaderMap::new();
        assert_eq!(told(&trailers), None);
        trailers.insert("lambda-runtime-function-error-type", HeaderValue::from_static("Broken"));
        let payload = r#"{"errorMessage":"midway","errorType":"Broken"}"#;
        let body = HeaderValue::try_from(STANDARD.encode(payload)).expect("base64 is ASCII");
        trailers.insert("lambda-runtime-function-error-body", body);
        let told = told(&trailers).expect("there is an error");
        assert_eq!((told.error.error_type.as_str(), told.error.message.as_str()), ("Broken", "midway"));
        assert_eq!(told.payload, payload);
    }
}
