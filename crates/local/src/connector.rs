//! The SDK's HTTP client without a socket: a request goes straight to the service, in the caller's task.
//!
//! There is no pool, so that a function called through it can call through it too, at any depth.
//! Bodies stream both ways; nothing is buffered.

use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{HeaderValue, Request, header};
use s3s::{Body, HttpError};

use crate::service::Service;

/// The connector of an in-process emulator.
#[derive(Clone, Debug)]
pub(crate) struct InProcess(pub(crate) Service);

impl HttpClient for InProcess {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let service = self.0.clone();
        HttpConnectorFuture::new(async move {
            let request = incoming(request)?;
            let response = service.call(request).await.map_err(aborted)?;
            HttpResponse::try_from(response.map(outgoing_body))
                .map_err(|error| ConnectorError::user(error.into()))
        })
    }
}

/// The request as a server would see it, with the `Host` that a client adds on the wire.
fn incoming(request: HttpRequest) -> Result<Request<Body>, ConnectorError> {
    let mut request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    if !request.headers().contains_key(header::HOST) {
        let authority = request.uri().authority().map_or("localhost", http::uri::Authority::as_str);
        let host = HeaderValue::from_str(authority).map_err(|error| ConnectorError::user(error.into()))?;
        request.headers_mut().insert(header::HOST, host);
    }
    if let Some(capture) = request.extensions().get::<CaptureSmithyConnection>() {
        // The SDK asks for a connection to close behind a 5xx, and logs an error where there is none.
        capture.set_connection_retriever(|| {
            Some(ConnectionMetadata::builder().proxied(false).poison_fn(|| ()).build())
        });
    }
    Ok(request.map(incoming_body))
}

fn incoming_body(body: SdkBody) -> Body {
    match body.bytes() {
        Some(bytes) => Body::from(Bytes::copy_from_slice(bytes)),
        None => Body::http_body_unsync(body),
    }
}

fn outgoing_body(body: Body) -> SdkBody {
    match body.bytes() {
        Some(bytes) => SdkBody::from(bytes),
        None => SdkBody::from_body_1_x(body),
    }
}

/// Over a socket this would be a connection that ends without an answer.
fn aborted(error: HttpError) -> ConnectorError {
    ConnectorError::io(error.into())
}
