//! The doors: every route of the site.

pub mod audience;
mod changes;
pub mod connections;
pub mod error;
mod events;
mod export;
mod files;
mod health;
mod legacy;
pub mod login;
mod metrics;
mod objects;
pub mod routes;
mod suffix;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use leptos::prelude::LeptosOptions;
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};
use tower_http::set_header::SetResponseHeaderLayer;

use self::audience::Audience;
use crate::access::{self, Access};
use crate::plots::Plots;
use crate::runs::Runs;
pub use health::Readiness;

/// The state that handlers share.
#[derive(Clone, Debug)]
pub struct Site {
    /// This server's runs.
    pub runs: Arc<Runs>,
    /// Their plots.
    pub plots: Arc<Plots>,
    /// The rights of requests.
    pub access: Access,
    /// Whether a run would find what it needs.
    pub readiness: Arc<Readiness>,
    /// The viewers and listeners.
    pub audience: Arc<Audience>,
    /// Leptos' own settings.
    pub leptos: LeptosOptions,
    /// Ends open streams when the server stops.
    pub closing: CancellationToken,
}

impl FromRef<Site> for LeptosOptions {
    fn from_ref(site: &Site) -> Self {
        site.leptos.clone()
    }
}

/// Headers of every response that has none of its own: nothing is framed, sniffed, embedded by other sites,
/// sent to them as a referrer or cached, and what is no page of ours loads and runs nothing.
const HEADERS: [(HeaderName, &str); 7] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("x-content-type-options"), "nosniff"),
    (HeaderName::from_static("x-frame-options"), "DENY"),
    (HeaderName::from_static("referrer-policy"), "same-origin"),
    (CACHE_CONTROL, "no-store"),
];

/// Seconds after which a request for which there was no room may come again.
const RETRY_AFTER_SECONDS: &str = "5";

fn comes_again(response: &Response) -> Option<HeaderValue> {
    let has_no_room =
        [StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS].contains(&response.status());
    has_no_room.then(|| HeaderValue::from_static(RETRY_AFTER_SECONDS))
}

/// All routes, behind what stands in front of them all.
pub fn router(site: Site) -> Router {
    // It is large and does not change while the server runs: the build compresses it, not every answer.
    let compressed = DefaultPredicate::new().and(NotForContentType::const_new("application/wasm"));
    // Brotli holds some MB for as long as an export is read, gzip a part of one; files are compressed by the build.
    let compression = CompressionLayer::new().no_br().compress_when(compressed);
    let router = routes::router(&site).layer(compression);
    let router = Router::new().fallback_service(router).layer(from_fn(suffix::rewrite));
    let router = router.layer(from_fn_with_state(site, access::front));
    let router = router.layer(SetResponseHeaderLayer::if_not_present(RETRY_AFTER, comes_again));
    HEADERS.into_iter().fold(router, |router, (name, value)| {
        router.layer(SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value)))
    })
}
