//! The way to a collector: OTLP over HTTP, by the HTTP and TLS libraries that the AWS SDK brings along.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::uri::InvalidUri;
use axum::http::{Request, Response, Uri};
use hyper_rustls::HttpsConnectorBuilder;
use opentelemetry::KeyValue;
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::SpanData;
use tokio::runtime::Handle;
use wire::error::{ApiError, ErrorCode};

/// The path for spans behind a collector's address.
const PATH: &str = "/v1/traces";
/// How long a collector may take for a batch of spans.
const EXPORT_MAX: Duration = Duration::from_secs(5);
/// The service that spans are of, where OTEL_SERVICE_NAME names none.
const SERVICE: &str = "wordfall";

/// Exports to the collector at this address.
pub(super) fn exporter(endpoint: &str) -> Result<Exporter, ApiError> {
    // The address may hold a password, and the library's own errors repeat it.
    let wrong = |why: &str| {
        let message = format!(
            "--otlp-endpoint can't be used ({why}): use the address of a collector's HTTP port, such as \
             http://127.0.0.1:4318"
        );
        ApiError::new(ErrorCode::InvalidRequest, message)
    };
    let address: Uri = endpoint.parse().map_err(|error: InvalidUri| wrong(&error.to_string()))?;
    let client = match address.scheme_str() {
        Some("http") => Client::new(HyperClient::with_default_connector(EXPORT_MAX, None)),
        Some("https") => {
            let provider = rustls::crypto::ring::default_provider();
            let connector = HttpsConnectorBuilder::new()
                .with_provider_and_native_roots(provider)
                .map_err(|error| wrong(&error.to_string()))?
                .https_only()
                .enable_http1()
                .build();
            Client::new(HyperClient::new(connector, EXPORT_MAX, None))
        }
        _ => return Err(wrong("it begins with http:// or https://")),
    };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}{PATH}", endpoint.trim_end_matches('/')))
        .with_timeout(EXPORT_MAX)
        .build()
        .map_err(|_| wrong("no exporter takes it"))?;
    Ok(Exporter { exporter, failing: AtomicBool::new(false) })
}

/// The program that the spans are of.
pub(super) fn resource() -> Resource {
    let named = std::env::var_os("OTEL_SERVICE_NAME").is_some_and(|name| !name.is_empty());
    let resource =
        Resource::builder().with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    if named { resource.build() } else { resource.with_service_name(SERVICE).build() }
}

/// The library's exporter, whose failures are logged once until it works again.
#[derive(Debug)]
pub(super) struct Exporter {
    exporter: SpanExporter,
    failing: AtomicBool,
}

impl opentelemetry_sdk::trace::SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let exported = self.exporter.export(batch).await;
        let was_failing = self.failing.swap(exported.is_err(), Ordering::Relaxed);
        if let (Err(error), false) = (&exported, was_failing) {
            let error = error.to_string();
            tracing::warn!(error = error.as_str(), "spans can't be sent to the collector: they are dropped");
        }
        exported
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

/// A client that works on the program's own runtime: the library asks it from a thread that has none.
#[derive(Clone, Debug)]
struct Client {
    client: Arc<dyn HttpClient>,
    runtime: Handle,
}

impl Client {
    fn new(client: impl HttpClient + 'static) -> Self {
        Self { client: Arc::new(client), runtime: Handle::current() }
    }
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = Arc::clone(&self.client);
        self.runtime.spawn(async move { client.send_bytes(request).await }).await?
    }
}
