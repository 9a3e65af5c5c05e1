//! The site's own files: what was built of the page, and what lies in `public/`.
//!
//! A file whose name holds its hash has another name when it changes, and is cached for good; the others are
//! asked for again.

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::middleware::Next;
use axum::response::Response;
use tower_http::services::ServeDir;

/// Letters of a hash in a file's name: 16 bytes as base64url.
const HASH_LETTERS: usize = 22;

/// For a year, which is as long as clients cache anything.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Cached too, yet the client asks each time whether it is still the same.
const ASKED: HeaderValue = HeaderValue::from_static("no-cache");
/// Icons and the like.
const SHORT: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// The files below this folder; compressed already where the build did so.
pub(super) fn served(root: &str) -> ServeDir {
    ServeDir::new(root)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip()
        .call_fallback_on_method_not_allowed(true)
}

/// A layer that says for how long a file may be cached. What is no file stays as it is.
pub(super) async fn keep(request: Request, next: Next) -> Response {
    let how_long = how_long(request.uri().path());
    let mut response = next.run(request).await;
    let status = response.status();
    if status.is_success() || status == axum::http::StatusCode::NOT_MODIFIED {
        response.headers_mut().entry(CACHE_CONTROL).or_insert(how_long);
    }
    response
}

fn how_long(path: &str) -> HeaderValue {
    match path.strip_prefix("/pkg/") {
        Some(name) if name.split('.').any(is_hash) => KEPT,
        Some(_) => ASKED,
        None => SHORT,
    }
}

/// Where files are not hashed, a name has as many underscores instead of a hash.
fn is_hash(part: &str) -> bool {
    let is_letter = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'-' || letter == b'_';
    part.len() == HASH_LETTERS && part.bytes().all(is_letter) && part.bytes().any(|letter| letter != b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: &HeaderValue) {
        assert_eq!(&how_long(path), expected, "{path}");
    }

    #[test]
    fn only_a_hashed_file_is_kept_for_good() {
        check("/pkg/wordfall.Zm9vYmFyYmF6cXV4-_1234.wasm", &KEPT);
        check("/pkg/split_plotted_12401627730315399897.Zm9vYmFyYmF6cXV4-_1234.wasm", &KEPT);
        check("/pkg/wordfall.wasm", &ASKED);
        check("/pkg/__wasm_split.______________________.js", &ASKED);
        check("/favicon.svg", &SHORT);
        check("/Zm9vYmFyYmF6cXV4-_1234.svg", &SHORT);
    }
}
