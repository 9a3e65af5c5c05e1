//! The content policy of a page, as a header of its answer.

use axum::http::HeaderValue;
use axum::http::header::CONTENT_SECURITY_POLICY;
use leptos::prelude::use_context;

/// Sets the policy of the page at hand.
pub(crate) fn set() {
    let Some(options) = use_context::<leptos_axum::ResponseOptions>() else { return };
    let policy = HeaderValue::try_from(content()).expect("a nonce is plain text");
    options.insert_header(CONTENT_SECURITY_POLICY, policy);
}

/// The sources that a browser may load and run: the site's own files, and scripts that bear this answer's
/// nonce.
fn content() -> String {
    let nonce = leptos::nonce::use_nonce().map(|nonce| format!(" 'nonce-{nonce}'")).unwrap_or_default();
    // `cargo leptos watch` reloads the page over a socket of its own.
    let reload = if cfg!(debug_assertions) { " ws:" } else { "" };
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{nonce}; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data:; connect-src 'self'{reload}; base-uri 'none'; form-action 'self'; object-src 'none'; \
         frame-ancestors 'none'"
    )
}
