//! The doors: every route of the site.

mod changes;
pub mod error;
mod events;
mod export;
mod files;
mod health;
mod legacy;
pub mod login;
mod metrics;
mod objects;
mod suffix;

use std::sync::Arc;

use app::door::SharedDoor;
use axum::extract::FromRef;
use axum::handler::Handler as _;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use leptos::prelude::{LeptosOptions, provide_context};
use leptos_axum::{LeptosRoutes, generate_route_list};
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::access::{self, Access};
use crate::plots::Plots;
use crate::runs::Runs;

/// What handlers share.
#[derive(Clone, Debug)]
pub struct Site {
    /// This server's runs.
    pub runs: Arc<Runs>,
    /// Their plots.
    pub plots: Arc<Plots>,
    /// Who may do what.
    pub access: Access,
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

/// Every response's headers: nothing is framed, sniffed or told to other sites.
const HEADERS: [(&str, &str); 3] =
    [("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("referrer-policy", "same-origin")];

/// A page bears a form's key and a script's nonce, each good for once.
fn page_is_not_kept(response: &Response) -> Option<HeaderValue> {
    let content_type = response.headers().get(CONTENT_TYPE)?;
    content_type.as_bytes().starts_with(b"text/html").then(|| HeaderValue::from_static("no-store"))
}

/// All routes, behind the guard.
pub fn router(site: Site, door: SharedDoor) -> Router {
    let options = site.leptos.clone();
    let context = move || provide_context(Arc::clone(&door));
    let pages = generate_route_list(app::App);
    let shell = move |options: LeptosOptions| app::shell(options);
    let missing = leptos_axum::file_and_error_handler_with_context::<Site, _>(context.clone(), app::shell);
    let files = files::served(&options.site_root).fallback(missing.with_state(site.clone()));
    let files = Router::new().fallback_service(files).layer(from_fn(files::keep));
    // It is large and does not change while the server runs: the build compresses it, not every answer.
    let compressed = DefaultPredicate::new().and(NotForContentType::const_new("application/wasm"));
    let router = Router::new()
        .route("/runs/{id}/events", get(events::events))
        .route("/runs/{id}/export/{format}", get(export::export))
        .route("/runs/{id}/objects/{n}", get(objects::object))
        .route("/runs/{id}/changes.csv", get(changes::csv))
        .route("/runs/{id}/changes.ndjson", get(changes::ndjson))
        .route("/stream", get(legacy::stream))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready).layer(Extension(Arc::new(health::Readiness::default()))))
        .route("/metrics", get(metrics::metrics))
        .route("/login", get(login::form).post(login::enter))
        .leptos_routes_with_context(&site, pages, context, {
            let options = options.clone();
            move || shell(options.clone())
        })
        .fallback_service(files)
        .layer(from_fn_with_state(site.clone(), access::guard))
        .layer(CompressionLayer::new().compress_when(compressed))
        .with_state(site);
    let router = Router::new().fallback_service(router).layer(from_fn(suffix::rewrite));
    let router = router.layer(SetResponseHeaderLayer::if_not_present(CACHE_CONTROL, page_is_not_kept));
    HEADERS.into_iter().fold(router, |router, (name, value)| {
        let (name, value) = (HeaderName::from_static(name), HeaderValue::from_static(value));
        router.layer(SetResponseHeaderLayer::if_not_present(name, value))
    })
}
